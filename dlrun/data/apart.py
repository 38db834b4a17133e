"""Quick trainings on rows apart from those that are judged, and on as many rows drawn at random.

Rows are apart in time, where a learner sees only what comes before, or by group, where it sees no row of a judged
group. The two trainings judge the same rows and learn from equally many, so that only what they learn from differs.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..arrays import Array

# Rows in order are cut into so many parts, of which the later ones are judged; groups into so many that are judged.
BLOCKS, JUDGED_BLOCKS, GROUP_PARTS = 12, 8, 8

SEED = 0


class Part(NamedTuple):
    """The places of rows that are judged, of those apart from them, and of as many at random; all (·,)."""

    judged: Array
    apart: Array
    random: Array


def in_time(m: int, rng: np.random.Generator) -> Iterator[Part]:
    """The parts of m rows that stand in order: each later block by the rows before it."""
    ends = np.linspace(0, m, BLOCKS + 1).round().astype(int)
    for at in range(BLOCKS - JUDGED_BLOCKS, BLOCKS):
        judged = np.arange(ends[at], ends[at + 1])
        others = np.setdiff1d(np.arange(m), judged)
        yield Part(judged, np.arange(ends[at]), rng.choice(others, ends[at], replace=False))


def by_groups(group: Array, rng: np.random.Generator) -> Iterator[Part]:
    """The parts of rows with these group labels (m,): half of the rows of some groups, by the rows of the others."""
    labels = np.unique(group)
    for of_part in np.array_split(rng.permutation(labels), min(GROUP_PARTS, len(labels))):
        held = rng.permutation(np.flatnonzero(np.isin(group, of_part)))
        judged, rest = held[: (len(held) + 1) // 2], held[(len(held) + 1) // 2 :]
        apart = np.flatnonzero(~np.isin(group, of_part))
        yield Part(judged, apart, rng.choice(np.concatenate([apart, rest]), len(apart), replace=False))


def losses_of(X: Array, y: Array, part: Part, *, regression: bool) -> tuple[float, float]:
    """The errors on the judged rows of a random forest that learned the rows apart, and of one that learned the others.

    For a regression in units of the variance of y.
    """
    errors = []
    for learned in (part.apart, part.random):
        answers = forest(regression).fit(X[learned], y[learned]).predict(X[part.judged])
        truth = y[part.judged]
        wrong = np.square(answers - truth) / (float(y.var()) or 1.0) if regression else answers != truth
        errors.append(float(wrong.mean()))
    return errors[0], errors[1]


def forest(regression: bool):  # type: ignore[no-untyped-def]  # scikit-learn has no types
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestRegressor if regression else RandomForestClassifier)(random_state=SEED)
