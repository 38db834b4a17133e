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

from ..records import Mapped
from ..statistics.arrays import Array
from .words import percent, points

# Two-sided 90%: of a normal distribution, 5% lie beyond each side.
Z = 1.645

# "No" is said where the gain is surely below this, "yes" where it is surely above nothing. In 192 simulated cases "yes"
# meant a true gain of half a point or more in 86%, and the bound of "no" held in 94%.
SMALL_GAIN = 0.02

# The gain of the next doubling, as a share of the last one's: fitted on the same cases.
NEXT_TO_LAST = 0.6

# The standard error of the gain over sqrt(e (1 - e) / n_dev), from the same cases; half of the errors are shared
# between two networks trained on the same data, and the forecast takes 0.6 of their difference.
SHARE_OF_BINOMIAL = 0.3
LEAST_BINOMIAL = 0.01

# Exponents of the power law a + b n^-c that were found in practice; searched by steps of a hundredth.
EXPONENTS = np.arange(0.05, 2.0 + 0.005, 0.01)

# Beyond four times the data no forecast is made.
TIMES = (2, 4)


# Would twice the data help? "refused" where the curve rises.
Answer = Literal["yes", "no", "a little", "inconclusive", "refused"]


@dataclass(frozen=True)
class PowerLaw(Mapped):
    """error(n) = a + b n^-c with a, b >= 0."""

    a: float
    b: float
    c: float

    def at(self, rows: float) -> float:
        return self.a + self.b * float(rows**-self.c)


@dataclass(frozen=True)
class CurvePoint(Mapped):
    """The mean error of the trainings on so many rows, and the lowest and highest among them."""

    rows: int
    trainings: int
    error: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Gain(Mapped):
    """By how much twice the data would lower the error, with its 90% interval; from the last doubling's difference."""

    estimate: float
    lower: float
    upper: float
    half_difference: float
    standard_error: float


@dataclass(frozen=True)
class Forecast(Mapped):
    """The gain of `times` the data with its 90% interval, and the error that is left."""

    times: int
    rows: int
    gain_estimate: float
    gain_lower: float
    gain_upper: float
    error: float
    upper: float
    lower: float


@dataclass(frozen=True)
class Curve(Mapped):
    """What a learning curve says; of one that rises there is no gain, forecast or power law."""

    points: tuple[CurvePoint, ...]
    gain: Gain | None
    forecasts: tuple[Forecast, ...]
    power_law: PowerLaw | None
    answer: Answer
    sentence: str


def fit_power_law(rows: Sequence[float], errors: Sequence[float]) -> PowerLaw:
    """The least squares fit, each point weighted by its rows; errors (k,) at rows (k,).

    For a given c it is a non-negative linear problem with one best answer, so that c alone is searched.
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
    """What a learning curve says.

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
    """Of the trainings on so many rows, losses (k, m)."""
    errors = losses.mean(axis=1)
    return CurvePoint(int(rows), len(errors), float(errors.mean()), float(errors.min()), float(errors.max()))


def forecast(law: PowerLaw, n: int, error: float, half_difference: float, deviation: float, times: int) -> Forecast:
    """The mean of the power law's gain and of the last doubling's, each doubling gaining NEXT_TO_LAST of the one
    before."""
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
    """Of the gain of twice the data. A regression's is that of the last difference, row by row.

    For classes the dev rows' share, and that of the halves that were drawn: with few rows it is by far the larger.
    """
    error, m = float(losses[-1].mean()), losses[-1].shape[1]
    if regression:
        return NEXT_TO_LAST * paired_error(losses[-2], losses[-1])
    of_rows = SHARE_OF_BINOMIAL * math.sqrt(max(error * (1 - error), LEAST_BINOMIAL) / m)
    return math.hypot(of_rows, NEXT_TO_LAST / 2 * math.sqrt(between_draws(losses[-2])))


def paired_error(few: Array, many: Array) -> float:
    """The standard error of the difference of two sizes' errors: from the dev rows, which they share, and from the
    training rows, which several trainings of a size show."""
    m = few.shape[1]
    between_rows = np.var(few.mean(axis=0) - many.mean(axis=0), ddof=1) / m
    return math.sqrt(between_rows + between_draws(few) + between_draws(many))


def between_draws(losses: Array) -> float:
    """The variance of the mean error of several trainings (k, m); 0 where one shows none."""
    return float(np.var(losses.mean(axis=1), ddof=1) / len(losses)) if len(losses) > 1 else 0.0


def first_rise(rows: Sequence[int], losses: Sequence[Array]) -> str | None:
    """Where the error grows with the data by more than chance would have it (one-sided 5%), in a clause; else None."""
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
    left = f"about {percent(doubled.error)} at {doubled.rows} rows"
    return {
        "yes": f"twice the data would help: {amount}, {left}",
        "a little": f"twice the data would help a little: {amount}, {left}",
        "no": f"twice the data would hardly help: {amount}, surely below {points(SMALL_GAIN)} points",
        "inconclusive": f"these rows cannot tell whether twice the data would help: {amount}",
    }[answer]
