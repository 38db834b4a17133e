"""What the curves of a training show by themselves, whoever trained: is it done, does it overfit, does it jump.

A check is a function from Curves to a Finding or None, and a row of CHECKS. The thresholds are those of dlrun's own
trainings (`symptoms`, `course`) where they have one. What to do is said in words, since no config is known.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal, NamedTuple

from ..diagnosis.findings import Finding
from ..diagnosis.history import HIGH_BIAS, figure
from ..diagnosis.symptoms import FEWEST_EPOCHS, GROWTH, LEARNED, RISING, STILL_LEARNING, SWING
from ..diagnosis.words import percent
from .course import LAST_FIFTH, STILL_FALLING_SHARE, fall_at_the_end, reach_of

Unit = Literal["epoch", "evaluation"]

# A figure by epoch: None where it was not measured, infinity where it was no finite number.
Curve = tuple[float | None, ...]

# Fewer points than this are no curve.
FEWEST_POINTS = 4

# A dev loss that rose by more than this share of its lowest value has risen; the mirror of STILL_FALLING_SHARE.
RISEN_SHARE = STILL_FALLING_SHARE
# And by more than so many standard errors of the mean at the end, by its usual step from epoch to epoch, its noise.
# `python -m tests.benchmarks.histories`: nothing is told of healthy trainings.
RISEN_STEPS = 3.0

# Of all that a loss fell, the share that it fell over the last fifth of the epochs by which it still falls. A loss that
# nears its end exponentially has then 6% or more of its fall before it; in a steady fall that share is 20%.
FALL_TO_COME = 0.05

# Of its first value, the least fall of a loss that learned at all.
LEAST_FALL = 0.01

# A normal value is further from 0 than this in half of all cases; the step of two such is wider by sqrt(2).
HALF_OF_NORMAL = 0.6745


@dataclass(frozen=True)
class Curves:
    """Figures of a training by epoch, or by evaluation; all curves have one length.

    numbers : what the file calls each epoch. errors : fractions.
    """

    unit: Unit
    numbers: tuple[float, ...]
    train_loss: Curve | None
    dev_loss: Curve | None
    train_error: Curve | None
    dev_error: Curve | None

    def called(self, at: int) -> str:
        """An epoch by its number in the file, and its place where the file begins at 0."""
        number = f"{self.unit} {self.numbers[at]:g}"
        return number if self.numbers[0] != 0 else f"{number} ({ordinal(at + 1)})"

    def losses(self) -> list[tuple[str, Curve]]:
        return [(name, curve) for name, curve in (("train", self.train_loss), ("dev", self.dev_loss)) if curve]

    def last_errors(self) -> tuple[int, float, float] | None:
        """The place of the last epoch with a finite train and dev error, and both."""
        for at in reversed(range(len(self.numbers))):
            train, dev = ((curve or (None,) * (at + 1))[at] for curve in (self.train_error, self.dev_error))
            if train is not None and dev is not None and math.isfinite(train + dev):
                return at, train, dev
        return None


class Points(NamedTuple):
    """The measured values of a curve and their places in it."""

    places: list[int]
    values: list[float]


def points_of(curve: Curve | None) -> Points:
    pairs = [(at, value) for at, value in enumerate(curve or ()) if value is not None and math.isfinite(value)]
    return Points([at for at, _ in pairs], [value for _, value in pairs])


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"the {number}{ending}"


def not_finite(curves: Curves) -> Finding | None:
    """A loss that is no finite number."""
    for name, curve in curves.losses():
        at = next((at for at, value in enumerate(curve) if value is not None and math.isinf(value)), None)
        if at is not None:
            evidence = f"{name} loss is NaN or infinite from {curves.called(at)} on"
            do = "train with a tenth of the learning rate, and look for a logarithm or a division of 0 in the loss"
            return Finding("not-finite", "fail", "the numbers left the finite ones", evidence, do)
    return None


def diverged(curves: Curves) -> Finding | None:
    """A train loss that ends above where it began."""
    values = points_of(curves.train_loss).values
    if len(values) < 2 or values[0] <= 0 or values[-1] / values[0] <= GROWTH.notice:
        return None
    growth = values[-1] / values[0]
    evidence = f"train loss went from {figure(values[0])} to {figure(values[-1])}, {figure(growth)} times"
    severity: Literal["fail", "notice"] = "fail" if growth > GROWTH.grave else "notice"
    do = "divide the learning rate by 3 to 10"
    return Finding("diverged", severity, "the train loss ends above where it began", evidence, do)


def fits_train_rows(curves: Curves) -> bool:
    """Whether the train error is known and low, so that an uneven or flat train loss costs nothing."""
    errors = points_of(curves.train_error).values
    return bool(errors) and errors[-1] <= HIGH_BIAS


def oscillation(curves: Curves) -> Finding | None:
    """A train loss that jumps up and down instead of falling; the rule of `symptoms.oscillation`."""
    values = points_of(curves.train_loss).values
    half = values[len(values) // 2 :]
    if len(values) < FEWEST_EPOCHS or values[0] <= 0 or fits_train_rows(curves):
        return None
    steps = [after - before for before, after in pairwise(half)]
    rising = sum(step > 0 for step in steps) / len(steps)
    swing = sum(map(abs, steps)) / len(steps) / values[0]
    if rising <= RISING or swing <= SWING.notice:
        return None
    often = f"in the second half train loss rose in {rising:.0%} of the steps from {curves.unit} to {curves.unit}"
    evidence = f"{often}, and moved by {swing:.0%} of its first value each"
    do = "divide the learning rate by 3 to 10, or let it fall over the training"
    return Finding("oscillation", "notice", "the train loss oscillates", evidence, do)


def plateau(curves: Curves) -> Finding | None:
    """A train loss that hardly fell and has stopped falling; the rule of `symptoms.plateau`."""
    values = points_of(curves.train_loss).values
    if len(values) < FEWEST_EPOCHS or values[0] <= 0 or fits_train_rows(curves):
        return None
    learned, lately = (values[0] - values[-1]) / values[0], (values[2 * len(values) // 3] - values[-1]) / values[0]
    if learned >= LEARNED.notice or lately > STILL_LEARNING:
        return None
    evidence = f"train loss was {figure(values[0])} first, is {figure(values[-1])}, and no longer falls"
    do = (
        "try a learning rate 3 times higher and one 3 times lower, then a bigger network, then look at the inputs and"
        " labels; unless that loss is as low as it can be"
    )
    return Finding("plateau", "notice", "the train loss has stopped falling early", evidence, do)


def overfitting(curves: Curves) -> Finding | None:
    """A dev loss (without one, a dev error) that has risen since its lowest, surely more than it jumps."""
    what = "loss" if points_of(curves.dev_loss).values else "error"
    places, values = points_of(curves.dev_loss if what == "loss" else curves.dev_error)
    if len(values) < FEWEST_POINTS or min(values) <= 0:
        return None
    reach = reach_of(len(values))
    smooth = [sum(part) / len(part) for at in range(len(values)) for part in [around(values, at, reach)]]
    lowest = min(range(len(values)), key=smooth.__getitem__)
    end = sum(values[-reach:]) / reach
    step = median(abs(b - a) for a, b in pairwise(values)) / (HALF_OF_NORMAL * math.sqrt(2))
    rise = end - smooth[lowest]
    if (
        lowest >= len(values) - reach - 1
        or rise <= RISEN_SHARE * smooth[lowest]
        or rise <= RISEN_STEPS * step / math.sqrt(reach)
    ):
        return None
    shown = figure if what == "loss" else percent
    since = f"dev {what} was lowest at {curves.called(places[lowest])}, {shown(values[lowest])}"
    evidence = f"{since}, and is {shown(values[-1])} at the end{meanwhile(curves, what, places[lowest])}"
    stop = f"stop at {curves.called(places[lowest])} or keep its weights; then regularize, or get more data"
    if lowest <= reach - 1:
        stop = f"{stop}; lower the learning rate too, since it was lowest so soon"
    return Finding("overfitting", "notice", "dev gets worse while training goes on", evidence, stop)


def around(values: Sequence[float], at: int, reach: int) -> Sequence[float]:
    """The values no further than half of `reach` from a place."""
    return values[max(0, at - reach // 2) : at + reach // 2 + 1]


def meanwhile(curves: Curves, what: str, since: int) -> str:
    """What the other figures did since an epoch: clauses of the evidence."""
    clauses = []
    for name, curve, shown in (("train loss", curves.train_loss, figure), ("dev error", curves.dev_error, percent)):
        places, values = points_of(curve)
        earlier = [value for at, value in zip(places, values, strict=True) if at <= since]
        if earlier and values and f"dev {what}" != name:
            clauses.append(f"{name} went from {shown(earlier[-1])} to {shown(values[-1])}")
    return f"; meanwhile {' and '.join(clauses)}" if clauses else ""


def still_falling(curves: Curves) -> Finding | None:
    """A loss that still fell at the end: of dev where it was measured, else of train.

    By a share of itself, as in `course`; or, since much of a loss may be beyond reach, by a share of all that it fell.
    """
    name, values = "dev", points_of(curves.dev_loss).values
    if not values:
        name, values = "train", points_of(curves.train_loss).values
    if len(values) < FEWEST_POINTS or values[-1] <= 0 or overfitting(curves) or oscillation(curves):
        return None
    fell, all_of_it = fall_at_the_end(values), values[0] - min(values)
    share = fell * values[-1] / all_of_it if all_of_it > LEAST_FALL * values[0] else 0.0
    tail = values[-max(FEWEST_POINTS, len(values) // 3) :]
    rising = sum(b > a for a, b in pairwise(tail)) / (len(tail) - 1)
    if (fell <= STILL_FALLING_SHARE and share <= FALL_TO_COME) or rising > RISING:
        return None
    count = len(values) - 1 - int(LAST_FIFTH * (len(values) - 1))
    last = f"the last {count} {curves.unit}s" if count > 1 else f"the last {curves.unit}"
    evidence = (
        f"{name} loss still fell by {percent(fell)} of itself over {last}, to {figure(values[-1])}, which is"
        f" {share:.0%} of all that it fell"
    )
    do = "train longer: it is not done, and figures of a training that is cut short say little of the network"
    return Finding("still-falling", "notice", "training ended while it still learned", evidence, do)


CHECKS = (not_finite, diverged, oscillation, plateau, overfitting, still_falling)

# With one of these the later checks would only repeat it.
OUTRANKING = ("not-finite", "diverged")


def curve_findings(curves: Curves) -> list[Finding]:
    """What the curves show, the worst first."""
    found: list[Finding] = []
    for check in CHECKS:
        if any(one.code in OUTRANKING for one in found):
            break
        finding = check(curves)
        if finding is not None:
            found.append(finding)
    return found
