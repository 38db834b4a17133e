"""Opens a file of rows to be answered: in pieces, with the columns that a form asks for, as they are written."""

import io
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from ..errors import DataError
from .files import find_file
from .formats import FILE_SUFFIXES
from .readers.bare_arrays import pieces_of_arrays
from .readers.kinds import FORMATS, PACKED, SHEETS
from .readers.pieces import Columns, Piece, pieces_of_file, pieces_of_text
from .reading import Reading
from .source_form import PLAIN, SourceForm

STANDARD_INPUT = "-"
SHOWN = "standard input"

# How kinds of files begin that may come on standard input; all else there is separated text.
BEGINNINGS = {b"PAR1": ".parquet", b"ARROW1": ".arrow", b"\x1f\x8b": ".csv.gz", b"{": ".jsonl", b"[": ".json"}


def row_pieces(file: str, form: SourceForm, keep: Sequence[str]) -> Iterator[Piece]:
    """The rows of a file, or of standard input for "-", in pieces. Raises DataError.

    Columns that training read as other than plain numbers, and those in `keep`, stay text as it is written.
    """
    reading = Reading(file, target=form.target, missing=form.missing, header=not form.without_header)
    target = [] if form.form(form.target) == PLAIN else [form.target]
    columns = Columns(frozenset([*form.forms, *keep, *target]), frozenset(form.names))
    if file == STANDARD_INPUT:
        yield from _from_standard_input(reading, columns)
        return
    path = find_file(file, Path.cwd(), FILE_SUFFIXES)
    ending = path.suffix.lower()
    if ending in SHEETS or ending in PACKED:
        yield from pieces_of_file(file, path, reading, columns)
    elif ending in FORMATS:
        yield from pieces_of_arrays(file, path, form)
    else:
        raise DataError(f"{file}: {ending or 'such'} files cannot be read; save it as .csv or .parquet")


def _from_standard_input(reading: Reading, columns: Columns) -> Iterator[Piece]:
    """Its rows: separated text as it comes; what begins as another kind of file is kept in a file until it ends."""
    stream = cast(io.BufferedReader, sys.stdin.buffer)
    beginning = stream.peek(max(map(len, BEGINNINGS))).lstrip()
    ending = next((ending for first, ending in BEGINNINGS.items() if beginning.startswith(first)), None)
    if ending is None:
        yield from pieces_of_text(stream, SHOWN, ".csv", reading, columns)
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"rows{ending}"
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        yield from pieces_of_file(SHOWN, path, reading, columns)
