"""Would more data help? Judged by the error against the number of training rows.

The verdict cannot answer this: it knows one training, and the gap between dev and train error ranks networks in the
wrong order. `dlrun curve` trains the same config on parts of its data, measures all on the same dev rows, and asks
here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import Array
from .words import percent, points

# A two-sided interval of 90%: 5% of a normal distribution are above it, 5% below.
Z = 1.645

# The answer is "no" where the gain is surely below this, "yes" where it is surely above 0. In 192 simulated cases "yes"
# was followed by a true gain of half a point or more in 86%, and "no" by a gain below the bound in 94%.
SMALL_GAIN = 0.02

# The gain of the next doubling of the rows, divided by that of the last doubling: fitted on the same cases.
NEXT_TO_LAST = 0.6

# The standard error of the gain divided by sqrt(e (1 - e) / n_dev), from the same cases. It is below 1, because two
# networks trained on the same data share half of their errors, and the forecast takes 0.6 of their difference.
SHARE_OF_BINOMIAL = 0.3
LEAST_BINOMIAL = 0.01

# Exponents of the power law a + b n^-c that occur in practice; searched in steps of 0.01.
EXPONENTS = np.arange(0.05, 2.0 + 0.005, 0.01)

# Beyond four times the data no forecast is made.
TIMES = (2, 4)


# Would twice the data help? "refused" where the curve rises.
Answer = Literal["yes", "no", "a little", "inconclusive", "refused"]


@dataclass(frozen=True)
class PowerLaw:
    """error(n) = a + b n^-c with a, b >= 0."""

    a: float
    b: float
    c: float

    def at(self, rows: float) -> float:
        return self.a + self.b * float(rows**-self.c)


@dataclass(frozen=True)
class CurvePoint:
    """The mean error of the trainings on so many rows, and the lowest and highest among them."""

    rows: int
    trainings: int
    error: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Gain:
    """By how much twice the data would lower the error, with its 90% interval.

    half_difference : the error on half of the rows less that on all, from which it is computed.
    """

    estimate: float
    lower: float
    upper: float
    half_difference: float
    standard_error: float


@dataclass(frozen=True)
class Forecast:
    """The gain of `times` the data with its 90% interval, and the error that remains."""

    times: int
    rows: int
    gain_estimate: float
    gain_lower: float
    gain_upper: float
    error: float
    upper: float
    lower: float


@dataclass(frozen=True)
class Curve:
    """The points of a learning curve and its answer; a curve that rises has no gain, forecast or power law."""

    points: tuple[CurvePoint, ...]
    gain: Gain | None
    forecasts: tuple[Forecast, ...]
    power_law: PowerLaw | None
    answer: Answer
    sentence: str


def fit_power_law(rows: Sequence[float], errors: Sequence[float]) -> PowerLaw:
    """The least squares fit, each point weighted by its rows; errors (k,) at rows (k,).

    For a given c it is a non-negative linear problem with one best solution, so only c is searched.
    Source: Viering and Loog 2021 for the shape, Figueroa et al. 2012 for the weights.
    """
    from scipy.optimize import nnls

    m, e = np.asarray(rows, np.float64), np.asarray(errors, np.float64)
    weights = np.sqrt(m)
    best = (math.inf, PowerLaw(0.0, 0.0, 1.0))
    for c in EXPONENTS:
        decay = (m / m[-1]) ** -c
        solution, residual = nnls(np.column_stack([weights, decay * weights]), e * weights)
        if residual < best[0]:
            best = (residual, PowerLaw(float(solution[0]), float(solution[1] * m[-1] ** c), float(c)))
    return best[1]


def judge_curve(rows: Sequence[int], losses: Sequence[Array], *, regression: bool) -> Curve:
    """The answer of a learning curve.

    rows : training rows, growing, the last two being n/2 and n. losses : for each, (k, m) of k trainings on the m dev
    rows: 1 where the answer is wrong; for a regression, squared errors over the variance of the dev targets.
    """
    curve_points = tuple(point(n, of_size) for n, of_size in zip(rows, losses, strict=True))
    if rise := first_rise(rows, losses):
        return Curve(curve_points, None, (), None, "refused", f"the curve is not monotone, no forecast: {rise}")
    means = [float(of_size.mean()) for of_size in losses]
    law = fit_power_law(
        [n for n, of_size in zip(rows, losses, strict=True) for _ in of_size],
        [float(error) for of_size in losses for error in of_size.mean(axis=1)],
    )
    half_difference = means[-2] - means[-1]
    deviation = standard_error(losses, regression=regression)
    forecasts = tuple(forecast(law, rows[-1], means[-1], half_difference, deviation, times) for times in TIMES)
    doubled = forecasts[0]
    gain = Gain(doubled.gain_estimate, doubled.gain_lower, doubled.gain_upper, half_difference, deviation)
    answer = answer_of(gain.lower, gain.upper)
    return Curve(curve_points, gain, forecasts, law, answer, sentence_of(answer, doubled))


def point(rows: int, losses: Array) -> CurvePoint:
    """The point of k trainings on `rows` rows, from their losses (k, m)."""
    errors = losses.mean(axis=1)
    return CurvePoint(int(rows), len(errors), float(errors.mean()), float(errors.min()), float(errors.max()))


def forecast(law: PowerLaw, n: int, error: float, half_difference: float, deviation: float, times: int) -> Forecast:
    """The forecast for `times` the data, by the mean of two gains.

    One is that of the power law. The other continues the last doubling: each further one gains NEXT_TO_LAST of the one
    before.
    """
    share = sum(NEXT_TO_LAST**doubling for doubling in range(1, round(math.log2(times)) + 1))
    estimate = (law.at(n) - law.at(times * n) + share * half_difference) / 2
    reach = Z * deviation * share / NEXT_TO_LAST
    least, most = estimate - reach, estimate + reach
    return Forecast(
        times=times,
        rows=times * n,
        gain_estimate=estimate,
        gain_lower=least,
        gain_upper=most,
        error=max(0.0, error - estimate),
        upper=max(0.0, error - least),
        lower=max(0.0, error - most),
    )


def standard_error(losses: Sequence[Array], *, regression: bool) -> float:
    """The standard error of the gain of twice the data.

    A regression's comes from the last difference, row by row. For classes it has two parts: one from the dev rows, and
    one from the halves that were drawn, which is by far the larger where rows are few.
    """
    error, m = float(losses[-1].mean()), losses[-1].shape[1]
    if regression:
        return NEXT_TO_LAST * paired_error(losses[-2], losses[-1])
    of_rows = SHARE_OF_BINOMIAL * math.sqrt(max(error * (1 - error), LEAST_BINOMIAL) / m)
    return math.hypot(of_rows, NEXT_TO_LAST / 2 * math.sqrt(between_draws(losses[-2])))


def paired_error(few: Array, many: Array) -> float:
    """The standard error of the difference between the errors at two sizes.

    One part comes from the dev rows, which both share; one from the training rows, by several trainings of a size.
    """
    m = few.shape[1]
    between_rows = np.var(few.mean(axis=0) - many.mean(axis=0), ddof=1) / m
    return math.sqrt(between_rows + between_draws(few) + between_draws(many))


def between_draws(losses: Array) -> float:
    """The variance of the mean error of several trainings (k, m); 0 for a single one."""
    return float(np.var(losses.mean(axis=1), ddof=1) / len(losses)) if len(losses) > 1 else 0.0


def first_rise(rows: Sequence[int], losses: Sequence[Array]) -> str | None:
    """A clause that says where the error grows with the data by more than chance (one-sided 5%); None if nowhere."""
    for few, many, fewer, more in zip(losses[:-1], losses[1:], rows[:-1], rows[1:], strict=True):
        rise = float(many.mean() - few.mean())
        if rise > Z * paired_error(few, many):
            before, after = percent(float(few.mean())), percent(float(many.mean()))
            return f"dev error rises from {before} at {fewer} rows to {after} at {more}"
    return None


def answer_of(lower: float, upper: float) -> Answer:
    """Would twice the data help?"""
    sure_of_some, sure_of_little = lower > 0, upper < SMALL_GAIN
    if sure_of_some:
        return "a little" if sure_of_little else "yes"
    return "no" if sure_of_little else "inconclusive"


def sentence_of(answer: Answer, doubled: Forecast) -> str:
    """The answer for a person; doubled : the forecast for twice the data."""
    least, most = points(doubled.gain_lower), points(doubled.gain_upper)
    amount = f"{points(doubled.gain_estimate)} points less dev error ({least} to {most})"
    remaining = f"about {percent(doubled.error)} at {doubled.rows} rows"
    return {
        "yes": f"twice the data would help: {amount}, {remaining}",
        "a little": f"twice the data would help a little: {amount}, {remaining}",
        "no": f"twice the data would hardly help: {amount}, surely below {points(SMALL_GAIN)} points",
        "inconclusive": f"these rows cannot tell whether twice the data would help: {amount}",
    }[answer]
