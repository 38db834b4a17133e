"""Reads workbooks (.xlsx, .xls, .xlsb, .ods) into a `Sheet`, by fastexcel.

Cells have types there, so a column of dates comes as dates. What stands above the table is found as in text. A column
that mixes types is text, as a person sees it: 3, and not 3.0.
"""

import io
import zipfile
from collections.abc import Sequence
from datetime import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import DataError
from ..files import listed
from ..reading import Reading
from .headers import Names, has_header, names_of, numbered, only_header, rows_to_judge
from .plain import FIRST_INEXACT
from .quiet import needs, told
from .separated import without_empty
from .sheets import Sheet
from .typed import typed_sheet
from .unpacking import Contents, most_unpacked, too_much

if TYPE_CHECKING:
    import polars

# The years of the day that a time without a date has in a workbook; it counts days from there.
FIRST_YEARS = (1899, 1900)


def read_workbook(contents: Contents, reading: Reading) -> Sheet:
    """The table on one sheet of a workbook. Raises DataError."""
    shown = contents.shown
    with needs("fastexcel", f"{shown}: reading {contents.ending}"):
        import fastexcel

    sentence = f"{shown}: not a workbook, or a damaged or locked one; save it anew as .xlsx, or give a .csv"
    with told(sentence, fastexcel.FastExcelError):
        _refuse_bomb(contents)
        book = fastexcel.read_excel(contents.raw)
        at = _sheet_at(book.sheet_names, reading.sheet, shown)
        # Nothing is typed here, so that no cell is lost: a date that is a word is null as a date.
        texts = book.load_sheet(at, header_row=None, skip_rows=0, dtypes="string").to_polars()
    if not texts.height or not texts.width:
        others = f"; its sheets are {listed(book.sheet_names)}" if len(book.sheet_names) > 1 else ""
        raise DataError(f"{shown}: the sheet {book.sheet_names[at]!r} is empty; name another with data.sheet{others}")
    top = _top(texts, reading, shown)
    if texts.height <= top.above:
        raise only_header(shown)
    with told(sentence, fastexcel.FastExcelError):
        typed = book.load_sheet(at, header_row=None, skip_rows=top.above, schema_sample_rows=None).to_polars()
    frame = _as_seen(texts.slice(top.above), typed, top.names.names)
    return _sheet(shown, frame, top, reading)


class Top(NamedTuple):
    """What stands above the rows: how many rows of the sheet, the names in them, and sentences on what was left out."""

    above: int
    names: Names
    has_header: bool
    notes: tuple[str, ...]


def _refuse_bomb(contents: Contents) -> None:
    """Raise DataError for a workbook that unpacks to much more than its size; all but .xls are archives."""
    raw = contents.raw
    if contents.ending == ".xls" or not zipfile.is_zipfile(io.BytesIO(raw)):
        return
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if sum(member.file_size for member in archive.infolist()) > most_unpacked(len(raw)):
            raise too_much(contents.shown, len(raw))


def _sheet_at(names: Sequence[str], wanted: str | int | None, shown: str) -> int:
    """The place of the sheet that data.sheet names; a name wins over a place. Raises DataError."""
    if wanted is None:
        return 0
    if str(wanted) in names:
        return list(names).index(str(wanted))
    if isinstance(wanted, int) and -len(names) <= wanted < len(names):
        return wanted % len(names)
    raise DataError(f"data.sheet: {shown} has no sheet {wanted!r}; its sheets are {listed(names)}")


def _top(texts: "polars.DataFrame", reading: Reading, shown: str) -> Top:
    """Finds the first row of the table, and whether it holds names."""
    width = texts.width
    rows = [[cell or "" for cell in row] for row in texts.head(2 * rows_to_judge(width)).rows()]
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    at, titles = 0, 0
    while at + 1 < len(rows) and (not filled[at] or (filled[at] == 1 and max(filled[at:]) > 1)):
        titles += filled[at]
        at += 1
    table = [row for row, cells in zip(rows[at:], filled[at:], strict=True) if cells]
    is_titled = has_header(table, reading.missing) if reading.header is None and table else bool(reading.header)
    names = names_of(rows[at], shown) if is_titled else numbered(width)
    lines = f"{titles} title rows" if titles > 1 else "a title row"
    told = (f"{shown}: {lines} above the table left out",) if titles else ()
    return Top(at + int(is_titled), names, is_titled, (*told, *names.notes))


def _as_seen(texts: "polars.DataFrame", typed: "polars.DataFrame", names: Sequence[str]) -> "polars.DataFrame":
    """The columns with their types, where every cell has that type, and text as a person sees it otherwise."""
    import polars as pl

    columns = []
    for name, text, column in zip(names, texts.iter_columns(), typed.iter_columns(), strict=True):
        if column.null_count() > text.null_count() or column.dtype == pl.String or _is_inexact(column):
            # Where days are mixed with words, no one wrote midnight.
            column = text.str.replace(r"^(\d{4}-\d{2}-\d{2}) 00:00:00$", "${1}")
        elif column.dtype == pl.Datetime:
            column = _day_or_time(column)
        columns.append(column.alias(name))
    return pl.DataFrame(columns)


def _is_inexact(column: "polars.Series") -> bool:
    """Whether some number is too large for its neighbour to be another one: an id, as likely as not."""
    return bool(column.dtype.is_float() and (column.abs() >= FIRST_INEXACT).any())


def _day_or_time(column: "polars.Series") -> "polars.Series":
    """Days and times of a day are both moments in a workbook; a day has no time, and a time no day after 1900."""
    import polars as pl

    moments = column.drop_nulls()
    if len(moments) and moments.dt.year().is_in(FIRST_YEARS).all():
        return column.dt.time()
    return column.cast(pl.Date) if (moments.dt.time() == time(0)).all() else column


def _sheet(shown: str, frame: "polars.DataFrame", top: Top, reading: Reading) -> Sheet:
    """The sheet of a frame, without rows and columns that hold nothing."""
    import polars as pl

    is_empty = frame.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
    rows = np.flatnonzero(~is_empty) + top.above + 1
    frame = frame.filter(~pl.Series(is_empty)) if is_empty.any() else frame
    frame, told = without_empty(frame, top.names.unnamed, shown, has_header=top.has_header)
    unnamed = top.names.unnamed & {*frame.columns}
    sheet = typed_sheet(
        shown,
        frame,
        reading,
        place=lambda row: f"{shown} row {rows[row]}",
        notes=(*top.notes, *told),
        unnamed=unnamed,
    )
    return sheet._replace(has_header=top.has_header)
