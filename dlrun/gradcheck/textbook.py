"""Backpropagation as a textbook prints it, with every intermediate kept: what a hint is measured against.

Plain formulas, one array a symbol, no buffers. A hint asks "what would the gradient be if this were wrong?", and for
that it needs the parts of a right one.
"""

from dataclasses import dataclass

import numpy as np

from ..nn.activations import ACTIVATIONS
from ..nn.activations import logistic as sigmoid
from .problem import Problem


def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def onehot(Y, k):
    return np.eye(k)[Y]


# dJ/dZ at the logits, times m.
LOSS_SLOPES = {
    "sigmoid": lambda Z, Y: sigmoid(Z) - Y,
    "softmax": lambda Z, Y: softmax(Z) - onehot(Y, Z.shape[1]),
    "squared": lambda Z, Y: 2 * (Z - Y),
}


@dataclass
class Textbook:
    """Every intermediate of one problem, per layer with weights, counted from 0; rows are examples.

    A[l] : what layer l multiplies, A[0] = X. Z[l], dZ[l] : pre-activation and dJ/dZ. Of hidden layers: G[l] = g(Z[l]),
    slope[l] = g'(Z[l]), factor[l] = mask / keep_prob or ones, keep[l], dA[l] = dJ/dA.
    """

    problem: Problem

    def __post_init__(self):
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
        self.A, self.Z, self.G, self.slope, self.factor = [self.problem.X], [], [], [], []
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
        self.dZ, self.dA = [None] * self.depth, [None] * (self.depth - 1)
        self.dZ[-1] = LOSS_SLOPES[self.problem.network.loss](self.Z[-1], self.problem.Y) / self.m
        for index in range(self.depth - 2, -1, -1):
            self.dA[index] = self.dZ[index + 1] @ self.W[index + 1].T
            self.dZ[index] = self.dA[index] * self.slope[index] * self.factor[index]

    def decay(self, index: int) -> np.ndarray:
        """The penalty's slope at the weights of a layer."""
        return self.problem.l2_lambda / self.problem.m_train * self.W[index]

    def gradient(self, index: int, *, A=None, dZ=None) -> tuple[np.ndarray, np.ndarray]:
        """dW (penalty included) and db of a layer; A and dZ may be given, to see what would follow from others."""
        A = self.A[index] if A is None else A
        dZ = self.dZ[index] if dZ is None else dZ
        return A.T @ dZ + self.decay(index), dZ.sum(axis=0)
