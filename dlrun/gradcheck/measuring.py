"""The numeric side of a check: separates parameters at a kink, and measures doubtful entries a second time.

Central differences give no slope for a parameter whose change moves a pre-activation over a kink. It is tried again
with a smaller step; if it still crosses, the point is at the kink, and one-sided slopes are used instead.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .judging import entry_tolerance, rounding_of_slopes
from .numeric import MEMORY_BYTES, BlockDifferences
from .problem import Problem

# Steps tried after a crossing, as multiples of epsilon. Below a hundredth, round-off would hide the slope.
SMALLER_STEPS = (0.1, 0.01)
# An entry that is off is measured again at these multiples of epsilon. A wrong gradient stays off; an error of the
# differences does not: truncation falls by 100 at the first, round-off by 10 at the second.
OTHER_STEPS = (0.1, 10.0)
PERSISTS = 0.5  # of the first difference, at each of the other steps
SECOND_LOOKS = 64  # entries of a tensor that are measured again, the furthest off first


@dataclass
class Measured:
    """Numeric slopes of the parameters `entries` (flat indices), arrays (K,) in that order.

    kink : whether it still crosses a kink at the smallest step. low, high : the bounds of its one-sided slopes, example
    by example. frozen : its slope with every activation held on its side (NaN if not at a kink). n_retried : how many
    entries crossed a kink at the first step.
    """

    entries: Array
    slope: Array
    steps: Array
    kink: Array
    low: Array
    high: Array
    frozen: Array
    n_retried: int
    cost: float

    @property
    def floors(self) -> Array:
        return rounding_of_slopes(self.cost, self.steps)


def measure(
    problem: Problem,
    entries: Array,
    epsilon: float,
    *,
    memory_bytes: int = MEMORY_BYTES,
    progress: Callable[[int, int], None] | None = None,
) -> Measured:
    """Slopes at the flat indices `entries`, sorted; progress(done, total) counts them."""
    blocks = BlockDifferences(problem, memory_bytes)
    differences = blocks.of(entries, epsilon, progress)
    slope, low, high, kink = differences.slope, differences.low, differences.high, differences.crossed
    frozen = np.full(len(entries), np.nan)
    steps, n_retried = np.full(len(entries), float(epsilon)), int(kink.sum())
    for factor in SMALLER_STEPS:
        again = np.flatnonzero(kink)
        if len(again):
            part = blocks.of(entries[again], factor * epsilon)
            slope[again], low[again], high[again], kink[again] = part.slope, part.low, part.high, part.crossed
            steps[again] = factor * epsilon
    if kink.any():
        held = BlockDifferences(problem, memory_bytes, frozen_gates=True)
        frozen[kink] = held.of(entries[kink], epsilon).slope
    cost = float(blocks.loss.mean()) + problem.penalty()
    return Measured(entries, slope, steps, kink, low, high, frozen, n_retried, cost)


def kinks_off(measured: Measured, analytic: Array, here: Array) -> Array:
    """Which kinks among the positions `here` have an analytic slope that neither side explains.

    A backward pass takes one side for each unit and example. So its value lies between the sum of the smaller and the
    sum of the larger one-sided slopes. If several kinks meet in one example, it is the slope with all sides held.
    """
    at = here[measured.kink[here]]
    a, low, high = analytic[at], measured.low[at], measured.high[at]
    room = entry_tolerance((low + high) / 2, a, measured.floors[at])
    between = (a >= low - room) & (a <= high + room)
    held = np.abs(a - measured.frozen[at]) <= entry_tolerance(measured.frozen[at], a, measured.floors[at])
    off: Array = at[~(between | held)]
    return off


def confirmed(problem: Problem, measured: Measured, analytic: Array, suspects: Array, memory_bytes: int) -> Array:
    """The positions among `suspects` whose difference persists at other steps: then the gradient is wrong.

    The difference must persist at all steps, and the numeric slope must stay nearly the same at one step at least.
    """
    if len(suspects) == 0:
        return suspects
    blocks = BlockDifferences(problem, memory_bytes)
    slope, given = measured.slope[suspects], analytic[suspects]
    off = np.abs(slope - given)
    persists, steady = np.ones(len(suspects), np.bool_), np.zeros(len(suspects), np.bool_)
    for factor in OTHER_STEPS:
        again = blocks.of(measured.entries[suspects], factor * measured.steps[suspects])
        kinked = again.crossed if factor > 1 else np.zeros(len(suspects), np.bool_)
        persists &= kinked | (np.abs(again.slope - given) >= PERSISTS * off)
        steady |= ~kinked & (np.abs(again.slope - slope) <= PERSISTS * off)
    lasting: Array = suspects[persists & steady]
    return lasting
