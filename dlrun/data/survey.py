"""Reads a file that is too large for memory once, a block of rows at a time, and collects all that training needs.

The permutation gives each row's split, so that statistics use only the training rows although the file is read in its
own order.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import DataError
from ..nn.moments import Moments
from .mapped import MappedExamples, Piece
from .scaling import CELLS_AT_A_TIME

# Counts are given up for a target with more different numbers than this: it cannot serve as classes.
MOST_CLASSES = 10_000


class Survey(NamedTuple):
    """What one reading collects. `moments`, train_low, train_high (width) are of the training rows; low, high (width)
    bound all rows.

    counts : for each number in the target, its rows (S,) in each split; None if there are over MOST_CLASSES.
    """

    moments: Moments
    low: Array
    high: Array
    train_low: Array
    train_high: Array
    counts: dict[float, Array] | None
    sha256: str


def survey(examples: MappedExamples, pieces: Mapping[str, Piece]) -> Survey:
    """Read every row once. Raises DataError at the first feature or target that is not finite."""
    array, width = examples.array, examples.array.shape[1]
    moments, low, high = Moments(width), np.full(width, np.inf), np.full(width, -np.inf)
    train_low, train_high = low, high
    counts: dict[float, Array] | None = {}
    digest = hashlib.sha256(json.dumps([array.dtype.str, array.shape, examples.target]).encode())
    used = np.append(examples.columns, examples.target)
    step = max(1, CELLS_AT_A_TIME // width)
    # Columns that are not used may hold anything.
    with np.errstate(invalid="ignore", over="ignore"):
        for start in range(0, examples.m, step):
            block = array[start : start + step]
            split = splits_of(np.arange(start, start + len(block)), pieces)
            low, high = np.fmin(low, least := block.min(axis=0)), np.fmax(high, most := block.max(axis=0))
            if not (np.isfinite(least[used]).all() and np.isfinite(most[used]).all()):
                raise not_finite(examples, start, block)
            train = block[split == 0]
            moments.add(train)
            if len(train):
                train_low, train_high = np.fmin(train_low, train.min(axis=0)), np.fmax(train_high, train.max(axis=0))
            counts = counted(counts, block[:, examples.target], split, len(pieces))
            digest.update(block.data)
    return Survey(moments, low, high, train_low, train_high, counts, digest.hexdigest())


def splits_of(rows: Array, pieces: Mapping[str, Piece]) -> Array:
    """(k,) the index of the split that each row is in; len(pieces) for rows that are in none."""
    in_order = list(pieces.values())
    places = in_order[0].permutation.places_of(rows)
    return np.searchsorted(np.array([piece.stop for piece in in_order]), places, side="right")


def counted(counts: dict[float, Array] | None, y: Array, split: Array, n_splits: int) -> dict[float, Array] | None:
    """The counts with a block's target y (k,) added; None once there are too many numbers to count."""
    if counts is None:
        return None
    distinct, which = np.unique(y.astype(np.float64), return_inverse=True)
    table = np.bincount(which * (n_splits + 1) + split, minlength=len(distinct) * (n_splits + 1))
    for value, row in zip(distinct.tolist(), table.reshape(len(distinct), -1)[:, :n_splits], strict=True):
        counts[value] = counts.get(value, 0) + row
    return counts if len(counts) <= MOST_CLASSES else None


def not_finite(examples: MappedExamples, start: int, block: Array) -> DataError:
    """The error for the first cell of a block that is not finite; it names the row and column in the file."""
    used = np.append(examples.columns, examples.target)
    row, at = map(int, np.argwhere(~np.isfinite(block[:, used]))[0])
    column = int(used[at])
    place = f"{examples.shown}[{start + row}, {column}]"
    if column == examples.target:
        return DataError(
            f"{place}: the target {examples.target_name!r} is {block[row, column]}; it must be finite: correct it"
        )
    return DataError(
        f"{place} is {block[row, column]}; every feature must be finite where rows stay in their file: replace it, name"
        " the column in data.drop, or leave data.memory_map out, where a missing value is filled in"
    )
