"""Which groups of rows have another error than all others, when every group is looked at.

Of twenty groups, one looks different by chance at 5%. So each is judged at a level divided by their number
(Bonferroni): of equal groups none is told, in 90 of 100 cases.
"""

from typing import Literal, NamedTuple

import numpy as np

from ..arrays import Array
from .intervals import CONFIDENCE, Interval, difference_interval, mean_estimate, proportion_interval

Side = Literal["above", "below"]

# With fewer rows the mean of squared errors is far from normal, and a group of a regression is not judged.
FEWEST_ROWS = 30


class Group(NamedTuple):
    """rows; error : the share of wrong answers, or the mean squared error; its interval, None where it has none;
    differs : from the error of all other rows, beyond chance."""

    rows: int
    error: float
    interval: Interval | None
    differs: Side | None


def groups_of_answers(wrong: Array, codes: Array, count: int) -> list[Group]:
    """The groups (count,) of rows (m,) that are wrong or not; codes (m,) say the group of each, and all have rows."""
    rows, wrongs = np.bincount(codes, minlength=count), np.bincount(codes[wrong], minlength=count)
    level = 1 - (1 - CONFIDENCE) / max(count, 1)
    groups = []
    for m, k in zip(rows.tolist(), wrongs.tolist(), strict=True):
        ends = proportion_interval(k, m)
        differs = _side(_difference(k, m, int(wrongs.sum()) - k, int(rows.sum()) - m, level))
        groups.append(Group(m, k / m, (float(ends[0]), float(ends[1])), differs))
    return groups


def _difference(k: int, m: int, other_k: int, other_m: int, level: float) -> Interval | None:
    """The interval of a group's error less that of the other rows."""
    if not other_m:
        return None
    own, other = proportion_interval(k, m, level), proportion_interval(other_k, other_m, level)
    lower, upper = difference_interval(
        k / m, (float(own[0]), float(own[1])), other_k / other_m, (float(other[0]), float(other[1]))
    )
    return float(lower), float(upper)


def groups_of_numbers(squared: Array, codes: Array, count: int) -> list[Group]:
    """The same for squared errors (m,): a group's mean squared error beside that of the other rows, by Welch's test."""
    from scipy.special import ndtri  # the normal quantile

    reach = float(ndtri(1 - (1 - CONFIDENCE) / 2 / max(count, 1)))
    groups = []
    for code in range(count):
        inside = codes == code
        own, others = squared[inside], squared[~inside]
        value, error = mean_estimate(own)
        interval, differs = None, None
        if len(own) >= FEWEST_ROWS:
            half = float(ndtri((1 + CONFIDENCE) / 2)) * error
            interval = (max(0.0, value - half), value + half)
        if min(len(own), len(others)) >= FEWEST_ROWS:
            other_value, other_error = mean_estimate(others)
            half, gap = reach * float(np.hypot(error, other_error)), value - other_value
            differs = _side((gap - half, gap + half))
        groups.append(Group(len(own), value, interval, differs))
    return groups


def _side(difference: Interval | None) -> Side | None:
    if difference is None or difference[0] <= 0 <= difference[1]:
        return None
    return "above" if difference[0] > 0 else "below"
