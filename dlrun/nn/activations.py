"""Activations, each a value and a slope. The hidden layers of a network share one of them.

A slope is written in terms of the value A = g(Z), so that the backward pass needs no pre-activation. Where g is
homogeneous (g(Z) = Z g'(Z): identity, ReLU and its leaky kin) the sign of Z says as much, and the forward pass
gets A as Z times the slope, the very factor that the backward pass multiplies by. Where the slope is moreover 0 or 1
(ReLU), it is a gate, and so is a dropout mask: the two are one.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

# Maas, Hannun and Ng 2013 use 0.01.
LEAKY_SLOPE = 0.01

# Arrays without axes: NumPy begins a call with one in half the time that a Python number takes. All are exact.
ZERO, HALF, ONE = np.array(0, np.float32), np.array(0.5, np.float32), np.array(1, np.float32)


class Activation(NamedTuple):
    """value(Z, out) writes g(Z); slope(A, out) writes g'(Z), given A = g(Z) or, if homogeneous, Z itself.

    `out` is other memory than what is given. gated : the slope is 0 or 1, and `out` may be boolean.
    """

    value: Callable[[np.ndarray, np.ndarray], None]
    slope: Callable[[np.ndarray, np.ndarray], None]
    homogeneous: bool
    gated: bool = False


def identity(Z, out):
    np.copyto(out, Z)


def identity_slope(A, out):
    out.fill(1)


def relu(Z, out):
    out.fill(0)  # the maximum with zeros in memory is twice as fast as that with a scalar
    np.maximum(Z, out, out=out)


def relu_slope(A, out):
    """1 where A > 0, else 0; at the kink itself the left slope, 0."""
    np.greater(A, ZERO, out=out)


def leaky_relu(Z, out):
    np.multiply(Z, LEAKY_SLOPE, out=out)
    np.maximum(Z, out, out=out)


def leaky_relu_slope(A, out):
    """1 where A > 0, else LEAKY_SLOPE."""
    np.greater(A, 0, out=out)
    np.maximum(out, LEAKY_SLOPE, out=out)


def tanh(Z, out):
    np.tanh(Z, out=out)


def tanh_slope(A, out):
    """1 - tanh(Z)^2."""
    np.multiply(A, A, out=out)
    np.subtract(ONE, out, out=out)


def sigmoid(Z, out):
    """1 / (1 + exp(-Z)), as (1 + tanh(Z / 2)) / 2, which overflows nowhere."""
    np.multiply(Z, HALF, out=out)
    np.tanh(out, out=out)
    np.add(out, ONE, out=out)
    np.multiply(out, HALF, out=out)


def sigmoid_slope(A, out):
    """A (1 - A)."""
    np.subtract(ONE, A, out=out)
    np.multiply(out, A, out=out)


ACTIVATIONS = {
    "relu": Activation(relu, relu_slope, homogeneous=True, gated=True),
    "leaky_relu": Activation(leaky_relu, leaky_relu_slope, homogeneous=True),
    "tanh": Activation(tanh, tanh_slope, homogeneous=False),
    "sigmoid": Activation(sigmoid, sigmoid_slope, homogeneous=False),
    "identity": Activation(identity, identity_slope, homogeneous=True),
}
