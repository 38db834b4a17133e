"""Decides whether a recipe keeps a change: a paired test on the dev rows of two trainings.

To keep whatever has the lower dev error overfits the dev set: in a pilot of six tasks it cost 2.0 points between dev
and test after 16 steps. But a search proves nothing, and a test as strict as a proof's would stop it early. So the rule
here is milder than the tests in `paired`, which measure what a change is worth.
"""

import math
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .intervals import Interval
from .paired import compare_answers, compare_losses, compare_weighted_answers

# A change is kept if the misses' z is above FIRST_Z plus MORE_Z for each training so far: the more is tried, the more
# the best one owes to luck. Searches of 16 trainings on twelve known tasks ended at a test error of 5.3% with any
# positive z, 5.5% with 0.3 throughout, 5.6% with 0.7, 6.2% with 1.5, and 6.0% with the errors' or the losses' z above
# 1.5. The growing threshold ended where 0.4 did, with 0.1 points less between dev and test error.
FIRST_Z, MORE_Z = 0.3, 0.05


class Answers(NamedTuple):
    """A network on m dev rows: wrong (m,) booleans, None for a regression; losses (m,), data loss.

    weight (m,) : how often each row counts; None: all alike.
    """

    wrong: Array | None
    losses: Array
    weight: Array | None = None

    def counted(self, values: Array) -> Array:
        """Values (m,) of the rows times their weights, whose mean is the weighted one."""
        return values if self.weight is None else values * (self.weight / self.weight.mean())

    def misses(self) -> Array:
        """(1 - p)^2 of each row, p the probability given to the right answer; a regression's squared residuals.

        Bounded, unlike a loss, and finer than right or wrong. Among 90 configs it chose one as good as the dev error
        did, and the chosen config's figure was too good by only half as much.
        """
        if self.wrong is None:
            return self.losses
        with np.errstate(under="ignore"):
            return (1 - np.exp(-self.losses)) ** 2


class Comparison(NamedTuple):
    """z of errors (None for a regression), losses and misses: positive where the newer training is better."""

    better: bool
    error_z: float | None
    loss_z: float
    miss_z: float


def compare(before: Answers, after: Answers, trainings: int = 1) -> Comparison:
    """The acceptance rule on the same rows of two trainings; `trainings` came before the newer one."""
    loss_z, error_z = paired_z(before.counted(before.losses), after.counted(after.losses)), None
    misses = before.counted(before.misses()), after.counted(after.misses())
    miss_z = paired_z(*misses) if math.isfinite(loss_z) else loss_z
    if before.wrong is not None and after.wrong is not None:
        error_z = paired_z(before.counted(before.wrong), after.counted(after.wrong))
    return Comparison(miss_z > FIRST_Z + MORE_Z * trainings, error_z, loss_z, miss_z)


def error_change(before: Answers, after: Answers, error: float) -> tuple[float, Interval] | None:
    """By how much the newer training's error differs, negative is better, and the interval of that.

    error : of the newer one, which gives a regression's losses their unit. None where a loss is not finite.
    """
    if before.wrong is not None and after.wrong is not None:
        if after.weight is None:
            found = compare_answers(~after.wrong, ~before.wrong)
        else:
            found = compare_weighted_answers(~after.wrong, ~before.wrong, after.weight)
        return found.difference, found.interval
    losses, earlier = after.counted(after.losses), before.counted(before.losses)
    if not (np.isfinite(losses).all() and np.isfinite(earlier).all()):
        return None
    unit = error / float(losses.mean()) if losses.any() else 1.0
    found = compare_losses(losses * unit, earlier * unit)
    return found.difference, found.interval


def paired_z(before: Array, after: Array) -> float:
    """The mean decrease divided by its standard error. Losses that are not finite count as worse than any others."""
    before, after = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if not np.isfinite(after).all():
        return -math.inf
    if not np.isfinite(before).all():
        return math.inf
    falls = before - after
    mean, spread = float(falls.mean()), float(falls.std(ddof=1)) if len(falls) > 1 else 0.0
    if spread == 0:
        return math.copysign(math.inf, mean) if mean else 0.0
    return mean / (spread / math.sqrt(len(falls)))
