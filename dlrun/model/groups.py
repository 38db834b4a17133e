"""Divides rows into groups by a column of their file, to tell for which of them a network is worse."""

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..arrays import Array
from ..data.frames import texts_of_typed
from ..data.numeric_cells import numbers_or_none
from ..errors import UsageError

if TYPE_CHECKING:
    import polars

# More groups are more than anybody reads, and leave few rows for each.
MOST_GROUPS = 50

# A column of more different numbers is divided into so many parts of equally many rows.
MOST_NUMBERS, PARTS = 12, 4

# The group of the rows without a value.
WITHOUT = "(missing)"


class Grouping(NamedTuple):
    """The names of the groups, and for each row (m,) the index of its group."""

    names: tuple[str, ...]
    codes: Array


def grouped(values: "polars.Series", shown: str) -> Grouping:
    """The groups of a column: one for each word, or quarters of many different numbers. Raises UsageError."""
    numbers = numbers_or_none(values)
    if numbers is not None and len(np.unique(numbers[np.isfinite(numbers)])) > MOST_NUMBERS:
        return _quarters(numbers)
    texts = texts_of_typed(values).fill_null("").to_numpy().astype(str)
    names, codes = np.unique(texts, return_inverse=True)
    if len(names) > MOST_GROUPS:
        raise UsageError(
            f"--by {values.name}: {shown} has {len(names)} different values in it, and {MOST_GROUPS} groups are the"
            " most; name a column of fewer"
        )
    return Grouping(tuple(str(name) or WITHOUT for name in names), codes)


def _quarters(numbers: Array) -> Grouping:
    """Parts of equally many rows, as far as equal numbers allow."""
    known = np.isfinite(numbers)
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, PARTS + 1)[1:-1]))
    codes = np.searchsorted(edges, numbers, side="left")
    ends = [f"{edge:g}" for edge in edges]
    names = [f"up to {ends[0]}", *(f"{low} to {high}" for low, high in pairwise(ends))]
    names.append(f"above {ends[-1]}")
    every = np.array([*names, WITHOUT])
    present, codes = np.unique(np.where(known, codes, len(names)), return_inverse=True)
    return Grouping(tuple(every[present].tolist()), codes)
