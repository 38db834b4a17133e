"""The point of a check: one forward pass, computed once, from which every difference starts.

Arrays have units first, (n, rows): biases, masks and the classes of a softmax are then contiguous in memory.
"""

import math

import numpy as np

from ..arrays import Array
from ..nn.activations import ACTIVATIONS
from .costs import LOSSES_BY_COLUMN
from .problem import Problem

# Where an activation is evaluated: on both sides of zero, near and far.
PROBES = np.array([0.001, 0.1, 1.0, 2.5])


def side_slopes(activation: str) -> tuple[float, float] | None:
    """The slopes left and right of zero of an activation that bends only at zero, or None for any other.

    Computed from its values, not from the slopes under check.
    """
    above, below = np.empty_like(PROBES), np.empty_like(PROBES)
    ACTIVATIONS[activation].value(PROBES, above)
    ACTIVATIONS[activation].value(-PROBES, below)
    right, left = above / PROBES, -below / PROBES
    straight = np.allclose(right, right[-1], rtol=1e-12) and np.allclose(left, left[-1], rtol=1e-12)
    return (float(left[-1]), float(right[-1])) if straight else None


class Point:
    """A problem's forward pass in float64, one column an example.

    WbT (n, n_in + 1), A1 (n_in + 1, m) and Z (n, m) of each layer: weights and biases, inputs above a row of ones,
    pre-activations. For each hidden layer G = g(Z) and factors (mask / keep_prob, or None). loss (m,) of each example.
    """

    def __init__(self, problem: Problem):
        self.problem, self.m = problem, len(problem.X)
        self.activation = ACTIVATIONS[problem.network.activation]
        self.side_slopes = side_slopes(problem.network.activation)
        # No activation that bends anywhere but at zero has a kink.
        self.kinked = self.side_slopes is not None and not math.isclose(*self.side_slopes, rel_tol=1e-6)
        self.WbT = [np.ascontiguousarray(layer.Wb.T) for layer in problem.parameters.layers]
        self.last = len(self.WbT) - 1
        self.factors = [None if f is None else np.ascontiguousarray(f.T) for f in problem.kept_factors]
        ones = np.ones((1, self.m))
        self.A1: list[Array] = [np.concatenate([problem.X.T, ones])]
        self.Z: list[Array] = []
        self.G: list[Array] = []
        for index, WbT in enumerate(self.WbT):
            self.Z.append(WbT @ self.A1[index])
            if index < self.last:
                self.G.append(self.value(self.Z[index]))
                factor = self.factors[index]
                A = self.G[index] if factor is None else self.G[index] * factor
                self.A1.append(np.concatenate([A, ones]))
        self.loss = self.losses(self.Z[-1].copy(), np.arange(self.m))

    def value(self, Z: Array) -> Array:
        out = np.empty_like(Z)
        self.activation.value(Z, out)
        return out

    def losses(self, Z: Array, examples: Array) -> Array:
        """The loss of each column of logits Z (k, rows), which is overwritten; `examples` are the columns' examples."""
        return LOSSES_BY_COLUMN[self.problem.network.loss](Z, self.problem.Y[examples])


class Buffers:
    """Memory to write into, kept from block to block: new memory would cost more than the work done in it."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}

    def __call__(self, name: str, *shape: int) -> Array:
        size = math.prod(shape)
        if name not in self.arrays or self.arrays[name].size < size:
            self.arrays[name] = np.empty(size)
        return self.arrays[name][:size].reshape(shape)
