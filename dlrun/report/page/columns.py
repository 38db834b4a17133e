"""The section of a page on the columns of the source: how each was read, with a small histogram."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from ...data.records import DataFacts, SourceColumn
from ..columns import becomes, missing_words, quoted, values_words
from .drawing import small_bars

# More rows of a table than this are too many for a page; an image has a column for each pixel.
MOST_COLUMNS = 200

# More notes than this hide each other.
MOST_NOTES = 60

# A column of levels is drawn with at most this many bars.
MOST_BARS = 20


class ColumnRow(NamedTuple):
    """A line of the table: words, and a picture of the values where there is anything to see."""

    name: str
    kind: str
    values: str
    examples: str
    picture: Markup | None
    missing: str
    becomes: str
    is_left_out: bool


class ColumnsSection(NamedTuple):
    """The table of columns, how many of them it leaves out, and sentences on what is odd."""

    rows: tuple[ColumnRow, ...]
    more: int
    has_gaps: bool
    notes: tuple[str, ...]


def columns_section(facts: DataFacts | None) -> ColumnsSection | None:
    """The section of a run; None where it did not keep how its columns were read."""
    if facts is None or not facts.source_columns:
        return None
    return of_columns(facts.source_columns, facts.notes or ())


def of_columns(columns: Sequence[SourceColumn], notes: Sequence[str] = ()) -> ColumnsSection:
    """The section of these columns; `notes` are on the files."""
    odd = [*notes, *(f"{column.name}: {note}" for column in columns for note in column.notes)]
    more = len(odd) - MOST_NOTES
    return ColumnsSection(
        rows=tuple(row_of(column) for column in columns[:MOST_COLUMNS]),
        more=max(0, len(columns) - MOST_COLUMNS),
        has_gaps=any(column.missing for column in columns),
        notes=(*odd[:MOST_NOTES], *([f"and {more} more, which dlrun data --json lists"] if more > 0 else [])),
    )


def row_of(column: SourceColumn) -> ColumnRow:
    """The line of a column."""
    in_values = bool(column.levels) or column.low is None
    return ColumnRow(
        column.name,
        column.kind,
        values_words(column),
        "" if in_values else ", ".join(map(quoted, column.examples)),
        picture_of(column),
        missing_words(column),
        becomes(column),
        column.role == "left out",
    )


def picture_of(column: SourceColumn) -> Markup | None:
    """The cells in each part of the range, or of each of the commonest levels."""
    label = f"Histogram of {column.name}: {values_words(column)}"
    if any(column.counts):
        return small_bars(label, column.counts, touching=True)
    if column.levels and column.kind not in ("id", "text"):
        return small_bars(label, list(column.levels.values())[:MOST_BARS], touching=False)
    return None
