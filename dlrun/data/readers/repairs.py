"""Makes regular text of irregular text, a record at a time: the careful way through separated text.

It leaves out blank lines and comments, evens out rows that only have or lack empty cells at their end, reads quotes
that stand where they should not, and names the line of any other row of a wrong length.
"""

import csv
import io
from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...arrays import Array
from ...errors import DataError
from .dialects import BLANKS, COMMENTS, Layout, any_length, uneven

# Follows the last line. If a reader takes it for a part of a quoted value, then a quote does not end.
END = "\x00end"


class Regular(NamedTuple):
    """Rows of equal length, separated by `separator` and quoted where needed; the line (from 0) of each; and notes."""

    raw: bytes
    separator: str
    lines: Array
    notes: tuple[str, ...]


class _Count:
    """How many lines something befell, and the first of them, from 0."""

    def __init__(self) -> None:
        self.number, self.first = 0, 0

    def add(self, line: int) -> None:
        self.first = self.first if self.number else line
        self.number += 1

    def note(self, shown: str, one: str, many: str) -> Iterator[str]:
        if self.number:
            what = one if self.number == 1 else many.format(self.number)
            yield f"{shown}: {what}, the first at line {self.first + 1}"


def regular(raw: bytes, layout: Layout, shown: str) -> Regular:
    """The rows of a text, from the line where they begin. Raises DataError."""
    separator = "\t" if layout.separator == BLANKS else layout.separator
    whole, lines = io.BytesIO(), array("q")
    comments, longer, shorter = _Count(), _Count(), _Count()
    end_may_lack = not any(row[-1].strip() for row in layout.rows)
    with io.TextIOWrapper(whole, "utf-8", newline="", write_through=False) as text:
        writer = csv.writer(text, delimiter=separator, lineterminator="\n")
        for line, cells in records_of(raw, layout, shown):
            if len(cells) != layout.width:
                if not any(cell.strip() for cell in cells):
                    continue
                if cells[0].lstrip().startswith(COMMENTS):
                    comments.add(line)
                    continue
                if len(cells) > layout.width and not any(cell.strip() for cell in cells[layout.width :]):
                    longer.add(line)
                    cells = cells[: layout.width]
                elif len(cells) == layout.width - 1 and end_may_lack:
                    shorter.add(line)
                    cells = [*cells, ""]
                else:
                    raise uneven(shown, line + 1, len(cells), _first_line(layout) + 1, layout.width)
            elif not any(cell.strip() for cell in cells):
                continue
            lines.append(line)
            writer.writerow(cells)
        text.flush()
        result = whole.getvalue()
    notes = (
        *comments.note(shown, "a comment line left out", "{} comment lines left out"),
        *longer.note(shown, "a row has empty cells beyond the last column", "{} rows have empty cells beyond the last"),
        *shorter.note(shown, "a row lacks its empty last cell", "{} rows lack their empty last cell"),
    )
    return Regular(result, separator, np.array(lines), notes)


def _first_line(layout: Layout) -> int:
    return layout.start - int(layout.has_header)


def records_of(raw: bytes, layout: Layout, shown: str) -> Iterator[tuple[int, list[str]]]:
    """Each record from the first row on, with the number of its line from 0, by the standard library's mild reader."""
    separator = layout.separator
    lines = _lines(raw, blanks=separator == BLANKS)
    for _ in range(layout.start):
        next(lines)
    reader = csv.reader(lines, delimiter=separator, quotechar=layout.quote, skipinitialspace=True)
    line = layout.start
    try:
        with any_length():
            for cells in reader:
                if cells == [END]:
                    return
                if cells and cells[-1].endswith(END):
                    raise DataError(f"{shown}:{line + 1}: a quoted value does not end; close its quote")
                yield line, cells
                line = layout.start + reader.line_num
    except csv.Error:
        raise DataError(f"{shown}:{line + 1}: cannot be read as a row; correct its quotes") from None


def _lines(raw: bytes, *, blanks: bool) -> Iterator[str]:
    """The lines of a text, each with its end, and the END."""
    for line in io.TextIOWrapper(io.BytesIO(raw), "utf-8", newline="\n"):
        ended = line if line.endswith("\n") else line + "\n"
        yield ended.replace("\t", " ").rstrip(" \r\n") + "\n" if blanks else ended
    yield END
