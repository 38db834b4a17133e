"""Advice that was followed: what came of one piece, the ledger of all, and the path of a recipe.

Stands beside `advice`, which shows what could be tried.
"""

from rich.console import Console

from .advice import details_of, shown_value
from .qualifiers import show_test_look
from .text import borderless_table, cell, say, shown

# Entries of the ledger that are shown; all of them are in --json.
NEWEST_ENTRIES = 5

OUTCOME_STYLES = {"held": "bold green", "reversed": "bold red", "not shown": "yellow"}


# The figures of the paired test as they are called on screen.
FIGURES = {"errors": "error_z", "losses": "loss_z", "misses": "miss_z"}

# From here on a fall of the errors is no chance, one-sided at 5%; where the change was dropped all the same, it is said
# why.
FEWER_ERRORS_Z = 1.645


def show_outcome(applied: dict, console: Console) -> None:
    """What a piece of advice had promised, and what came of it."""
    if applied["line"]:
        item, line = applied["item"], applied["line"]
        say(console, ("expected: ", "bold"), f"{item['expected']} ({item['confidence']})")
        say(
            console,
            ("came of it: ", "bold"),
            (line["outcome"], OUTCOME_STYLES[line["outcome"]]),
            f"; {line['sentence']}",
        )


def show_ledger(found: dict, console: Console) -> None:
    """Each action with how often it held, and the newest entries."""
    if not found["entries"]:
        say(console, "no advice was applied here yet: dlrun diagnose RUN --apply 1")
        return
    table = borderless_table()
    for header in ("advice", "tried", "held", "reversed", "not shown"):
        table.add_column(header, justify="left" if header == "advice" else "right")
    for row in found["actions"]:
        rest = row["tried"] - row["held"] - row["reversed"]
        table.add_row(cell(row["action"]), *(str(n) for n in (row["tried"], row["held"], row["reversed"], rest)))
    console.print(table)
    for line in found["entries"][-NEWEST_ENTRIES:]:
        say(console, (f"{line['child']}: ", "bold"), f"{line['action']}: {line['sentence']}")


def show_step(step: dict, console: Console) -> None:
    """A step of the recipe in one line."""
    say(console, *step_parts(step), whole=True)


def step_parts(step: dict) -> list:
    """A step's number, what was tried, the errors and whether it was kept."""
    errors = f"train {shown(step['errors']['train'])}, dev {shown(step['errors']['dev'])}"
    if step["from"] is None:
        return [f"{step['number']:>3}  the config as it is: {errors}"]
    fate = ("kept", "bold green") if step["kept"] else ("dropped", "yellow")
    words = " ".join(f"{key}={shown_value(value)}" for key, value in step["change"].items())
    return [f"{step['number']:>3}  {step['action']}: ", (words, "cyan"), f": {errors}: ", fate]


def show_path(path: dict, console: Console) -> None:
    """The recipe's way: what was tried, kept or dropped, and why; then the run to use, and its test error."""
    for step in path["steps"]:
        say(console, *step_parts(step))
        if step["why"]:
            say(console, (f"     because {step['why']}", "dim"))
            say(console, (f"     expected {step['expected']}{details_of(step)[1:]}", "dim"))
            say(console, (f"     {test_phrase(step)}", "dim"))
    say(console, ("ended: ", "bold"), path["ended"])
    if path["run_id"]:
        say(console, ("use: ", "bold"), (path["run_id"], "bold"), f", training {path['kept']} of {len(path['steps'])}")
    if path["test_error"] is not None:
        say(console, f"test error {shown(path['test_error'])}: looked at once, now that all is decided")
    show_test_look(path.get("test_look"), console)


def test_phrase(step: dict) -> str:
    """The paired test that decided, in a clause."""
    found = [(word, step[key]) for word, key in FIGURES.items()]
    told = ", ".join(f"{word} z {z:.1f}" for word, z in found if z is not None)
    fewer = not step["kept"] and (step["error_z"] or 0) > FEWER_ERRORS_Z
    yet = "; fewer errors, yet no more sure of the right answers" if fewer else ""
    return f"beside training {step['from']} on the same dev rows: {told}{yet}"
