"""How good the network is on a set of rows: loss and error, dropout off."""

from typing import NamedTuple

import numpy as np

from .network import Network, chunks, predict_logits
from .parameters import Parameters

# Rows at a time: activations of a few hundred units then stay within a processor's second-level cache.
EVALUATION_ROWS = 1024


class Evaluation(NamedTuple):
    """loss : mean data loss per example. error : fraction of wrong answers, or 1 - R^2 for squared error."""

    loss: float
    error: float


def logits_of(network: Network, parameters: Parameters, X: np.ndarray) -> np.ndarray:
    """Logits (m, n_out) of all rows of X, a chunk at a time."""
    logits = np.empty((len(X), network.sizes[-1]), parameters.flat.dtype)
    for rows in chunks(len(X), EVALUATION_ROWS):
        logits[rows] = predict_logits(network, parameters, X[rows])
    return logits


def evaluate(network: Network, parameters: Parameters, X: np.ndarray, Y: np.ndarray) -> Evaluation:
    """Loss and error of X (m, n_in) against Y, in Y's own form: (m, 1), or class indices (m,) for softmax."""
    logits = logits_of(network, parameters, X)
    return Evaluation(network.loss_function.mean(logits, Y), error_of(network, logits, Y))


def error_of(network: Network, logits: np.ndarray, Y: np.ndarray) -> float:
    """The fraction of rows answered wrongly; for squared error, the fraction of the variance left unexplained, 1 - R^2.

    R^2 is about the mean of these very rows, as scikit-learn's r2_score has it. If they do not vary at all, the error
    is 0 for a perfect fit and 1 otherwise.
    """
    answers = network.loss_function.predict(logits)
    truth = Y.reshape(-1)
    if network.loss != "squared":
        return float(np.mean(answers != truth))
    truth = truth.astype(np.float64)
    residual = np.square(answers - truth).sum()
    total = np.square(truth - truth.mean()).sum()
    if total == 0:
        return float(residual > 0)
    return float(residual / total)


def baseline_error(network: Network, Y_train: np.ndarray, Y: np.ndarray) -> float:
    """The error on Y of one answer for all: the commonest training class, or the mean of the training targets."""
    if network.loss == "squared":
        logits = np.full((len(Y), 1), Y_train.mean(dtype=np.float64))
        return error_of(network, logits, Y)
    commonest = np.bincount(Y_train.reshape(-1).astype(np.int64)).argmax()
    return float(np.mean(Y.reshape(-1) != commonest))
