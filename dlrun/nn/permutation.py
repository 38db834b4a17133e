"""Permutations of range(m) that need no memory: a few keys define one, and any entry is computed without the others.

For data with too many rows for a list of row numbers: training shuffles its batches by a permutation, and the data room
divides a memory-mapped source by another. Source: the Feistel network with cycle walking of Black and Rogaway 2002,
"Ciphers with arbitrary finite domains".
"""

from typing import Self

import numpy as np

from ..arrays import Array

# Tested on ten thousand keys: six rounds still favoured some orders of three numbers (p = 1e-8), eight did not
# (p > 0.1).
ROUNDS = 8

# Halves of one or two bits do not mix enough (p = 1e-18 for all orders of five); three bits are enough.
FEWEST_BITS = 6

# A list of this many row numbers takes 8 MiB. Up to here the generator's own shuffle is faster than the keys.
LISTED_ROWS = 2**20

# murmur3's multiplier, which spreads every bit upwards.
SPREAD = np.uint64(0xFF51AFD7ED558CCD)


class Permutation:
    """A bijection of range(m), m >= 1. `permutation[places]` are the numbers at a slice or an array of places.

    keys (ROUNDS, 2) uint64 : with m they define it; equal m and keys give the same permutation on any machine.
    """

    def __init__(self, m: int, keys: Array):
        self.m, self.keys = m, keys
        self.odd_and_offset = [(odd | np.uint64(1), offset) for odd, offset in keys]
        # Numbers are mixed as this many bits, one half of the bits by the other.
        bits = max(FEWEST_BITS, (m - 1).bit_length())
        self.low_bits = bits // 2
        self.high_bits = bits - self.low_bits

    @classmethod
    def drawn(cls, m: int, rng: np.random.Generator) -> Self:
        return cls(m, rng.integers(0, 2**64, (ROUNDS, 2), np.uint64))

    def __len__(self) -> int:
        return self.m

    def __getitem__(self, places: slice | Array) -> Array:
        """(k,) int64."""
        if isinstance(places, slice):
            places = np.arange(*places.indices(self.m))
        return self._walked(places, tuple(range(ROUNDS)))

    def places_of(self, numbers: Array) -> Array:
        """(k,) int64, the inverse: `permutation[permutation.places_of(numbers)]` are the numbers."""
        return self._walked(numbers, tuple(reversed(range(ROUNDS))))

    def _walked(self, numbers: Array, rounds: tuple[int, ...]) -> Array:
        """The numbers after the rounds; those that come out at m or above go through again until they are below m."""
        walked = self._mixed(np.asarray(numbers).astype(np.uint64), rounds)
        while (outside := np.flatnonzero(walked >= self.m)).size:
            walked[outside] = self._mixed(walked[outside], rounds)
        return walked.astype(np.int64)

    def _mixed(self, numbers: Array, rounds: tuple[int, ...]) -> Array:
        """Each half in turn xored with a hash of the other half; the same steps in reverse order undo it."""
        low, high = numbers & np.uint64((1 << self.low_bits) - 1), numbers >> np.uint64(self.low_bits)
        for at in rounds:
            if at % 2:
                high ^= self._hashed(low, at, self.high_bits)
            else:
                low ^= self._hashed(high, at, self.low_bits)
        return (high << np.uint64(self.low_bits)) | low

    def _hashed(self, half: Array, at: int, bits: int) -> Array:
        """A hash of `bits` bits for each number, by the keys of a round."""
        odd, offset = self.odd_and_offset[at]
        mixed: Array = half * odd
        mixed += offset
        mixed ^= mixed >> np.uint64(32)
        mixed *= SPREAD
        mixed >>= np.uint64(64 - bits)
        return mixed


def shuffled(m: int, rng: np.random.Generator) -> Array | Permutation:
    """range(m) in random order, to be sliced: a list (m,) int64, or a `Permutation` where a list would be too large."""
    return rng.permutation(m) if m <= LISTED_ROWS else Permutation.drawn(m, rng)
