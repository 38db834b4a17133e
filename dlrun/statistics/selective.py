"""Leaves out the rows whose answers are least sure, so that the error of the others is below a bound.

Source: Geifman and El-Yaniv 2017, "Selective classification for deep neural networks", algorithm 1 (SGR).
"""

import math
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .intervals import proportion_interval

# The probability with which the promise may fail: the bound holds in 95 of 100 draws of the rows.
RISK = 0.05


class Selection(NamedTuple):
    """threshold : the least probability of an answer that is given. share : of the rows that are answered.

    bound : below which the error of the answered rows is, with a probability of 1 - RISK.
    """

    threshold: float
    share: float
    bound: float


def selection_for(probability: Array, right: Array, error: float) -> Selection | None:
    """The selection that answers the most rows with an error surely below `error`; None if there is none.

    probability (n,) : that of each answer. right (n,) : whether it is. The threshold is sought by halving, so that only
    log2(n) bounds are computed, and each may fail with a probability of RISK / log2(n).
    """
    n = len(probability)
    order = np.argsort(-probability, kind="stable")
    wrong = np.cumsum(~right[order])
    steps = max(1, math.ceil(math.log2(n + 1)))
    low, high, best = 1, n, None
    for _ in range(steps):
        if low > high:
            break
        count = (low + high) // 2
        threshold = float(probability[order[count - 1]])
        # Rows of equal probability are answered together.
        count = int(np.searchsorted(-probability[order], -threshold, side="right"))
        bound = float(proportion_interval(wrong[count - 1], count, confidence=1 - 2 * RISK / steps)[1])
        if bound < error:
            best = Selection(threshold, count / n, bound)
            low = count + 1
        else:
            high = (low + high) // 2 - 1
    return best
