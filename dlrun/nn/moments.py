"""Mean and variance of numbers that come a block at a time, as precise as if all had come at once.

For rows that are too many for memory: scaling in the data room uses it, and the error 1 - R^2 in `evaluation`.
"""

import numpy as np

from ..arrays import Array


class Moments:
    """count; squares (n,) float64, the sum of squared distances from the mean, of the rows seen so far.

    first, offset (n,) : the mean in two parts, the very first row and the mean's distance from it. So no digits are
    lost when the mean is large compared with the spread, and the variance of a constant is exactly 0.
    """

    def __init__(self, n: int):
        self.count: float = 0
        self.first, self.offset, self.squares = np.zeros(n), np.zeros(n), np.zeros(n)

    def add(self, block: Array, weight: Array | None = None) -> None:
        """Take in rows (k, n) of any numeric type; with `weight` (k,), each counts as that many rows.

        Source: Chan, Golub and LeVeque 1983, "Algorithms for computing the sample variance", equation 2.1.
        """
        if len(block) == 0:
            return
        if self.count == 0:
            self.first = block[0].astype(np.float64)
        distance = block - self.first
        if weight is None:
            k: float = len(block)
            offset = distance.mean(axis=0)
            distance -= offset
            squares = np.einsum("ij,ij->j", distance, distance)
        else:
            k = float(weight.sum())
            offset = weight @ distance / k
            distance -= offset
            squares = np.einsum("i,ij,ij->j", weight, distance, distance)
        apart, share = offset - self.offset, k / (self.count + k)
        self.squares += squares + apart * apart * (self.count * share)
        self.offset += apart * share
        self.count += k

    def mean(self) -> Array:
        """(n,)."""
        return self.first + self.offset

    def variance(self) -> Array:
        """(n,), the mean squared distance: the divisor is the count."""
        return self.squares / self.count
