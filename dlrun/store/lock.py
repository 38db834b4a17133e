"""The lock of a run folder: says whether a living process works in it.

The kernel keeps the lock and releases it when the process ends, however it ends. So no process id is written down,
trusted or sent a signal.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import StoreError
from .problems import raised_as_store_error

NAME = ".lock"

# A process that only asks whether a run is locked holds the lock for microseconds; so one that wants to work waits.
PATIENCE_SECONDS = 0.5
RETRY_SECONDS = 0.01


@contextmanager
def held(folder: Path, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Holds the folder's lock during the block. Raises StoreError if another process holds it for longer."""
    with raised_as_store_error(folder / NAME, "locked"):
        handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with lacking_locks_told(folder):
            could = could_lock(handle, patience_seconds)
        if not (could and same_file(handle, folder / NAME)):
            raise StoreError(f"{folder}: another process is at work in this run; wait until it has ended, or stop it")
        leave_a_trace(folder)
        yield
    finally:
        os.close(handle)


def could_lock(handle: int, patience_seconds: float) -> bool:
    """Takes the lock, trying for so many seconds; returns whether it succeeded."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(RETRY_SECONDS)


@contextmanager
def lacking_locks_told(folder: Path) -> Iterator[None]:
    """Raises StoreError where a file system has no locks, as some on a network: two could work in one run."""
    try:
        yield
    except OSError as problem:
        raise StoreError(
            f"{folder}: its file system locks no files ({problem.strerror}); choose a runs folder on another disk:"
            " --runs-dir DIR"
        ) from None


def leave_a_trace(folder: Path) -> None:
    """Changes the time of the folder's last change of state, so that whoever knew it unlocked looks again.

    Asking 20,000 runs for their locks takes longer than all else that a list needs; `stamps` sees this in passing.
    """
    with suppress(OSError):  # on a disk that takes no writes now, the work itself will say so
        known = os.stat(folder)
        try:  # the times that are set are those it has: runs of one second are sorted by their last write
            os.utime(folder, ns=(known.st_atime_ns, known.st_mtime_ns))
        except PermissionError:  # somebody else's folder takes only the time of now
            os.utime(folder)


def same_file(handle: int, path: Path) -> bool:
    """Whether the path still leads to the opened file: the folder may have been moved away during the wait."""
    try:
        current = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    return os.path.samestat(current, os.fstat(handle))


def is_held(folder: Path) -> bool:
    """Whether a living process works in the run; False where there is no lock file. Never writes."""
    try:
        handle = os.open(folder / NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
