"""Reads .npy files: one 2-D array of numbers with the target as a column, read into memory or memory-mapped.

In memory it is a table of numbers like any other. Mapped, its table is the file itself, and no row is read here.
"""

from pathlib import Path

import numpy as np

from ...arrays import Array
from ...errors import DataError
from ...records import SPLITS
from ..examples import Table
from ..files import Files
from ..reading import Reading
from .arrays import index_places, refuse_announced, too_large

# Keys that cannot go with data.memory_map, because they need every row at once, and the reason that a person reads.
NOT_MAPPED = {
    "dev_source": "its rows are divided by data.split",
    "test_source": "its rows are divided by data.split",
    "categorical": "its columns are numbers",
    "split_column": "its rows are divided by data.split",
    "group": "its rows are divided at random",
    "order": "its rows are divided at random",
}


def read_npy(files: Files, reading: Reading) -> Table:
    """One table from the .npy of each split.

    With `memory_map` there is only one file, and the table's numbers are its rows in the file. Raises DataError.
    """
    arrays = {split: (shown, _opened(shown, path, reading.memory_map)) for split, (shown, path) in files.items()}
    shown, first = arrays["train"]
    for shown_here, array in arrays.values():
        if array.shape[1] != first.shape[1]:
            difference = f"has {array.shape[1]} columns where {shown} has {first.shape[1]}"
            raise DataError(f"{shown_here}: {difference}; give every split the same columns")
    sizes = [len(array) for _, array in arrays.values()]
    numbers = np.concatenate([array for _, array in arrays.values()]) if len(arrays) > 1 else first
    given = np.repeat([SPLITS.index(split) for split in arrays], sizes).astype(np.int8) if len(arrays) > 1 else None
    names = tuple(f"x{i}" for i in range(first.shape[1]))
    no_codes = np.empty((len(numbers), 0), dtype=np.int32)
    place = index_places([name for name, _ in arrays.values()], sizes)
    return Table(shown, names, numbers, names, no_codes, (), (), place, given=given)


def refuse_columns_apart(table: Table) -> None:
    """Raise DataError if a mapped array is stored by columns: a row would then be spread over the file."""
    if not table.numbers.flags["C_CONTIGUOUS"]:
        raise DataError(
            f"{table.shown}: is stored column by column, so each row would be gathered from all over the file; write it"
            " row by row with numpy.save(file, numpy.ascontiguousarray(array)), or leave data.memory_map out"
        )


def refuse_unmapped(reading: Reading) -> None:
    """Raise DataError if data.memory_map is not possible: another kind of file, or a key that excludes it."""
    source = reading.shown
    if not source.lower().endswith(".npy"):
        raise DataError(
            f"data.memory_map: only the rows of a .npy can stay in their file, and the source is {source}; write it"
            " with numpy.save(file, array), the target as a column, or leave data.memory_map out"
        )
    for key, why in NOT_MAPPED.items():
        if getattr(reading, key) not in (None, ()):
            raise DataError(f"data.{key}: does not go with data.memory_map: {why}; leave one of the two out")


def _opened(shown: str, path: Path, is_mapped: bool) -> Array:
    try:
        with path.open("rb") as stream:
            refuse_announced(stream, path.stat().st_size)
        array = np.load(path, mmap_mode="r" if is_mapped else None, allow_pickle=False)
    except PermissionError as problem:
        raise DataError(f"{shown}: could not be read ({problem.strerror}); check its permissions") from None
    except MemoryError:
        raise too_large(shown) from None
    except (ValueError, OSError, EOFError, TypeError, SyntaxError):
        raise DataError(
            f"{shown}: not an .npy of plain numbers (damaged, or it holds Python objects); write it with"
            " numpy.save(file, array) from a 2-D array of numbers"
        ) from None
    if array.dtype.kind not in "biuf" or array.ndim != 2:
        raise DataError(
            f"{shown}: has type {array.dtype} and shape {array.shape}; expected numbers of shape (rows, columns), the"
            " target being one of the columns"
        )
    if not array.size:
        raise DataError(f"{shown}: is empty, of shape {array.shape}; expected rows of numbers")
    return np.asarray(array)
