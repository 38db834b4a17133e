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
        self.count, self.first, self.offset, self.squares = 0, np.zeros(n), np.zeros(n), np.zeros(n)

    def add(self, block: Array) -> None:
        """Take in rows (k, n) of any numeric type.

        Source: Chan, Golub and LeVeque 1983, "Algorithms for computing the sample variance", equation 2.1.
        """
        if len(block) == 0:
            return
        if self.count == 0:
            self.first = block[0].astype(np.float64)
        distance = block - self.first
        offset = distance.mean(axis=0)
        distance -= offset
        apart, share = offset - self.offset, len(block) / (self.count + len(block))
        self.squares += np.einsum("ij,ij->j", distance, distance) + apart * apart * (self.count * share)
        self.offset += apart * share
        self.count += len(block)

    def mean(self) -> Array:
        """(n,)."""
        return self.first + self.offset

    def variance(self) -> Array:
        """(n,), the mean squared distance: the divisor is the count."""
        return self.squares / self.count
