"""The optimal error: declared, counted by people, computed from soft labels, or assumed to be 0.

Bias is train error less this number. So the diagnosis always says how the number is known, too.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..arrays import Array
from ..errors import UsageError
from ..statistics.intervals import Interval, bootstrap_intervals, error_interval
from .ills import Level
from .rule import ASSUMED_BASELINE, HIGH_GAP, HIGH_SHARE, LOW_GAP, LOW_SHARE
from .words import percent

OptimalKind = Literal["declared", "human", "soft labels", "assumed"]


@dataclass(frozen=True)
class Optimal:
    """The optimal error and how it is known: `errors` of `n` judgements, or `n` rows of soft labels."""

    kind: OptimalKind
    error: float
    errors: int | None = None
    n: int | None = None
    interval: Interval | None = None

    def ends(self) -> Interval:
        """Its interval; for a number taken as exact, the number twice."""
        return self.interval or (self.error, self.error)


class Judgements(NamedTuple):
    """So many errors of n judgements by people."""

    errors: int
    n: int


def optimal_of(value: float | Judgements | Optimal | None) -> Optimal:
    """The optimal error from a number, from judgements, or from None for "assume 0".

    Raises UsageError for impossible judgements.
    """
    if isinstance(value, Optimal):
        return value
    if value is None:
        return Optimal("assumed", 0.0)
    if not isinstance(value, Judgements):
        return Optimal("declared", value)
    errors, n = value
    if not 0 <= errors <= n or n < 1:
        raise UsageError(f"optimal error: got {errors} errors of {n}; expected no more errors than judgements")
    return Optimal("human", errors / n, errors, n, error_interval(errors / n, n))


def optimal_of_soft_labels(probabilities: Array) -> Optimal:
    """The mean of 1 less the probability of each row's likeliest class, from probabilities (m, K); m is 2 or more.

    Source: Ishida, Yamane, Charoenphakdee, Niu and Sugiyama 2023, equation 3.
    """
    row_errors = 1 - probabilities.max(axis=1)
    [interval], _ = bootstrap_intervals([row_errors])
    lower, upper = interval or (0.0, 1.0)
    error = float(row_errors.mean())
    return Optimal("soft labels", error, None, len(row_errors), (max(0.0, min(lower, error)), max(upper, error)))


def break_even(train: Interval, level: Level, baseline_error: float | None, regression: bool) -> float:
    """The largest optimal error at which the bias keeps its level, "high" or "moderate".

    Both ends of the train error's interval, less the optimal error, must stay above their thresholds. The thresholds
    themselves shrink as the optimal error grows.
    """
    top = 1.0 if regression else ASSUMED_BASELINE if baseline_error is None else baseline_error

    def crossing(end: float, gap: float, share: float) -> float:
        """The e with end - e = min(gap, share (top - e)); a regression has no gap."""
        by_share = (end - share * top) / (1 - share)
        return max(by_share, 0.0 if regression else end - gap, 0.0)

    lower = crossing(train[0], LOW_GAP, LOW_SHARE)
    return lower if level == "moderate" else min(lower, crossing(train[1], HIGH_GAP, HIGH_SHARE))


# What is said of an optimal error that nobody has declared.
ASSUMED = "no optimal error is declared, so 0% is assumed"


def how_known(optimal: Optimal, level: Level, break_even_error: float | None) -> str:
    """A sentence that says how the optimal error is known; for an assumed one, how the bias depends on it."""
    lower, upper = optimal.ends()
    if optimal.kind == "declared":
        return f"optimal error {percent(optimal.error)}, declared"
    if optimal.kind == "human":
        figures = f"{percent(optimal.error)} ({percent(lower)} to {percent(upper)}), {optimal.errors} of {optimal.n}"
        return f"optimal error {figures} judgements; people's error is above the best possible one"
    if optimal.kind == "soft labels":
        figures = f"{percent(optimal.error)} ({percent(lower)} to {percent(upper)})"
        return f"optimal error {figures}, from the soft labels of {optimal.n} rows"
    if break_even_error is not None:
        return f"{ASSUMED}: bias is {level} unless the optimal error exceeds {percent(break_even_error)}"
    if level == "low":
        return f"{ASSUMED}: bias is low whatever it is"
    return f"{ASSUMED}; a larger one makes the bias smaller"
