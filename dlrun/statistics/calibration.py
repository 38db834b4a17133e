"""Whether probabilities mean what they say, and the temperature that makes them do so.

Of the rows answered with a probability near 0.9, nine in ten should be right. Networks are often surer than that.
"""

from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .intervals import Z_ONE_SIDE

# Bins of equally many rows; 15 as in Guo et al. 2017.
BINS = 15

# Fewer rows a bin say nothing about its share of right answers.
FEWEST_ROWS_A_BIN = 20

# The temperatures among which the best is sought; beyond them probabilities are all alike, or all 0 and 1.
LOWEST, HIGHEST = 0.05, 20.0

# Newton's method needs about six steps; halving alone, 30 for this precision.
MOST_STEPS, PRECISION = 60, 1e-8

# The rows are divided into so many parts; each is judged by the temperature of the others.
FOLDS = 5

# With fewer rows no temperature is fitted: the interval below is by the normal distribution.
FEWEST_ROWS = 100


class Bin(NamedTuple):
    """Rows of similar probability: the mean probability of their answers, and the share that is right."""

    rows: int
    probability: float
    right: float


def temperature_of(log_probabilities: Array, y: Array) -> float:
    """The T for which softmax(log_probabilities / T), (m, K), has the least log loss for the classes y (m,).

    Source: Guo et al. 2017, "On calibration of modern neural networks", section 4.2. The loss is convex in b = 1/T,
    with the slope E_p[z] - z_y and the curvature Var_p[z]: Newton's steps, and halving where one leaves the bracket.
    """
    z, own = log_probabilities, log_probabilities[np.arange(len(y)), y]
    low, high, b = 1 / HIGHEST, 1 / LOWEST, 1.0
    for _ in range(MOST_STEPS):
        p = softmax(b * z)
        mean = (p * z).sum(axis=1)
        slope, curvature = float((mean - own).mean()), float(((p * z * z).sum(axis=1) - mean * mean).mean())
        low, high = (low, b) if slope > 0 else (b, high)
        step = b - slope / curvature if curvature > 0 else low
        following = step if low < step < high else (low + high) / 2
        if abs(following - b) < PRECISION * b:
            break
        b = following
    return 1 / b


def softmax(z: Array) -> Array:
    """Probabilities (m, K) of logits (m, K)."""
    shifted = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def useful_temperature(log_probabilities: Array, y: Array) -> float:
    """The temperature if it surely lowers the log loss of rows that it was not fitted to, else 1.

    Sure is what 95 of 100 draws of the rows would say: the lower end of the cross-fitted gain is above 0.
    """
    m = len(y)
    if m < FEWEST_ROWS:
        return 1.0
    gains, fold = np.empty(m), np.arange(m) % FOLDS
    for part in range(FOLDS):
        here, others = fold == part, fold != part
        scaled = log_probabilities[here] / temperature_of(log_probabilities[others], y[others])
        gains[here] = log_losses(log_probabilities[here], y[here]) - log_losses(scaled, y[here])
    if gains.mean() <= Z_ONE_SIDE * gains.std() / np.sqrt(m):
        return 1.0
    return temperature_of(log_probabilities, y)


def log_losses(logits: Array, y: Array) -> Array:
    """log sum_j exp(z_j) - z_y in nats (m,), of logits (m, K)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y])


def bins_of(probability: Array, right: Array) -> tuple[Bin, ...]:
    """Bins of equally many rows, from the least sure answers to the surest; fewer where there are few rows.

    probability (m,) : that of each answer. right (m,) : whether it is.
    """
    count = max(1, min(BINS, len(probability) // FEWEST_ROWS_A_BIN))
    order = np.array_split(np.argsort(probability, kind="stable"), count)
    return tuple(Bin(len(rows), float(probability[rows].mean()), float(right[rows].mean())) for rows in order)


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """The expected calibration error: the mean distance of probability and share of right answers, over all rows."""
    rows = sum(of.rows for of in bins)
    return sum(of.rows * abs(of.probability - of.right) for of in bins) / rows
