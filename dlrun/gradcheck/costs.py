"""The losses a second time, for each example, from the columns of a matrix: the cost as the numeric side computes it.

`dlrun.nn.losses` gives means over rows. A slope by differences needs the loss of every example under every changed
parameter at once. Each check makes sure that both forms agree at the point itself.
"""

import numpy as np

from ..arrays import Array


def sigmoid_cross_entropy(Z: Array, Y: Array) -> Array:
    """-y log s(z) - (1 - y) log(1 - s(z)) of logits Z (1, rows), Y (rows, 1): log(1 + e^z) - z y. Overwrites Z."""
    z = Z[0]
    softplus: Array = np.log1p(np.exp(-np.abs(z)))
    softplus += np.maximum(z, 0)
    softplus -= z * Y[:, 0]
    return softplus


def softmax_cross_entropy(Z: Array, Y: Array) -> Array:
    """log sum_j exp(z_j) - z_y of logits Z (k, rows), class indices Y (rows,). Overwrites Z."""
    Z -= Z.max(axis=0)
    z_y = Z[Y, np.arange(Z.shape[1])]
    np.exp(Z, out=Z)
    losses: Array = np.log(Z.sum(axis=0)) - z_y
    return losses


def squared_error(Z: Array, Y: Array) -> Array:
    """(z - y)^2 of outputs Z (1, rows), Y (rows, 1)."""
    squares: Array = (Z[0] - Y[:, 0]) ** 2
    return squares


LOSSES_BY_COLUMN = {
    "sigmoid": sigmoid_cross_entropy,
    "softmax": softmax_cross_entropy,
    "squared": squared_error,
}
