"""Compares two runs on the same rows: which is better, by how much, and whether that may be chance.

Two errors measured on the same rows share most of their noise. So the test looks only at the rows on which the two runs
differ; `dlrun compare` and the recipe use it.
"""

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from ..arrays import Array
from .beta import heads_or_more
from .intervals import Interval

CONFIDENCE = 0.9

# Resamples of the rows. The smallest possible p-value is about 1 / RESAMPLES.
RESAMPLES = 2000

# Random row numbers drawn at a time; this limits the memory.
DRAWS_AT_A_TIME = 2_000_000


@dataclass(frozen=True)
class Paired:
    """How an error differs from another one on the same rows.

    difference : this error less the other one, a fraction (regression: of 1 - R²); negative is better.
    interval : [lower, upper] of the difference, at `confidence`.
    p_value : of the hypothesis that there is no difference, two-sided.
    only_this_wrong, only_other_wrong : rows that only one run gets wrong; they decide. None in a regression.
    """

    difference: float
    interval: Interval
    p_value: float
    confidence: float
    rows: int
    only_this_wrong: int | None
    only_other_wrong: int | None
    method: str


def row_losses(answers: Array, targets: Array, weight: Array | None = None, *, regression: bool) -> Array:
    """Losses (m,) whose mean is the error: 1 for a wrong answer; or the squared error over the targets' variance.

    Where rows have weights, times these, so that the mean is the weighted error.
    """
    share = np.ones(len(targets)) if weight is None else weight / weight.mean()
    if not regression:
        return np.asarray(share * np.not_equal(answers, targets))
    return np.asarray(share * np.square(answers - targets) / variance_of(targets, weight))


def variance_of(targets: Array, weight: Array | None = None) -> float:
    """The variance of targets (m,), by weight where rows have weights; 1 where they do not vary."""
    share = np.ones(len(targets)) if weight is None else weight / weight.mean()
    return float((share * np.square(targets - np.average(targets, weights=share))).mean()) or 1.0


def compare_answers(correct: Array, other_correct: Array, confidence: float = CONFIDENCE) -> Paired:
    """Compare two classifiers, given which rows each answers rightly: (m,) booleans.

    McNemar's exact test: of the rows that only one gets wrong, each is expected to have half of them. The interval is
    the adjusted Wald interval of Bonett and Price, 2012 (Statistical Methods in Medical Research 21, 479-487), which
    adds a row to each kind. In close cases the exact test is the more cautious one.
    """
    rows = len(correct)
    only_this, only_other = int(np.sum(~correct & other_correct)), int(np.sum(correct & ~other_correct))
    share, other_share = (only_this + 1) / (rows + 2), (only_other + 1) / (rows + 2)
    middle = share - other_share
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * ((share + other_share - middle**2) / (rows + 2)) ** 0.5
    interval = (max(-1.0, float(middle - reach)), min(1.0, float(middle + reach)))
    difference = (only_this - only_other) / rows
    p_value = sign_test(only_this, only_other)
    return Paired(difference, interval, p_value, confidence, rows, only_this, only_other, "exact McNemar test")


def sign_test(only_this: int, only_other: int) -> float:
    """The exact two-sided p-value of so many of one kind and so many of the other, where each is as likely.

    Equal to `scipy.stats.binomtest`, whose import takes half a second.
    """
    return min(1.0, 2 * heads_or_more(max(only_this, only_other), only_this + only_other))


def compare_weighted_answers(
    correct: Array, other_correct: Array, weight: Array, confidence: float = CONFIDENCE
) -> Paired:
    """The same of rows that count by their weights (m,): a paired bootstrap of weighted errors."""
    own = weight / weight.mean()
    compared = compare_losses(~correct * own, ~other_correct * own, confidence)
    only_this, only_other = int(np.sum(~correct & other_correct)), int(np.sum(correct & ~other_correct))
    return replace(compared, only_this_wrong=only_this, only_other_wrong=only_other)


def compare_losses(losses: Array, other_losses: Array, confidence: float = CONFIDENCE) -> Paired:
    """Compare two regressions by the loss of each row (m,), whose means are the errors.

    A paired bootstrap: rows are drawn again with both of their losses. Interval and p-value come from the same
    percentiles, so that a p-value below 1 - confidence goes with an interval without 0. The draws are always the same.
    """
    from scipy.stats import bootstrap

    gaps = np.asarray(losses, np.float64) - np.asarray(other_losses, np.float64)
    rows, difference = len(gaps), float(gaps.mean())
    if np.all(gaps == gaps[0]):  # nothing varies, so the sign test is used instead
        p_value = 1.0 if difference == 0 else 2.0 ** (1 - rows)
        return Paired(difference, (difference, difference), p_value, confidence, rows, None, None, "paired bootstrap")
    drawn = bootstrap(
        (gaps,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=max(1, DRAWS_AT_A_TIME // rows),
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    means = drawn.bootstrap_distribution
    tail = 1 + min(np.sum(means <= 0), np.sum(means >= 0))
    interval = (float(drawn.confidence_interval.low), float(drawn.confidence_interval.high))
    p_value = min(1.0, float(2 * tail / (RESAMPLES + 1)))
    return Paired(difference, interval, p_value, confidence, rows, None, None, "paired bootstrap")
