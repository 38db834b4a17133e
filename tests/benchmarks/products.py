"""The floor: the matrix products of a training step and nothing else, with the shapes and transposes a step has.

Forward, dW and, above the first layer, dA, into buffers made once. No engine that calls the same products is faster.
"""

import numpy as np

from .shapes import Shape, examples, initial_weights


def make(shape: Shape):
    X, _ = examples(shape)
    weights = initial_weights(shape)
    A = [X[: shape.batch].copy(), *(np.ones((shape.batch, n), np.float32) for n in shape.hidden)]
    Z = [np.zeros((shape.batch, W.shape[1]), np.float32) for W in weights]
    dZ = [np.full_like(z, 1e-3) for z in Z]
    dA = [np.empty_like(a) for a in A]
    dW = [np.empty_like(W) for W in weights]

    def run(epochs: int) -> None:
        for _ in range(epochs * shape.steps_an_epoch):
            for a, W, z in zip(A, weights, Z, strict=True):
                np.dot(a, W, out=z)
            for layer in range(len(weights) - 1, -1, -1):
                np.dot(A[layer].T, dZ[layer], out=dW[layer])
                if layer > 0:
                    np.dot(dZ[layer], weights[layer].T, out=dA[layer])

    return run
