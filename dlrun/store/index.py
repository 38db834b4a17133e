"""The index of a runs folder: what its runs said when they were last read, a line for each, in one SQLite file.

It is a cache and never the truth. `known` uses a line only while the run has the stamp that the line begins with. So an
index may be deleted, stale, torn or another program's at any time: at worst all runs are read again. Nothing here
raises.
"""

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

from .. import __version__
from . import disk

if TYPE_CHECKING:
    from sqlite3 import Connection

R = TypeVar("R")

# SQLite has no checksums. The lines of another format, or of another dlrun, which may read runs otherwise, have others;
# a line that stands beside another run's id has not the stamp of that run.
FORMAT = 1
SEED = crc32(f"{FORMAT} {__version__}".encode())

# A thousand rows are written in 10 ms; whoever waits longer than this does without the index.
PATIENCE_SECONDS = 2.0

TABLE = "CREATE TABLE IF NOT EXISTS runs (run_id TEXT PRIMARY KEY, line BLOB, checksum INT) WITHOUT ROWID"


def path_of(runs_dir: Path) -> Path:
    """The file of this user's index. Users have one each, since not everybody may read the same runs."""
    return runs_dir / f".index-{os.getuid()}.sqlite"


def load(runs_dir: Path) -> dict[str, bytes]:
    """The lines by run id; none where there is no index, or where any of it is damaged, which then is deleted."""
    path, nothing = path_of(runs_dir), list[tuple[Any, Any, Any]]()
    if not is_file(path):
        return {}
    rows = asked(path, lambda base: base.execute("SELECT run_id, line, checksum FROM runs").fetchall(), nothing)
    try:
        lines = {run_id: line for run_id, line, checksum in rows if crc32(line, SEED) == checksum}
    except TypeError:  # a torn column may be of any type
        lines = {}
    if len(lines) < len(rows):
        discard(path)
        return {}
    return lines


def clock_ns(runs_dir: Path) -> int | None:
    """The time by the clock that stamps files there, which may be another machine's; None if no index can be written.

    The index is made if it is missing.
    """
    path = path_of(runs_dir)
    if os.path.lexists(path) and not is_file(path):
        return None
    if not asked(path, lambda base: bool(base.execute(TABLE)), False):
        return None
    try:
        os.utime(path)
        return os.lstat(path).st_mtime_ns
    except OSError:
        return None


def save(runs_dir: Path, lines: Mapping[str, bytes], gone: Iterable[str] = ()) -> None:
    """Puts these lines into the index, and takes out those of the runs that are gone, where it can be written."""
    rows = [(run_id, line, crc32(line, SEED)) for run_id, line in lines.items() if is_text(run_id)]

    def put(base: "Connection") -> None:
        with base:
            base.executemany("DELETE FROM runs WHERE run_id = ?", [(run_id,) for run_id in gone])
            base.executemany("REPLACE INTO runs VALUES (?, ?, ?)", rows)

    if is_file(path_of(runs_dir)):
        asked(path_of(runs_dir), put, None)


def is_text(run_id: str) -> bool:
    """Whether SQLite can keep an id; the name of a folder may hold bytes that are no text."""
    try:
        return bool(run_id.encode())
    except UnicodeEncodeError:
        return False


def is_file(path: Path) -> bool:
    """Whether there is a regular file; SQLite would follow a link, and wait for a pipe."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def asked(path: Path, question: Callable[["Connection"], R], otherwise: R) -> R:
    """The answer of the index to a question, or `otherwise`; an index that cannot be used is deleted."""
    import sqlite3  # importing it takes 10 ms, and few verbs need it

    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS)) as base:
            base.execute("PRAGMA synchronous = OFF")  # a power cut may tear it; the checksums show that
            return question(base)
    except (sqlite3.Error, ValueError, MemoryError) as problem:  # torn, it may ask for any memory, or hold no text
        primary = getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        # Another process is writing, or the disk is full: the index itself may be sound.
        if primary not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL):
            discard(path)
        return otherwise


def discard(path: Path) -> None:
    """Deletes the index with the journal that an interrupted change has left."""
    disk.discard(path)
    disk.discard(path.with_name(f"{path.name}-journal"))
