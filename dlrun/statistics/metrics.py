"""The figures that the field judges answers by, each with an interval: AUC, log loss, F1, RMSE and their kin.

They are scikit-learn's by definition, and its tests are the oracle; its import would make every training 0.6 s longer.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .intervals import (
    CONFIDENCE,
    Z_ONE_SIDE,
    Interval,
    bootstrap_intervals,
    mean_intervals,
    proportion_interval,
    unexplained_estimate,
)

# Draws of the rows for figures of the confusion matrix: 20 of them lie beyond each 5% point.
RESAMPLES = 400

# Parts of the rows, each left out once.
PARTS = 50

# One curve a class is computed; of more classes, none.
MOST_CURVES = 20

# Quantiles of the absolute error.
QUANTILES = (0.5, 0.9)

LEAST_PROBABILITY = 1e-15

SEED = 0


@dataclass(frozen=True)
class Metric:
    """A figure and its 90% interval, None where it has none. Both are None where the figure does not exist."""

    value: float | None
    interval: Interval | None


Metrics = Mapping[str, Metric]

# Rows of each true class (the outer ones) by answered class.
Confusion = tuple[tuple[int, ...], ...]


def class_metrics(probabilities: Array, y: Array) -> dict[str, Metric]:
    """The figures of probabilities (m, K) for the classes y (m,); of two classes, class 1 is the positive one.

    Of more than two, auc and average_precision are means over one class against the rest, and f1 over the classes.
    """
    m, K = probabilities.shape
    own = np.clip(probabilities[np.arange(m), y], LEAST_PROBABILITY, 1)
    truth = np.eye(K)[y]
    squared = np.square(probabilities - truth).sum(axis=1) / (2 if K == 2 else 1)
    confusion = np.bincount(y * K + probabilities.argmax(axis=1), minlength=K * K).reshape(K, K).astype(float)
    found = _means({"log_loss": -np.log(own), "brier": squared})
    found["balanced_error"] = _balanced(confusion)
    found |= _of_confusion(confusion)
    if K <= MOST_CURVES:
        found |= _of_ranking(probabilities, truth)
    return found


def number_metrics(answers: Array, truth: Array) -> dict[str, Metric]:
    """The figures of numbers (m,): in the target's units, but for r2 (the share of variance that is explained)."""
    errors = np.abs(answers - truth)
    means = _means({"mean_square": np.square(errors), "mae": errors})
    mean_square = means["mean_square"]
    ends = mean_square.interval
    assert mean_square.value is not None, "there are rows"
    rmse = Metric(mean_square.value**0.5, None if ends is None else (max(ends[0], 0.0) ** 0.5, ends[1] ** 0.5))
    [unexplained], _ = bootstrap_intervals([np.stack([np.square(errors), truth], axis=1)], unexplained_estimate)
    share, _ = unexplained_estimate(np.stack([np.square(errors), truth], axis=1))
    explained = None if unexplained is None else (1 - unexplained[1], 1 - unexplained[0])
    r2 = Metric(1 - share, explained) if np.isfinite(share) else Metric(None, None)
    quantiles = {f"absolute_error_{share * 100:.0f}": _quantile(errors, share) for share in QUANTILES}
    return {"rmse": rmse, "mae": means["mae"], "r2": r2, **quantiles}


def confusion_of(probabilities: Array, y: Array) -> Confusion | None:
    """Rows of each true class (the outer ones) by answered class; None for more than MOST_CURVES classes.

    The answer is the most probable class: of two, the one above 0.5.
    """
    K = probabilities.shape[1]
    if K > MOST_CURVES:
        return None
    counts = np.bincount(y * K + probabilities.argmax(axis=1), minlength=K * K).reshape(K, K)
    return tuple(map(tuple, counts.tolist()))


def _means(samples: Mapping[str, Array]) -> dict[str, Metric]:
    """The mean of each sample (m,) of the same rows."""
    intervals = mean_intervals(list(samples.values()))
    return {
        name: Metric(float(values.mean()), interval)
        for (name, values), interval in zip(samples.items(), intervals, strict=True)
    }


def _quantile(values: Array, share: float) -> Metric:
    """A quantile between two order statistics whose ranks a binomial count passes with 5% each: exact.

    Source: Conover 1999, Practical Nonparametric Statistics, section 3.2.
    """
    m, ordered = len(values), np.sort(values)
    # The chance that more than r of m values lie below the quantile falls with r; the interval of a share says where.
    low = bisect_left(range(m + 1), share, key=lambda rank: float(proportion_interval(rank, m)[1]))
    high = bisect_right(range(m + 1), share, key=lambda rank: float(proportion_interval(rank, m)[0]))
    interval = (float(ordered[low - 1]), float(ordered[high])) if low > 0 and high < m else None
    return Metric(float(np.quantile(values, share)), interval)


def _balanced(confusion: Array) -> Metric:
    """The mean over the classes with rows of the share of their rows that is answered wrongly.

    Its interval combines those of the shares, which are exact also where no row is wrong. Source: Zou and Donner 2008
    (MOVER), equation 4, for a mean of independent estimates.
    """
    rows = confusion.sum(axis=1)
    rows, right = rows[rows > 0], np.diag(confusion)[rows > 0]
    shares, (lower, upper) = 1 - right / rows, proportion_interval(rows - right, rows)
    value, K = float(shares.mean()), len(rows)
    down, up = (float(np.sqrt(np.square(ends - shares).sum())) / K for ends in (lower, upper))
    return Metric(value, (max(0.0, value - down), min(1.0, value + up)))


# From confusion matrices (r, K, K), rows true and columns answered, to figures (r,).
OfConfusion = Callable[[Array], Array]


def f1(confusions: Array) -> Array:
    """2 right / (true + answered) of class 1, or the mean over more than two classes; a class in neither counts 0."""
    right = np.diagonal(confusions, axis1=1, axis2=2)
    both = confusions.sum(axis=1) + confusions.sum(axis=2)
    each = np.where(both > 0, 2 * right / np.maximum(both, 1), 0.0)
    return np.asarray(each[:, 1] if confusions.shape[1] == 2 else each.mean(axis=1))


def mcc(confusions: Array) -> Array:
    """Matthews' correlation of true and answered classes, 0 where either is constant. Source: Gorodkin 2004."""
    rows, answered, true = confusions.sum(axis=(1, 2)), confusions.sum(axis=1), confusions.sum(axis=2)
    right = np.trace(confusions, axis1=1, axis2=2)
    covariance = right * rows - (answered * true).sum(axis=1)
    spread = np.sqrt((rows**2 - (answered**2).sum(axis=1)) * (rows**2 - (true**2).sum(axis=1)))
    return np.asarray(np.where(spread > 0, covariance / np.maximum(spread, 1e-300), 0.0))


CONFUSIONS: Mapping[str, OfConfusion] = {"f1": f1, "mcc": mcc}


def _of_confusion(confusion: Array) -> dict[str, Metric]:
    """The figures of the confusion matrix; rows drawn again make multinomial counts of its cells."""
    rows, rng = int(confusion.sum()), np.random.default_rng(SEED)
    matrices = np.zeros((RESAMPLES, *confusion.shape))
    # Cells without rows stay without; drawing them all the same takes half of the time.
    matrices[:, confusion > 0] = rng.multinomial(rows, confusion[confusion > 0] / rows, size=RESAMPLES)
    return {
        name: _percentile(float(figure(confusion[None])[0]), figure(matrices)) for name, figure in CONFUSIONS.items()
    }


def _percentile(value: float, drawn: Array) -> Metric:
    """The figure between the 5% points of its resamples; those that do not exist are left out."""
    if not np.isfinite(value):
        return Metric(None, None)
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < RESAMPLES / 2:
        return Metric(value, None)
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Metric(value, (min(float(low), value), max(float(high), value)))


class Ranked(NamedTuple):
    """What a ranking counts, highest scores first, for each choice of the rows that count (r).

    Down to the end of each group of equal scores with a positive row: the `hits`, positive rows, and `told`, all rows
    (r, g); `steps`, the group's own hits, and `above`, the rows before it (r, g). positives, negatives : in all (r,).
    """

    hits: Array
    told: Array
    steps: Array
    above: Array
    positives: Array
    negatives: Array


# To a figure for each choice of rows (r,); NaN without a positive row, or without a negative one.
OfRanking = Callable[[Ranked], Array]


def area_under_curve(ranked: Ranked) -> Array:
    """The area under the ROC curve: the share of pairs in which the positive row stands above the negative one.

    An equal score counts half.
    """
    hits, told, steps, above, positives, negatives = ranked
    alarms = (told - hits + above - (hits - steps)) / 2  # before the middle of the group
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((steps * (negatives[:, None] - alarms)).sum(axis=1) / (positives * negatives))


def average_precision(ranked: Ranked) -> Array:
    """The sum of precision times the step in recall, over groups of equal scores."""
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(ranked.told > 0, ranked.hits / ranked.told, 0.0)
        return np.asarray((ranked.steps * precision).sum(axis=1) / ranked.positives)


RANKINGS: Mapping[str, OfRanking] = {"auc": area_under_curve, "average_precision": average_precision}


def _of_ranking(probabilities: Array, truth: Array) -> dict[str, Metric]:
    """The figures of class 1, or their means over all classes; intervals by a jackknife that leaves out one part each.

    A bootstrap of all rows gave the same ends (0.1 standard errors), and took 0.2 s for 360 rows of ten classes.
    Source: Efron and Tibshirani 1993, section 11.
    """
    m, K = probabilities.shape
    parts = np.random.default_rng(SEED).permutation(m) % min(PARTS, m)
    # Which rows count: all of them, then all but those of each part.
    kept = np.vstack([np.ones(m, np.bool_), parts != np.arange(parts.max() + 1)[:, None]])
    of_all: dict[str, list[float]] = {name: [] for name in RANKINGS}
    without: dict[str, list[Array]] = {name: [] for name in RANKINGS}
    for k in [1] if K == 2 else range(K):
        ranked = _ranked(probabilities[:, k], truth[:, k] > 0, kept)
        for name, figure in RANKINGS.items():
            found = figure(ranked)
            of_all[name].append(float(found[0]))
            without[name].append(found[1:])
    rarest = int(truth.sum(axis=0).min())
    return {
        name: _jackknifed(float(np.mean(of_all[name])), np.mean(without[name], axis=0), rarest) for name in RANKINGS
    }


def _ranked(scores: Array, positive: Array, kept: Array) -> Ranked:
    """What the ranking by these scores (m,) counts, for each choice of rows that count (r, m)."""
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=np.inf))
    ends = np.append(starts[1:], len(order))
    has_positive = np.logical_or.reduceat(positive[order], starts)
    counting = kept[:, order]
    # Sums of whole numbers are exact in any type, and five times as fast in this one; a 0 stands before them.
    hits, told = np.zeros((2, len(kept), len(order) + 1), np.int32)
    np.cumsum(counting & positive[order], axis=1, out=hits[:, 1:])
    np.cumsum(counting, axis=1, out=told[:, 1:])
    first, last = starts[has_positive], ends[has_positive]
    above, hits_to, told_to = (sums.astype(float) for sums in (told[:, first], hits[:, last], told[:, last]))
    steps, positives = np.diff(hits_to, axis=1, prepend=0.0), hits[:, -1].astype(float)
    return Ranked(hits_to, told_to, steps, above, positives, told[:, -1] - positives)


def _jackknifed(value: float, without: Array, rarest: int) -> Metric:
    """The figure with its interval, normal on the scale of log odds, where such figures are.

    without : the figure with each part left out. rarest : the rows of the rarest class.
    """
    if not np.isfinite(value):
        return Metric(None, None)
    error = float(np.sqrt((len(without) - 1) / len(without) * np.square(without - without.mean()).sum()))
    if error == 0 and value in (0, 1):
        # As of a share of the rows of the rarest class, none of which is out of order.
        least = ((1 - CONFIDENCE) / 2) ** (1 / max(1, rarest))
        return Metric(value, (least, 1.0) if value == 1 else (0.0, 1 - least))
    if not (0 < value < 1 and np.isfinite(error) and error > 0):
        return Metric(value, None)
    odds, reach = np.log(value / (1 - value)), Z_ONE_SIDE * error / (value * (1 - value))
    return Metric(value, (float(1 / (1 + np.exp(reach - odds))), float(1 / (1 + np.exp(-odds - reach)))))
