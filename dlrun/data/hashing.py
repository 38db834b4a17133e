"""Hashes of rows: equal rows have equal ones, and nothing loops over rows."""

import numpy as np

from ..arrays import Array

# Cells hashed at a time: what is computed of them, 8 bytes each, stays in a processor's second-level cache.
CELLS_AT_A_TIME = 2**15


def row_hashes(*blocks: Array) -> Array:
    """(m,) uint64, equal for equal rows of all blocks (m, any width, any type), else different (except 1 in 2^64)."""
    m = len(blocks[0])
    total = np.zeros(m, dtype=np.uint64)
    # The seed is fixed, because the hash is not a random draw of the experiment.
    rng = np.random.default_rng(0)
    for block in blocks:
        width = -(-block.shape[1] * block.dtype.itemsize // 8)
        odd = rng.integers(0, 2**63, size=width, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        step = max(1, CELLS_AT_A_TIME // max(1, width))
        for start in range(0, m, step):
            rows = np.ascontiguousarray(block[start : start + step])
            padded = np.zeros((len(rows), width * 8), dtype=np.uint8)
            padded[:, : block.shape[1] * block.dtype.itemsize] = rows.view(np.uint8).reshape(len(rows), -1)
            total[start : start + step] += (_mixed(padded.view(np.uint64)) * odd).sum(axis=1, dtype=np.uint64)
    return total


def all_differ(hashes: Array) -> bool:
    """Whether no two of these (m,) are equal."""
    ordered = np.sort(hashes)
    return bool((ordered[1:] != ordered[:-1]).all())


def _mixed(words: Array) -> Array:
    """Spread the bits: small whole numbers as float64 use only the top ones (murmur3's finalizer)."""
    mixed: Array = (words ^ (words >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(29)
    return mixed
