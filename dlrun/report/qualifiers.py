"""What qualifies a verdict: the bracket of the optimal error, the count of choices, looks at the test set.

Stands beside `terminal`, with the same rule: records in, text out.
"""

from rich.console import Console

from .text import borderless_table, cell, say, shown


def show_selection(selection: dict | None, console: Console) -> None:
    """How many configurations the dev set has judged, where more than one was."""
    if selection and selection["candidates"] > 1:
        say(console, f"  {selection['sentence']}")


def show_reference(reference: dict | None, console: Console) -> None:
    """What ordinary learners reach, each with its interval, and what that makes of the bias."""
    if not reference:
        return
    table = borderless_table()
    for header, side in (("reference", "left"), ("error", "right"), ("interval", "right")):
        table.add_column(header, justify=side, no_wrap=True)
    rows = [{"name": "rows that conflict"} | reference["conflicts"]] if reference["conflicts"] else []
    for row in (*rows, *reference["learners"]):
        table.add_row(cell(row["name"]), shown(row["error"]), " to ".join(map(shown, row["interval"])))
    console.print(table)
    say(console, reference["sentence"])


def show_test_look(number: int | None, console: Console) -> None:
    """That this is not the first look at a test set, since from then on choices may depend on it."""
    if number and number > 1:
        say(console, f"  the {ordinal(number)} look at this test set: what is chosen after a look is flattered by it")


def ordinal(number: int) -> str:
    """1 -> "1st", 2 -> "2nd", 11 -> "11th"."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
