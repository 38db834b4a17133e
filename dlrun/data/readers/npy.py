"""Reads .npy files: one 2-D array of numbers with the target as a column, read into memory or memory-mapped.

In memory it is a table of numbers like any other. Mapped, its table is the file itself, and no row is read here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...arrays import Array
from ...errors import DataError
from ...records import SPLITS
from ..examples import Table
from ..files import Files
from ..frames import table_from_frame
from ..reading import Reading
from .arrays import index_places
from .npz import announced
from .stored import damage_told, refuse_impossible_letters

# Keys that cannot go with data.memory_map, because they need every row at once, and the reason that a person reads.
NOT_MAPPED = {
    "dev_source": "its rows are divided by data.split",
    "test_source": "its rows are divided by data.split",
    "categorical": "its columns are numbers",
    "split_column": "its rows are divided by data.split",
    "group": "its rows are divided at random",
    "order": "its rows are divided at random",
    "weight": "all of its rows count alike",
}

DAMAGED = (
    "not an .npy of plain numbers (damaged, or it holds Python objects); write it with numpy.save(file, array) from a"
    " 2-D array of numbers"
)


def read_npy(files: Files, reading: Reading) -> Table:
    """One table from the .npy of each split; an array with named fields is a table with these columns.

    With `memory_map` there is only one file, and the table's numbers are its rows in the file. Raises DataError.
    """
    arrays = {split: (shown, _opened(shown, path, reading)) for split, (shown, path) in files.items()}
    shown, first = arrays["train"]
    for shown_here, array in arrays.values():
        if array.dtype.names != first.dtype.names:
            raise DataError(f"{shown_here}: has other fields than {shown}; give every split the same columns")
        if array.shape[1:] != first.shape[1:]:
            difference = f"has {array.shape[1]} columns where {shown} has {first.shape[1]}"
            raise DataError(f"{shown_here}: {difference}; give every split the same columns")
    sizes = [len(array) for _, array in arrays.values()]
    place = index_places([f"{name}[{{}}]" for name, _ in arrays.values()], sizes)
    given = np.repeat([SPLITS.index(split) for split in arrays], sizes).astype(np.int8) if len(arrays) > 1 else None
    if first.dtype.names:
        table = _table_of_fields(shown, [array for _, array in arrays.values()], place, reading)
        return replace(table, given=given)
    numbers = np.concatenate([array for _, array in arrays.values()]) if len(arrays) > 1 else first
    names = tuple(f"x{i}" for i in range(first.shape[1]))
    no_codes = np.empty((len(numbers), 0), dtype=np.int32)
    return Table(shown, names, numbers, names, no_codes, (), (), place, given=given)


def _table_of_fields(shown: str, arrays: Sequence[Array], place: Callable[[int], str], reading: Reading) -> Table:
    """The table of arrays (m,) whose fields are its columns."""
    import polars as pl

    names = arrays[0].dtype.names or ()
    with damage_told(shown, DAMAGED):
        frames = [pl.DataFrame({name: _field(array, name) for name in names}) for array in arrays]
    if any(frame.schema != frames[0].schema for frame in frames):
        raise DataError(f"{shown}: the fields of the splits differ in type; give every split the same columns")
    return table_from_frame(pl.concat(frames), shown=shown, place=place, reading=reading)


def _field(array: Array, name: str) -> Array:
    values = np.ascontiguousarray(array[name])
    if values.dtype.kind == "U":
        refuse_impossible_letters(values)
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8", "backslashreplace")
    # polars has no type for the numbers of two bytes or sixteen, nor for another machine's order of bytes.
    wide = values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8)
    return values.astype(np.float64 if wide else values.dtype.newbyteorder("="), copy=False)


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


def _opened(shown: str, path: Path, reading: Reading) -> Array:
    """The array of a file: numbers (m, columns), or (m,) with fields of numbers or text."""
    try:
        with damage_told(shown, DAMAGED), path.open("rb") as stream:
            announced(stream, path.stat().st_size)
            array = np.load(path, mmap_mode="r" if reading.memory_map else None, allow_pickle=False)
    except PermissionError as problem:
        raise DataError(f"{shown}: could not be read ({problem.strerror}); check its permissions") from None
    if not isinstance(array, np.ndarray):
        raise DataError(f"{shown}: {DAMAGED}")
    if array.dtype.names:
        _check_fields(shown, array, reading)
    elif array.dtype.kind not in "biuf" or array.ndim != 2:
        advice = "; an array of pictures goes into an .npz with its labels as y" if array.ndim > 2 else ""
        raise DataError(
            f"{shown}: has type {array.dtype} and shape {array.shape}; expected numbers of shape (rows, columns), the"
            f" target being one of the columns{advice}"
        )
    elif reading.examples == "columns":
        if reading.memory_map:
            raise DataError(f"{shown}: data.examples: columns does not go with data.memory_map; leave one of them out")
        array = array.T
    if not array.size:
        raise DataError(f"{shown}: is empty, of shape {array.shape}; expected rows of numbers")
    return np.asarray(array)


def open_npy(shown: str, path: Path) -> Array:
    """The array of a file, of any shape, its rows left in the file. Raises DataError."""
    try:
        with damage_told(shown, DAMAGED), path.open("rb") as stream:
            announced(stream, path.stat().st_size)
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except PermissionError as problem:
        raise DataError(f"{shown}: could not be read ({problem.strerror}); check its permissions") from None
    if not isinstance(array, np.ndarray):
        raise DataError(f"{shown}: {DAMAGED}")
    return array


def _check_fields(shown: str, array: Array, reading: Reading) -> None:
    """Raise DataError unless each row has one number or text in each field."""
    if reading.memory_map or reading.examples == "columns":
        key = "data.memory_map: true" if reading.memory_map else "data.examples: columns"
        raise DataError(f"{shown}: an array with named fields does not go with {key}; leave it out")
    fields = {name: array.dtype[name] for name in array.dtype.names or ()}
    for name, kind in fields.items():
        if kind.shape or kind.kind not in "biufUS":
            raise DataError(f"{shown}: field {name!r} holds {kind} values; a column needs one number or text a row")
    if array.ndim != 1:
        raise DataError(f"{shown}: has named fields and shape {array.shape}; expected one row after another, (rows,)")
