"""Moves equal rows to one side of a split, so that no split is judged by rows that another has learned from.

`splits` divides the rows first. A row that moves changes places with one of its class that has no equal, so that every
split keeps its size and its shares of the classes.
"""

from collections.abc import Mapping

import numpy as np

from ..arrays import Array
from .duplicates import MOST_CELLS_TO_HASH
from .examples import Examples
from .hashing import all_differ
from .reading import Duplicates


def with_equal_rows_together(
    examples: Examples,
    parts: Mapping[str, Array],
    *,
    stratify: bool,
    duplicates: Duplicates | None,
    rng: np.random.Generator,
) -> dict[str, Array] | None:
    """The same parts with rows that are equal in every feature and the target in one of them; None if nothing moves.

    A set of equal rows goes to the split that holds most of it. With `duplicates` None, only if each row finds one to
    change places with; with "together" also at the cost of the sizes.
    """
    cells = examples.m * (examples.numbers.shape[1] + examples.codes.shape[1])
    if duplicates == "apart" or cells > MOST_CELLS_TO_HASH:
        return None
    if all_differ(hashes := examples.row_hashes.both):
        return None
    names = list(parts)
    split = np.full(examples.m, -1, dtype=np.int64)
    for at, name in enumerate(names):
        split[parts[name]] = at
    rows = np.flatnonzero(split >= 0)
    y = examples.y if examples.classes and stratify else np.zeros(examples.m, dtype=np.int64)
    _, group, sizes = np.unique(hashes[rows], return_inverse=True, return_counts=True)
    home = _fullest(group, split[rows], len(sizes), len(names))
    moving = rows[split[rows] != home[group]]
    if not len(moving):
        return None
    target = home[group[split[rows] != home[group]]]
    alone = rng.permutation(rows[sizes[group] == 1])
    moved = split.copy()
    moved[moving] = target
    for start in range(len(names)):
        for end in range(len(names)):
            for of_class in np.unique(y[moving]):
                leaving = int(((split[moving] == start) & (target == end) & (y[moving] == of_class)).sum())
                partners = alone[(moved[alone] == end) & (split[alone] == end) & (y[alone] == of_class)][:leaving]
                if len(partners) < leaving and duplicates is None:
                    return None
                moved[partners] = start
    return _rearranged(parts, split, moved, rng)


def _fullest(group: Array, split: Array, n_groups: int, n_splits: int) -> Array:
    """(g,) the split that holds most rows of each set; the first of equal ones."""
    counts = np.bincount(group * n_splits + split, minlength=n_groups * n_splits).reshape(n_groups, n_splits)
    fullest: Array = counts.argmax(axis=1)
    return fullest


def _rearranged(parts: Mapping[str, Array], before: Array, after: Array, rng: np.random.Generator) -> dict[str, Array]:
    """The parts after the moves: train in its order with newcomers in the places of those that left, others sorted."""
    found = {}
    for at, (name, rows) in enumerate(parts.items()):
        new = np.flatnonzero((after == at) & (before != at))
        if name != "train":
            found[name] = np.sort(np.concatenate([rows[after[rows] == at], new]))
            continue
        new = rng.permutation(new)
        leaves = np.flatnonzero(after[rows] != at)
        arranged = rows.copy()
        arranged[leaves[: len(new)]] = new[: len(leaves)]
        kept = np.delete(arranged, leaves[len(new) :])
        found[name] = np.concatenate([kept, new[len(leaves) :]])
    return found
