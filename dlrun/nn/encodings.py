"""How a column of numbers becomes inputs: one row for each word of `data.encoding`.

A row is fitted to the known numbers of the training rows alone. What it keeps is one array of float64, so that
model.npz and an exported network hold all of it. The first input of a column always grows with its number.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Self

import numpy as np

from ..arrays import Array

# What a robust input never passes. Source: Holzmueller, Grinsztajn and Steinwart 2024, section 3.
CLIP = 3.0

# Of a clipped input less than this below its limit, float32 keeps no digits.
LEAST_BELOW = float(np.finfo(np.float32).eps)

# scikit-learn's QuantileTransformer keeps as many.
MOST_KNOTS = 1000

# As many as in the trial on 27 tables that chose the encodings; more cost time and gained nothing there.
BINS = 16

# Turns of a circle for each standard deviation: most numbers lie within four of them, half a turn of the slowest.
FREQUENCIES = (1 / 8, 1 / 4, 1 / 2, 1.0)

# One or two values are told completely by the scaled number.
FEWEST_VALUES = 3


@dataclass(frozen=True, eq=False)
class Encoding(ABC):
    """What was fitted to a column. `kept` is float64, of the shape that each kind says."""

    kept: Array

    @property
    def word(self) -> str:
        """Its word in ENCODINGS."""
        return next(word for word, kind in ENCODINGS.items() if kind is type(self))

    @classmethod
    @abstractmethod
    def fitted(cls, x: Array) -> Self | None:
        """To known training numbers x (m,), m >= 1; None where their scaled numbers say as much."""

    @abstractmethod
    def inputs(self, x: Array, z: Array) -> Array:
        """(m, k) float64 of numbers x (m,) and their scaled values z (m,); NaN stays NaN."""

    def further_names(self) -> tuple[str, ...]:
        """What the inputs after the first are called (k - 1,), behind the column's name."""
        return ()

    def raw(self, first: Array, unscaled: Array) -> Array:
        """The numbers (m,) of first inputs (m,); `unscaled` (m,) are these times sigma plus the mean."""
        return unscaled


class Robust(Encoding):
    """f((x - median) s) with f(z) = z / sqrt(1 + (z/3)^2), which no outlier takes beyond 3.

    s is 1 / (q75 - q25); 2 / (max - min) where the quartiles are equal; 0 where all numbers are.
    kept (2,) : median, s. Source: Holzmueller, Grinsztajn and Steinwart 2024, section 3.
    """

    @classmethod
    def fitted(cls, x: Array) -> Self:
        least, low, median, high, greatest = np.quantile(x, [0, 0.25, 0.5, 0.75, 1])
        spread = high - low if high > low else (greatest - least) / 2
        return cls(np.array([median, 1 / spread if spread > 0 else 0.0]))

    def inputs(self, x: Array, z: Array) -> Array:
        median, factor = self.kept
        robust = (x - median) * factor
        return np.asarray(robust / np.hypot(1, robust / CLIP))[:, None]

    def raw(self, first: Array, unscaled: Array) -> Array:
        """Beyond thousands of quartile ranges only so far as float32 tells them apart."""
        median, factor = self.kept
        robust = first / np.sqrt(np.maximum(1 - (first / CLIP) ** 2, LEAST_BELOW))
        return np.asarray(robust / factor + median if factor else np.full(len(first), median))


class Quantile(Encoding):
    """The normal number of x's rank: a training number of rank r from 0 becomes the r / (m - 1) quantile of N(0, 1).

    Equal numbers share their mean rank; the ends are half a row away from 0 and 1, which have no normal number.
    Between knots the normal numbers are interpolated, beyond them they stay. kept (2, q) : the knots x, their normal
    numbers. Source: scikit-learn's QuantileTransformer, which clips the ends at 5.2 whatever the rows.
    """

    @classmethod
    def fitted(cls, x: Array) -> Self | None:
        ranked, m = np.sort(x), len(x)
        places = np.linspace(0, m - 1, min(m, MOST_KNOTS)).round().astype(np.int64)
        knots = np.unique(ranked[places])
        if len(knots) < FEWEST_VALUES:
            return None
        ranks = (np.searchsorted(ranked, knots, "left") + np.searchsorted(ranked, knots, "right") - 1) / 2
        shares = np.clip(ranks / (m - 1), 0.5 / m, 1 - 0.5 / m)
        return cls(np.stack([knots, [NormalDist().inv_cdf(share) for share in shares.tolist()]]))

    def inputs(self, x: Array, z: Array) -> Array:
        knots, normal = self.kept
        return np.asarray(np.interp(x, knots, normal))[:, None]

    def raw(self, first: Array, unscaled: Array) -> Array:
        """A number beyond the training rows becomes the nearest of them."""
        knots, normal = self.kept
        return np.asarray(np.interp(first, normal, knots))


class Piecewise(Encoding):
    """The scaled number, then for each bin the part of it that lies below x, less what that part is in the mean.

    The part is (x - b_t) / (b_t+1 - b_t), from 0 to 1. The bins hold equally many training rows, as far as equal
    numbers allow, and the mean is that of bins that do. The paper takes no mean off, which gives the same errors (0.0
    points, standard error 0.2, on 15 tables) but a network that begins sure of wrong answers. Its first bin goes on
    below and its last above; here a number beyond the training rows moves the scaled input alone, so that none
    explodes.
    kept (t + 1,) : the edges. Source: Gorishniy, Rubachev and Babenko 2022, equation 1.
    """

    @classmethod
    def fitted(cls, x: Array) -> Self | None:
        edges = np.unique(np.quantile(x, np.linspace(0, 1, BINS + 1), method="inverted_cdf"))
        return None if len(edges) < FEWEST_VALUES else cls(edges)

    def inputs(self, x: Array, z: Array) -> Array:
        shares = (x[:, None] - self.kept[:-1]) / np.diff(self.kept)
        return np.column_stack([z, np.clip(shares, 0, 1) - mean_shares(len(self.kept) - 1)])

    def further_names(self) -> tuple[str, ...]:
        return tuple(f"bin {number}" for number in range(1, len(self.kept)))


def mean_shares(bins: int) -> Array:
    """(bins,) the mean part of each bin that lies below a row: all rows of higher bins, and half of its own."""
    return (bins - np.arange(bins) - 0.5) / bins


class Periodic(Encoding):
    """The scaled number z, then sin(2 pi c z) and cos(2 pi c z) for each c of FREQUENCIES.

    kept (c,) : the frequencies. Source: Gorishniy, Rubachev and Babenko 2022, equation 2, where c is learned.
    """

    @classmethod
    def fitted(cls, x: Array) -> Self | None:
        return None if len(np.unique(x)) < FEWEST_VALUES else cls(np.array(FREQUENCIES))

    def inputs(self, x: Array, z: Array) -> Array:
        angles = z[:, None] * (2 * np.pi * self.kept)
        return np.column_stack([z, np.sin(angles), np.cos(angles)])

    def further_names(self) -> tuple[str, ...]:
        return tuple(f"{wave} {Fraction(turns)}" for wave in ("sin", "cos") for turns in self.kept.tolist())


# None is the scaled number alone, (x - mean) / sigma.
STANDARD, PIECEWISE = "standard", "piecewise"
ENCODINGS: Mapping[str, type[Encoding] | None] = {
    STANDARD: None,
    "robust": Robust,
    "quantile": Quantile,
    PIECEWISE: Piecewise,
    "periodic": Periodic,
}

# The word for columns of words: the mean target of each, instead of an input for each.
TARGET = "target"

# A word for all columns, or one for each column by its name, of which OTHERS stands for all that have no own.
Choice = str | Mapping[str, str]
OTHERS = "*"


def is_standard(choice: Choice) -> bool:
    """Whether every column is only scaled."""
    return set(choice.values() if isinstance(choice, Mapping) else [choice]) == {STANDARD}
