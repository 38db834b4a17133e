"""Confidence intervals: for a share of rows, for the difference of two shares, and for a regression's 1 - R².

The verdict compares single ends of an interval with limits, so each end alone must be right. Every interval misses the
true value on either side in 5 of 100 cases at most; the test of this module counts that exactly.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ..arrays import Array
from .beta import beta_quantile

# Two-sided, 5% on each side: a verdict that uses one end of an interval is wrong in 5 of 100 cases at most.
CONFIDENCE = 0.90

# The 95% point of the standard normal distribution: an interval's half width divided by the standard error.
Z_ONE_SIDE = 1.645

# 400 resamples put 20 beyond each 5% point; the ends then vary by a tenth of a standard error.
RESAMPLES = 400

# From this many rows on, the studentised bootstrap and the normal interval agree within the resamples' own noise.
BOOTSTRAP_ROWS = 10_000

# Random row numbers drawn at a time; this limits the memory.
DRAWS_AT_A_TIME = 1_000_000

Interval = tuple[float, float]

N = TypeVar("N", float, Array)


def proportion_interval(wrong: npt.ArrayLike, n: npt.ArrayLike, confidence: float = CONFIDENCE) -> tuple[Array, Array]:
    """(lower, upper) of the share behind `wrong` of `n` rows, numbers or arrays of them.

    Source: Clopper and Pearson 1934; the ends are quantiles of beta distributions. At any n and share it misses
    no more often than it says. The single ends of the Wald, Wilson and Jeffreys intervals may miss more often.
    """
    counts = np.broadcast(np.asarray(wrong, float), np.asarray(n, float))
    ends = np.array([_ends_of_share(float(wrong), float(n), (1 - confidence) / 2) for wrong, n in counts])
    lower, upper = ends.T.reshape(2, *counts.shape)
    return lower, upper


def _ends_of_share(wrong: float, n: float, tail: float) -> Interval:
    """The ends for `wrong` of `n` rows; where more are wrong than there are, which is no share, NaN and 1."""
    if wrong >= n + 1:
        return np.nan, 1.0
    lower = beta_quantile(max(wrong, 0.5), n - wrong + 1, tail)[0] if wrong > 0 else 0.0
    upper = beta_quantile(max(n - wrong, 0.5), wrong + 1, tail)[1] if wrong < n else 1.0
    return lower, upper


def error_interval(error: float, n: int, confidence: float = CONFIDENCE) -> Interval:
    """The interval of an error (a fraction) measured on n rows."""
    lower, upper = proportion_interval(round(error * n), n, confidence)
    return min(float(lower), error), max(float(upper), error)


def effective_rows(weight: Array, wrong: Array | None = None) -> int:
    """How many rows that all count alike say as much as rows with these weights (m,), at least 1.

    (sum w)^2 / sum w^2, from Kish 1965, "Survey Sampling", section 11.7. Where it is known which rows are answered
    wrongly, (m,) booleans, no more than p (1 - p) / Var(p) of the weighted share p of them, which is fewer where errors
    lie on heavy rows: Korn and Graubard 1998, Survey Methodology 24, 193-201. In 36 simulated cases, of which the
    test has four, an end of the exact interval for so many rows missed in 5.3 of 100 samples at most, except where a
    class had five rows in all.
    """
    weight = np.ldexp(weight, -np.frexp(weight.max())[1])  # exact, and its squares are finite
    total = float(weight.sum())
    rows = total**2 / float(np.square(weight).sum())
    if wrong is not None:
        share = float(weight[wrong].sum()) / total
        variance = float(np.square(weight * (wrong - share)).sum()) / total**2
        rows = min(rows, share * (1 - share) / variance) if variance else rows
    return max(1, int(rows + 1e-6))  # rounding must not make 99 of a hundred equal weights


def difference_interval(p1: N, interval1: tuple[N, N], p2: N, interval2: tuple[N, N]) -> tuple[N, N]:
    """(lower, upper) of p1 - p2, from the (lower, upper) of each; numbers or arrays.

    Source: Zou and Donner 2008 (MOVER), equation 6; with Wilson's limits it is Newcombe's method 10.
    """
    (l1, u1), (l2, u2), difference = interval1, interval2, p1 - p2
    lower = difference - np.sqrt(np.square(p1 - l1) + np.square(u2 - p2))
    upper = difference + np.sqrt(np.square(u1 - p1) + np.square(p2 - l2))
    return lower, upper


# From a sample's rows (n, ...) to its value and the standard error.
Estimate = Callable[[Array], tuple[float, float]]


def mean_estimate(values: Array) -> tuple[float, float]:
    """The mean of values (n,) and its standard error."""
    return float(values.mean()), float(values.std() / np.sqrt(len(values)))


def student_interval(values: Array, confidence: float = CONFIDENCE) -> Interval:
    """Student's interval of the mean of values (n,), n > 1."""
    from scipy.special import stdtrit

    half = float(stdtrit(len(values) - 1, (1 + confidence) / 2) * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()) - half, float(values.mean()) + half


def unexplained_estimate(rows: Array) -> tuple[float, float]:
    """1 - R² of rows (n, 2) of squared error and target, and its standard error by linearisation.

    1 - R² is a ratio of means S/T, the variance T being about the mean of these rows; the influence of row i is
    (s_i - R t_i) / T. Source: Davison and Hinkley 1997, section 2.7.2.
    """
    errors, distances = rows[:, 0], np.square(rows[:, 1] - rows[:, 1].mean())
    variance = distances.mean()
    if variance == 0:
        return np.nan, np.nan
    ratio = errors.mean() / variance
    influence = (errors - ratio * distances) / variance
    return float(ratio), float(np.sqrt(np.square(influence).mean() / len(rows)))


def weighted_unexplained_estimate(rows: Array) -> tuple[float, float]:
    """The same of rows (n, 3) that also have a weight: each mean is one by weight, and so is each row's influence."""
    weight = rows[:, 2] / rows[:, 2].mean()
    errors, distances = rows[:, 0], np.square(rows[:, 1] - (weight * rows[:, 1]).mean())
    variance = (weight * distances).mean()
    if not variance > 0:
        return np.nan, np.nan
    ratio = (weight * errors).mean() / variance
    influence = weight * (errors - ratio * distances) / variance
    return float(ratio), float(np.sqrt(np.square(influence).mean() / len(rows)))


def bootstrap_intervals(
    samples: Sequence[Array], estimate: Estimate = mean_estimate, confidence: float = CONFIDENCE
) -> tuple[list[Interval | None], Interval | None]:
    """The interval of each sample's value, and that of the first value less the second (None with one sample).

    Bootstrap-t: the distribution of (value* - value) / error* over resamples stands for that of the studentised value.
    None for an interval where a sample is too small or too constant to have one. Equal samples give equal intervals.
    Source: Davison and Hinkley 1997, section 5.2.1.
    """
    rng = np.random.Generator(np.random.SFC64(0))
    # A single row tells nothing of the spread.
    on_all_rows = [estimate(s) if len(s) > 1 else (estimate(s)[0], np.nan) for s in samples]
    resampled = [
        resamples(sample, estimate, estimate_on_all, rng)
        for sample, estimate_on_all in zip(samples, on_all_rows, strict=True)
    ]
    single = [studentised(*w, *r, confidence) for w, r in zip(on_all_rows, resampled, strict=True)]
    if len(samples) < 2:
        return single, None
    (value1, error1), (value2, error2) = on_all_rows[:2]
    (values1, errors1), (values2, errors2) = resampled[:2]
    spread, spreads = float(np.hypot(error1, error2)), np.hypot(errors1, errors2)
    return single, studentised(value1 - value2, spread, values1 - values2, spreads, confidence)


def resamples(
    sample: Array, estimate: Estimate, on_all_rows: tuple[float, float], rng: np.random.Generator
) -> tuple[Array, Array]:
    """(values, standard errors), each (RESAMPLES,), of rows drawn again; for many rows, drawn as normal numbers."""
    n, (value, error) = len(sample), on_all_rows
    if n > BOOTSTRAP_ROWS:
        return value + error * rng.standard_normal(RESAMPLES), np.full(RESAMPLES, error)
    if estimate is mean_estimate:
        return resampled_means([sample], rng)[0]
    estimates = np.array([estimate(sample[rng.integers(n, size=n)]) for _ in range(RESAMPLES)])
    return estimates[:, 0], estimates[:, 1]


def resampled_means(samples: Sequence[Array], rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """The same for means of samples (n,) of the same rows, drawn alike: many at a time, which is ten times as fast."""
    n, found = len(samples[0]), [(np.empty(RESAMPLES), np.empty(RESAMPLES)) for _ in samples]
    at_a_time = max(1, DRAWS_AT_A_TIME // n)
    for start in range(0, RESAMPLES, at_a_time):
        some = slice(start, min(start + at_a_time, RESAMPLES))
        rows = rng.integers(n, size=(some.stop - some.start, n))
        for sample, (values, errors) in zip(samples, found, strict=True):
            drawn = sample.take(rows)
            values[some], errors[some] = drawn.mean(axis=1), drawn.std(axis=1) / np.sqrt(n)
    return found


def mean_intervals(samples: Sequence[Array]) -> list[Interval | None]:
    """The interval of each mean of values (n,) of the same rows, as `bootstrap_intervals` has it for one alone."""
    if not 1 < len(samples[0]) <= BOOTSTRAP_ROWS:
        return [bootstrap_intervals([sample])[0][0] for sample in samples]
    resampled = resampled_means(samples, np.random.Generator(np.random.SFC64(0)))
    return [
        studentised(*mean_estimate(sample), *drawn, CONFIDENCE)
        for sample, drawn in zip(samples, resampled, strict=True)
    ]


def studentised(value: float, error: float, values: Array, errors: Array, confidence: float) -> Interval | None:
    """The bootstrap-t interval of a value with its standard error, from those of its resamples."""
    usable = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    if not np.isfinite(error) or usable.mean() < 0.5:
        return (value, value) if error == 0 else None
    t = (values[usable] - value) / errors[usable]
    tail = (1 - confidence) / 2
    high, low = np.quantile(t, [1 - tail, tail])
    return float(value - high * error), float(value - low * error)


def unexplained_intervals(parts: Mapping[str, tuple[Array, ...]]) -> dict[str, Interval | None]:
    """The intervals of 1 - R² of train, dev and perhaps test, and of the variance, dev less train.

    parts : squared errors (m,) and targets (m,), in one unit, by split; and weights (m,), in all splits or in none.
    """
    rows = {name: np.stack(columns, axis=1) for name, columns in parts.items()}
    order = [name for name in ("dev", "train", "test") if name in rows]
    estimate = unexplained_estimate if rows["dev"].shape[1] == 2 else weighted_unexplained_estimate
    single, variance = bootstrap_intervals([rows[name] for name in order], estimate)
    intervals = dict(zip(order, single, strict=True)) | {"variance": variance}
    floors: dict[str, float] = dict.fromkeys(order, 0.0)  # an error cannot be negative, the difference of two can
    return {
        name: (max(pair[0], floors.get(name, -np.inf)), pair[1]) if pair else None for name, pair in intervals.items()
    }


# The share of the rows, those with the largest squared errors, whose part in the sum is measured.
TAIL_ROWS = 0.01


def tail_share(squared_errors: Array, weight: Array | None = None) -> float:
    """The part of the sum of squared errors (m,) that the largest 1% of them hold, one row at least.

    With `weight` (m,), of what the rows add to the sum of weighted errors.
    """
    squared_errors = squared_errors if weight is None else squared_errors * weight
    m, total = len(squared_errors), float(squared_errors.sum())
    top = np.partition(squared_errors, m - max(1, round(TAIL_ROWS * m)))[-max(1, round(TAIL_ROWS * m)) :]
    return float(top.sum()) / total if total else 0.0
