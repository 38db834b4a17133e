"""Opens HDF5 files: their arrays by name, those of groups as group/name. Needs h5py, which is optional."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...arrays import Array
from ...errors import DataError
from ..examples import Table
from ..files import Files
from ..reading import Reading
from .arrays import table_of_arrays
from .hdf5_words import words_at
from .stored import Opened, Stored, damage_told

if TYPE_CHECKING:
    import h5py

# A file with more names than this at one level holds no set of examples; looking at them all would only take time.
MOST_NAMES = 1000

DAMAGED = "not an HDF5 file, or a damaged one; write it anew, by h5py, or as .npz"


def read_hdf5(files: Files, reading: Reading) -> Table:
    """One table from the .h5 of each split. Raises DataError."""
    return table_of_arrays(files, reading, open_hdf5)


@contextmanager
def open_hdf5(shown: str, path: Path, *, by_matlab: bool = False) -> Iterator[Opened]:
    """The arrays of an HDF5 file. MATLAB's have their axes in the opposite order. Raises DataError."""
    try:
        import h5py
    except ImportError:
        what = "a .mat of version 7.3" if by_matlab else path.suffix
        raise DataError(f'{shown}: reading {what} needs h5py; pip install "dlrun[files]"') from None
    first_bytes(path, shown, 1)
    with damage_told(shown, DAMAGED):
        file = h5py.File(path, "r", locking=False)
    try:
        with damage_told(shown, DAMAGED):
            arrays = {name: _stored(shown, name, item, by_matlab) for name, item in _items(shown, file)}
        yield arrays
    finally:
        file.close()


def _words(shown: str, name: str, item: "h5py.Dataset") -> Array:
    """An array of text of variable length. Raises DataError where it is stored in another way than h5py's usual one."""
    offset = item.id.get_offset()
    if offset is None:
        raise DataError(
            f"{shown}: {name} holds text of variable length, and not in one part; write it as numpy.array(words, 'S')"
        )
    words = words_at(Path(item.file.filename), offset, item.size, base=item.file.userblock_size)
    return np.array(words, dtype=np.str_).reshape(item.shape)


def first_bytes(path: Path, shown: str, count: int) -> bytes:
    """As many bytes from the file's beginning; raises DataError if the system refuses."""
    try:
        with path.open("rb") as stream:
            return stream.read(count)
    except OSError as problem:
        raise DataError(f"{shown}: could not be read ({problem.strerror}); check its permissions") from None


def _items(shown: str, file: "h5py.File") -> Iterator[tuple[str, "h5py.Dataset"]]:
    """The arrays of the root and of its groups. Links to other files are not followed."""
    import h5py

    for name, item in _members(file):
        if isinstance(item, h5py.Dataset):
            yield name, item
        elif isinstance(item, h5py.Group) and not name.startswith("#"):
            if "pandas_type" in item.attrs:
                raise DataError(
                    f"{shown}: {name} is a table of pandas, which cannot be read; write it with to_parquet or to_csv"
                )
            if "MATLAB_sparse" in item.attrs:
                raise DataError(f"{shown}: {name} is a sparse matrix, which cannot be read; save full({name}) instead")
            inner = [(f"{name}/{below}", held) for below, held in _members(item)]
            yield from ((path, held) for path, held in inner if isinstance(held, h5py.Dataset))


def _members(group: "h5py.Group") -> Iterator[tuple[str, object]]:
    import h5py

    for count, name in enumerate(group):
        if count == MOST_NAMES:
            return
        if isinstance(group.get(name, getlink=True), h5py.HardLink):
            yield name, group[name]


def _stored(shown: str, name: str, item: "h5py.Dataset", by_matlab: bool) -> Stored:
    import h5py

    matlab_class = item.attrs.get("MATLAB_class", b"") if by_matlab else b""
    is_text = item.dtype.kind == "O" and h5py.check_string_dtype(item.dtype) is not None
    refusal = None
    if item.shape is None:
        refusal = "no values"
    elif item.dtype.names:
        refusal = "a table with named columns"
    elif item.external or item.is_virtual:
        refusal = "values that stand in other files"
    elif matlab_class in (b"char", b"cell", b"struct", b"table") or not (is_text or item.dtype.kind in "biufS"):
        refusal = f"a MATLAB {bytes(matlab_class).decode()}" if matlab_class else f"values of type {item.dtype}"
    shape = tuple(item.shape or ())[:: -1 if by_matlab else 1]
    # A chunk is decompressed in whole, and may announce more than the array that it is a part of.
    cells = max(math.prod(shape), math.prod(item.chunks or ()))

    def read() -> Array:
        if refusal:
            raise DataError(f"{shown}: {name} holds {refusal}; expected an array of numbers or text")
        with damage_told(shown, DAMAGED):
            array = _words(shown, name, item) if is_text else np.asarray(item[()])
            return array.transpose() if by_matlab else array

    return Stored(shape, refusal or ("text" if is_text else str(item.dtype)), cells * item.dtype.itemsize, read)
