"""Writes to the disk such that an end at any instant leaves the old or the new file and nothing between.

Everything that the store writes is written here. A name in a folder survives a power cut only once the folder itself
has been synced, so every write does that. Only regular files are read: a link could lead outside, and reading a pipe
could wait without end.
"""

import errno
import itertools
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..arrays import Array
from ..errors import StoreError
from .problems import raised_as_store_error

# The name of a file until it is complete. Whoever holds the run's lock may delete those that a dead process left.
TEMPORARY_PREFIX, TEMPORARY_SUFFIX = ".", ".tmp"

# The end of the last complete line is searched from the end of the file, in pieces of this size.
TAIL_PIECE = 64 * 1024


def write_whole(path: Path, write: Callable[[BufferedRandom], object], *, syncs_name: bool = True) -> None:
    """Lets `write` fill a temporary file, syncs it to the disk and renames it to `path`. Raises StoreError.

    syncs_name : whether the new name is on the disk at the return, too, or only once the folder is synced.
    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{path.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    with raised_as_store_error(path, "written"):
        try:
            with open(temporary, "x+b") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:  # an interrupt, too, leaves no half-written file
            discard(temporary)
            raise
        if syncs_name:
            sync_folder(path.parent)


def overwrite(path: Path, data: bytes) -> None:
    """Writes `data` over a file of the same length, which needs no new room, and syncs it. Raises StoreError."""
    with raised_as_store_error(path, "written"), open(path, "r+b") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def move(path: Path, target: Path) -> None:
    """Renames a file within its folder, and syncs the folder. Raises StoreError."""
    with raised_as_store_error(target, "written"):
        os.replace(path, target)
        sync_folder(target.parent)


def append(path: Path, line: bytes) -> int:
    """Adds a `line` with its newline to the file, after cutting off an incomplete last line. Raises StoreError.

    Returns how many bytes the file had before.
    """
    with raised_as_store_error(path, "written"), open(path, "a+b") as file:
        length = complete_lines_length(file)
        if length < file.seek(0, os.SEEK_END):
            file.truncate(length)
        file.write(line)
    return length


def append_surely(path: Path, line: bytes) -> None:
    """Adds a line as `append` does, and returns when it is on the disk. Raises StoreError."""
    is_new = not path.exists()
    append(path, line)
    sync(path)
    if is_new:
        with raised_as_store_error(path, "written"):
            sync_folder(path.parent)


def make_folders(path: Path) -> None:
    """Makes the folder and those above it that are missing, and syncs each new name to the disk. Raises OSError."""
    missing = list(itertools.takewhile(lambda folder: not folder.exists(), (path, *path.parents)))
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        with suppress(PermissionError):  # a folder that may be written to and not be read
            sync_folder(folder.parent)


def complete_lines_length(file: BinaryIO) -> int:
    """How many bytes of the file are complete lines, which end in a newline."""
    end, step = file.seek(0, os.SEEK_END), 1  # nearly always the newline is the last byte
    while end > 0:
        start = max(0, end - step)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end, step = start, TAIL_PIECE
    return 0


def sync(path: Path) -> None:
    """Syncs to the disk what was appended to the file; a missing file needs nothing. Raises StoreError."""
    with raised_as_store_error(path, "written"):
        try:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def mapped(folder: Path, length: int, dtype: type) -> Array:
    """An array (length,) in a file without a name in `folder`, which goes with the array. Raises StoreError.

    Its room on the disk is taken before: a write to a mapped file for which there is no room kills the process.
    """
    with raised_as_store_error(folder, "written"), tempfile.TemporaryFile(dir=folder) as file:
        size = max(1, length) * np.dtype(dtype).itemsize
        if hasattr(os, "posix_fallocate"):  # on Linux
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
        return np.asarray(np.memmap(file, dtype, "r+", shape=max(1, length)))[:length]


def sync_folder(path: Path) -> None:
    """Syncs the names in a folder to the disk, where the file system can do that."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def discard(path: Path) -> None:
    """Deletes a file if it exists and can be deleted; one that remains does no harm."""
    try:
        os.unlink(path)
    except OSError:
        return


def leftovers(folder: Path) -> list[Path]:
    """The temporary files in a folder, left by processes that died while writing."""
    with raised_as_store_error(folder, "read"):
        names = [entry.name for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    return [folder / name for name in names if name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)]


def open_to_read(path: Path) -> BufferedReader:
    """A regular file, opened without following a link and without waiting for another process. Raises OSError."""
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
    """The bytes of a file of at most `at_most` bytes. Raises StoreError where missing, too large or unreadable."""
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if at_most is not None and size > at_most:
            raise StoreError(f"{path}: {size} bytes, where dlrun writes at most {at_most}; put the run's own back")
        return file.read()
