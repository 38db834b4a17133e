"""The losses, one row each: the mean over the rows, its slope at the logits, and the prediction that belongs to it.

Each loss takes logits Z (m, k) and targets Y. If the slope is wanted, it also takes a buffer dZ (m, k) and writes dJ/dZ
there, already divided by m. The formulas use logits, so that |Z| = 1000 stays finite.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from ..arrays import Array
from . import loops
from .compiled import bound, compiled


class Mean(Protocol):
    """The mean loss of logits Z (m, k) against Y; its slope at the logits goes into dZ (m, k) where that is given."""

    def __call__(self, Z: Array, Y: Array, dZ: Array | None = None) -> float: ...


class Loss(NamedTuple):
    """mean(Z, Y, dZ=None) -> loss per example; predict(Z) -> class indices (m,) or values (m,).

    of_rows(Z, Y) -> the loss of each row (m,), which only weighted rows need. joined(Z) -> the logits (m, k) of the
    mean answer of several networks, from the logits (members, m, k) of each. hastened(Z, dZ, saved_seconds) -> a
    function of Y that does what `mean` does with these buffers (m, k), stored by columns, by compiled loops; None where
    they cannot be had or do not pay.
    """

    mean: Mean
    predict: Callable[[Array], Array]
    of_rows: Callable[[Array, Array], Array]
    joined: Callable[[Array], Array]
    hastened: Callable[[Array, Array, float], Callable[[Array], float] | None] | None = None


def weighted_mean(loss: Loss, Z: Array, Y: Array, weight: Array, dZ: Array | None = None) -> float:
    """(1/m) sum weight_i loss_i, and its slope at the logits in dZ where that is given; `weight` is (m,).

    The slope of a row is its own slope times its weight, since no other row's loss depends on it.
    """
    if dZ is not None:
        loss.mean(Z, Y, dZ)
        dZ *= weight[:, None]
    return float(np.dot(loss.of_rows(Z, Y), weight)) / len(Z)


def sigmoid_cross_entropy(Z: Array, Y: Array, dZ: Array | None = None) -> float:
    """Mean logistic loss in nats of logits Z (m, 1) against Y (m, 1) in {0, 1}.

    -y log s(z) - (1 - y) log(1 - s(z)) = max(z, 0) - z y + log(1 + exp(-|z|)), and its slope is s(z) - y.
    Source: Bishop 2006, section 4.3.2.
    """
    tail = np.abs(Z)
    np.negative(tail, out=tail)
    np.exp(tail, out=tail)  # in (0, 1]
    loss = np.log1p(tail)
    loss += np.maximum(Z, 0)
    loss -= Z * Y
    if dZ is not None:
        # s(z) = 1 / (1 + e^-z) for z >= 0 and e^z / (1 + e^z) below: the numerator is e^min(z, 0).
        np.exp(np.minimum(Z, 0), out=dZ)
        tail += 1
        np.divide(dZ, tail, out=dZ)
        dZ -= Y
        dZ *= 1 / len(Z)
    return float(np.add.reduce(loss, axis=None)) / len(Z)


def softmax_cross_entropy(Z: Array, Y: Array, dZ: Array | None = None) -> float:
    """Mean cross-entropy in nats of logits Z (m, k) against class indices Y (m,).

    log sum_j exp(z_j) - z_y, and its slope is softmax(z) - onehot(y). Source: Bishop 2006, section 4.3.4.
    """
    m = len(Z)
    P = np.empty_like(Z) if dZ is None else dZ
    label = (np.arange(m), Y)
    np.subtract(Z, np.maximum.reduce(Z, axis=1, keepdims=True), out=P)  # the largest is 0: exp cannot overflow
    z_y = P[label]
    np.exp(P, out=P)
    total = np.add.reduce(P, axis=1, keepdims=True)
    loss = np.add.reduce(np.log(total), axis=None) - np.add.reduce(z_y)
    if dZ is not None:
        total *= m
        dZ /= total
        dZ[label] -= 1 / m
    return float(loss) / m


def softmax_by_loops(Z: Array, dZ: Array, saved_seconds: float) -> Callable[[Array], float] | None:
    """`softmax_cross_entropy` of logits Z (m, k), its slope in dZ (m, k), both stored by columns, by compiled loops."""
    shift, normalise = (compiled(loop, Z.dtype, saved_seconds) for loop in (loops.shift, loops.normalise))
    if shift is None or normalise is None:
        return None
    m, k = Z.shape
    labels, (z_y, total), shares = np.empty(m, np.int64), np.empty((2, m), Z.dtype), np.array([m, 1 / m], Z.dtype)
    shifted = bound(shift, Z.T, labels, dZ.T, z_y, m, k)
    normalised = bound(normalise, dZ.T, labels, total, shares, m, k)

    def mean(Y: Array) -> float:
        np.copyto(labels, Y)
        shifted()
        np.exp(dZ, out=dZ)
        normalised()
        loss: float = float(np.add.reduce(np.log(total)) - np.add.reduce(z_y)) / m
        return loss

    return mean


def squared_error(Z: Array, Y: Array, dZ: Array | None = None) -> float:
    """Mean squared error of Z (m, 1) against Y (m, 1), in squared target units: (z - y)^2, and its slope 2 (z - y)."""
    difference = Z - Y
    if dZ is not None:
        np.multiply(difference, 2 / len(Z), out=dZ)
    return float(np.add.reduce(np.square(difference), axis=None)) / len(Z)


def sigmoid_rows(Z: Array, Y: Array) -> Array:
    """The logistic loss of each row (m,): log(1 + exp(z)) - z y."""
    losses: Array = (np.logaddexp(0, Z) - Z * Y)[:, 0]
    return losses


def softmax_rows(Z: Array, Y: Array) -> Array:
    """The cross-entropy of each row (m,): log sum_j exp(z_j) - z_y, the largest logit taken out first."""
    shifted = Z - Z.max(axis=1, keepdims=True)
    losses: Array = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(Z)), Y]
    return losses


def squared_rows(Z: Array, Y: Array) -> Array:
    """The squared error of each row (m,)."""
    losses: Array = np.square(Z - Y)[:, 0]
    return losses


def positive(Z: Array) -> Array:
    """Class 1 where the logit is above zero."""
    return (Z[:, 0] > 0).astype(np.int64)


def largest(Z: Array) -> Array:
    """The class with the largest logit."""
    classes: Array = Z.argmax(axis=1)
    return classes


def value(Z: Array) -> Array:
    """The output itself."""
    return Z[:, 0]


def joined_sigmoid(Z: Array) -> Array:
    """log p - log(1 - p) of the mean p of s(z): both logarithms are of sums, so that no p rounds to 0 or 1."""
    logits: Array = log_mean(-np.logaddexp(0, -Z)) - log_mean(-np.logaddexp(0, Z))
    return logits


def joined_softmax(Z: Array) -> Array:
    """The logarithm of the mean of softmax(z), which has that mean as its own softmax."""
    shifted = Z - Z.max(axis=2, keepdims=True)
    return log_mean(shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True)))


def joined_squared(Z: Array) -> Array:
    """The mean of the numbers."""
    mean: Array = Z.mean(axis=0)
    return mean


def log_mean(logarithms: Array) -> Array:
    """The logarithm of the mean over the first axis of what these are the logarithms of."""
    largest_one = logarithms.max(axis=0)
    mean: Array = np.log(np.exp(logarithms - largest_one).mean(axis=0)) + largest_one
    return mean


LOSSES = {
    "sigmoid": Loss(sigmoid_cross_entropy, positive, sigmoid_rows, joined_sigmoid),
    "softmax": Loss(softmax_cross_entropy, largest, softmax_rows, joined_softmax, softmax_by_loops),
    "squared": Loss(squared_error, value, squared_rows, joined_squared),
}
