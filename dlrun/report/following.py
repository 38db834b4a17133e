"""Show advice that was applied: the outcome of one piece, the ledger of all, and the steps of a recipe.

`dlrun diagnose --apply`, `dlrun diagnose --ledger` and `dlrun recipe` use it. `advice` shows what could be tried.
"""

from typing import TYPE_CHECKING

from rich.console import Console

from ..diagnosis.words import points
from .advice import details_of, shown_change
from .qualifiers import show_test_look
from .text import borderless_table, cell, say, shown

if TYPE_CHECKING:
    from ..search.finish import Finish
    from ..search.follow import Step
    from ..search.ledger import Tally
    from ..search.recipe import Applied, Recipe

# The number of ledger entries that are shown; --json has all.
NEWEST_ENTRIES = 5

OUTCOME_STYLES = {"held": "bold green", "reversed": "bold red", "not shown": "yellow"}

# Above this z the errors fell by more than chance, one-sided at 5%. If such a change was dropped all the same, the text
# says why.
FEWER_ERRORS_Z = 1.645


def show_outcome(applied: "Applied", console: Console) -> None:
    """What a piece of advice promised, and its outcome."""
    if applied.line:
        item, line = applied.item, applied.line
        say(console, ("expected: ", "bold"), f"{item.expected} ({item.confidence})")
        say(
            console,
            ("outcome: ", "bold"),
            (line.outcome, OUTCOME_STYLES[line.outcome]),
            f"; {line.sentence}",
        )


def show_ledger(tally: "Tally", console: Console) -> None:
    """Each action with how often it held, and the newest entries."""
    from ..search.ledger import rates

    if not tally.entries:
        say(console, "no advice was applied here yet: dlrun diagnose RUN --apply 1")
        return
    table = borderless_table()
    known = rates(tally.entries)
    for header in ("advice", "tried", "held", "reversed", "not shown", *(("median fall",) if known else ())):
        table.add_column(header, justify="left" if header == "advice" else "right")
    for row in tally.actions:
        rest = row.tried - row.held - row.reversed
        fall = [points(known[row.action].median) if row.action in known else ""] if known else []
        table.add_row(cell(row.action), *(str(n) for n in (row.tried, row.held, row.reversed, rest)), *fall)
    console.print(table)
    for line in tally.entries[-NEWEST_ENTRIES:]:
        say(console, (f"{line.child}: ", "bold"), f"{line.action}: {line.sentence}")


def show_step(step: "Step", console: Console) -> None:
    """A step of the recipe in one line."""
    say(console, *step_parts(step), whole=True)


def step_parts(step: "Step") -> list[str | tuple[str, str]]:
    """A step's number, what was tried, the errors and whether it was kept."""
    errors = f"train {shown(step.errors.train)}, dev {shown(step.errors.dev)}"
    if step.from_ is None:
        return [f"{step.number:>3}  the config as it is: {errors}"]
    outcome = ("kept", "bold green") if step.kept else ("dropped", "yellow")
    return [f"{step.number:>3}  {step.action}: ", (shown_change(step.change or {}), "cyan"), f": {errors}: ", outcome]


def show_path(recipe: "Recipe", console: Console, *, test_look: int | None = None) -> None:
    """The steps of a recipe: what was tried, kept or dropped, and why; then the run to use, and its test error.

    test_look : the number of this look at the test set.
    """
    path = recipe.path
    for step in path.steps:
        say(console, *step_parts(step))
        if step.why:
            say(console, (f"     because {step.why}", "dim"))
            say(console, (f"     expected {step.expected}{details_of(step.confidence, step.seconds)[1:]}", "dim"))
            say(console, (f"     {test_phrase(step)}", "dim"))
    say(console, ("ended: ", "bold"), path.ended)
    if recipe.finish:
        for sentence in finish_sentences(recipe.finish, path.kept):
            say(console, ("finish: ", "bold"), sentence)
    if recipe.run_id:
        of_steps = f"training {path.kept} of {len(path.steps)}"
        say(console, ("use: ", "bold"), (recipe.run_id, "bold"), f", {'from ' if recipe.finish else ''}{of_steps}")
    if recipe.test_error is not None:
        say(console, f"test error {shown(recipe.test_error)}: looked at once, after the last decision")
    show_test_look(test_look, console)


def finish_sentences(finish: "Finish", kept: int | None) -> list[str]:
    """What the mean of several networks was worth on the dev rows, and what training on train and dev did."""
    sentences = []
    if finish.averaged and finish.miss_z is not None:
        outcome = "kept" if finish.run_id == finish.averaged else "dropped, for it is surely worse"
        beside = f"misses z {finish.miss_z:.1f} against training {kept}"
        sentences.append(f"the mean of several such networks: dev {shown(finish.dev_error)}, {beside}: {outcome}")
    if finish.refit:
        sentences.append(finish.refit.sentence)
    return sentences


def test_phrase(step: "Step") -> str:
    """The paired test that decided, in a clause."""
    figures = (("errors", step.error_z), ("losses", step.loss_z), ("misses", step.miss_z))
    z_values = ", ".join(f"{word} z {z:.1f}" for word, z in figures if z is not None)
    fewer = not step.kept and (step.error_z or 0) > FEWER_ERRORS_Z
    yet = "; fewer errors, yet no more sure of the right answers" if fewer else ""
    return f"against training {step.from_} on the same dev rows: {z_values}{yet}"
