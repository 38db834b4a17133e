"""Reads Parquet and Arrow files (.feather, .arrow, .ipc) into a `Sheet`."""

import io
from typing import TYPE_CHECKING

from ..reading import Reading
from .quiet import told
from .sheets import Sheet
from .typed import typed_sheet
from .unpacking import Contents, most_unpacked, too_much

if TYPE_CHECKING:
    import polars

NOT_PARQUET = "{shown}: not a parquet file, or a damaged one; write it anew or give a .csv"

# A number as it is held in memory. Equal ones take next to nothing in a file.
BYTES_A_NUMBER = 8


def read_parquet(contents: Contents, reading: Reading) -> Sheet:
    """The table in a Parquet file. Raises DataError."""
    import polars as pl

    shown = contents.shown
    sentence = NOT_PARQUET.format(shown=shown)
    with told(sentence, pl.exceptions.PolarsError):
        _refuse_bomb(contents, pl.scan_parquet(io.BytesIO(contents.raw)))
        frame = pl.read_parquet(io.BytesIO(contents.raw))
    return typed_sheet(shown, frame, reading)


def read_arrow(contents: Contents, reading: Reading) -> Sheet:
    """The table in an Arrow file, for which Feather is another name. Raises DataError."""
    import polars as pl

    shown = contents.shown
    sentence = f"{shown}: not an Arrow file, or a damaged one; write it anew or give a .csv"
    with told(sentence, pl.exceptions.PolarsError):
        _refuse_bomb(contents, pl.scan_ipc(io.BytesIO(contents.raw)))
        frame = pl.read_ipc(io.BytesIO(contents.raw))
    return typed_sheet(shown, frame, reading)


def _refuse_bomb(contents: Contents, announced: "polars.LazyFrame") -> None:
    """Raise DataError for a file whose table is much larger than the file, before any of it is read."""
    import polars as pl

    rows, width = announced.select(pl.len()).collect().item(), len(announced.collect_schema())
    if rows * width * BYTES_A_NUMBER > most_unpacked(len(contents.raw)):
        raise too_much(contents.shown, len(contents.raw))
