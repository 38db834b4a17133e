"""Show advice that was applied: the outcome of one piece, the ledger of all, and the steps of a recipe.

`dlrun diagnose --apply`, `dlrun diagnose --ledger` and `dlrun recipe` use it. `advice` shows what could be tried.
"""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from ..advice.advise import overrides_of
from ..diagnosis.words import points, span
from .advice import details_of, shown_change
from .qualifiers import show_test_look
from .text import borderless_table, cell, say, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

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

# The widest that the keys of a change are shown in one line, on a terminal of 80 columns.
CHANGE_WIDTH = 30


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


def show_path(recipe: "Recipe", console: Console, *, verbose: bool = False, test_look: int | None = None) -> None:
    """The steps of a recipe as a table: what was tried, its errors, and whether it was kept; then the run to use.

    verbose : with the reason for each step, what was expected of it, and every figure of the test that decided.
    test_look : the number of this look at the test set.
    """
    path = recipe.path
    table = borderless_table()
    table.add_column("", justify="right")
    table.add_column("change", overflow="fold")
    for header in ("train", "dev"):
        table.add_column(header, justify="right")
    table.add_column("its change [90%]", overflow="fold")
    for step in path.steps:
        table.add_row(str(step.number), change_cell(step), *error_cells(step), outcome_cell(step))
    console.print(table)
    if verbose:
        show_reasons(path.steps, console)
    say(console, ("ended: ", "bold"), path.ended)
    if recipe.finish:
        for sentence in finish_sentences(recipe.finish):
            say(console, ("finish: ", "bold"), sentence)
    if recipe.run_id:
        of_steps = f"training {path.kept} of {len(path.steps)}"
        say(console, ("use: ", "bold"), (recipe.run_id, "bold"), f", {'from ' if recipe.finish else ''}{of_steps}")
    if recipe.test_error is not None:
        say(console, f"test error {shown(recipe.test_error)}: looked at once, after the last decision")
    show_test_look(test_look, console)


def change_cell(step: "Step") -> Text:
    """What was tried, and below it the keys that carry it out, a line each where they are long."""
    if step.from_ is None:
        return cell("the config as it is")
    words = overrides_of(step.change or {})
    lines = [" ".join(words)] if len(" ".join(words)) <= CHANGE_WIDTH else words
    return Text("\n").join([cell(step.action), *(cell(line, "cyan") for line in lines)])


def error_cells(step: "Step") -> tuple[str, str]:
    return shown(step.errors.train), shown(step.errors.dev)


def outcome_cell(step: "Step") -> Text:
    """By how much the dev error differs, whether the change was kept, and why in a few words."""
    if step.from_ is None:
        return Text()
    figures = "not known"
    if step.change_of_error is not None and step.change_interval is not None:
        sign = "+" if step.change_of_error > 0 else ""
        figures = f"{sign}{points(step.change_of_error)} {span(step.change_interval)}"
    outcome = cell("kept", "bold green") if step.kept else cell("dropped", "yellow")
    return Text.assemble(figures, "  ", outcome, *([f"\n{why}"] if (why := reason_of(step)) else []))


def reason_of(step: "Step") -> str:
    """Why the change was kept or dropped, where the change of the error alone does not say it."""
    is_lower = (step.change_of_error or 0) < 0
    if step.kept:
        return "" if is_lower else "no fewer errors, but surer of the right answers"
    if is_lower and (step.error_z or 0) > FEWER_ERRORS_Z:
        return "fewer errors, but no surer of the right answers: on other rows such a gain is seldom there"
    return "so small a gain may be chance" if is_lower else ""


def show_reasons(steps: "Sequence[Step]", console: Console) -> None:
    """For each step but the first: why it was tried, what was expected, and the test that decided."""
    for step in steps:
        if step.why:
            say(console, (f"{step.number}  because {step.why}", "dim"))
            say(console, (f"   expected {step.expected}{details_of(step.confidence, step.seconds)[1:]}", "dim"))
            say(console, (f"   {test_phrase(step)}", "dim"))


def finish_sentences(finish: "Finish") -> list[str]:
    """What the mean of several networks was worth on the dev rows, and what training on train and dev did."""
    sentences = []
    if finish.averaged and finish.miss_z is not None:
        outcome = (
            "kept" if finish.run_id == finish.averaged else "dropped, for it is surely less sure of the right answers"
        )
        sentences.append(f"the mean of several such networks: dev {shown(finish.dev_error)}: {outcome}")
    if finish.refit:
        sentences.append(finish.refit.sentence)
    return sentences


def test_phrase(step: "Step") -> str:
    """The paired test that decided, in a clause."""
    figures = (("errors", step.error_z), ("losses", step.loss_z), ("misses", step.miss_z))
    z_values = ", ".join(f"{word} z {z:.1f}" for word, z in figures if z is not None)
    return f"against training {step.from_} on the same dev rows: {z_values}"
