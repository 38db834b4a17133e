"""Reads the `Table` of a source, with the reader for its name or its file ending.

A new kind of file is a function and a row of `readers.kinds`.
"""

import difflib
from pathlib import Path

import numpy as np

from ..errors import DataError
from .examples import Table
from .files import find_file, listed
from .readers.kinds import FORMATS, PACKED, TABLES, read_files
from .reading import Reading
from .sources import SOURCES, read_named

# What the path of a source may end in, in small letters. Packed files hold one of SHEETS.
FILE_SUFFIXES = (*FORMATS, *PACKED)

# The usual ones; the README has all.
SUFFIXES_SHOWN = 6


def is_named_source(source: str | int) -> bool:
    """Whether a source is bundled, generated or fetched, rather than a file."""
    return isinstance(source, int) or source in SOURCES or source.startswith("openml:")


def read_table(reading: Reading, *, folder: Path, rng: np.random.Generator) -> Table:
    """The complete table of the source. Raises DataError."""
    shown, paths = reading.shown, reading.paths
    is_named = is_named_source(shown)
    if is_named and len(paths) > 1:
        extra = list(paths)[1]
        raise DataError(f"data.{extra}_source: {shown} is no file and is split by data.split; leave {extra}_source out")
    if shown in SOURCES:
        return read_named(shown, rng=rng, settings=reading.settings)
    for key in reading.settings:
        raise DataError(f"data.{key}: a setting of generators; source {shown} takes none, leave it out")
    if is_named:
        from .readers.openml import read_openml

        return read_openml(shown, target=reading.target)
    readers = {_reader_of(path) for path in paths.values()}
    if len(readers) > 1:
        raise DataError(f"{', '.join(paths.values())}: tables and arrays cannot be mixed; give all as one kind")
    if readers == {TABLES} and reading.examples == "columns":
        raise DataError(f"data.examples: {shown} is a table, whose rows are the examples; leave it out")
    files = {split: (path, find_file(path, folder, FILE_SUFFIXES)) for split, path in paths.items()}
    return read_files(readers.pop(), files, reading)


def _reader_of(name: str) -> str:
    suffix = Path(name).suffix.lower()
    if suffix in PACKED:
        return TABLES
    if suffix in FORMATS:
        return FORMATS[suffix]
    suffixes = listed(FILE_SUFFIXES, SUFFIXES_SHOWN)
    if suffix and "/" not in suffix:
        raise DataError(f"{name}: {suffix} files cannot be read; save it as one of {suffixes}")
    close = difflib.get_close_matches(name, SOURCES, n=1)
    advice = f"did you mean {close[0]}?" if close else f"known are {', '.join(SOURCES)}"
    raise DataError(f"data.source: unknown source {name!r}; {advice} (or openml:NAME, or a path ending in {suffixes})")
