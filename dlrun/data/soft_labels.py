"""Reads soft labels: for some rows, how sure people are of the class, which gives an estimate of the optimal error.

The file holds probabilities or votes. The checks here are those that need no dataset.
"""

import csv
from pathlib import Path

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .columns import is_number
from .files import find_file, read_bytes

# With 3 votes a row the optimal error is estimated 3 points too low on average, with 10 still 0.7.
FEWEST_VOTES = 5

# Probabilities written with three decimals sum to 1 within this.
SUM_TOLERANCE = 0.01


def read_soft_labels(name: str, folder: Path) -> Array:
    """Probabilities (m, K), m at least 2, from a .csv with a row for each example and perhaps a line of names above.

    One column is the probability of class 1; more are those of each class, or votes for each. Raises DataError.
    """
    path = find_file(name, folder)
    text = read_bytes(path, name).decode("utf-8-sig", errors="replace")
    cells = lines_of(name, text)
    if cells and not all(is_number(value) for value in cells[0][1]):
        cells = cells[1:]
    if len(cells) < 2:
        raise DataError(f"{name}: got {len(cells)} rows of soft labels; expected at least 2, one for each example")
    table = np.array([row_of(name, number, row, len(cells[0][1])) for number, row in cells])
    if table.shape[1] == 1:
        table = np.hstack([1 - table, table])
    return shares(name, np.array([number for number, _ in cells]), table)


def lines_of(name: str, text: str) -> list[tuple[int, list[str]]]:
    """The lines that hold anything, each with its number from 1, and its cells."""
    from .readers.dialects import any_length

    reader, cells = csv.reader(text.splitlines()), []
    try:
        with any_length():
            cells = [(number, row) for number, row in enumerate(reader, start=1) if any(row)]
    except csv.Error:
        raise DataError(f"{name}:{reader.line_num}: cannot be read as a row; correct its quotes") from None
    return cells


def row_of(name: str, number: int, row: list[str], width: int) -> list[float]:
    """The numbers of one line: not negative, as many as in the first line."""
    if len(row) != width:
        raise DataError(f"{name}:{number}: got {len(row)} columns; expected {width}, as in the first row")
    bad = next((text for text in row if not is_number(text) or not 0 <= float(text) < np.inf), None)
    if bad is not None or (width == 1 and float(row[0]) > 1):
        raise DataError(f"{name}:{number}: got {bad or row[0]!r}; expected a probability, or the number of votes")
    return [float(text) for text in row]


def shares(name: str, lines: Array, table: Array) -> Array:
    """Probabilities as they are, votes divided by their number. Whole numbers are votes, a hard label one vote."""
    totals = table.sum(axis=1)
    are_votes = (table == np.round(table)).all()
    bad = totals < FEWEST_VOTES if are_votes else np.abs(totals - 1) > SUM_TOLERANCE
    if bad.any():
        place, total = f"{name}:{lines[bad.argmax()]}", totals[bad.argmax()]
        if not are_votes:
            raise DataError(f"{place}: sums to {total:g}; expected probabilities that sum to 1, or whole votes alone")
        few = (
            f"got {total:g} vote{'' if total == 1 else 's'}; with fewer than {FEWEST_VOTES} a row it comes out too low"
        )
        raise DataError(f"{place}: {few}: gather more, or declare errors of judgements such as {{errors: 30, n: 200}}")
    shared: Array = table / totals[:, None]
    return shared
