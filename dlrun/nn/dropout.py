"""Dropout masks: which hidden units stay, drawn anew for each step from raw random bits.

A unit stays if a 16-bit random word is below keep_prob * 2^16. The probability that this realises, a multiple of
2^-16, is the one that the kept activations are divided by, so that their expectation is exact.
"""

import numpy as np

WORDS_A_DRAW = 4  # 16-bit words in one 64-bit draw
WORD_VALUES = 2**16


def realised_keep_prob(keep_prob: float) -> float:
    """The multiple of 2^-16 nearest to keep_prob, at least one of them, so that no keep_prob drops everything."""
    return max(1, round(keep_prob * WORD_VALUES)) / WORD_VALUES


def draw_mask(mask: np.ndarray, keep_prob: float, rng: np.random.Generator) -> None:
    """Fill the boolean mask (m, n), C-contiguous: True, with probability keep_prob, where a unit stays."""
    draws = rng.bit_generator.random_raw(-(-mask.size // WORDS_A_DRAW))
    words = draws.view(np.uint16)[: mask.size]
    last_kept = np.uint16(realised_keep_prob(keep_prob) * WORD_VALUES - 1)
    np.less_equal(words, last_kept, out=mask.reshape(-1))
