"""Contestant: the network as a textbook writes it, in NumPy and float32, each formula a line and its temporaries free.

What one gets by translating the formulas with care for the data type but none for memory; also readable as the
plainest statement of what all contestants compute.
"""

import numpy as np

from .shapes import KEEP_PROB, L2_LAMBDA, LEARNING_RATE, SEED, Shape, examples, initial_weights, targets

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Textbook:
    """W, b : one array a layer. m, v : Adam's running means, in the order of all W and then all b."""

    def __init__(self, shape: Shape):
        self.W = initial_weights(shape)
        self.b = [np.zeros(W.shape[1], np.float32) for W in self.W]
        self.m = [np.zeros_like(p) for p in self.W + self.b]
        self.v = [np.zeros_like(p) for p in self.W + self.b]
        self.t = 0
        self.m_train, self.binary = shape.rows, shape.binary
        self.rng = np.random.default_rng(SEED)

    def step(self, X: np.ndarray, Y: np.ndarray) -> float:
        """One step of Adam on one batch. Returns its cost, the penalty included."""
        A, masks = self.forward(X)
        loss, dZ = (sigmoid_cross_entropy if self.binary else softmax_cross_entropy)(A[-1], Y)
        dW, db = self.backward(A, masks, dZ)
        penalty = L2_LAMBDA / (2 * self.m_train) * sum(float(np.sum(W**2)) for W in self.W)
        self.update(dW + db)
        return loss + penalty

    def forward(self, X: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """What goes into each layer, the logits last; and the dropout mask of each hidden layer."""
        A, masks = [X], []
        for W, b in zip(self.W[:-1], self.b[:-1], strict=True):
            Z = A[-1] @ W + b
            mask = self.rng.random(Z.shape, np.float32) < KEEP_PROB
            A.append(np.maximum(Z, 0) * mask / np.float32(KEEP_PROB))
            masks.append(mask)
        A.append(A[-1] @ self.W[-1] + self.b[-1])
        return A, masks

    def backward(self, A, masks, dZ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """dJ/dW, the penalty's part included, and dJ/db, for each layer."""
        dW, db = [None] * len(self.W), [None] * len(self.W)
        for layer in range(len(self.W) - 1, -1, -1):
            dW[layer] = A[layer].T @ dZ + np.float32(L2_LAMBDA / self.m_train) * self.W[layer]
            db[layer] = dZ.sum(axis=0)
            if layer > 0:
                dA = dZ @ self.W[layer].T
                dZ = dA * masks[layer - 1] / np.float32(KEEP_PROB) * (A[layer] > 0)
        return dW, db

    def update(self, gradients: list[np.ndarray]) -> None:
        """Adam, as its paper writes it."""
        self.t += 1
        for i, (theta, grad) in enumerate(zip(self.W + self.b, gradients, strict=True)):
            self.m[i] = BETA1 * self.m[i] + (1 - BETA1) * grad
            self.v[i] = BETA2 * self.v[i] + (1 - BETA2) * grad**2
            m_hat = self.m[i] / (1 - BETA1**self.t)
            v_hat = self.v[i] / (1 - BETA2**self.t)
            theta -= LEARNING_RATE * m_hat / (np.sqrt(v_hat) + EPSILON)


def softmax_cross_entropy(Z, Y):
    """The mean loss of logits Z (m, k) against indices Y (m,), and its slope (m, k)."""
    exponentials = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = exponentials / exponentials.sum(axis=1, keepdims=True)
    onehot = np.eye(Z.shape[1], dtype=Z.dtype)[Y]
    loss = -np.mean(np.log(P[np.arange(len(Y)), Y] + np.float32(1e-30)))
    return float(loss), (P - onehot) / np.float32(len(Y))


def sigmoid_cross_entropy(Z, Y):
    """The mean loss of logits Z (m, 1) against targets Y (m, 1), and its slope (m, 1)."""
    loss = np.mean(np.maximum(Z, 0) - Z * Y + np.log1p(np.exp(-np.abs(Z))))
    return float(loss), (1 / (1 + np.exp(-Z)) - Y) / np.float32(len(Y))


def make(shape: Shape):
    X, classes = examples(shape)
    Y = targets(shape, classes)
    network = Textbook(shape)
    costs = []

    def run(epochs: int) -> None:
        for _ in range(epochs):
            order = network.rng.permutation(shape.rows)
            batches = order.reshape(shape.steps_an_epoch, shape.batch)
            costs.append(np.mean([network.step(X[rows], Y[rows]) for rows in batches]))

    return run
