"""Decides whether the first row of a table names its columns, and makes each name usable and different from others.

It serves text and workbooks alike, and looks only at the first rows.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ...errors import DataError

# Rows that decide whether the first line is names or data, and cells where rows are wide.
ROWS_TO_JUDGE = 1000
CELLS_TO_JUDGE = 200_000
FEWEST_ROWS_TO_JUDGE = 50

# Whether a cell is a value and no name, whatever its form: a number with the usual signs around and within it, a date
# or a time. What it means is decided elsewhere.
VALUE = re.compile(
    r"[(\-+−]?\s?(?:[$€£¥₹]|[A-Z]{3}\s)?\s?[-−]?"
    r"(?:\d+(?:[.,]\d*)?|[.,]\d+|\d{1,3}(?:[.,]\d{2,3}|['’\s]\d{3})+(?:[.,]\d+)?)"
    r"(?:[eE][-+−]?\d+)?\s?(?:[%‰$€£¥₹)\-−]|[A-Z]{3})?"
    r"|\d{1,4}[-/.]\s?\d{1,2}[-/.]\s?\d{1,4}\.?(?:[T\s]+\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(?::\d{2}.*)?"
    r"|[-+]?(?:inf|infinity|nan)",
    re.IGNORECASE,
)

# With this share of values below it, a column holds values, and the rest are words for missing ones.
SHARE_OF_VALUES = 0.8

# Consecutive whole numbers in the first row are names only if there are as many of them as here. Data of whole numbers
# does not run on in rows this long; shorter ones are names where the columns below hold fractions or words.
FEWEST_NUMBER_NAMES = 3
SURE_NUMBER_NAMES = 10

Rows = Sequence[Sequence[str]]


class Names(NamedTuple):
    """The names of a table's columns, those that have none in the file, and sentences about what was changed."""

    names: tuple[str, ...]
    unnamed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def rows_to_judge(width: int) -> int:
    """How many rows decide about a header in a table of so many columns."""
    return max(FEWEST_ROWS_TO_JUDGE, min(ROWS_TO_JUDGE, CELLS_TO_JUDGE // max(width, 1)))


def is_value(cell: str) -> bool:
    """Whether a cell looks like a number, a date or a time in any of the usual forms."""
    return VALUE.fullmatch(cell.strip()) is not None


def are_names(cells: Sequence[str], missing: Sequence[str] = ()) -> bool:
    """Whether cells may be names: different words, none of them a value, a missing marker or empty."""
    words = [cell.strip() for cell in cells]
    return len(set(words)) == len(words) and not any(not w or w in missing or is_value(w) for w in words)


def has_header(rows: Rows, missing: Sequence[str]) -> bool:
    """Whether the first of these rows, all of one length, names the columns.

    It does not if a cell is a value or a missing marker (but see `_are_numbers_as_names`). If a column below holds
    values, it does. In a table of text only, it does if its cells differ and never occur again.
    """
    first, below = [cell.strip() for cell in rows[0]], rows[1:]
    if _are_numbers_as_names(first, below):
        return True
    if any(is_value(cell) or (cell and cell in missing) for cell in first) or not any(first):
        return False
    columns = [[cell for row in below if (cell := row[at].strip()) and cell not in missing] for at in range(len(first))]
    if any(cell and _holds_values(column) for cell, column in zip(first, columns, strict=True)):
        return True
    if not all(cell or not column for cell, column in zip(first, columns, strict=True)):
        return False
    named = [cell for cell in first if cell]
    again = any(cell and cell in column for cell, column in zip(first, columns, strict=True))
    return len(set(named)) == len(named) and not again


def _holds_values(column: Sequence[str]) -> bool:
    values = sum(map(is_value, column))
    return values > 0 and values >= SHARE_OF_VALUES * len(column)


def _are_numbers_as_names(first: Sequence[str], below: Rows) -> bool:
    """Whether numbers in the first row are names, as years or pixels are: consecutive, and unlike what is below."""
    at = [place for place, cell in enumerate(first) if cell.isdecimal()]
    numbers = [int(first[place]) for place in at]
    others = [cell for place, cell in enumerate(first) if place not in set(at)]
    consecutive = all(later == earlier + 1 for earlier, later in pairwise(numbers))
    if len(at) < FEWEST_NUMBER_NAMES or not consecutive or not below or any(map(is_value, others)):
        return False
    if len(at) >= SURE_NUMBER_NAMES:
        return True
    of_another_kind = sum(
        any(not row[place].strip().isdecimal() for row in below if row[place].strip()) for place in at
    )
    return 2 * of_another_kind >= len(at)


def numbered(width: int) -> Names:
    """The names of a table without a header: x0, x1, ..."""
    return Names(tuple(f"x{at}" for at in range(width)))


def names_of(cells: Sequence[str], shown: str) -> Names:
    """Names from the cells of a header: each once, and those without one by their place."""
    words = [cell.strip() for cell in cells]
    taken, seen = {*filter(None, words)}, set[str]()
    names: list[str] = []
    doubled: dict[str, list[str]] = {}
    for at, word in enumerate(words):
        name = wanted = word or f"x{at}"
        if name in seen or (not word and name in taken):
            number = 2
            while (name := f"{wanted}_{number}") in taken or name in seen:
                number += 1
            if word:
                doubled.setdefault(word, [word]).append(name)
        seen.add(name)
        names.append(name)
    unnamed = frozenset(name for name, word in zip(names, words, strict=True) if not word)
    notes = [
        f"{shown}: {len(made)} columns are named {word!r}; they are read as {', '.join(made)}"
        for word, made in doubled.items()
    ]
    return Names(tuple(names), unnamed, tuple(notes))


def only_header(shown: str) -> DataError:
    """The error for a table without rows."""
    return DataError(f"{shown}: only a header line, no rows of data; expected rows below it")
