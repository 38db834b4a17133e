"""Finds rows that stand in two splits, by their hashes: a network that memorises them looks better than it is.

`checks` reports them. Nothing loops over rows.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from ..arrays import Array
from .examples import Examples, Suspicion
from .hashing import all_differ

# Up to this many cells are hashed, in about a second. With more, the check is left out, and a sentence says so.
MOST_CELLS_TO_HASH = 10**8

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
    features, both = examples.row_hashes
    if all_differ(features):
        return
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
