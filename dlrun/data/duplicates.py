"""Finds rows that stand in two splits, by their hashes: a network that memorises them looks better than it is.

`checks` reports them. Nothing loops over rows.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from ..arrays import Array
from .examples import Examples, Suspicion

# Up to this many cells are hashed, in about a second. With more, the check is left out, and a sentence says so.
MOST_CELLS_TO_HASH = 10**8

# Cells hashed at a time, so that copies take only tens of megabytes.
CELLS_AT_A_TIME = 2**21

PAIRS = (("dev", "train"), ("test", "train"), ("test", "dev"))


def rows_in_two_splits(examples: Examples, parts: Mapping[str, Array]) -> Iterator[Suspicion]:
    """Rows of one split that stand in an earlier one: equal in all, or (classes) equal except for the target."""
    cells = examples.m * (examples.numbers.shape[1] + examples.codes.shape[1])
    if cells > MOST_CELLS_TO_HASH:
        sentence = (
            f"rows that stand in two splits were not looked for: {cells} cells are more than {MOST_CELLS_TO_HASH}"
        )
        yield Suspicion("unchecked", sentence)
        return
    features = row_hashes(examples.numbers, examples.codes)
    both = row_hashes(features[:, None], examples.y[:, None])
    by_features, by_both = (
        {name: np.sort(hashes[rows]) for name, rows in parts.items()} for hashes in (features, both)
    )
    for later, earlier in PAIRS:
        if later not in parts:
            continue
        again = _how_many_are_among(by_both[later], by_both[earlier])
        if again:
            yield _repeated(
                "rows-in-two-splits",
                again,
                parts,
                (later, earlier),
                f"equal in every feature and the target, which flatters the {later} error",
                "set data.duplicates: together, remove duplicate rows, or split by data.group",
            )
        conflicting = _how_many_are_among(by_features[later], by_features[earlier]) - again
        if conflicting and examples.classes:
            yield _repeated(
                "conflicting-rows",
                conflicting,
                parts,
                (later, earlier),
                "equal in every feature but with another target, so that no answer is right for both",
                "look at their labels, or add a feature that tells them apart",
            )


def _repeated(
    code: str, count: int, parts: Mapping[str, Array], pair: tuple[str, str], how: str, remedy: str
) -> Suspicion:
    later, earlier = pair
    total = len(parts[later])
    return Suspicion(code, f"{count} of {total} {later} rows also stand in {earlier}, {how}", remedy, count / total)


def _how_many_are_among(some: Array, others: Array) -> int:
    """How many of `some` are among `others`; both are sorted, which is much faster than np.isin for a million."""
    at = np.searchsorted(others, some)
    return int((others[np.minimum(at, len(others) - 1)] == some).sum())


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


def _mixed(words: Array) -> Array:
    """Spread the bits: small whole numbers as float64 use only the top ones (murmur3's finalizer)."""
    mixed: Array = (words ^ (words >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(29)
    return mixed
