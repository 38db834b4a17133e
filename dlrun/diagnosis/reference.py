"""An upper and a lower bound of the optimal error, measured on the run's own rows.

An error that any learner reaches is an upper bound. Equal rows with different classes give a lower bound: nobody can
answer all of them right. `dlrun diagnose --reference` asks for it, since bias depends on the optimal error.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from ..arrays import Array
from ..statistics.intervals import CONFIDENCE, Interval, difference_interval, proportion_interval
from .rule import Thresholds
from .words import error_word, percent, points

# The verdict on bias that a reference allows (section 2, rule d, of the research).
DEMONSTRATED: Literal["high (demonstrated)"] = "high (demonstrated)"
LOW: Literal["low"] = "low"
OPEN: Literal["open"] = "open"


@dataclass(frozen=True)
class Learner:
    """An ordinary learner's error on rows that it was not trained on, with its interval."""

    name: str
    error: float
    interval: Interval


@dataclass(frozen=True)
class Conflicts:
    """The errors that nobody can avoid on equal rows with different classes.

    errors : how many, among so many `rows`. error : their share, with its interval.
    """

    errors: int
    rows: int
    error: float
    interval: Interval


@dataclass(frozen=True)
class Reference:
    """The bounds of the optimal error, and the verdict on bias that follows from them.

    rows : on which the learners were measured. best : the name of the learner with the lowest upper end. conflicts :
    None without any. optimal_error, avoidable_bias : the lower and the upper bound of each. refuted : whether the
    declared optimal error is above the upper bound. break_even : the optimal error below which an "open" bias would be
    high; None for any other bias.
    """

    rows: int
    learners: tuple[Learner, ...]
    best: str
    conflicts: Conflicts | None
    optimal_error: Interval
    avoidable_bias: Interval
    refuted: bool
    bias: Literal["high (demonstrated)", "low", "open"]
    break_even: float | None
    sentence: str


class TrainError(NamedTuple):
    """A train error, its 90% interval, and the thresholds for its distance from the optimal error."""

    error: float
    interval: Interval
    thresholds: Thresholds


def reference(
    losses: Sequence[tuple[str, Array]],
    conflicts: tuple[int, int] | None,
    train: TrainError,
    *,
    declared: float,
    regression: bool,
) -> Reference:
    """The bounds of the optimal error, and the verdict on bias that follows from them.

    losses : for each learner its name and its losses (m,) on rows that it was not trained on: 1 for a wrong answer, or
    squared errors whose mean is 1 - R². conflicts : (errors, rows) that no predictor can avoid, None for a regression.
    declared : the optimal error of the config, 0 if it has none. The best of K learners is chosen, so each is judged at
    the level alpha / K: all K intervals are right at once in 95 of 100 cases on either side.
    """
    learners = tuple(learner(name, values, len(losses), regression) for name, values in losses)
    best = min(learners, key=lambda row: row.interval[1])
    least = lower_bound(conflicts)
    # Avoidable bias is at least the distance to the error that a learner reached, and at most that to the lower bound.
    surely = max(gap(train, row)[0] for row in learners)
    at_most = gap(train, least)[1] if least else train.interval[1]
    low, high = train.thresholds.low, train.thresholds.high
    kind = DEMONSTRATED if surely > low else LOW if at_most < high else OPEN
    bounds = Reference(
        rows=len(losses[0][1]),
        learners=learners,
        best=best.name,
        conflicts=least,
        optimal_error=(least.interval[0] if least else 0.0, best.interval[1]),
        avoidable_bias=(surely, at_most),
        refuted=declared > best.interval[1],
        bias=kind,
        break_even=max(0.0, train.interval[0] - low) if kind == OPEN else None,
        sentence="",
    )
    sentence = bounds_sentence(bounds, best, error_word(regression))
    if bounds.refuted:
        sentence += f"; the declared optimal error, {percent(declared)}, is refuted"
    return replace(bounds, sentence=sentence)


def learner(name: str, losses: Array, among: int, regression: bool) -> Learner:
    """A learner with its interval, which is wrong on either side with probability alpha / `among` learners."""
    confidence = 1 - (1 - CONFIDENCE) / among
    interval = mean_interval(losses, confidence) if regression else share_interval(losses, confidence)
    return Learner(name, float(losses.mean()), interval)


def share_interval(wrong: Array, confidence: float) -> Interval:
    lower, upper = proportion_interval(int(wrong.sum()), len(wrong), confidence)
    return float(lower), float(upper)


def mean_interval(losses: Array, confidence: float) -> Interval:
    """Student's interval of a mean of squared errors, not below 0. Its upper end is too low for heavy tails."""
    from scipy.special import stdtrit

    mean, m = float(losses.mean()), len(losses)
    half = float(stdtrit(m - 1, (1 + confidence) / 2) * losses.std(ddof=1) / np.sqrt(m))
    return max(0.0, mean - half), mean + half


def lower_bound(conflicts: tuple[int, int] | None) -> Conflicts | None:
    """The errors that equal rows with different classes make unavoidable; None without any.

    Their share is below the optimal error in expectation: in each set of equal rows the most frequent class counts as
    the right answer, even where it is so by chance. The binomial interval is wide enough, because the count varies less
    for pairs of equal rows.
    """
    if not conflicts or not conflicts[0]:
        return None
    errors, rows = conflicts
    lower, upper = proportion_interval(errors, rows)
    return Conflicts(errors, rows, errors / rows, (float(lower), float(upper)))


def gap(train: TrainError, row: Learner | Conflicts) -> Interval:
    """The interval of train error less the error of `row`."""
    lower, upper = difference_interval(train.error, train.interval, row.error, row.interval)
    return float(lower), float(upper)


def bounds_sentence(bounds: Reference, best: Learner, word: str) -> str:
    """The verdict on bias in a sentence, with the bounds."""
    lower, upper = bounds.optimal_error
    between = f"the optimal {word} lies between {percent(lower)} and {percent(upper)}"
    reached = f"the best of {len(bounds.learners)} ordinary learners, {best.name}, has {percent(best.error)}"
    between += f" ({reached} on {bounds.rows} training rows that it had not learned from)"
    if bounds.bias == DEMONSTRATED:
        surely = points(bounds.avoidable_bias[0])
        return f"bias is {DEMONSTRATED}: {between}, so at least {surely} points are avoidable"
    if bounds.bias == LOW:
        return f"bias is low: {between}, and train error is close enough to the best possible whatever it is"
    if not bounds.break_even:
        undecided = (
            "these rows cannot decide whether bias is high, because the train error's interval reaches down to low"
        )
        return f"{undecided}: {between}"
    return f"bias is high if the optimal {word} is below {percent(bounds.break_even)}, else low: {between}"
