"""Opens .mat files of MATLAB: those of version 7.3 are HDF5, `mat5` reads those of 5 to 7, and scipy older ones."""

import io
import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np

from ...arrays import Array
from ..examples import Table
from ..files import Files, read_bytes
from ..reading import Reading
from .arrays import table_of_arrays
from .hdf5 import first_bytes, open_hdf5
from .mat5 import HEADER_BYTES, ORDERS, variables
from .stored import Opened, Stored, damage_told

# An HDF5 file begins with this, behind a block of its user's whose length is 0 or a power of two from 512. MATLAB's is
# 512 and begins with its own name.
HDF5_START, HDF5_PLACES, MATLAB_START = b"\x89HDF\r\n\x1a\n", (0, 512, 1024, 2048), b"MATLAB 7.3"

# A file of version 4 begins with a number whose bytes cannot all be letters.
OLD_START = 4

# Bytes of the widest number or letter of version 4.
WIDEST = 8

DAMAGED = "not a .mat file, or a damaged one; write it anew, by save in MATLAB or scipy.io.savemat, or as .npz"


def read_matlab(files: Files, reading: Reading) -> Table:
    """One table from the .mat of each split. Raises DataError."""
    return table_of_arrays(files, reading, open_matlab)


def open_matlab(shown: str, path: Path) -> AbstractContextManager[Opened]:
    """The variables of a .mat of any version. Raises DataError."""
    head = first_bytes(path, shown, max(HDF5_PLACES) + len(HDF5_START))
    if any(head.startswith(HDF5_START, place) for place in HDF5_PLACES):
        return open_hdf5(shown, path, by_matlab=head.startswith(MATLAB_START))
    return _open_plain(shown, read_bytes(path, shown))


@contextmanager
def _open_plain(shown: str, raw: bytes) -> Iterator[Opened]:
    with damage_told(shown, DAMAGED):
        if raw[HEADER_BYTES - 2 : HEADER_BYTES] in ORDERS and 0 not in raw[:OLD_START]:
            arrays = variables(shown, raw, DAMAGED)
        elif 0 in raw[:OLD_START]:
            arrays = _old_variables(shown, raw)
        else:
            raise ValueError("neither version")
    yield {name: stored for name, stored in arrays.items() if not name.startswith("__")}


def _old_variables(shown: str, raw: bytes) -> dict[str, Stored]:
    """The variables of a file of version 4, which has no compression and whose reader checks what it reads."""
    from scipy.io import loadmat, whosmat
    from scipy.io.matlab import MatReadError

    def stored(name: str, shape: tuple[int, ...], kind: str) -> Stored:
        def read() -> Array:
            with damage_told(shown, DAMAGED, MatReadError):
                values = loadmat(io.BytesIO(raw), variable_names=[name])[name]
                return values.toarray() if kind == "sparse" else np.asarray(values)

        return Stored(shape, kind, math.prod(map(int, shape)) * WIDEST, read)

    with damage_told(shown, DAMAGED, MatReadError):
        return {name: stored(name, tuple(map(int, shape)), kind) for name, shape, kind in whosmat(io.BytesIO(raw))}
