"""Writes a table's rows as they come, by the ending of the file's name: the counterpart of the readers.

A file appears under its name once it is whole.
"""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import UnsupportedOperation
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import DataError
from .files import listed

if TYPE_CHECKING:
    import polars

# Controls but for the end of a line, and what turns the direction of writing.
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# Takes the next rows: columns by name, arrays, lists or series of one length.
Write = Callable[[Mapping[str, Any]], None]


@contextmanager
def writer_to(out: str) -> Iterator[Write]:
    """A function that writes rows to the file `out`, or as CSV to standard output for "-". Raises DataError."""
    if out == "-":
        with _standard_output() as stream:
            yield _csv(stream, is_read=stream.isatty())
        return
    path = Path(out)
    begin = ENDINGS.get(path.suffix.lower())
    if begin is None:
        raise DataError(f"{out}: {path.suffix or 'such'} files are not written; name it {listed(list(ENDINGS))}")
    try:
        with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as beside:
            unfinished = Path(beside) / path.name
            with begin(unfinished) as write:
                yield write
            synced(unfinished)
            unfinished.replace(path)
        synced(path.parent)
    except OSError as problem:
        raise DataError(f"{out}: could not be written ({problem.strerror}); check the folder and the disk") from None


def synced(path: Path) -> None:
    """Makes sure that a file's bytes, or a folder's names, are on the disk before they are told. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that cannot
            raise
    finally:
        os.close(handle)


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    """Standard output by a stream of our own, in which a reader that left ends the writing."""
    sys.stdout.flush()
    try:
        descriptor = os.dup(sys.stdout.fileno())
    except UnsupportedOperation:  # standard output was replaced by a stream that is no file
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise DataError(f"standard output: could not be written ({problem.strerror})") from None


def _frame(rows: Mapping[str, Any]) -> "polars.DataFrame":
    import polars as pl

    return pl.DataFrame(dict(rows))


def _csv(stream: BinaryIO, *, is_read: bool = False) -> Write:
    """is_read : by a person at a terminal, which control characters in a label would rewrite; a script gets all."""
    is_first = True

    def write(rows: Mapping[str, Any]) -> None:
        nonlocal is_first
        # Python writes it, since polars has no exception of its own for a pipe that was closed.
        text = _frame(rows).write_csv(include_header=is_first)
        stream.write((UNSEEN.sub("", text) if is_read else text).encode())
        stream.flush()
        is_first = False

    return write


@contextmanager
def _to_csv(path: Path) -> Iterator[Write]:
    with path.open("wb") as stream:
        yield _csv(stream)


@contextmanager
def _to_json_lines(path: Path) -> Iterator[Write]:
    with path.open("wb") as stream:
        yield lambda rows: _frame(rows).write_ndjson(stream)


@contextmanager
def _to_parquet(path: Path) -> Iterator[Write]:
    """Parts of their own first, since polars writes no file piece by piece; then one file of them."""
    import polars as pl

    parts = path.with_name("parts")
    parts.mkdir()
    count = 0

    def write(rows: Mapping[str, Any]) -> None:
        nonlocal count
        _frame(rows).write_parquet(parts / f"{count:09d}.parquet", compression="lz4")
        count += 1

    yield write
    pl.scan_parquet(parts / "*.parquet").sink_parquet(path)


# How each kind of file is written, by the ending of its name.
ENDINGS = {".csv": _to_csv, ".parquet": _to_parquet, ".jsonl": _to_json_lines}
