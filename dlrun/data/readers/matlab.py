"""Opens .mat files of MATLAB: those of version 7.3 are HDF5, and scipy reads the others."""

import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np

from ...arrays import Array
from ...errors import DataError
from ..examples import Table
from ..files import Files, read_bytes
from ..reading import Reading
from .arrays import table_of_arrays
from .hdf5 import open_hdf5
from .stored import LARGEST_BYTES, LARGEST_RATIO, Opened, Stored, damage_told, refuse_larger

# An HDF5 file begins with this, behind a block of its user's whose length is 0 or a power of two from 512. MATLAB's is
# 512 and begins with its own name.
HDF5_START, HDF5_PLACES, MATLAB_START = b"\x89HDF\r\n\x1a\n", (0, 512, 1024, 2048), b"MATLAB 7.3"

# Bytes of a value of each class, as NumPy holds it. Whatever is not listed is no array of numbers or text.
CLASS_BYTES = {
    "double": 8,
    "single": 4,
    **{f"{sign}int{bits}": bits // 8 for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "logical": 1,
    "char": 4,
    "cell": 8,
    "sparse": 8,
}

# The header of a file of version 5, which ends with the order of bytes: struct's sign for it. And the kind of an
# element that is compressed.
HEADER_BYTES, ORDERS, COMPRESSED = 128, {b"IM": "<", b"MI": ">"}, 15

# Decompressed at a time, to count bytes without holding them.
PIECE = 2**20

DAMAGED = "not a .mat file, or a damaged one; write it anew, by save in MATLAB or scipy.io.savemat, or as .npz"


def read_matlab(files: Files, reading: Reading) -> Table:
    """One table from the .mat of each split. Raises DataError."""
    return table_of_arrays(files, reading, open_matlab)


def open_matlab(shown: str, path: Path) -> AbstractContextManager[Opened]:
    """The variables of a .mat of any version. Raises DataError."""
    raw = read_bytes(path, shown)
    if any(raw.startswith(HDF5_START, place) for place in HDF5_PLACES):
        return open_hdf5(shown, path, by_matlab=raw.startswith(MATLAB_START))
    return _open_plain(shown, raw)


@contextmanager
def _open_plain(shown: str, raw: bytes) -> Iterator[Opened]:
    """The variables of a .mat of version 4, 5, 6 or 7."""
    import warnings

    from scipy.io import whosmat

    with damage_told(shown, DAMAGED), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        refuse_larger(shown, len(raw), _inflated_bytes(raw))
        variables = whosmat(io.BytesIO(raw))
    yield {name: _stored(shown, raw, name, shape, kind) for name, shape, kind in variables if not name.startswith("__")}


def _inflated_bytes(raw: bytes) -> int:
    """The bytes of a file of version 5 when its compressed parts are decompressed; counting stops above the limit."""
    order = ORDERS.get(raw[HEADER_BYTES - 2 : HEADER_BYTES])
    if order is None:
        return len(raw)
    most, total, at = max(LARGEST_BYTES, LARGEST_RATIO * len(raw)), len(raw), HEADER_BYTES
    while at + 8 <= len(raw) and total <= most:
        kind, count = struct.unpack_from(f"{order}II", raw, at)
        at += 8
        if kind == COMPRESSED:
            total += _inflated(raw[at : at + count], most - total)
        at += count
    return total


def _inflated(packed: bytes, most: int) -> int:
    """How many bytes a zlib stream gives, counted until there are more than `most`."""
    stream, total = zlib.decompressobj(), 0
    while total <= most and not stream.eof:
        piece = stream.decompress(packed, PIECE)
        packed = stream.unconsumed_tail
        total += len(piece)
        if not piece and not packed:
            break
    return total


def _stored(shown: str, raw: bytes, name: str, shape: tuple[int, ...], kind: str) -> Stored:
    def read() -> Array:
        import warnings

        from scipy.io import loadmat

        if kind not in CLASS_BYTES:
            raise DataError(f"{shown}: {name} holds a MATLAB {kind}; expected an array of numbers or text")
        with damage_told(shown, DAMAGED), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = loadmat(io.BytesIO(raw), variable_names=[name])[name]
            return values.toarray() if kind == "sparse" else _texts(values) if kind == "cell" else np.asarray(values)

    return Stored(tuple(map(int, shape)), kind, math.prod(map(int, shape)) * CLASS_BYTES.get(kind, 0), read)


def _texts(cells: Array) -> Array:
    """A cell array of words as an array of text. Raises ValueError if a cell holds anything else."""
    words = [np.asarray(cell) for cell in cells.ravel()]
    if any(word.dtype.kind != "U" or word.size > 1 for word in words):
        raise ValueError("a cell without a word")
    return np.array([str(word.item()) if word.size else "" for word in words])
