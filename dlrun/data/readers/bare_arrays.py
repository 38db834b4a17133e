"""Reads rows to be answered from files of arrays: the inputs with or without labels, their columns by place."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...arrays import Array
from ...errors import DataError
from ..source_form import SourceForm
from .hdf5 import open_hdf5
from .labelling import labels_in
from .matlab import open_matlab
from .naming import INPUTS, LABELS
from .npy import open_npy
from .npz import open_npz
from .pictures import layout_of
from .pieces import ROWS_AT_A_TIME, Piece
from .stored import Opened, Opener, described, refuse_inflated

if TYPE_CHECKING:
    import polars

OPENERS: dict[str, Opener] = {".npz": open_npz, ".h5": open_hdf5, ".hdf5": open_hdf5, ".mat": open_matlab}

# Cells of a piece; a row of a picture has thousands.
CELLS_AT_A_TIME = 4 * 2**20


def pieces_of_arrays(shown: str, path: Path, form: SourceForm) -> Iterator[Piece]:
    """The rows of an .npy, of the inputs in an .npz, or of an HDF5 or MATLAB file, in pieces. Raises DataError."""
    opener = OPENERS.get(path.suffix.lower())
    if opener is None:
        X, y, key = open_npy(shown, path), None, ""
    else:
        with opener(shown, path) as arrays:
            key, labels = _chosen(shown, arrays)
            wanted = [arrays[name] for name in (key, labels) if name is not None]
            refuse_inflated(shown, path, wanted)
            X, y = arrays[key].read(), None if labels is None else arrays[labels].read()
    if X.dtype.names:
        for piece in _slices(len(X), len(X.dtype.names)):
            yield Piece(_frame({name: X[name][piece] for name in X.dtype.names}), (), piece.stop / len(X))
        return
    if X.dtype.kind not in "biuf" or X.ndim < 2 or not X.size:
        raise DataError(f"{shown}: has type {X.dtype} and shape {X.shape}; expected rows of numbers")
    width = len([name for name in form.names if name != form.target])
    X = _in_rows(X, width, form)
    target = None if y is None else _labels(shown, y, len(X))
    layout = layout_of(shown, key, X[:1])
    names = _names(math.prod(X.shape[1:]), form)
    for piece in _slices(len(X), math.prod(X.shape[1:])):
        # Opened anew for each piece: pages of the file that were read would else count as memory until its end.
        rows = (
            np.asarray(X[piece])
            if opener is not None
            else np.array(_in_rows(open_npy(shown, path), width, form)[piece])
        )
        columns = dict(zip(names, np.ascontiguousarray(layout.flattened(rows).T), strict=True))
        if target is not None:
            columns[form.target] = target[piece]
        yield Piece(_frame(columns), (), piece.stop / len(X))


def _in_rows(X: Array, width: int, form: SourceForm) -> Array:
    """The array with rows as examples, also where its last axis seems to be theirs."""
    if math.prod(X.shape[1:]) not in (width, len(form.names)) and math.prod(X.shape[:-1]) == width:
        return np.moveaxis(X, -1, 0)
    return X


def _names(width: int, form: SourceForm) -> list[str]:
    """The names of an array's columns, by their places in training; x0, x1, ... where there are others."""
    without_target = [name for name in form.names if name != form.target]
    for names in (without_target, list(form.names)):
        if width == len(names):
            return names
    return [f"x{at}" for at in range(width)]


def _chosen(shown: str, arrays: Opened) -> tuple[str, str | None]:
    """The names of the inputs, and of the labels if there are any."""
    named = {_plain(key): key for key in arrays}
    inputs = [named[word] for word in INPUTS if word in named]
    if not inputs:
        inputs = [key for key, stored in arrays.items() if len(stored.shape) > 1]
    if len(inputs) != 1:
        raise DataError(f"{shown}: which array holds the rows is not plain; save them as X (found {described(arrays)})")
    labels = next((named[word] for word in LABELS if word in named and named[word] != inputs[0]), None)
    return inputs[0], labels


def _plain(key: str) -> str:
    return key.rsplit("/", 1)[-1].casefold()


def _labels(shown: str, y: Array, rows: int) -> Array:
    """The labels, one a row. Raises DataError."""
    fitting = next((labels.y for labels in labels_in(f"{shown}: labels", y) if len(labels.y) == rows), None)
    if fitting is None:
        raise DataError(
            f"{shown}: has {rows} rows but labels of shape {y.shape}; give one label a row, or leave them out"
        )
    return fitting


def _slices(rows: int, width: int) -> Iterator[slice]:
    step = max(1, min(ROWS_AT_A_TIME, CELLS_AT_A_TIME // max(1, width)))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def _frame(columns: dict[str, Array]) -> "polars.DataFrame":
    import polars as pl

    return pl.DataFrame({name: _native(values) for name, values in columns.items()})


def _native(values: Array) -> Array:
    if values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):
        return values.astype(np.float64)
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="), copy=False))
