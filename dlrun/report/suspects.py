"""Show the rows whose labels may be wrong, on a terminal: `dlrun data CONFIG --suspects`."""

from typing import TYPE_CHECKING

from rich.console import Console

from ..diagnosis.words import percent
from .text import borderless_table, cell, say

if TYPE_CHECKING:
    from ..diagnosis.label_noise import Suspects

# More rows than this are not looked through at once; --json has all.
MOST_ROWS = 30


def show_suspects(suspects: "Suspects", console: Console) -> None:
    """How many labels may be wrong, and the first rows to look at."""
    noise, rows = suspects.noise, suspects.rows
    style = "yellow" if noise.is_told else ""
    title = "labels may be wrong: " if noise.is_told else "no label is shown to be wrong: "
    say(console, (title, style), noise.sentence)
    if noise.is_told:
        say(console, f"if these are noise: diagnosis.optimal_error={noise.share:.2g}")
    if not rows:
        return
    say(console, f"of {noise.rows:,} train and dev rows, look at these first:")
    table = borderless_table()
    for header in ("row", "where", "label", "likely", "probability", "of the label"):
        table.add_column(header, no_wrap=True, overflow="ellipsis")
    for row in rows[:MOST_ROWS]:
        shares = (percent(row.probability), percent(row.of_given))
        table.add_row(*(cell(text) for text in (str(row.row), row.place or "", row.given, row.likely, *shares)))
    console.print(table)
    if (more := len(rows) - MOST_ROWS) > 0:
        say(console, f"and {more} more, which --json has")
