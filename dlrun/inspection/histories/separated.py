"""Logs of separated text: CSVLogger of Keras and of Lightning, np.savetxt, any CSV."""

import csv
from pathlib import Path

from ...errors import DataError
from .lines import Line

SEPARATORS = ",;\t"

# What the only column of a file without a header holds: scikit-learn's loss_curve_, written by np.savetxt.
ONLY_COLUMN = "loss"


def separated_lines(file: Path) -> list[Line]:
    """The lines of a file of separated text; without a header, columns are called 1, 2, ... or, if it is one, loss."""
    text = text_of(file)
    rows = list(csv.reader(text.splitlines(), delimiter=separator_of(text), skipinitialspace=True))
    if not rows:
        raise DataError(f"{file}: holds nothing; expected a line an epoch")
    has_header = not all(map(is_number, rows[0]))
    header = rows[0] if has_header else [str(at) for at in range(1, len(rows[0]) + 1)]
    if not has_header and len(header) == 1:
        header = [ONLY_COLUMN]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{file}, line 1: two columns are called {twice!r}; expected a name for each")
    lines = []
    for number, row in enumerate(rows[has_header:], start=1 + has_header):
        if len(row) > len(header):
            raise DataError(
                f"{file}, line {number}: has {len(row)} cells, the first line {len(header)}; expected as many in each"
            )
        if row:
            lines.append(Line(f"line {number}", dict(zip(header, row, strict=False))))
    return lines


def text_of(file: Path) -> str:
    """The text of a file. Raises DataError where it is none."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{file}: is no text in UTF-8; expected a log such as a CSV") from None
    except OSError as problem:
        raise DataError(f"{file}: cannot be read: {problem.strerror or problem}") from None


def separator_of(text: str) -> str:
    """The one that the first line has most of."""
    first = text.split("\n", 1)[0]
    return max(SEPARATORS, key=first.count)


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
