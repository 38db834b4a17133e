"""The activations, one row each: the function, its slope, and all that other rooms need to know of it.

The network, the trace, the gradient check and the diagnosis read the row, so that a new activation is one new row. All
hidden layers of a network share one activation.

A slope is computed from the value A = g(Z), so that the backward pass does not need Z. Where g is homogeneous
(g(Z) = Z g'(Z): identity, ReLU, leaky ReLU) the sign of Z is enough: the forward pass gets A as Z times the slope, the
same factor that the backward pass multiplies by. Where the slope is always 0 or 1 (ReLU) it is a gate, as a dropout
mask is, and the two are combined into one.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from . import loops

# Maas, Hannun and Ng 2013 use 0.01.
LEAKY_SLOPE = 0.01

# Arrays without axes: NumPy starts a call with one in half the time that it needs for a Python number. All are exact.
ZERO, HALF, ONE = np.array(0, np.float32), np.array(0.5, np.float32), np.array(1, np.float32)


class FlatEnds(NamedTuple):
    """The flat ends of an activation: its values lie between middle - reach and middle + reach."""

    middle: float
    reach: float


class Mistake(NamedTuple):
    """A slope that people write by mistake: slope(Z, A) gives it, with A = g(Z), and `words` say what it is."""

    words: str
    slope: Callable[[Array, Array], Array]


class Activation(NamedTuple):
    """value(Z, out) writes g(Z); slope(A, out) writes g'(Z), given A = g(Z) or, if homogeneous, Z itself.

    `out` never shares memory with the input.
    textbook_slope : g'(Z) again, computed from Z as textbooks print it; the gradient check takes its hints from it.
    init : the initializer that suits it, a word of INITIALIZERS. instead : the activation to try next.
    homogeneous : g(Z) = Z g'(Z). gated : the slope is 0 or 1, and `out` may be boolean. linear : g is a straight line.
    flat_ends : None where it has none. instead_of_dead : what to take where units have died; None where none can.
    outdone : others are nearly always as good or better.
    mistakes : wrong slopes that people write for this activation, in addition to those possible for any.
    loop : value, slope and mask in one pass, for `compiled`; None where there is none.
    """

    value: Callable[[Array, Array], None]
    slope: Callable[[Array, Array], None]
    textbook_slope: Callable[[Array], Array]
    init: str
    instead: str
    homogeneous: bool = False
    gated: bool = False
    linear: bool = False
    flat_ends: FlatEnds | None = None
    instead_of_dead: str | None = None
    outdone: bool = False
    mistakes: tuple[Mistake, ...] = ()
    loop: loops.Loop | None = None

    @property
    def kinked(self) -> bool:
        """Whether it bends at zero and nowhere else."""
        return self.homogeneous and not self.linear


def identity(Z: Array, out: Array) -> None:
    np.copyto(out, Z)


def identity_slope(A: Array, out: Array) -> None:
    out.fill(1)


def relu(Z: Array, out: Array) -> None:
    out.fill(0)  # the maximum with zeros in memory is twice as fast as that with a scalar
    np.maximum(Z, out, out=out)


def relu_slope(A: Array, out: Array) -> None:
    """1 where A > 0, else 0; at the kink itself the left slope, 0."""
    np.greater(A, ZERO, out=out)


def leaky_relu(Z: Array, out: Array) -> None:
    np.multiply(Z, LEAKY_SLOPE, out=out)
    np.maximum(Z, out, out=out)


def leaky_relu_slope(A: Array, out: Array) -> None:
    """1 where A > 0, else LEAKY_SLOPE."""
    np.greater(A, 0, out=out)
    np.maximum(out, LEAKY_SLOPE, out=out)


def tanh(Z: Array, out: Array) -> None:
    np.tanh(Z, out=out)


def tanh_slope(A: Array, out: Array) -> None:
    """1 - tanh(Z)^2."""
    np.multiply(A, A, out=out)
    np.subtract(ONE, out, out=out)


def sigmoid(Z: Array, out: Array) -> None:
    """1 / (1 + exp(-Z)), as (1 + tanh(Z / 2)) / 2, which never overflows."""
    np.multiply(Z, HALF, out=out)
    np.tanh(out, out=out)
    np.add(out, ONE, out=out)
    np.multiply(out, HALF, out=out)


def sigmoid_slope(A: Array, out: Array) -> None:
    """A (1 - A)."""
    np.subtract(ONE, A, out=out)
    np.multiply(out, A, out=out)


def logistic(Z: Array) -> Array:
    """sigmoid as a formula."""
    result: Array = 0.5 * (1 + np.tanh(0.5 * Z))
    return result


ACTIVATIONS = {
    "relu": Activation(
        relu,
        relu_slope,
        textbook_slope=lambda Z: (Z > 0) * 1.0,
        init="he",
        instead="tanh",
        homogeneous=True,
        gated=True,
        instead_of_dead="leaky_relu",
        loop=loops.relu,
    ),
    "leaky_relu": Activation(
        leaky_relu,
        leaky_relu_slope,
        textbook_slope=lambda Z: np.where(Z > 0, 1.0, LEAKY_SLOPE),
        init="he",
        instead="relu",
        homogeneous=True,
    ),
    "tanh": Activation(
        tanh,
        tanh_slope,
        textbook_slope=lambda Z: 1 - np.tanh(Z) ** 2,
        init="xavier",
        instead="relu",
        flat_ends=FlatEnds(0, 1),
        mistakes=(
            Mistake("1 - z^2, with z where tanh(z) belongs", lambda Z, A: 1 - Z**2),
            Mistake("1 - a, without the square", lambda Z, A: 1 - A),
        ),
    ),
    "sigmoid": Activation(
        sigmoid,
        sigmoid_slope,
        textbook_slope=lambda Z: logistic(Z) * (1 - logistic(Z)),
        init="xavier",
        instead="relu",
        flat_ends=FlatEnds(0.5, 0.5),
        outdone=True,
        mistakes=(
            Mistake("a where a (1 - a) belongs", lambda Z, A: A),
            Mistake("1 - a where a (1 - a) belongs", lambda Z, A: 1 - A),
            Mistake("z (1 - z), with z where sigmoid(z) belongs", lambda Z, A: Z * (1 - Z)),
        ),
    ),
    "identity": Activation(
        identity,
        identity_slope,
        textbook_slope=np.ones_like,
        init="xavier",
        instead="relu",
        homogeneous=True,
        linear=True,
        outdone=True,
    ),
}
