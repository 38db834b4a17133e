"""Steps of the training again, each as one loop over numbers, for `compiled` to make machine code of.

NumPy makes a pass over memory for each operation; a loop makes one for all of them. The operations are the same, in the
same order and precision, so the results are equal to the bit. (For NumPy's numbers the loops do so as plain Python too,
slowly.) The NumPy forms, in whose tables the loops are named, are the ones to read.

Loops take arrays without axes, as memory has them, of numbers of one precision, of booleans or of indices, and counts.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..arrays import Array

Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

Loop = Callable[..., None]


def relu(Z: Array, A1: Array, factor: Array, mask: Flags, scale: Array, rows: int, n: int) -> None:
    """`activate` for ReLU. Z, factor, mask (rows n), scale (1), A1 (rows (n + 1)), whose column of ones stays."""
    kept, dropped = scale[0], scale[0] - scale[0]
    for row in range(rows):
        for i in range(row * n, row * n + n):
            slope = kept if (Z[i] > 0) & (mask[i] > 0) else dropped
            factor[i] = slope
            A1[row + i] = Z[i] * slope


# Softmax's loss around its exponentials. Z, P, dZ (k m), stored by columns; labels, z_y, total (m). A loop has no
# IndexError: a label that is none gets no number, which makes the cost one that ends the training.


def shift(Z: Array, labels: Indices, P: Array, z_y: Array, m: int, k: int) -> None:
    """P is Z less the largest number of its row (a NaN if it has one), and z_y what is P at the row's label."""
    largest = z_y  # until the labels are looked up
    for row in range(m):
        largest[row] = Z[row]
    for j in range(1, k):
        for row in range(m):
            z = Z[j * m + row]
            largest[row] = z if (z > largest[row]) | (z != z) else largest[row]
    for j in range(k):
        for row in range(m):
            P[j * m + row] = Z[j * m + row] - largest[row]
    for row in range(m):
        z_y[row] = P[labels[row] * m + row] if 0 <= labels[row] < k else np.nan


def normalise(dZ: Array, labels: Indices, total: Array, shares: Array, m: int, k: int) -> None:
    """total is the sum of each row of dZ, which becomes the slope. shares : m and 1 / m."""
    rows, share = shares[0], shares[1]
    for row in range(m):
        total[row] = dZ[row]
    for j in range(1, k):
        for row in range(m):
            total[row] += dZ[j * m + row]
    for j in range(k):
        for row in range(m):
            dZ[j * m + row] /= total[row] * rows
    for row in range(m):
        if 0 <= labels[row] < k:
            dZ[labels[row] * m + row] -= share


# The optimizers. theta, grad, slope (n) : the way down is that of slope + grad. state (n_states apart) : the loop takes
# the first n numbers of each row; the rows lie `apart` numbers from each other. factors : those of the rule.


def gradient_descent(theta: Array, grad: Array, slope: Array, state: Array, n: int, apart: int, factors: Array) -> None:
    """`optimizers.gradient_descent`."""
    rate = factors[0]
    for i in range(n):
        theta[i] -= (slope[i] + grad[i]) * rate


def momentum(theta: Array, grad: Array, slope: Array, state: Array, n: int, apart: int, factors: Array) -> None:
    """`optimizers.momentum`."""
    beta, length = factors[0], factors[1]
    for i in range(n):
        velocity = state[i] * beta + (slope[i] + grad[i])
        state[i] = velocity
        theta[i] -= velocity * length


def rmsprop(theta: Array, grad: Array, slope: Array, state: Array, n: int, apart: int, factors: Array) -> None:
    """`optimizers.rmsprop`."""
    beta2, epsilon, length = factors[0], factors[1], factors[2]
    for i in range(n):
        g = slope[i] + grad[i]
        square = state[i] * beta2 + g * g
        state[i] = square
        theta[i] -= g / (np.sqrt(square) + epsilon) * length


def adam(theta: Array, grad: Array, slope: Array, state: Array, n: int, apart: int, factors: Array) -> None:
    """`optimizers.adam`."""
    beta1, beta2, epsilon, length = factors[0], factors[1], factors[2], factors[3]
    for i in range(n):
        g = slope[i] + grad[i]
        mean = state[i] * beta1 + g
        square = state[apart + i] * beta2 + g * g
        state[i] = mean
        state[apart + i] = square
        theta[i] -= mean / (np.sqrt(square) + epsilon) * length
