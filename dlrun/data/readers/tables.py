"""Reads files that hold one table each, one or several with the same columns, into one `Table`.

The reader of each kind of file (see `kinds`) makes a sheet with names of it. This module puts the sheets under each
other, and `columns` gives their cells a meaning.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...errors import DataError
from ...records import SPLITS
from ..columns import check_same_names
from ..examples import Table
from ..files import Files
from ..frames import table_from_frame
from ..reading import Reading
from .kinds import SHEETS, read_sheet
from .sheets import Sheet
from .unpacking import Contents, contents_of

if TYPE_CHECKING:
    import polars


def read_tables(files: Files, reading: Reading) -> Table:
    """One table from the file of each split, one sheet under the other. Raises DataError."""
    sheets = _sheets(files, reading)
    if mixed := _numbers_and_text(sheets):
        # A column of numbers in one file is text in another: labels must be as they are written, so read it as text.
        sheets = _sheets(files, replace(reading, categorical=(*reading.categorical, *mixed)))
    names = sheets[0].frame.columns
    for sheet in sheets[1:]:
        check_same_names(sheet.frame.columns, names, shown=sheet.shown, first_shown=sheets[0].shown)
    rows, frame = [len(sheet.frame) for sheet in sheets], _together([sheet.frame.select(names) for sheet in sheets])
    place = _places(sheets)
    # Text is taken out of the one frame, and nobody else is to keep it in memory.
    sheets = [sheet._replace(frame=sheet.frame.clear()) for sheet in sheets]
    table = table_from_frame(
        frame,
        shown=sheets[0].shown,
        place=place,
        reading=reading,
        separator=sheets[0].separator,
        unnamed=sheets[0].unnamed,
    )
    table = replace(table, notes=tuple(note for sheet in sheets for note in sheet.notes))
    if len(sheets) == 1:
        return table
    given = np.repeat([SPLITS.index(name) for name in files], rows).astype(np.int8)
    return replace(table, given=given)


def _sheets(files: Files, reading: Reading) -> list[Sheet]:
    """A sheet of each file; all have a header if the first has one, and none if it has none."""
    sheets: list[Sheet] = []
    for shown, path in files.values():
        settled = replace(reading, header=sheets[0].has_header) if sheets else reading
        contents = contents_of(shown, path)
        if contents.ending not in SHEETS:
            raise _unknown_within(contents)
        sheets.append(read_sheet(contents, settled))
    return sheets


def _unknown_within(contents: Contents) -> DataError:
    packing = contents.path.suffix
    ending = contents.ending
    what = f"the {ending} file in it cannot be read packed" if ending else "its name does not say what it holds"
    return DataError(f"{contents.shown}: {what}; unpack it, or name it like table.csv{packing}")


def _numbers_and_text(sheets: Sequence[Sheet]) -> list[str]:
    """The columns that are Float64 in one sheet and String in another."""
    import polars as pl

    kinds: dict[str, set[object]] = {}
    for sheet in sheets:
        for name, kind in sheet.frame.schema.items():
            kinds.setdefault(name, set()).add(kind)
    return [name for name, found in kinds.items() if {pl.Float64, pl.String} <= found]


def _together(frames: "Sequence[polars.DataFrame]") -> "polars.DataFrame":
    """The frames under each other; a column of several kinds is numbers if all are, else text."""
    import polars as pl

    def kind_of(name: str) -> "polars.DataType":
        kinds = {frame.schema[name] for frame in frames}
        if len(kinds) == 1:
            return kinds.pop()
        return pl.Float64() if all(kind.is_numeric() for kind in kinds) else pl.String()

    if len(frames) == 1:
        return frames[0]
    schema = {name: kind_of(name) for name in frames[0].columns}
    return pl.concat([frame.cast(pl.Schema(schema)) for frame in frames])


def _places(sheets: Sequence[Sheet]) -> Callable[[int], str]:
    # Lengths alone: a frame that is known here would stay in memory as long as the table.
    known = [(len(sheet.frame), sheet.place) for sheet in sheets]

    def place(row: int) -> str:
        for length, place_in_sheet in known:
            if row < length:
                return place_in_sheet(row)
            row -= length
        raise IndexError(row)

    return place
