"""Opens .npz files: the arrays in the archive by the names of its members. Pickled objects are never loaded."""

import io
import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from ...arrays import Array
from ...damages import refuse_shared_places
from ..files import read_bytes
from .stored import Opened, Stored, damage_told, refuse_impossible_letters

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}

# Deflate compresses at most by this factor (zlib's technical notes: 1032 to 1).
MOST_DEFLATED = 1032

DAMAGED = (
    "not an .npz of plain arrays (damaged, or it holds Python objects); write it with numpy.savez(file, X=..., y=...)"
    " from arrays of numbers"
)


@contextmanager
def open_npz(shown: str, path: Path) -> Iterator[Opened]:
    """The arrays of an .npz. Raises DataError."""
    raw = read_bytes(path, shown)
    with damage_told(shown, DAMAGED):
        archive = zipfile.ZipFile(io.BytesIO(raw))
        refuse_shared_places(archive.infolist())
        members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
        arrays = {member.filename.removesuffix(".npy"): _stored(archive, member, shown, len(raw)) for member in members}
    yield arrays


def _stored(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str, archive_bytes: int) -> Stored:
    def read() -> Array:
        with damage_told(shown, DAMAGED), archive.open(member) as stream:
            array = np.lib.format.read_array(stream, allow_pickle=False)
            if array.dtype.kind == "U":
                refuse_impossible_letters(array)
            return array

    shape, dtype = _announced(archive, member, archive_bytes)
    return Stored(shape, "of Python objects" if dtype.hasobject else str(dtype), member.file_size, read)


def _announced(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, archive_bytes: int
) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type by the header of a member. Raises ValueError if it promises more than the archive can hold."""
    if member.compress_size > archive_bytes or member.file_size > MOST_DEFLATED * member.compress_size:
        raise ValueError("a member larger than its archive")
    with archive.open(member) as stream:
        return announced(stream, member.file_size)


def announced(stream: IO[bytes], size: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type by the header of an array in a file of `size` bytes.

    Raises ValueError unless the array needs exactly these bytes (pickled objects, which are never read, may need any).
    This comes before memory is allocated: the header of an 80-byte file can ask for 32 GiB.
    """
    version = np.lib.format.read_magic(stream)
    if version not in HEADERS:
        raise ValueError(f"a header of version {version}, which no array of numbers needs")
    shape, _, dtype = HEADERS[version](stream)
    if not dtype.hasobject and stream.tell() + math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"announced as {shape} of {dtype}, which is not its size")
    return shape, dtype
