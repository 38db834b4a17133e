"""The threshold of two classes by what the two mistakes cost: a false alarm, and a miss.

For probabilities that are right it is false_alarm / (false_alarm + miss) (Elkan 2001, The foundations of cost-sensitive
learning, equation 2); a network's are not quite, so that of known rows is taken which costs them least.
"""

from typing import NamedTuple

import numpy as np

from ..arrays import Array

# Digits of a threshold, at most; the fewest are taken that stand between the same two rows.
MOST_DIGITS = 9


class Costs(NamedTuple):
    """What a false alarm costs, and a miss; only their ratio matters to a threshold."""

    false_alarm: float
    miss: float


class Cut(NamedTuple):
    """threshold : from which probability on a row counts as an alarm. cost : the mean of a row.

    recall : the share of the rows to find that are found. precision : the share of alarms that are right, None without
    any.
    """

    threshold: float
    cost: float
    recall: float
    precision: float | None


def cut_at(probability: Array, is_one: Array, threshold: float, costs: Costs) -> Cut:
    """What a threshold costs rows of these probabilities (m,), of which `is_one` (m,) are to be found."""
    alarm = probability >= threshold
    found, false, missed = (int(np.count_nonzero(rows)) for rows in (alarm & is_one, alarm & ~is_one, ~alarm & is_one))
    cost = (costs.false_alarm * false + costs.miss * missed) / len(is_one)
    return Cut(threshold, cost, found / max(found + missed, 1), found / (found + false) if found + false else None)


def cheapest_cut(probability: Array, is_one: Array, costs: Costs) -> Cut:
    """The threshold that costs these rows least; of equally cheap ones the nearest to that of right probabilities.

    probability (m,) in [0, 1] : that of each row to be one of those to find. is_one (m,) : whether it is.
    """
    expected = costs.false_alarm / (costs.false_alarm + costs.miss)
    values, place = np.unique(probability, return_inverse=True)
    ones = np.bincount(place, is_one, minlength=len(values))
    others = np.bincount(place, ~is_one, minlength=len(values))
    # Alarms from the k-th value on, and from none: values below k that are ones are missed, others from k on are false.
    missed, false = np.append(0, np.cumsum(ones)), np.append(np.cumsum(others[::-1])[::-1], 0)
    total = costs.false_alarm * false + costs.miss * missed
    lows, highs = np.append(-np.inf, values), np.append(values, np.inf)  # a threshold t is in (low, high]
    cheapest = np.flatnonzero(total <= total.min() * (1 + 1e-12))
    distances = np.maximum(np.maximum(lows[cheapest] - expected, expected - highs[cheapest]), 0)
    at = int(cheapest[distances.argmin()])
    return cut_at(probability, is_one, between(float(lows[at]), float(highs[at]), expected), costs)


def between(low: float, high: float, wish: float) -> float:
    """A number in (low, high] of few digits, the wish itself where it is there, else near the middle."""
    target = wish if low < wish <= high else (max(low, 0.0) + min(high, 1.0)) / 2
    for digits in range(2, MOST_DIGITS + 1):
        if low < (shortened := float(f"{target:.{digits}g}")) <= high:
            return shortened
    return high if np.isfinite(high) else 1.0 + 1e-9
