"""Scaling: `(x - mean) / scale`, fitted to the training rows, for rows in memory and rows in a file.

Both ways to prepare numbers use it, so that they give the same bits.
"""

from typing import Any, Literal, NamedTuple, Self

import numpy as np

from ..arrays import Array
from ..errors import DataError
from ..nn.moments import Moments

# Whether numbers are scaled: each column by its own mean and sigma, all by those of all together, or not at all.
TOGETHER: Literal["together"] = "together"
Normalize = bool | Literal["together"]

# Cells converted to float64 at a time: 2 MiB, so that they stay in a processor's second-level cache.
CELLS_AT_A_TIME = 2**18


class Scaling(NamedTuple):
    """mean, scale (n,) float64, one for each column; no scale is 0."""

    mean: Array
    scale: Array

    @classmethod
    def none(cls, n: int) -> Self:
        """The scaling that leaves n columns unchanged."""
        return cls(np.zeros(n), np.ones(n))

    @classmethod
    def fitted(cls, moments: Moments) -> Self:
        """By the formula `sigma^2 = (1/m) sum (x - mu)^2`; a constant gets scale 1."""
        return cls.of_columns(moments.mean(), moments.variance(), moments.count)

    @classmethod
    def of_columns(cls, mean: Array, variance: Array, m: float) -> Self:
        """From the mean and variance (n,) of m rows; a constant gets scale 1.

        So does a column that differs from a constant only by rounding. Source: the bound of the rounding error is that
        of scikit-learn's StandardScaler.
        """
        epsilon = np.finfo(np.float64).eps
        is_constant = variance <= m * epsilon * variance + (m * mean * epsilon) ** 2
        return cls(mean, np.sqrt(np.where(is_constant, 1.0, variance)))

    @classmethod
    def together(cls, mean: Array, variance: Array) -> Self:
        """One mean and sigma for all columns, those of all of their numbers, from the mean and variance (n,) of each.

        A pixel at the edge of pictures that is hardly ever dark would be divided by a tiny sigma of its own.
        """
        middle = np.full(len(mean), mean.mean() if len(mean) else 0.0)
        spread = np.sqrt(np.full(len(mean), np.mean(variance + np.square(mean - middle)) if len(mean) else 1.0))
        return cls(middle, np.where(spread > 0, spread, 1.0))

    def of(self, rows: Array, dtype: Any) -> Array:
        """Rows (k, n) of any numeric type, scaled in float64 and then made `dtype`."""
        scaled = rows.astype(np.float64, order="C")
        scaled -= self.mean
        scaled /= self.scale
        return scaled.astype(dtype, copy=False)


def out_of_range(shown: str, column: str, dtype: Any) -> DataError:
    """The complaint about a column whose prepared numbers are not finite."""
    return DataError(
        f"{shown}: the numbers of column {column!r} leave the range of {dtype}; express it in other units, or drop it"
        " with data.drop"
    )
