"""Permutations of range(m) that need no memory: a few keys decide them, and any place is found without the others.

The batches of many rows are shuffled by one, and a memory-mapped source is divided by another. Source: Black and
Rogaway 2002, "Ciphers with arbitrary finite domains", whose Feistel network with cycle walking this is.
"""

from typing import Self

import numpy as np

from .arrays import Array

# Over ten thousand keys, six rounds still favoured some places of three numbers (p of 1e-8); eight did not (p > 0.1).
ROUNDS = 8

# Halves of one or two bits have too few functions to be mixed by (p of 1e-18 for all orders of five); three suffice.
FEWEST_BITS = 6

# The numbers of so many rows take 8 MiB. Up to here the generator's own shuffle is quicker than the keys are.
LISTED_ROWS = 2**20

# murmur3's multiplier, which spreads every bit upwards.
SPREAD = np.uint64(0xFF51AFD7ED558CCD)


class Permutation:
    """A bijection of range(m), m >= 1. `permutation[places]` are the numbers that stand at a slice or array of places.

    keys (ROUNDS, 2) uint64 : all that it is made of; equal m and keys are the same permutation on any machine.
    """

    def __init__(self, m: int, keys: Array):
        self.m, self.keys = m, keys
        self.odd_and_offset = [(odd | np.uint64(1), offset) for odd, offset in keys]
        # They are mixed as numbers of just so many bits, one half of the bits by the other.
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
        """(k,) int64, the way back: `permutation[permutation.places_of(numbers)]` are the numbers."""
        return self._walked(numbers, tuple(reversed(range(ROUNDS))))

    def _walked(self, numbers: Array, rounds: tuple[int, ...]) -> Array:
        """The numbers sent through the rounds, and those that fell beyond m sent on until they fall below."""
        found = self._mixed(np.asarray(numbers).astype(np.uint64), rounds)
        while (outside := np.flatnonzero(found >= self.m)).size:
            found[outside] = self._mixed(found[outside], rounds)
        return found.astype(np.int64)

    def _mixed(self, numbers: Array, rounds: tuple[int, ...]) -> Array:
        """One half xored with a hash of the other in turn; the same steps backwards undo it."""
        low, high = numbers & np.uint64((1 << self.low_bits) - 1), numbers >> np.uint64(self.low_bits)
        for at in rounds:
            if at % 2:
                high ^= self._hashed(low, at, self.high_bits)
            else:
                low ^= self._hashed(high, at, self.low_bits)
        return (high << np.uint64(self.low_bits)) | low

    def _hashed(self, half: Array, at: int, bits: int) -> Array:
        """A number of so many bits for each, by the keys of a round."""
        odd, offset = self.odd_and_offset[at]
        mixed: Array = half * odd
        mixed += offset
        mixed ^= mixed >> np.uint64(32)
        mixed *= SPREAD
        mixed >>= np.uint64(64 - bits)
        return mixed


def shuffled(m: int, rng: np.random.Generator) -> Array | Permutation:
    """range(m) in random order, to be sliced: listed (m,) int64, or keyed where the list would take much memory."""
    return rng.permutation(m) if m <= LISTED_ROWS else Permutation.drawn(m, rng)
