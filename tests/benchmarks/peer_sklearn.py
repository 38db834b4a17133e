"""Contestant: scikit-learn's MLPClassifier, its own loop run for whole epochs; it knows no dropout, which favours it.

Also in its favour: one call trains a whole block of epochs, so that the checks at the start of `fit` are shared out;
and two classes get one output where the others compute two.
Its alpha is divided by the batch's rows and not by the training set's, which is allowed for.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from .shapes import L2_LAMBDA, LEARNING_RATE, SEED, Shape, examples, initial_weights

NEVER = 10**9


def make(shape: Shape):
    X, classes = examples(shape)
    model = untrained(shape)
    run = epochs_of(model, X, classes)
    run(1)  # so that its arrays exist and can be set to the contest's initial weights
    for W, b, given in zip(model.coefs_, model.intercepts_, initial_weights(shape), strict=True):
        W[:] = given[:, : W.shape[1]]
        b[:] = 0
    return run


def epochs_of(model: MLPClassifier, X: np.ndarray, classes: np.ndarray):
    """run(epochs), each call going on from the weights of the one before."""

    def run(epochs: int) -> None:
        model.max_iter = epochs
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is meant to stop before it has converged
            model.fit(X, classes)

    return run


def untrained(shape: Shape) -> MLPClassifier:
    """The model with the contest's settings; it never stops early."""
    return MLPClassifier(
        shape.hidden,
        alpha=L2_LAMBDA * shape.batch / shape.rows,
        batch_size=shape.batch,
        learning_rate_init=LEARNING_RATE,
        max_iter=1,
        shuffle=shape.steps_an_epoch > 1,
        random_state=SEED,
        tol=0.0,
        n_iter_no_change=NEVER,
        warm_start=True,
    )
