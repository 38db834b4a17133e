"""How often each row counts: the weights that a source gives its rows, times those of their classes."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .examples import Examples, Table
from .files import listed
from .reading import Reading
from .roles import roles_of

# `balanced`: all classes count alike together. A mapping: labels with the factor of their rows, 1 for those left out.
ClassWeight = Literal["balanced"] | Mapping[str, float]


def row_weights(examples: Examples, train: Array, class_weight: ClassWeight | None) -> Array | None:
    """(m,) float64 weights > 0 of all rows; None where all count alike. Only their ratios matter.

    train : the training rows, by which classes are balanced. Raises DataError for a label that is no class, and for
    factors without classes.
    """
    if class_weight is None:
        return examples.weight
    own = np.ones(examples.m) if examples.weight is None else examples.weight
    weights: Array = own * class_factors(examples, own, train, class_weight)[examples.y]
    return weights


def class_factors(examples: Examples, weight: Array, train: Array, class_weight: ClassWeight) -> Array:
    """(K,) float64, what the weights (m,) of each class's rows are multiplied by. Raises DataError."""
    classes = examples.classes
    if not classes:
        raise DataError("training.class_weight: the target is a number and has no classes; leave it out")
    if class_weight == "balanced":
        totals = np.bincount(examples.y[train], weight[train], minlength=len(classes))
        factors: Array = totals.sum() / (len(classes) * totals)  # as scikit-learn has it: m / (K m_c)
        return factors
    if unknown := [repr(label) for label in class_weight if label not in classes]:
        known = listed([repr(label) for label in classes])
        raise DataError(f"training.class_weight: {listed(unknown)} is no class; the classes are {known}")
    return np.array([class_weight.get(label, 1.0) for label in classes])


def with_counted_rows(table: Table, reading: Reading) -> tuple[Table, Array | None]:
    """The rows whose weight is above 0, and their weights (m,) float64; None where no column of the table gives them.

    Raises DataError for a weight that is missing, below 0 or no number, and where none is above 0.
    """
    column = roles_of(table, reading).weight
    if column is None:
        return table, None
    if column.levels is not None:
        raise DataError(f"data.weight: column {column.name!r} of {table.shown} holds words; a weight is a number >= 0")
    weight = column.values.astype(np.float64)
    if not (fits := np.isfinite(weight) & (weight >= 0)).all():
        row = int(fits.argmin())
        found = "no value" if np.isnan(weight[row]) else f"{weight[row]:g}"
        raise DataError(
            f"{table.place(row)}: the weight {column.name!r} is {found}; give a number >= 0, or drop the row"
        )
    counted = weight > 0
    if not counted.any():
        raise DataError(
            f"data.weight: every weight in column {column.name!r} of {table.shown} is 0; nothing can be learned"
        )
    return (table, weight) if counted.all() else (table.only(np.flatnonzero(counted)), weight[counted])
