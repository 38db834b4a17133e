"""Reads files of separated text and parquet, one or several with the same columns, into one `Table`.

`separated` reads cells as text and `columns` gives them types. This module makes a sheet with names of each file, and
puts the sheets under each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...arrays import Array
from ...errors import DataError
from ...records import SPLITS
from ..columns import check_same_names, row_places
from ..examples import Table
from ..files import Files, read_bytes
from ..frames import table_from_frame
from ..reading import Reading
from .clean_text import read_clean
from .separated import blank_rows, clean_bytes, empty_file, find_separator, has_header, header_names, line_of, parsed
from .sheets import Sheet

if TYPE_CHECKING:
    import polars


def read_tables(files: Files, reading: Reading) -> Table:
    """One table from the file of each split, one sheet under the other. Raises DataError."""
    import polars as pl

    sheets = _sheets(files, reading, quickly=True)
    if len({tuple(sheet.frame.schema.values()) for sheet in sheets}) > 1:
        # A column of numbers in one file is text in another: labels must be as they are written, so read all as text.
        sheets = _sheets(files, reading, quickly=False)
    first = sheets[0]
    for sheet in sheets[1:]:
        check_same_names(sheet.frame.columns, first.frame.columns, shown=sheet.shown, first_shown=first.shown)
    frames = [sheet.frame.select(first.frame.columns) for sheet in sheets]
    if any(frame.schema != first.frame.schema for frame in frames):
        frames = [frame.select(pl.all().cast(pl.String)) for frame in frames]
    table = table_from_frame(pl.concat(frames), shown=first.shown, place=_places(sheets), reading=reading)
    if len(sheets) == 1:
        return table
    given = np.repeat([SPLITS.index(name) for name in files], [len(frame) for frame in frames]).astype(np.int8)
    return replace(table, given=given)


def _sheets(files: Files, reading: Reading, *, quickly: bool) -> list[Sheet]:
    """A sheet of each file; all have a header if the first has one, and none if it has none."""
    sheets: list[Sheet] = []
    for shown, path in files.values():
        settled = replace(reading, header=sheets[0].has_header) if sheets else reading
        sheets.append(SHEETS[path.suffix.lower()](shown, path, settled, quickly))
    return sheets


def _places(sheets: Sequence[Sheet]) -> Callable[[int], str]:
    def place(row: int) -> str:
        for sheet in sheets:
            if row < len(sheet.frame):
                return sheet.place(row)
            row -= len(sheet.frame)
        raise IndexError(row)

    return place


def _read_parquet(shown: str, path: Path, reading: Reading, quickly: bool) -> Sheet:
    import polars as pl

    read_bytes(path, shown)
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError):
        raise DataError(f"{shown}: not a parquet file, or a damaged one; write it anew or give a .csv") from None
    for name, kind in frame.schema.items():
        if kind.is_nested() or kind in (pl.Binary, pl.Object):
            raise DataError(f"{shown}: column {name!r} holds {kind} values; a column needs one number or text a row")
    if not len(frame):
        raise DataError(f"{shown}: has columns but no rows; expected rows of data")
    return Sheet(shown, frame, row_places(shown), True)


def _read_text(shown: str, path: Path, reading: Reading, quickly: bool) -> Sheet:
    raw = clean_bytes(path, shown)
    separator = find_separator(raw, path, shown, reading.separator)
    records: Sequence[int] | Array
    if quickly and (clean := read_clean(raw, separator, shown, reading)) is not None:
        frame, titled = clean
        records = range(int(titled), len(frame) + int(titled))
    else:
        frame, titled, records = _read_carefully(raw, separator, shown, reading)

    def place(row: int) -> str:
        return f"{shown}:{line_of(clean_bytes(path, shown), separator, int(records[row]))}"

    return Sheet(shown, frame, place, titled)


def _read_carefully(raw: bytes, separator: str, shown: str, reading: Reading) -> "tuple[polars.DataFrame, bool, Array]":
    """A frame of text with names, whether the first line held them, and the number of each row's record in the file."""
    frame = parsed(raw, separator, shown)
    blank = blank_rows(frame)
    records = np.flatnonzero(~blank.to_numpy())
    frame = frame.filter(~blank) if len(records) < len(blank) else frame
    if not len(frame):
        raise empty_file(shown)
    titled = has_header(frame, reading.missing) if reading.header is None else reading.header
    names = header_names(frame, shown) if titled else [f"x{i}" for i in range(frame.width)]
    first = int(titled)
    if len(frame) == first:
        raise DataError(f"{shown}: only a header line, no rows of data; expected rows below it")
    frame = frame.slice(first)
    frame.columns = names
    return frame, titled, records[first:]


# The function that reads one file of a table, by the ending of its name.
SHEETS: dict[str, Callable[[str, Path, Reading, bool], Sheet]] = {
    ".csv": _read_text,
    ".tsv": _read_text,
    ".txt": _read_text,
    ".data": _read_text,
    ".parquet": _read_parquet,
}
