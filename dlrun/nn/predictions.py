"""What a trained network predicts for each row: its output, its loss and its answer.

`evaluation` keeps only sums. The rows themselves are needed to compare two runs row by row, for the interval of a
regression's error and for the errors of single classes.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..arrays import Array, Rows
from .evaluation import pieces
from .network import Network, predict_logits
from .parameters import Parameters

# Outputs are kept for at most this many rows of a split (80 MB for 1000 classes), losses and answers for all rows.
OUTPUT_ROWS = 20_000


class Predictions(NamedTuple):
    """The predictions for m rows, in their order.

    targets (m,) : class indices int64, or numbers float64 in the units of Y. answers (m,) : the network's, likewise.
    outputs (min(m, OUTPUT_ROWS), k) : float32 probabilities, k = 1 being that of class 1; or the numbers predicted.
    losses (m,) : data loss float64, in nats or squared units of Y.
    """

    targets: Array
    answers: Array
    outputs: Array
    losses: Array

    def first(self, m: int) -> "Predictions":
        """Those for the first m rows."""
        return Predictions(*(array[:m] for array in self))


def predictions(
    network: Network,
    parameters: Parameters,
    X: Rows,
    Y: Rows,
    most: int | None = None,
    empty: Callable[[int, type], Array] = np.empty,
) -> Predictions:
    """The predictions for X (m, n_in) with Y in its own form, a chunk at a time, dropout off; only the first `most`.

    empty : makes the arrays of length m, of which there are three; `numpy.empty` makes them in memory.
    """
    m = len(X) if most is None else min(len(X), most)
    number = np.int64 if network.loss != "squared" else np.float64
    targets, answers, losses = (empty(m, dtype) for dtype in (number, number, np.float64))
    outputs = []
    for rows in pieces(m):
        chunk = of_chunk(network, parameters, X[rows], Y[rows], rows.start < OUTPUT_ROWS)
        targets[rows], answers[rows], losses[rows] = chunk.targets, chunk.answers, chunk.losses
        outputs.append(chunk.outputs)
    return Predictions(targets, answers, np.concatenate(outputs)[:OUTPUT_ROWS], losses)


def of_chunk(network: Network, parameters: Parameters, X: Array, Y: Array, keep: bool) -> Predictions:
    """The predictions for the rows of one chunk; no outputs unless `keep`."""
    logits = predict_logits(network, parameters, X)
    outputs, losses = OUTPUTS[network.loss](logits.astype(np.float64), Y)
    is_class = network.loss != "squared"
    targets = Y.reshape(-1).astype(np.int64 if is_class else np.float64)
    answers = network.loss_function.predict(logits).astype(targets.dtype)
    return Predictions(targets, answers, outputs[: len(Y) if keep else 0], losses)


def of_sigmoid(Z: Array, Y: Array) -> tuple[Array, Array]:
    """Probability of class 1 (m, 1), and max(z, 0) - z y + log(1 + exp(-|z|)) in nats (m,)."""
    softplus = np.logaddexp(0, Z)
    return np.exp(Z - softplus).astype(np.float32), (softplus - Z * Y)[:, 0]


def of_softmax(Z: Array, Y: Array) -> tuple[Array, Array]:
    """Probabilities (m, k), and log sum_j exp(z_j) - z_y in nats (m,)."""
    shifted = Z - Z.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    log_probabilities = shifted - log_total
    return np.exp(log_probabilities).astype(np.float32), -log_probabilities[np.arange(len(Y)), Y]


def of_squared(Z: Array, Y: Array) -> tuple[Array, Array]:
    """The numbers predicted (m, 1), and (z - y)^2 in squared units (m,)."""
    return Z, np.square(Z - Y)[:, 0]


OUTPUTS: dict[str, Callable[[Array, Array], tuple[Array, Array]]] = {
    "sigmoid": of_sigmoid,
    "softmax": of_softmax,
    "squared": of_squared,
}
