"""The rule of the verdict: two thresholds, and an interval that lies below, between, above or across them.

A single threshold could never be decided for a distance close to it. With a zone between two, some number of rows
settles every case; the course's table holds for any zone within 1 to 10 points.
"""

from dataclasses import dataclass

from ..statistics.intervals import Interval
from .ills import Level, Shares

# Below the first, a distance is too small to matter; above the second, it is worth a remedy. Origin: the low cells of
# the course's table are 0.5 and 1 points, the high ones 10 and more; these leave a factor of two on both sides.
LOW_GAP, HIGH_GAP = 0.02, 0.05

# The same as shares of what there is to gain. They are used where that is little: a distance of 1 point matters much
# where the error of always answering the commonest class is only 5%.
LOW_SHARE, HIGH_SHARE = 0.04, 0.10

# The error of always answering the commonest class, where it is not known: that of two equally common classes.
ASSUMED_BASELINE = 0.5


# Distances and thresholds are rounded to this many decimals, so that 0.15 - 0.12 is 0.03 and not a little more.
GAP_DECIMALS = 12


@dataclass(frozen=True)
class Thresholds:
    """A distance is low if surely below `high`, and high if surely above `low`; both are fractions."""

    low: float
    high: float


def thresholds(optimal_error: float, baseline_error: float | None, regression: bool) -> Thresholds:
    """The thresholds, by what a perfect model gains over the baseline.

    A regression's are only shares of that, because 1 - R² has no scale in points.
    """
    top = 1.0 if regression else ASSUMED_BASELINE if baseline_error is None else baseline_error
    headroom = top - optimal_error
    if headroom <= 0:  # an optimal error no better than the baseline leaves nothing to take a share of
        return Thresholds(LOW_GAP, HIGH_GAP)
    low, high = (round(share * headroom, GAP_DECIMALS) for share in (LOW_SHARE, HIGH_SHARE))
    return Thresholds(low, high) if regression else Thresholds(min(LOW_GAP, low), min(HIGH_GAP, high))


def level(interval: Interval, limits: Thresholds) -> Level:
    """ "high", "low", "moderate" (surely between the thresholds) or "inconclusive". A point counts as an interval."""
    lower, upper = interval
    if lower > limits.low:
        return "high" if upper >= limits.high else "moderate"
    return "low" if upper < limits.high else "inconclusive"


def shares(bias: float, variance: float) -> Shares | None:
    """The shares of bias and variance in dev error less the optimal error; None where that is not above 0.

    A negative distance has the share 0.
    """
    if bias + variance <= 0:
        return None
    bias, variance = max(bias, 0.0), max(variance, 0.0)
    excess = bias + variance
    return Shares(bias / excess, variance / excess)
