"""What is known of a run's errors: the numbers, how many rows they are of, and how sure each is.

Stands between what is handed to `diagnose` and the rule: every figure is checked here, once, and has its interval here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import UsageError
from ..statistics.intervals import Interval, difference_interval, error_interval
from .optimal import Optimal, optimal_of
from .rule import GAP_DECIMALS, Thresholds, level, thresholds

SPLITS = ("train", "dev", "test")
ILLS = ("bias", "variance")


@dataclass(frozen=True)
class Figures:
    """errors, intervals : by split, None where not known. sizes : rows by split, None where nobody said.

    gaps, gap_intervals : of bias and variance, as fractions; an interval of a distance is a point where it has none.
    rows : what is known of single rows, see `experiment.rows`.
    """

    errors: Mapping[str, float | None]
    optimal: Optimal
    baseline_error: float | None
    regression: bool
    sizes: Mapping[str, int] | None
    intervals: Mapping[str, Interval | None]
    gaps: Mapping[str, float]
    gap_intervals: Mapping[str, Interval | None]
    rows: Mapping

    def thresholds(self) -> Thresholds:
        """Between which the zone lies for these figures."""
        return thresholds(self.optimal.error, self.baseline_error, self.regression)

    def level(self, ill: str) -> str:
        """What the rule says of bias or variance; by the point where there is no interval."""
        return level(self.gap_intervals[ill] or (self.gaps[ill], self.gaps[ill]), self.thresholds())

    def beyond_optimal(self) -> Interval | None:
        """The interval of dev error less the optimal error."""
        dev = self.intervals["dev"]
        return dev and difference(self.errors["dev"], dev, self.optimal.error, self.optimal.ends())


def figures_of(
    errors: Mapping[str, float | None],
    optimal_error: "float | Mapping | Optimal | None",
    baseline_error: float | None,
    regression: bool,
    sizes: Mapping[str, int | None] | None,
    rows: Mapping | None,
) -> Figures:
    """The figures, checked, with their intervals; raises UsageError for what cannot be an error."""
    known = {name: checked_error(f"{name} error", errors.get(name), regression) for name in ("train", "dev")}
    known["test"] = None if errors.get("test") is None else checked_error("test error", errors["test"], regression)
    if baseline_error is not None:
        baseline_error = checked_error("baseline error", baseline_error, regression)
    optimal, rows = optimal_of(optimal_error), rows or {}
    checked_error("optimal error", optimal.error, regression)
    sizes = {name: n for name in SPLITS if (n := sizes.get(name))} if sizes else None
    intervals = split_intervals(known, sizes, regression, rows.get("intervals") or {})
    train, dev = ((known[name], intervals[name]) for name in ("train", "dev"))
    by_rows = dev[1] and train[1] and difference(*dev, *train)
    gap_intervals = {
        "bias": None if train[1] is None and optimal.interval is None else bias_interval(*train, optimal),
        "variance": pair_of(rows["intervals"]["variance"]) if regression and rows.get("intervals") else by_rows,
    }
    gaps = {"bias": known["train"] - optimal.error, "variance": known["dev"] - known["train"]}
    gaps = {ill: round(gap, GAP_DECIMALS) for ill, gap in gaps.items()}
    return Figures(known, optimal, baseline_error, regression, sizes, intervals, gaps, gap_intervals, rows)


def split_intervals(
    errors: Mapping[str, float | None], sizes: Mapping[str, int] | None, regression: bool, given: Mapping
) -> dict[str, Interval | None]:
    """The interval of each split's error: by its rows, or for a regression the one that was `given`."""
    if regression:
        return {name: pair_of(given.get(name)) for name in SPLITS}
    known = {name for name in SPLITS if errors[name] is not None and sizes and sizes.get(name)}
    return {name: error_interval(errors[name], sizes[name]) if name in known else None for name in SPLITS}


def bias_interval(train_error: float, train: Interval | None, optimal: Optimal) -> Interval:
    return difference(train_error, train or (train_error, train_error), optimal.error, optimal.ends())


def difference(p1: float, interval1: Interval, p2: float, interval2: Interval) -> Interval:
    lower, upper = difference_interval(p1, interval1, p2, interval2)
    return float(lower), float(upper)


def pair_of(interval: list | None) -> Interval | None:
    """An interval as JSON gives it."""
    return None if interval is None else (float(interval[0]), float(interval[1]))


def checked_error(name: str, value: float | None, regression: bool) -> float:
    """`value` as a float; raises UsageError where it is no possible error."""
    if value is None:
        raise UsageError(f"{name}: none given; a diagnosis needs the train error and the dev error")
    if not np.isfinite(value):
        raise UsageError(f"{name}: got {value}; expected a number, and a run that diverged has none to diagnose")
    if regression and value < 0:
        raise UsageError(f"{name}: got {value}; expected 1 - R², which is 0 or more")
    if not regression and not 0 <= value <= 1:
        raise UsageError(f"{name}: got {value}; expected a fraction from 0 to 1, such as 0.11 for 11%")
    return float(value)
