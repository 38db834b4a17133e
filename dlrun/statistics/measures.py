"""What bias and variance may be told in besides the error: each as a fraction, so that one rule judges all of them.

A measure without a scale of its own is told as a share of what one answer for all rows has on the same rows, as 1 - R²
does for the squared error: 0 is perfect, 1 no better than that answer.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .intervals import Interval, bootstrap_intervals, unexplained_estimate
from .metrics import LEAST_PROBABILITY, Metric, class_metrics


class Measured(NamedTuple):
    """A measure of one split, and its interval, None where it has none."""

    value: float
    interval: Interval | None


class Measure(NamedTuple):
    """A measure: what it is called, the task it is for, whether it is a share of one answer's, and how it is computed.

    of : from outputs (m, K) probabilities or (m, 1) numbers, and the truth (m,). baseline : its value for one answer,
    from the number of classes; None where it is a share, and so 1.
    """

    word: str
    for_classes: bool
    of: Callable[[Array, Array], Measured]
    baseline: Callable[[int], float] | None = None

    @property
    def is_share(self) -> bool:
        """Whether the measure is a share of what one answer for all rows has."""
        return self.baseline is None


def ratio_estimate(rows: Array) -> tuple[float, float]:
    """The ratio of the means of rows (n, 2), and its standard error by linearisation.

    The influence of row i is (a_i - R b_i) / mean(b). Source: Davison and Hinkley 1997, section 2.7.2. That b depends
    on the rows themselves does not matter where it is the least mean that one answer can have.
    """
    own, baseline = rows[:, 0], rows[:, 1]
    if not baseline.mean():
        return np.nan, np.nan
    ratio = own.mean() / baseline.mean()
    influence = (own - ratio * baseline) / baseline.mean()
    return float(ratio), float(np.sqrt(np.square(influence).mean() / len(rows)))


def _ratio(own: Array, baseline: Array) -> Measured:
    rows = np.stack([own, baseline], axis=1)
    [interval], _ = bootstrap_intervals([rows], ratio_estimate)
    return Measured(ratio_estimate(rows)[0], None if interval is None else (max(interval[0], 0.0), interval[1]))


def log_loss_share(probabilities: Array, y: Array) -> Measured:
    """The log loss, as a share of that of answering the classes' own shares: 1 less McFadden's R²."""
    own = -np.log(np.clip(probabilities[np.arange(len(y)), y], LEAST_PROBABILITY, 1))
    shares = np.bincount(y, minlength=probabilities.shape[1]) / len(y)
    return _ratio(own, -np.log(shares[y]))


def absolute_share(answers: Array, truth: Array) -> Measured:
    """The mean absolute error, as a share of that of answering the median."""
    return _ratio(np.abs(answers[:, 0] - truth), np.abs(truth - np.median(truth)))


def root_share(answers: Array, truth: Array) -> Measured:
    """The RMSE, as a share of the targets' standard deviation: the root of 1 - R²."""
    rows = np.stack([np.square(answers[:, 0] - truth), truth], axis=1)
    [interval], _ = bootstrap_intervals([rows], unexplained_estimate)
    ends = None if interval is None else (max(interval[0], 0.0) ** 0.5, interval[1] ** 0.5)
    return Measured(unexplained_estimate(rows)[0] ** 0.5, ends)


def _of_metric(name: str, *, is_flipped: bool = False) -> Callable[[Array, Array], Measured]:
    """A measure that is one of the metrics, or 1 less it."""

    def measured(probabilities: Array, y: Array) -> Measured:
        metric = class_metrics(probabilities, y).get(name, Metric(None, None))
        if metric.value is None:
            return Measured(np.nan, None)
        if not is_flipped:
            return Measured(metric.value, metric.interval)
        ends = None if metric.interval is None else (1 - metric.interval[1], 1 - metric.interval[0])
        return Measured(1 - metric.value, ends)

    return measured


# The words of diagnosis.metric, except error, which needs no rows.
MEASURES: Mapping[str, Measure] = {
    "balanced_error": Measure("balanced error", True, _of_metric("balanced_error"), lambda K: 1 - 1 / K),
    "log_loss": Measure("relative log loss", True, log_loss_share),
    "1 - auc": Measure("1 - AUC", True, _of_metric("auc", is_flipped=True), lambda K: 0.5),
    "rmse": Measure("relative RMSE", False, root_share),
    "mae": Measure("relative MAE", False, absolute_share),
}
