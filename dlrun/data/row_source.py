"""Opens a file of rows to be answered: in pieces, with the columns that a form asks for, as they are written."""

import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import DataError
from .files import find_file
from .formats import FILE_SUFFIXES, FORMATS
from .readers.bare_arrays import pieces_of_arrays
from .readers.pieces import Columns, Piece, pieces_of_file, pieces_of_text
from .readers.tables import SHEETS
from .readers.unpacking import PACKINGS
from .reading import Reading
from .source_form import PLAIN, SourceForm

STANDARD_INPUT = "-"
SHOWN = "standard input"


def row_pieces(file: str, form: SourceForm, keep: Sequence[str]) -> Iterator[Piece]:
    """The rows of a file, or of standard input for "-" (separated text), in pieces. Raises DataError.

    Columns that training read as other than plain numbers, and those in `keep`, stay text as it is written.
    """
    reading = Reading(file, target=form.target, missing=form.missing, header=not form.without_header)
    target = [] if form.form(form.target) == PLAIN else [form.target]
    columns = Columns(frozenset([*form.forms, *keep, *target]), frozenset(form.names))
    if file == STANDARD_INPUT:
        yield from pieces_of_text(_rewound(sys.stdin.buffer), SHOWN, ".csv", reading, columns)
        return
    path = find_file(file, Path.cwd(), FILE_SUFFIXES)
    ending = path.suffix.lower()
    if ending in SHEETS or ending in PACKINGS:
        yield from pieces_of_file(file, path, reading, columns)
    elif ending in FORMATS:
        yield from pieces_of_arrays(file, path, form)
    else:
        raise DataError(f"{file}: {ending or 'such'} files cannot be read; save it as .csv or .parquet")


def _rewound(stream: BinaryIO) -> BinaryIO:
    """A stream whose reads are as large as asked for, whatever a pipe gives at a time."""
    return (
        cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, stream.raw), 2**20)) if hasattr(stream, "raw") else stream
    )
