"""An upper and a lower bound of the optimal error, measured on the run's own rows.

An error that any learner reaches is an upper bound. Equal rows with different classes give a lower bound: nobody can
answer all of them right. `dlrun diagnose --reference` asks for it, since bias depends on the optimal error.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from ..records import Mapped
from ..statistics.arrays import Array
from ..statistics.intervals import CONFIDENCE, Interval, difference_interval, proportion_interval
from .rule import Thresholds
from .words import error_word, percent, points

# What a bias verdict becomes with a reference beside it (section 2, rule d, of the research).
DEMONSTRATED: Literal["high (demonstrated)"] = "high (demonstrated)"
LOW: Literal["low"] = "low"
OPEN: Literal["open"] = "open"


@dataclass(frozen=True)
class Learner(Mapped):
    """An ordinary learner's error on rows it had not seen, with its interval."""

    name: str
    error: float
    interval: Interval


@dataclass(frozen=True)
class Conflicts(Mapped):
    """The errors that equal rows with different classes force on everybody, their share of the rows, its interval."""

    errors: int
    rows: int
    error: float
    interval: Interval


@dataclass(frozen=True)
class Reference(Mapped):
    """The bracket of the optimal error, and what it makes of a train error.

    rows : that the learners were measured on. best : the name of the learner with the lowest upper end. conflicts :
    None without any. optimal_error, avoidable_bias : between which ends they lie. refuted : whether the optimal error
    as the config says it is. break_even : below which optimal error an open bias would be high, None of another.
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
    """A train error, its 90% interval, and the thresholds that its distance from the optimal error is held against."""

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
    """The bracket of the optimal error, and what it makes of a train error.

    losses : of each learner its name and its losses (m,) on rows it had not seen: 1 for wrong, or squared errors whose
    mean is 1 - R². conflicts : (errors, rows) that no predictor can avoid, None for a regression. declared : the
    optimal error as the config says it, 0 if it says none. Each learner is judged at the level alpha / K, for the best
    of K was chosen: all K intervals hold at once in 95 of 100 cases on either side.
    """
    learners = tuple(learner(name, values, len(losses), regression) for name, values in losses)
    best = min(learners, key=lambda row: row.interval[1])
    least = lower_bound(conflicts)
    # Avoidable bias is at least the distance to what a learner reached, at most that to what nobody can.
    surely = max(gap(train, row)[0] for row in learners)
    at_most = gap(train, least)[1] if least else train.interval[1]
    low, high = train.thresholds.low, train.thresholds.high
    kind = DEMONSTRATED if surely > low else LOW if at_most < high else OPEN
    found = Reference(
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
    sentence = bracket_sentence(found, best, error_word(regression))
    if found.refuted:
        sentence += f"; the declared optimal error, {percent(declared)}, is refuted"
    return replace(found, sentence=sentence)


def learner(name: str, losses: Array, among: int, regression: bool) -> Learner:
    """One of `among` learners; the interval misses on a side with alpha / among."""
    confidence = 1 - (1 - CONFIDENCE) / among
    interval = mean_interval(losses, confidence) if regression else share_interval(losses, confidence)
    return Learner(name, float(losses.mean()), interval)


def share_interval(wrong: Array, confidence: float) -> Interval:
    lower, upper = proportion_interval(int(wrong.sum()), len(wrong), confidence)
    return float(lower), float(upper)


def mean_interval(losses: Array, confidence: float) -> Interval:
    """Student's interval of a mean of squared errors, not below 0: approximate, too short above for heavy tails."""
    from scipy.special import stdtrit

    mean, m = float(losses.mean()), len(losses)
    half = float(stdtrit(m - 1, (1 + confidence) / 2) * losses.std(ddof=1) / np.sqrt(m))
    return max(0.0, mean - half), mean + half


def lower_bound(conflicts: tuple[int, int] | None) -> Conflicts | None:
    """The errors that equal rows with different classes force; None without any.

    In expectation below the optimal error, because in each set of equal rows the luckiest class is taken for the
    likeliest one. The binomial interval is wide enough: of pairs of equal rows, the count varies less.
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


def bracket_sentence(found: Reference, best: Learner, word: str) -> str:
    """What the bracket makes of the bias, in a sentence."""
    lower, upper = found.optimal_error
    bracket = f"the optimal {word} lies between {percent(lower)} and {percent(upper)}"
    reached = f"the best of {len(found.learners)} ordinary learners, {best.name}, has {percent(best.error)}"
    bracket += f" ({reached} on {found.rows} training rows that it had not learned from)"
    if found.bias == DEMONSTRATED:
        surely = points(found.avoidable_bias[0])
        return f"bias is {DEMONSTRATED}: {bracket}, so at least {surely} points are avoidable"
    if found.bias == LOW:
        return f"bias is low: {bracket}, and train error is close enough to the best possible whatever it is"
    if not found.break_even:
        return f"whether bias is high cannot be told, for the train error's interval reaches down to low: {bracket}"
    return f"bias is high if the optimal {word} is below {percent(found.break_even)}, else low: {bracket}"
