"""Backpropagation as a textbook prints it, with every intermediate kept, for the hypotheses to change one part of it.

Plain formulas, one array for each symbol, no buffers. A hint asks "what would the gradient be if this were wrong?", and
needs the parts of a right gradient to answer it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..nn.activations import ACTIVATIONS, logistic
from .problem import Problem


def softmax(Z: Array) -> Array:
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    shares: Array = E / E.sum(axis=1, keepdims=True)
    return shares


def onehot(Y: Array, k: int) -> Array:
    rows: Array = np.eye(k)[Y]
    return rows


# dJ/dZ at the logits, times m.
LOSS_SLOPES: dict[str, Callable[[Array, Array], Array]] = {
    "sigmoid": lambda Z, Y: logistic(Z) - Y,
    "softmax": lambda Z, Y: softmax(Z) - onehot(Y, Z.shape[1]),
    "squared": lambda Z, Y: 2 * (Z - Y),
}


@dataclass
class Textbook:
    """Every intermediate of one problem, per layer with weights, counted from 0; rows are examples.

    A[l] : what layer l multiplies, A[0] = X. Z[l], dZ[l] : pre-activation and dJ/dZ. For hidden layers: G[l] = g(Z[l]),
    slope[l] = g'(Z[l]), factor[l] = mask / keep_prob or ones, keep[l], dA[l] = dJ/dA.
    """

    problem: Problem

    def __post_init__(self) -> None:
        problem = self.problem
        self.m, self.depth = len(problem.X), problem.network.depth
        self.W = [layer.W for layer in problem.parameters.layers]
        self.b = [layer.b for layer in problem.parameters.layers]
        self.keep = list(problem.network.keep_probs or (1.0,) * (self.depth - 1))
        if problem.mask_seed is None:
            self.keep = [1.0] * (self.depth - 1)
        self.forward()
        self.backward()

    def forward(self) -> None:
        activation = ACTIVATIONS[self.problem.network.activation]
        self.A: list[Array] = [self.problem.X]
        self.Z: list[Array] = []
        self.G: list[Array] = []
        self.slope: list[Array] = []
        self.factor: list[Array] = []
        for index, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            Z = self.A[-1] @ W + b
            self.Z.append(Z)
            if index < self.depth - 1:
                G = np.empty_like(Z)
                activation.value(Z, G)
                kept = self.problem.kept_factors[index]
                self.G.append(G)
                self.slope.append(activation.textbook_slope(Z))
                self.factor.append(np.ones_like(Z) if kept is None else kept)
                self.A.append(G * self.factor[-1])

    def backward(self) -> None:
        dZ = LOSS_SLOPES[self.problem.network.loss](self.Z[-1], self.problem.Y) / self.m
        downwards, downwards_dA = [dZ], []
        for index in range(self.depth - 2, -1, -1):
            dA = downwards[-1] @ self.W[index + 1].T
            downwards_dA.append(dA)
            downwards.append(dA * self.slope[index] * self.factor[index])
        self.dZ: list[Array] = downwards[::-1]
        self.dA: list[Array] = downwards_dA[::-1]

    def decay(self, index: int) -> Array:
        """The penalty's slope at the weights of a layer."""
        slope: Array = self.problem.l2_lambda / self.problem.m_train * self.W[index]
        return slope

    def gradient(self, index: int, *, A: Array | None = None, dZ: Array | None = None) -> tuple[Array, Array]:
        """dW (penalty included) and db of a layer; other A and dZ may be given, to see what would follow from them."""
        A = self.A[index] if A is None else A
        dZ = self.dZ[index] if dZ is None else dZ
        return A.T @ dZ + self.decay(index), dZ.sum(axis=0)
