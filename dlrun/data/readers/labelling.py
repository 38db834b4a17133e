"""Reads labels in the forms that people store them in, as one label a row."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...arrays import Array
from ...errors import DataError
from ..columns import text_or_numbers
from ..examples import Column

# Probabilities written with two or three decimals sum to 1 within this.
SUM_TOLERANCE = 0.02


class Labels(NamedTuple):
    """Labels (m,), and a sentence if they were chosen from one-hot vectors."""

    y: Array
    note: str = ""


def labels_in(where: str, y: Array) -> list[Labels]:
    """The labels that an array holds: a row or a column of them, or one-hot rows or columns.

    More than one reading is returned only if rows and columns are both one-hot. Raises DataError if there is none.
    """
    y = np.char.decode(y, "utf-8", "backslashreplace") if y.dtype.kind == "S" else y
    if y.dtype.kind not in "biufU":
        raise DataError(f"{where}: labels have type {y.dtype}; expected numbers or text")
    flat = np.atleast_1d(y.squeeze())
    if flat.ndim == 1:
        return [Labels(flat)]
    if flat.ndim == 2 and flat.dtype.kind != "U":
        readings = [
            Labels(np.argmax(vectors, axis=1), _one_hot_note(where, vectors, word))
            for word, vectors in (("rows", flat), ("columns", flat.T))
            if _are_one_hot(vectors)
        ]
        if readings:
            return readings
        _refuse_probabilities(where, flat)
    raise DataError(f"{where}: labels have shape {y.shape}; expected one label a row, or one-hot rows")


def _are_one_hot(vectors: Array) -> bool:
    return bool(((vectors == 0) | (vectors == 1)).all() and (vectors.sum(axis=1) == 1).all())


def _one_hot_note(where: str, vectors: Array, word: str) -> str:
    count = vectors.shape[1]
    return f"{where} has one-hot {word} of {count} classes, read as labels 0..{count - 1}"


def _refuse_probabilities(where: str, flat: Array) -> None:
    with np.errstate(invalid="ignore", over="ignore"):
        are_shares = [bool((np.abs(flat.sum(axis=axis) - 1) < SUM_TOLERANCE).all()) for axis in (0, 1)]
        if not any(are_shares) or not (flat >= 0).all():
            return
    vectors, count = ("rows", flat.shape[1]) if are_shares[1] else ("columns", flat.shape[0])
    raise DataError(
        f"{where}: {vectors} hold probabilities of {count} classes (they sum to 1), but training needs one label a row;"
        f" write the likeliest class, {where.rsplit(': ', 1)[-1]}.argmax(axis={int(are_shares[1])}); the probabilities"
        " as a .csv can tell the optimal error, by diagnosis.optimal_error: {soft_labels: FILE}"
    )


def target_of(y: Array, names: Sequence[str] | None) -> tuple[Column, bool]:
    """The target column, and whether `names` are those of its classes: in order, the first for label 0 (or for 1)."""
    if names is None or y.dtype.kind not in "biuf" or len(set(names)) < len(names):
        return text_or_numbers("y", y), False
    low, high = y.min(), y.max()
    first = 1 if low >= 1 and high == len(names) else 0
    if not (low >= first and high < len(names) + first and (y == np.floor(y)).all()):
        return text_or_numbers("y", y), False
    return Column("y", y.astype(np.int32) - first, tuple(names)), True
