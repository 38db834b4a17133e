"""Show how the columns of a source are read, one line each: `dlrun data` on a terminal.

The words for a column are here too, for the page.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ..data.files import listed
from ..data.records import DataFacts, SourceColumn
from ..diagnosis.words import percent
from ..records import SPLITS
from .text import borderless_table, cell, say

if TYPE_CHECKING:
    from ..inspection.data_look import DataLook

# More columns than this are not shown on a terminal: they fill two screens.
MOST_COLUMNS = 60

# Classes whose rows are listed.
MOST_CLASSES = 12

# From this width on, there is a column of examples.
WIDE = 110

# Words of a cell of levels that are shown.
SHOWN_LEVELS = 3

# A number from here on is shown without its fraction, and one from MOST_DIGITS on with an exponent.
PLAIN_BELOW, MOST_DIGITS = 1e4, 1e15

# What a column without features is for.
ROLES = {
    "target": "the target",
    "left out": "left out",
    "split_column": "gives the split",
    "group": "keeps rows together",
    "order": "orders the split",
    "weight": "weighs the rows",
}


def show_data(look: "DataLook", console: Console) -> None:
    """The columns of a source, then how it is split, the target's balance, and what is odd."""
    are_pictures = look.facts is not None and look.facts.image_side is not None
    what = pictures_words(look.facts) if look.facts and are_pictures else f"{len(look.columns)} columns"
    say(console, (look.source, "bold"), f"  {look.rows:,} rows, {what}")
    console.print(columns_table(look.columns[:MOST_COLUMNS], console.width))
    if (more := len(look.columns) - MOST_COLUMNS) > 0:
        say(console, f"and {more} columns more, which --json and --html show")
    for note in look.notes:
        say(console, ("note: ", "yellow"), note)
    for column in look.columns if look.facts is None else ():  # the warnings of the facts say them too
        for note in column.notes:
            say(console, ("note: ", "yellow"), f"{column.name}: {note}")
    if look.lacking:
        say(console, ("no split: ", "yellow"), look.lacking)
    if look.facts:
        show_split(look.facts, console)


def pictures_words(facts: DataFacts) -> str:
    """What a row is where it is a picture."""
    side, colours = facts.image_side, " in colour" if facts.image_channels else ""
    return f"pictures of {side} x {side} pixels{colours}"


def columns_table(columns: Sequence[SourceColumn], width: int) -> Table:
    """A line for each column, none wrapped: what does not fit is cut."""
    table = borderless_table()
    has_gaps, is_wide = any(column.missing for column in columns), width >= WIDE
    table.add_column("column", no_wrap=True, overflow="ellipsis", max_width=width // (5 if is_wide else 4))
    table.add_column("kind", no_wrap=True)
    if is_wide:
        table.add_column("examples", no_wrap=True, overflow="ellipsis", ratio=3)
    if has_gaps:
        table.add_column("missing", no_wrap=True, overflow="ellipsis", max_width=width // 7 if is_wide else 8)
    table.add_column("values", no_wrap=True, overflow="ellipsis", ratio=4)
    table.add_column("becomes", no_wrap=True, overflow="ellipsis", max_width=width // (5 if is_wide else 4))
    table.expand = True
    for column in columns:
        left_out = "dim" if column.role == "left out" else ""
        cells = [column.name, column.kind]
        cells += [", ".join(map(quoted, column.examples))] if is_wide else []
        cells += [missing_words(column, with_markers=is_wide)] if has_gaps else []
        cells += [values_words(column), becomes(column)]
        table.add_row(*(cell(text, left_out) for text in cells))
    return table


def show_split(facts: DataFacts, console: Console) -> None:
    """How the rows are split, the target and its balance, and the findings."""
    sizes = {split: size for split in SPLITS if (size := facts.sizes.of(split)) is not None}
    say(console, f"split {facts.split}: " + ", ".join(f"{name} {size:,}" for name, size in sizes.items()))
    encoded = "".join(f"; {words}" for words in encoded_words(facts))
    say(console, f"target {facts.target}, {facts.task}; {facts.features} inputs after preparation{encoded}")
    if facts.classes:
        console.print(classes_table(facts))
    for warning in facts.warnings:
        say(console, ("warning: ", "yellow"), warning)


def classes_table(facts: DataFacts) -> Table:
    """The rows of each class in each split, and its share of all of them."""
    table, counts = borderless_table(), facts.class_counts
    table.add_column("class", no_wrap=True, overflow="ellipsis", max_width=32)
    for split in counts:
        table.add_column(split, justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    total = sum(sum(of_split.values()) for of_split in counts.values())
    for name in facts.classes[:MOST_CLASSES]:
        rows = [of_split.get(name, 0) for of_split in counts.values()]
        table.add_row(cell(name), *(cell(f"{n:,}") for n in rows), cell(percent(sum(rows) / total) if total else ""))
    if (more := len(facts.classes) - MOST_CLASSES) > 0:
        table.add_row(cell(f"and {more} more"))
    return table


def encoded_words(facts: DataFacts) -> list[str]:
    """Each encoding other than scaling and an input for each word, with its columns."""
    encodings = facts.encodings or {}
    return [
        f"{word}: {listed([name for name, of_column in encodings.items() if of_column == word])}"
        for word in dict.fromkeys(encodings.values())
    ]


def scaling_words(facts: DataFacts) -> str:
    """How numbers that are scaled become inputs."""
    of = "all numbers of the training rows together" if facts.normalize == "together" else "the training rows"
    return "; ".join([f"scaled by mean and deviation of {of}", *encoded_words(facts)])


def quoted(text: str) -> str:
    """A cell as it stands, with quotes where blanks would hide."""
    return repr(text) if text != text.strip() or not text else text


def missing_words(column: SourceColumn, *, with_markers: bool = True) -> str:
    """The share of cells without a value, and how they were marked; empty if every cell has one."""
    if not column.missing or not column.rows:
        return ""
    share = percent(column.missing / column.rows)
    marks = ", ".join(f"{mark or 'empty'} {count:,}" for mark, count in column.markers.items())
    return f"{share} ({marks})" if with_markers and marks else share


def values_words(column: SourceColumn) -> str:
    """The range of numbers and dates, or the levels with their rows, or examples; and how the cells are written."""
    form = f" ({column.form})" if column.form else ""
    if column.kind == "empty":
        return ""
    if column.levels and column.kind not in ("text", "id"):
        levels = [f"{quoted(level)} {count:,}" for level, count in list(column.levels.items())[:SHOWN_LEVELS]]
        more = column.distinct - len(levels)
        return ", ".join(levels) + (f", {more:,} more" if more > 0 else "") + form
    if column.low is not None and column.high is not None:
        return f"{bound(column.low)} to {bound(column.high)}{form}"
    return f"{column.distinct:,} different: " + ", ".join(map(quoted, column.examples)) + form


def bound(value: float | str) -> str:
    """The end of a range, short."""
    if isinstance(value, str):
        return value
    is_whole = float(value).is_integer() or abs(value) >= PLAIN_BELOW
    return f"{value:,.0f}" if is_whole and abs(value) < MOST_DIGITS else f"{value:.5g}"


def becomes(column: SourceColumn) -> str:
    """What a network gets of the column."""
    if column.role != "feature":
        return ROLES[column.role]
    if not column.features:
        return "left out"
    if column.features[0].startswith(f"{column.name} target mean"):
        return "mean target"
    if column.kind == "category":
        return f"{len(column.features):,} columns of 0/1"
    values = [name for name in column.features if not name.endswith(" is missing")]
    gaps = ", gaps marked" if len(values) < len(column.features) else ""
    if len(values) > 1 and column.kind != "date":
        return f"{len(values)} inputs{gaps}"
    if len(values) > 1:
        return f"{len(values)}: {', '.join(values)}{gaps}"
    return ("0/1" if column.kind == "flag" else "number") + gaps
