"""The records of memory-mapped data: rows that stay in their file and are scaled when they are read.

This allows more data than fits into memory: nothing here holds a number for each row. The maths gets what it needs of
an array: a length, a shape, a type, slices and `take`. Row numbers of a split are computed when they are used.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..nn.permutation import Permutation
from .preparation import Preparation
from .reading import AskedTask, Task
from .source_form import SourceForm

# A .npy has no categories.
NO_CODES = np.empty((0, 0), dtype=np.int32)

# How the rows were divided, for the facts. Not stratified: counting classes first would need another reading.
METHOD = "at random by a keyed permutation, not stratified"


@dataclass(frozen=True)
class MappedExamples:
    """A 2-D .npy in its file: `array` (m, width), of which `columns` are the features and `target` is the target.

    `task` is the one asked for; `classes` and `sha256` are empty until all rows have been read.
    """

    shown: str
    array: Array
    columns: Array
    number_names: tuple[str, ...]
    target: int
    target_name: str
    task: AskedTask
    classes: tuple[str, ...] = ()
    sha256: str = ""
    code_names: tuple[str, ...] = ()
    levels: tuple[tuple[str, ...], ...] = ()
    image_side: int | None = None
    image_channels: int | None = None
    form: SourceForm | None = None

    @property
    def m(self) -> int:
        """The number of rows."""
        return len(self.array)


@dataclass(frozen=True)
class Piece:
    """The rows of one split: those at the places `start` to `stop` of a permutation of all rows."""

    permutation: Permutation
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, places: slice | Array) -> Array:
        """(k,) int64 row numbers in the file."""
        if isinstance(places, slice):
            places = np.arange(*places.indices(len(self)))
        return self.permutation[places + self.start]


def pieces_as_arrays(pieces: dict[str, Piece]) -> dict[str, Array]:
    """What gives the row numbers again: `rows` and `keys` of the permutation, and [start, stop) of each piece.

    The row numbers of a piece are `Permutation(rows, keys)[start:stop]`.
    """
    permutation = next(iter(pieces.values())).permutation
    bounds = {name: np.array([piece.start, piece.stop]) for name, piece in pieces.items()}
    return {"rows": np.array(permutation.m), "keys": permutation.keys} | bounds


class MappedRows:
    """X (k, n) of a piece, read from the file and prepared when it is used."""

    def __init__(self, examples: MappedExamples, rows: Piece, preparation: Preparation, dtype: Any):
        self.array, self.columns, self.rows, self.preparation = examples.array, examples.columns, rows, preparation
        self.shape, self.dtype = (len(rows), len(self.columns)), np.dtype(dtype)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: slice | Array) -> Array:
        # A row is contiguous in the file, so all of it is read and its columns are chosen in memory.
        fetched = self.array.take(self.rows[places], axis=0)
        return self.preparation.features(fetched.take(self.columns, axis=1), NO_CODES, self.dtype)

    def take(self, places: Array, axis: int = 0) -> Array:
        """The rows at some places; `axis` is there because `numpy.ndarray.take` has it, and must be 0."""
        return self[places]


class TargetColumn(NamedTuple):
    """Where the target is in the file, and what it is: `values` are the sorted numbers that mean classes."""

    array: Array
    column: int
    task: Task
    values: Array


class MappedTarget:
    """Y of a piece in the form of its task: (k, 1) for binary and regression, (k,) int64 for multiclass."""

    def __init__(self, target: TargetColumn, rows: Piece, preparation: Preparation, dtype: Any):
        self.target, self.rows, self.preparation = target, rows, preparation
        is_index = target.task == "multiclass"
        self.shape = (len(rows),) if is_index else (len(rows), 1)
        self.dtype = np.dtype(np.int64 if is_index else dtype)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: slice | Array) -> Array:
        y = self.target.array[self.rows[places], self.target.column]
        if self.target.task != "regression":
            y = np.searchsorted(self.target.values, y.astype(np.float64)).astype(np.int64)
        return self.preparation.target(y, self.target.task, self.dtype)

    def take(self, places: Array, axis: int = 0) -> Array:
        """The targets at some places; `axis` is there because `numpy.ndarray.take` has it, and must be 0."""
        return self[places]
