"""Reads the rows of a file a piece at a time, so that memory does not grow with the file.

Separated text and Parquet are read so; files of other kinds are read as a whole, and are one piece.
"""

import bz2
import codecs
import gzip
import lzma
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

from ...errors import DataError
from ..reading import Reading
from .charsets import MARKS
from .columnar import NOT_PARQUET
from .dialects import SIGNS, layout_of
from .kinds import SHEETS, read_sheet
from .quiet import told
from .separated import read_rows, read_text, text_of
from .typed import typed_sheet
from .unpacking import Contents, contents_of

if TYPE_CHECKING:
    import polars

# Bytes of text, and rows of Parquet, at a time: large enough that starting a piece costs nothing, and two of them with
# all that is made of them fit into some hundred megabytes.
BYTES_AT_A_TIME = 8 * 2**20
ROWS_AT_A_TIME = 65_536

# The separated texts, and the packings that are unpacked as they are read.
TEXTS = (".csv", ".tsv", ".txt", ".data")
STREAMED: dict[str, Callable[[Path, Literal["rb"]], Any]] = {
    "": open,
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}


# What a text may end in without a row: blanks, line ends, and the Ctrl-Z of old programs.
NOTHING = b" \t\r\n\x1a"


class Piece(NamedTuple):
    """Some rows as a frame, sentences about how they were read, and the share of the file that is read so far."""

    frame: "polars.DataFrame"
    notes: tuple[str, ...] = ()
    share: float = 1.0


class Columns(NamedTuple):
    """Columns that stay text as it is written; and the names that a first line may hold although none is expected."""

    as_text: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


def pieces_of_file(shown: str, path: Path, reading: Reading, columns: Columns) -> Iterator[Piece]:
    """The rows of a table's file in their order, in pieces. Raises DataError."""
    packing, ending = _endings(path)
    if ending in TEXTS and packing in STREAMED:
        size = path.stat().st_size
        with STREAMED[packing](path, "rb") as stream:
            yield from pieces_of_text(stream, shown, ending, reading, columns, lambda: _read_so_far(stream, size))
    elif ending == ".parquet" and not packing:
        yield from _pieces_of_parquet(shown, path, reading)
    else:
        contents = contents_of(shown, path)
        if contents.ending not in SHEETS:
            raise DataError(f"{shown}: {contents.ending or 'such'} files cannot be read here; unpack it")
        sheet = read_sheet(contents, replace(reading, header=reading.header or None))
        yield Piece(sheet.frame, sheet.notes)


def _endings(path: Path) -> tuple[str, str]:
    """What a file is packed in ("" if it is not), and the ending of what is in it."""
    last = path.suffix.lower()
    if last in STREAMED:
        return last, PurePosixPath(path.stem).suffix.lower()
    return "", last


def _read_so_far(stream: BinaryIO, size: int) -> float:
    """The share of a file that was read; of a packed one, by its packed bytes."""
    packed = getattr(stream, "fileobj", None) or getattr(stream, "_fp", None) or stream
    try:
        return min(1.0, packed.tell() / size) if size else 1.0
    except (OSError, ValueError, AttributeError):
        return 0.0


def pieces_of_text(
    stream: BinaryIO,
    shown: str,
    ending: str,
    reading: Reading,
    columns: Columns,
    share: Callable[[], float] = lambda: 0.0,
) -> Iterator[Piece]:
    """The rows of separated text, in pieces. The first piece decides the layout of all. Raises DataError."""
    first, rest = _cut(stream, b"", shown)
    if reading.header is False and _holds_names(first, columns.names):
        reading = replace(reading, header=True)
    is_wide = b"\0" in first or any(first.startswith(mark) for mark in MARKS if mark != codecs.BOM_UTF8)
    cells = _ended if not is_wide and _is_one_column(first) else _as_they_are
    contents = Contents(shown, Path(shown), ending, cells(first))
    text = None if rest is None or is_wide else text_of(contents, reading.charset)
    layout = None if text is None else layout_of(text.raw, shown, ending, reading)
    if text is None or layout is None or layout.quote != '"':
        raw = first if rest is None else first + rest + b"".join(iter(lambda: _block(stream, shown), b""))
        yield _whole(contents._replace(raw=cells(raw)), reading, columns)
        return
    wanted = [name for name in layout.names.names if name in columns.as_text]
    rows = read_rows(text.raw, layout, wanted, shown, partial(bytes, text.raw))
    encoding, lines = reading.charset or text.encoding, text.raw.count(b"\n")
    yield Piece(rows.frame, (*text.notes, *layout.notes, *rows.notes), share())
    layout = layout._replace(start=0, notes=())
    while rest is not None:
        piece, rest = _cut(stream, rest, shown)
        if not piece.strip(NOTHING):
            continue
        # Places in messages count the lines from the beginning of the piece.
        where = f"{shown}, below line {lines}"
        text = text_of(Contents(where, Path(shown), ending, cells(piece)), encoding)
        rows = read_rows(text.raw, layout, wanted, where, partial(bytes, text.raw))
        encoding, lines = encoding or text.encoding, lines + text.raw.count(b"\n")
        yield Piece(rows.frame, (*text.notes, *rows.notes), share())


def _holds_names(raw: bytes, names: frozenset[str]) -> bool:
    """Whether the first line names columns: most of its cells are among the names."""
    line = raw.lstrip(codecs.BOM_UTF8 + NOTHING).split(b"\n", 1)[0].replace(b"\0", b"").decode("utf-8", "replace")
    cells = [cell.strip().strip("\"'") for cell in re.split(r"[;,\t|]| +", line.strip())]
    return 2 * sum(cell in names for cell in cells) > len(cells)


def _whole(contents: Contents, reading: Reading, columns: Columns) -> Piece:
    """A text in one piece."""
    text = text_of(contents, reading.charset)
    names = layout_of(text.raw, contents.shown, contents.ending, reading).names.names
    wanted = tuple(name for name in names if name in columns.as_text)
    sheet = read_text(contents, replace(reading, categorical=wanted))
    return Piece(sheet.frame, sheet.notes)


def _is_one_column(raw: bytes) -> bool:
    """Whether nothing separates cells: the first line holds none of the signs for it."""
    line = raw.lstrip().split(b"\n", 1)[0].strip()
    return bool(line) and not any(sign.encode() in line for sign in (*SIGNS, ",", " "))


def _ended(raw: bytes) -> bytes:
    """Lines of one cell, each with a separator behind it, by which readers know it for a table."""
    return re.sub(rb"\r?\n|\r|(?<=[^\r\n])\Z", b";\n", raw)


def _as_they_are(raw: bytes) -> bytes:
    return raw


def _block(stream: BinaryIO, shown: str) -> bytes:
    """The next bytes. Raises DataError for a packed file that is damaged."""
    with told(f"{shown}: damaged; pack it anew, or give it unpacked", lzma.LZMAError):
        return stream.read(BYTES_AT_A_TIME)


def _cut(stream: BinaryIO, before: bytes, shown: str) -> tuple[bytes, bytes | None]:
    """The next lines that are whole, and the beginning of the one behind them; None at the end of the stream."""
    raw = before
    while block := _block(stream, shown):
        raw += block
        end = len(raw)
        # A line end within quotes ends no row.
        while (end := raw.rfind(b"\n", 0, end)) >= 0:
            if raw.count(b'"', 0, end) % 2 == 0:
                return raw[: end + 1], raw[end + 1 :]
            end = raw.rfind(b'"', 0, end)
    return raw, None


def _pieces_of_parquet(shown: str, path: Path, reading: Reading) -> Iterator[Piece]:
    import polars as pl

    sentence, done = NOT_PARQUET.format(shown=shown), 0
    with told(sentence, pl.exceptions.PolarsError):
        scan = pl.scan_parquet(path)
        rows = scan.select(pl.len()).collect().item()
        batches = iter(scan.collect_batches(chunk_size=ROWS_AT_A_TIME, maintain_order=True))
    while True:
        with told(sentence, pl.exceptions.PolarsError):
            frame = next(batches, None)
        if frame is None:
            return
        if len(frame):
            done += len(frame)
            sheet = typed_sheet(shown, frame, reading)
            yield Piece(sheet.frame, sheet.notes, done / rows)
