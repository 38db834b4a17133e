"""The figures of a run's errors: the numbers, how many rows they come from, and how sure each is.

`diagnose` makes them first: every number is checked here, once, and gets its interval here.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import UsageError
from ..records import SPLITS, BySplit, Sizes
from ..statistics.intervals import Interval, difference_interval, error_interval
from .ills import ByIll, Ill, Level
from .measured import MeasuredErrors
from .optimal import Optimal
from .row_summary import RowSummary
from .rule import GAP_DECIMALS, Thresholds, level, thresholds
from .words import error_word


@dataclass(frozen=True)
class Figures:
    """errors, intervals : by split, None where not known. sizes : rows by split, None where not known.

    gaps, gap_intervals : of bias and variance, as fractions. rows : what is known of single rows.
    """

    errors: BySplit[float]
    optimal: Optimal
    baseline_error: float | None
    regression: bool
    sizes: Sizes | None
    intervals: BySplit[Interval | None]
    gaps: ByIll[float]
    gap_intervals: ByIll[Interval | None]
    rows: RowSummary

    @property
    def measured(self) -> MeasuredErrors | None:
        """The errors in another measure, where the diagnosis is told in that."""
        return self.rows.measured

    @property
    def word(self) -> str:
        """What an error is called."""
        return self.measured.word if self.measured else error_word(self.regression)

    @property
    def is_share(self) -> bool:
        """Whether errors are shares of what one answer for all rows has, and may exceed 1."""
        return self.measured.is_share if self.measured else self.regression

    @property
    def from_rows(self) -> bool:
        """Whether the intervals come from the rows themselves, and not from counts of wrong answers."""
        return self.regression or self.measured is not None

    def thresholds(self) -> Thresholds:
        """The two thresholds for these figures."""
        return thresholds(self.optimal.error, self.baseline_error, self.is_share)

    def level(self, ill: Ill) -> Level:
        """The level of bias or variance by the rule; without an interval, by the distance alone."""
        gap = self.gaps.of(ill)
        return level(self.gap_intervals.of(ill) or (gap, gap), self.thresholds())

    def beyond_optimal(self) -> Interval | None:
        """The interval of dev error less the optimal error."""
        dev = self.intervals.dev
        return dev and difference(self.errors.dev, dev, self.optimal.error, self.optimal.ends())


def figures_of(
    errors: BySplit[float | None],
    optimal: Optimal,
    baseline_error: float | None,
    regression: bool,
    sizes: Sizes | None,
    rows: RowSummary,
) -> Figures:
    """The figures, checked, with their intervals; raises UsageError for what cannot be an error."""
    measured = rows.measured
    is_share = measured.is_share if measured else regression
    if measured is not None:
        errors, baseline_error = measured.errors, measured.baseline
    checked = BySplit(
        checked_error("train error", errors.train, is_share),
        checked_error("dev error", errors.dev, is_share),
        None if errors.test is None else checked_error("test error", errors.test, is_share),
    )
    if baseline_error is not None:
        baseline_error = checked_error("baseline error", baseline_error, is_share)
    checked_error("optimal error", optimal.error, is_share)
    intervals = regression_intervals(rows) if regression else share_intervals(checked, sizes)
    intervals = measured.intervals if measured else intervals
    train, dev = intervals.train, intervals.dev
    if regression and rows.intervals and measured is None:
        variance = rows.intervals["variance"]
    else:
        variance = dev and train and difference(checked.dev, dev, checked.train, train)
    bias = None if train is None and optimal.interval is None else bias_interval(checked.train, train, optimal)
    gaps = ByIll(round(checked.train - optimal.error, GAP_DECIMALS), round(checked.dev - checked.train, GAP_DECIMALS))
    gap_intervals = ByIll(bias, variance)
    return Figures(checked, optimal, baseline_error, regression, sizes, intervals, gaps, gap_intervals, rows)


def share_intervals(errors: BySplit[float], sizes: Sizes | None) -> BySplit[Interval | None]:
    """The interval of each split's error, by its number of rows; None where that is not known."""

    def of_rows(error: float | None, rows: int | None) -> Interval | None:
        return error_interval(error, rows) if error is not None and rows else None

    if sizes is None:
        return BySplit(None, None)
    pairs = zip((errors.train, errors.dev, errors.test), (sizes.train, sizes.dev, sizes.test), strict=True)
    return BySplit(*(of_rows(error, rows) for error, rows in pairs))


def regression_intervals(rows: RowSummary) -> BySplit[Interval | None]:
    """The intervals of each split's error that were computed from the rows themselves."""
    intervals = rows.intervals or {}
    return BySplit(*(intervals.get(split) for split in SPLITS))


def bias_interval(train_error: float, train: Interval | None, optimal: Optimal) -> Interval:
    return difference(train_error, train or (train_error, train_error), optimal.error, optimal.ends())


def difference(p1: float, interval1: Interval, p2: float, interval2: Interval) -> Interval:
    lower, upper = difference_interval(p1, interval1, p2, interval2)
    return float(lower), float(upper)


def checked_error(name: str, value: float | None, is_share: bool) -> float:
    """`value` as a float; raises UsageError where it is no possible error."""
    if value is None:
        raise UsageError(f"{name}: none given; a diagnosis needs the train error and the dev error")
    if not np.isfinite(value):
        raise UsageError(f"{name}: got {value}; expected a number, and a run that diverged has none to diagnose")
    if is_share and value < 0:
        raise UsageError(f"{name}: got {value}; expected 1 - R², which is 0 or more")
    if not is_share and not 0 <= value <= 1:
        raise UsageError(f"{name}: got {value}; expected a fraction from 0 to 1, such as 0.11 for 11%")
    return float(value)
