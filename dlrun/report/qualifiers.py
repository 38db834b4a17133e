"""Show what limits a verdict: the bounds of the optimal error, the number of choices, looks at the test set.

`terminal` and the other modules that show a verdict or a test error use it.
"""

from rich.console import Console, JustifyMethod

from ..diagnosis.reference import Reference
from ..diagnosis.selection import Selection
from ..diagnosis.trees import BesideTrees
from ..diagnosis.words import points, span
from ..store import Refit
from .text import borderless_table, cell, say, seconds_phrase, shown


def show_selection(selection: Selection | None, console: Console) -> None:
    """How many configurations were judged on the dev set, if more than one."""
    if selection and selection.candidates > 1:
        say(console, f"  {selection.sentence}")


def show_reference(reference: Reference | None, console: Console) -> None:
    """What ordinary learners reach, each with its interval, and what that means for the bias."""
    if not reference:
        return
    table = borderless_table()
    columns: tuple[tuple[str, JustifyMethod], ...] = (("reference", "left"), ("error", "right"), ("interval", "right"))
    for header, side in columns:
        table.add_column(header, justify=side, no_wrap=True)
    rows = [(learner.name, learner.error, learner.interval) for learner in reference.learners]
    if reference.conflicts:
        rows.insert(0, ("rows that conflict", reference.conflicts.error, reference.conflicts.interval))
    for name, error, interval in rows:
        table.add_row(cell(name), shown(error), " to ".join(map(shown, interval)))
    console.print(table)
    say(console, reference.sentence)


def show_trees(trees: BesideTrees | None, console: Console) -> None:
    """What trees reach on the same dev rows, and whether to take them."""
    if not trees:
        return
    table = borderless_table()
    columns: tuple[tuple[str, JustifyMethod], ...] = (
        ("dev rows", "left"),
        ("error", "right"),
        ("less the network's", "right"),
        ("learned in", "right"),
    )
    for header, side in columns:
        table.add_column(header, justify=side, no_wrap=True)
    table.add_row("the network", shown(trees.network_error), "", "")
    for one in trees.ensembles:
        gap = f"{points(one.compared.difference)} {span(one.compared.interval)}"
        table.add_row(cell(one.name), shown(one.error), gap, seconds_phrase(one.learning_seconds))
    console.print(table)
    say(console, (trees.with_seconds(), "bold"))


def show_refit(refit: Refit | None, console: Console, *, test_look: int | None = None) -> None:
    """What learned train and dev together and answers since then. test_look : the number of this look at the test."""
    if not refit:
        return
    say(console, (refit.sentence, "bold"))
    if refit.test_error is not None:
        say(console, f"  test error {shown(refit.test_error)}, {refit.epochs} epochs in {refit.seconds:.1f} s")
    show_test_look(test_look, console)


def show_test_look(number: int | None, console: Console) -> None:
    """A warning if this is not the first look at a test set, since choices may depend on an earlier look."""
    if number and number > 1:
        say(console, f"  the {ordinal(number)} look at this test set: choices made after a look make its error too low")


def ordinal(number: int) -> str:
    """1 -> "1st", 2 -> "2nd", 11 -> "11th"."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
