"""Measures how good the network is on a set of rows: loss and error, dropout off.

The training loop and every later look at a run use it. Rows are predicted a chunk at a time and only sums are kept, so
that memory does not grow with the number of rows. X and Y need only a length and slices: they may be arrays, or rows
that stay in a file.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np

from ..arrays import Array, Rows
from .losses import weighted_mean
from .moments import Moments
from .network import Network, predict_logits
from .parameters import Parameters

# Rows at a time: the activations of a few hundred units then stay in a processor's second-level cache.
EVALUATION_ROWS = 1024


class Evaluation(NamedTuple):
    """loss : mean data loss per example. error : fraction of wrong answers, or 1 - R^2 for squared error.

    Of weighted rows, each is that of rows repeated as often as they weigh.
    """

    loss: float
    error: float


class Tally(Protocol):
    """Takes answers (k,) and the truth (k,) a chunk at a time; error() is the error of all chunks together.

    With `weight` (k,), each row counts as that many.
    """

    def add(self, answers: Array, truth: Array, weight: Array | None = None) -> None: ...

    def error(self) -> float: ...


class WrongAnswers:
    """The fraction of rows answered wrongly."""

    def __init__(self) -> None:
        self.wrong: float = 0
        self.count: float = 0

    def add(self, answers: Array, truth: Array, weight: Array | None = None) -> None:
        if weight is None:
            self.wrong += int(np.count_nonzero(answers != truth))
            self.count += len(truth)
        else:
            self.wrong += float(weight[answers != truth].sum())
            self.count += float(weight.sum())

    def error(self) -> float:
        return self.wrong / self.count


class UnexplainedVariance:
    """The fraction of the variance left unexplained, 1 - R^2, in float64.

    R^2 is about the mean of these rows, as in scikit-learn's r2_score. If the targets do not vary at all, the error is
    0 for a perfect fit and 1 otherwise.
    """

    def __init__(self) -> None:
        self.residual, self.truth = 0.0, Moments(1)

    def add(self, answers: Array, truth: Array, weight: Array | None = None) -> None:
        truth = truth.astype(np.float64)
        squares = np.square(answers - truth)
        self.residual += float(squares.sum() if weight is None else weight @ squares)
        self.truth.add(truth[:, None], weight)

    def error(self) -> float:
        total = float(self.truth.squares[0])
        return self.residual / total if total else float(self.residual > 0)


TALLIES: dict[str, type[Tally]] = {
    "sigmoid": WrongAnswers,
    "softmax": WrongAnswers,
    "squared": UnexplainedVariance,
}


def evaluate(network: Network, parameters: Parameters, X: Rows, Y: Rows, weight: Array | None = None) -> Evaluation:
    """Loss and error of X (m, n_in) against Y, in Y's own form: (m, 1), or class indices (m,) for softmax."""
    loss, tally = 0.0, TALLIES[network.loss]()
    for rows in pieces(len(X)):
        logits, truth = predict_logits(network, parameters, X[rows]), Y[rows]
        of_rows = None if weight is None else weight[rows]
        if of_rows is None:
            loss += network.loss_function.mean(logits, truth) * len(truth)
        else:
            loss += weighted_mean(network.loss_function, logits, truth, of_rows) * len(truth)
        tally.add(network.loss_function.predict(logits), truth.reshape(-1), of_rows)
    return Evaluation(loss / (len(X) if weight is None else float(weight.sum())), tally.error())


def error_of(network: Network, logits: Array, Y: Array) -> float:
    """The error of logits (m, n_out) that are already computed."""
    tally = TALLIES[network.loss]()
    tally.add(network.loss_function.predict(logits), Y.reshape(-1))
    return tally.error()


def baseline_error(
    network: Network, Y_train: Rows, Y: Rows, weight_train: Array | None = None, weight: Array | None = None
) -> float:
    """The error on Y of one answer for all: the commonest training class, or the mean of the training targets."""
    answer, tally = commonest_answer(network, Y_train, weight_train), TALLIES[network.loss]()
    for rows in pieces(len(Y)):
        truth = Y[rows].reshape(-1)
        tally.add(np.full(len(truth), answer), truth, None if weight is None else weight[rows])
    return tally.error()


def commonest_answer(network: Network, Y: Rows, weight: Array | None = None) -> float:
    """The one answer that fits Y best: its commonest class, the lowest among equals, or its mean."""
    totals = totals_of(network, Y, weight)
    return float(totals[0]) if network.loss == "squared" else int(totals.argmax())


def totals_of(network: Network, Y: Rows, weight: Array | None = None) -> Array:
    """The weight of each class's rows, (K,) and at least 2 of them; for squared error the mean of Y, (1,)."""
    if network.loss == "squared":
        moments = Moments(1)
        for rows in pieces(len(Y)):
            moments.add(Y[rows], None if weight is None else weight[rows])
        mean: Array = moments.mean()
        return mean
    counts = np.zeros(max(network.sizes[-1], 2))
    for rows in pieces(len(Y)):
        of_rows = None if weight is None else weight[rows]
        counts += np.bincount(Y[rows].reshape(-1).astype(np.int64), of_rows, minlength=len(counts))
    return counts


def pieces(m: int) -> Iterator[slice]:
    """Slices of EVALUATION_ROWS that cover range(m), one at a time: a list of them would grow with m."""
    return (slice(start, min(start + EVALUATION_ROWS, m)) for start in range(0, m, EVALUATION_ROWS))
