"""Dropout masks: draws which hidden units stay, again for each step, from raw random bits.

Raw bits are faster to draw than floats. The network's workspace holds the masks.

A unit stays if a 16-bit random word is below keep_prob * 2^16. The probability of that is a multiple of 2^-16. The kept
activations are divided by this probability, not by keep_prob, so that their expectation is exact.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from ..arrays import Array

WORDS_A_DRAW = 4  # 16-bit words in one 64-bit draw
WORD_VALUES = 2**16


def realised_keep_prob(keep_prob: float) -> float:
    """The multiple of 2^-16 nearest to keep_prob, at least 2^-16 itself, so that no keep_prob drops everything."""
    return max(1, round(keep_prob * WORD_VALUES)) / WORD_VALUES


class Masks:
    """One boolean mask for each hidden layer, True where a unit stays; None for a layer that drops none.

    All masks lie in one vector, so that neighbouring layers with the same keep_prob (the usual case) are drawn at once.
    """

    def __init__(self, shapes: Sequence[tuple[int, ...]], keep_probs: Sequence[float]):
        self.views: list[Array | None] = []
        dropping = [(shape, keep) for shape, keep in zip(shapes, keep_probs, strict=True) if keep < 1]
        flat = np.ones(sum(math.prod(shape) for shape, _ in dropping), np.bool_)
        self.draws: list[tuple[Array, float]] = []
        start = 0
        for keep, group in itertools.groupby(dropping, key=lambda pair: pair[1]):
            end = start + sum(math.prod(shape) for shape, _ in group)
            self.draws.append((flat[start:end], keep))
            start = end
        start = 0
        for shape, keep in zip(shapes, keep_probs, strict=True):
            end = start + (math.prod(shape) if keep < 1 else 0)
            self.views.append(flat[start:end].reshape(shape) if keep < 1 else None)
            start = end

    def draw(self, rng: np.random.Generator) -> None:
        """Draw every mask again."""
        for mask, keep_prob in self.draws:
            draw_mask(mask, keep_prob, rng)


def draw_mask(mask: Array, keep_prob: float, rng: np.random.Generator) -> None:
    """Fill a flat boolean mask: True, with probability keep_prob, where a unit stays."""
    draws = rng.bit_generator.random_raw(-(-mask.size // WORDS_A_DRAW))
    last_kept = np.uint16(realised_keep_prob(keep_prob) * WORD_VALUES - 1)
    np.less_equal(draws.view(np.uint16)[: mask.size], last_kept, out=mask)
