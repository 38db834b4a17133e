"""Tables from files: separated text and parquet, one or several files of the same columns, as one `Table`.

Cells of separated text are read as text by `separated` and typed by `columns`; here files become sheets with names, and
sheets are laid under each other.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import DataError
from .clean_text import read_clean
from .columns import check_same_names, table_from_frame
from .examples import SPLITS, Table
from .files import find_columns, read_bytes
from .separated import blank_rows, clean_bytes, empty_file, find_separator, has_header, header_names, line_of, parsed

if TYPE_CHECKING:
    import polars


class Sheet(NamedTuple):
    """One file: its frame with names as header, and a function from row to `file:line`."""

    shown: str
    frame: "polars.DataFrame"
    place: Callable[[int], str]
    has_header: bool


def read_tables(
    paths: Mapping[str, tuple[str, Path]],
    *,
    header: bool | None,
    separator: str | None,
    missing: Sequence[str],
    categorical: Sequence[str | int],
) -> Table:
    """One table from the files under train and, if given, dev and test: (name as shown, path) each.

    Raises DataError.
    """
    import polars as pl

    options = {"header": header, "separator": separator, "missing": missing, "categorical": categorical}
    sheets = _sheets(paths, options, quickly=True)
    if len({tuple(sheet.frame.schema.values()) for sheet in sheets}) > 1:
        # What the quick way took for numbers is text in another file, and labels are as they stand in the file.
        sheets = _sheets(paths, options, quickly=False)
    first = sheets[0]
    for sheet in sheets[1:]:
        check_same_names(sheet.frame.columns, first.frame.columns, shown=sheet.shown, first_shown=first.shown)
    frames = [sheet.frame.select(first.frame.columns) for sheet in sheets]
    if any(frame.schema != first.frame.schema for frame in frames):
        frames = [frame.select(pl.all().cast(pl.String)) for frame in frames]
    names = first.frame.columns
    text = find_columns(categorical, names, setting="data.categorical", shown=first.shown)
    table = table_from_frame(pl.concat(frames), shown=first.shown, place=_places(sheets), missing=missing, as_text=text)
    if len(sheets) == 1:
        return table
    given = np.repeat([SPLITS.index(name) for name in paths], [len(frame) for frame in frames]).astype(np.int8)
    return Table(**{**vars(table), "given": given})


def _sheets(paths: Mapping[str, tuple[str, Path]], options: dict[str, Any], *, quickly: bool) -> list[Sheet]:
    """A sheet of each file; whether the first has a header decides it for all."""
    sheets = []
    for shown, path in paths.values():
        known = {"header": sheets[0].has_header} if sheets else {}
        if path.suffix.lower() == ".parquet":
            sheets.append(_read_parquet(shown, path))
        else:
            sheets.append(_read_text(shown, path, quickly=quickly, **options | known))
    return sheets


def _places(sheets: Sequence[Sheet]) -> Callable[[int], str]:
    def place(row: int) -> str:
        for sheet in sheets:
            if row < len(sheet.frame):
                return sheet.place(row)
            row -= len(sheet.frame)
        raise IndexError(row)

    return place


def _read_parquet(shown: str, path: Path) -> Sheet:
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
    return Sheet(shown, frame, lambda row: f"{shown} row {row + 1}", True)


def _read_text(
    shown: str,
    path: Path,
    *,
    quickly: bool,
    header: bool | None,
    separator: str | None,
    missing: Sequence[str],
    categorical: Sequence[str | int],
) -> Sheet:
    raw = clean_bytes(path, shown)
    separator = find_separator(raw, path, shown, separator)
    roles = {"header": header, "missing": missing, "categorical": categorical}
    if quickly and (found := read_clean(raw, separator, shown, **roles)) is not None:
        frame, titled = found
        records = range(int(titled), len(frame) + int(titled))
    else:
        frame, titled, records = _read_carefully(raw, separator, shown, header, missing)

    def place(row: int) -> str:
        return f"{shown}:{line_of(clean_bytes(path, shown), separator, int(records[row]))}"

    return Sheet(shown, frame, place, titled)


def _read_carefully(
    raw: bytes, separator: str, shown: str, header: bool | None, missing: Sequence[str]
) -> "tuple[polars.DataFrame, bool, np.ndarray]":
    """A frame of text with its names, whether the first line held them, and the record that each row is in the file."""
    frame = parsed(raw, separator, shown)
    blank = blank_rows(frame)
    records = np.flatnonzero(~blank.to_numpy())
    frame = frame.filter(~blank) if len(records) < len(blank) else frame
    if not len(frame):
        raise empty_file(shown)
    titled = has_header(frame, missing) if header is None else header
    names = header_names(frame, shown) if titled else [f"x{i}" for i in range(frame.width)]
    first = int(titled)
    if len(frame) == first:
        raise DataError(f"{shown}: only a header line, no rows of data; expected rows below it")
    frame = frame.slice(first)
    frame.columns = names
    return frame, titled, records[first:]
