"""Writes to the disk such that an end at any instant leaves the old or the new file and nothing between.

Everything that the store writes is written here. A name in a folder survives a power cut only once the folder itself
has been synced, so every write does that. Only regular files are read: a link could lead outside, and reading a pipe
could wait without end.
"""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import BinaryIO

from ..errors import StoreError
from .problems import raised_as_store_error

# What a file is called until it is whole; whoever holds the run's lock may take away what a dead process left.
TEMPORARY_PREFIX, TEMPORARY_SUFFIX = ".", ".tmp"

# Read back from the end of a file in pieces of this size when its torn tail is looked for.
TAIL_PIECE = 64 * 1024


def write_whole(path: Path, write: Callable[[BufferedRandom], object]) -> None:
    """Lets `write` fill a file beside `path`, brings it to the disk and moves it into place. Raises StoreError."""
    beside = path.with_name(f"{TEMPORARY_PREFIX}{path.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    with raised_as_store_error(path, "written"):
        try:
            with open(beside, "x+b") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:  # an interrupt, too, leaves no half of a file behind
            discard(beside)
            raise
        sync_folder(path.parent)


def overwrite(path: Path, data: bytes) -> None:
    """Brings `data` to where the bytes of a file of the same length lie, which takes no new room. Raises StoreError."""
    with raised_as_store_error(path, "written"), open(path, "r+b") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def move(path: Path, target: Path) -> None:
    """Gives a file that is on the disk another name in its folder. Raises StoreError."""
    with raised_as_store_error(target, "written"):
        os.replace(path, target)
        sync_folder(target.parent)


def append(path: Path, line: bytes) -> int:
    """Adds a whole `line` (with its newline) to the file, after cutting what a torn write left. Raises StoreError.

    Returns how many bytes the file had before.
    """
    with raised_as_store_error(path, "written"), open(path, "a+b") as file:
        whole = complete_lines_length(file)
        if whole < file.seek(0, os.SEEK_END):
            file.truncate(whole)
        file.write(line)
    return whole


def complete_lines_length(file: BinaryIO) -> int:
    """How many bytes of the file are lines that end in a newline."""
    end, step = file.seek(0, os.SEEK_END), 1  # nearly always the newline is the last byte
    while end > 0:
        start = max(0, end - step)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end, step = start, TAIL_PIECE
    return 0


def sync(path: Path) -> None:
    """Brings what was appended to the file to the disk; a missing file needs nothing. Raises StoreError."""
    with raised_as_store_error(path, "written"):
        try:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_folder(path: Path) -> None:
    """Brings the names in a folder to the disk, where its file system can do that at all."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def discard(path: Path) -> None:
    """Takes a file away if it is there and can be taken; what stays behind harms nobody."""
    try:
        os.unlink(path)
    except OSError:
        return


def leftovers(folder: Path) -> list[Path]:
    """The files that processes which died while writing have left in a folder."""
    with raised_as_store_error(folder, "read"):
        names = [entry.name for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    return [folder / name for name in names if name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)]


def open_to_read(path: Path) -> BufferedReader:
    """A regular file, opened without following a link and without waiting for anybody. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(number, os.strerror(number) if stat.S_ISDIR(mode) else "not a regular file")
    return os.fdopen(handle, "rb")


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """A regular file for reading. Raises StoreError where it is missing or cannot be read."""
    try:
        with open_to_read(path) as file:
            yield file
    except FileNotFoundError as problem:
        raise StoreError(f"{path}: no such file; the run may not have come that far: train it again") from problem
    except OSError as problem:
        reason = "a symbolic link" if problem.errno == errno.ELOOP else problem.strerror or problem
        raise StoreError(f"{path}: cannot be read: {reason}; check its permissions, or train again") from problem


def read(path: Path, at_most: int | None = None) -> bytes:
    """The bytes of a file, of `at_most` so many. Raises StoreError where it is missing, too large or unreadable."""
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if at_most is not None and size > at_most:
            raise StoreError(f"{path}: {size} bytes, where dlrun writes at most {at_most}; put the run's own back")
        return file.read()
