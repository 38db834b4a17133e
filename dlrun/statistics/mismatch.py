"""Tests whether train and dev rows come from one distribution: can a learner tell them apart better than by chance?

If they differ, the gap from train to dev error is not variance alone: part of it comes from the other distribution. The
diagnosis turns the result into a finding.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ..arrays import Array, Rows
from .ranks import ranks_of

# With this many relabelings the smallest p-value is 1 / 200.
PERMUTATIONS = 199

# A shift is reported if it is both certain and large: a significant but tiny shift does no harm. The AUC is a judgement
# of the research (section 3.3), not simulated; the p-value allows one false alarm in a hundred.
MOST_P_VALUE = 0.01
LEAST_AUC = 0.60

# Rows of both splits together: an AUC of 0.60 is certain at 500 and 500, and the test then takes 0.05 s with 10
# features and 0.3 s with 784.
MOST_ROWS = 1000

# If there are more columns than this, a random choice is used.
MOST_FEATURES = 1000

# Random cosines, in addition to each feature and its square: they see changes in how features go together.
COSINES = 50

# The ridge, as a share of the rows. Every column has variance 1, so directions with a variance below this are shrunk to
# less than a half. Chosen among 0.01 to 10: a smaller ridge misses a moved mean (p <= .01 in 48% at 0.01, 77% at 0.3),
# a larger one misses a changed correlation (44% at 0.3, 13% at 10).
RIDGE = 0.3

# Outliers are clipped to this many standard deviations; otherwise their squares would decide alone.
FARTHEST = 5.0

# A feature is named if chance moves any feature so far only in one case of a hundred; at most this many are named.
NAMING_P_VALUE = 0.01
MOST_NAMED = 5


@dataclass(frozen=True)
class Moved:
    """A feature that moved: its index, the difference of means in pooled SDs, and the ratio of SDs, dev to train."""

    index: int
    mean_shift: float
    scale_ratio: float


class Shift(NamedTuple):
    """The permutation test's p-value, the leave-one-out AUC of telling the splits apart, and what moved most."""

    p_value: float
    auc: float
    moved: tuple[Moved, ...]

    def is_told(self) -> bool:
        """Whether the shift is certain and large."""
        return self.p_value <= MOST_P_VALUE and self.auc >= LEAST_AUC


def distribution_shift(train: Rows, dev: Rows, *, rng: np.random.Generator, permutations: int = PERMUTATIONS) -> Shift:
    """The permutation test that train (a, n) and dev (b, n) have one distribution, by a ridge learner in closed form.

    The learner sees z, z^2 - 1 and random cosines of z. Its score of a row comes from all other rows, by the hat
    matrix: s_i = ((Hy)_i - H_ii y_i) / (1 - H_ii). Relabeling changes y alone, so one H serves all permutations, and
    the p-value is exact: at most p with probability p, whatever the rows. After Lopez-Paz and Oquab 2017, with a
    permutation test for the normal approximation, which rejects too often.

    Measured (`python -m tests.benchmarks.mismatch --draws 500`, 10 features, 500 rows by 200): without a shift p <= .05
    in 5.2%, p <= .01 in 1.4%, reported in 0.2%. Reported with a mean moved by 0.5 SD in one feature in 44%, by 0.75 SD
    in 99%, a spread of 1.5 in two in 98%, a correlation of 0.7 between two in 16%. At 100 rows by 50: reported without
    a shift in 1.0%, with these in 10, 33, 24 and 5%.
    """
    some_train, some_dev = subsampled(train, dev, rng)
    columns = np.arange(some_train.shape[1])
    if len(columns) > MOST_FEATURES:
        columns = np.sort(rng.choice(columns, MOST_FEATURES, replace=False))
    a, b = (np.asarray(part[:, columns], dtype=np.float64) for part in (some_train, some_dev))
    moved = tuple(replace(item, index=int(columns[item.index])) for item in moved_features(a, b))
    is_dev = np.r_[np.zeros(len(a)), np.ones(len(b))]
    labels = np.stack([is_dev, *(rng.permutation(is_dev) for _ in range(permutations))], axis=1)
    aucs = areas_under_curve(leave_one_out_scores(learner_columns(np.vstack([a, b]), rng), labels), labels)
    at_least = int((aucs[1:] >= aucs[0] - 1e-12).sum())
    return Shift((1 + at_least) / (1 + permutations), float(aucs[0]), moved)


def subsampled(train: Rows, dev: Rows, rng: np.random.Generator) -> tuple[Array, Array]:
    """Both splits, with at most MOST_ROWS rows together, half and half where both are large."""
    half = MOST_ROWS // 2
    sizes = min(len(train), max(half, MOST_ROWS - len(dev))), min(len(dev), max(half, MOST_ROWS - len(train)))

    def some_of(part: Rows, size: int) -> Array:
        return part.take(np.sort(rng.choice(len(part), size, replace=False)), axis=0)

    return some_of(train, sizes[0]), some_of(dev, sizes[1])


def learner_columns(rows: Array, rng: np.random.Generator) -> Array:
    """(m, 2n + COSINES) centred columns of variance 1 (a constant one is 0): z, z^2 - 1, cos(w z + b)."""
    z = np.clip(standardised(rows), -FARTHEST, FARTHEST)
    # w z has variance 1 for independent features: a cosine then makes about one turn over most of the rows.
    directions = rng.standard_normal((z.shape[1], COSINES)) / np.sqrt(max(1, z.shape[1]))
    cosines = np.cos(z @ directions + rng.uniform(0, 2 * np.pi, COSINES))
    return standardised(np.hstack([z, z**2 - 1, cosines]))


def standardised(columns: Array) -> Array:
    centred = columns - columns.mean(axis=0)
    spread = centred.std(axis=0)
    # A constant column may hold the round-off of its mean.
    scaled: Array = centred / np.where(spread > 1e-9 * (1 + np.abs(columns).max(axis=0)), spread, np.inf)
    return scaled


def leave_one_out_scores(columns: Array, labels: Array) -> Array:
    """(m, k) scores of each row for each of k labelings (m, k), from a ridge fit with intercept to the other rows."""
    hat = hat_matrix(columns)
    own = np.diag(hat)[:, None]
    scores: Array = (hat @ labels - own * labels) / (1 - own)
    return scores


def hat_matrix(columns: Array) -> Array:
    """(m, m) H = C (C'C + rI)^-1 C' + 1/m of centred columns C (m, p), by whichever of C'C and CC' is smaller."""
    m, p = columns.shape
    hat: Array
    if p < m:
        hat = columns @ np.linalg.solve(columns.T @ columns + RIDGE * m * np.eye(p), columns.T)
    else:
        products = columns @ columns.T
        hat = np.linalg.solve(products + RIDGE * m * np.eye(m), products)
    hat += 1 / m
    return hat


def areas_under_curve(scores: Array, labels: Array) -> Array:
    """(k,) areas under the ROC curve, one for each column, by ranks; ties count a half."""
    positive = labels.sum(axis=0)
    ranks = (ranks_of(scores) * labels).sum(axis=0)
    areas: Array = (ranks - positive * (positive + 1) / 2) / (positive * (len(labels) - positive))
    return areas


def moved_features(train: Array, dev: Array) -> list[Moved]:
    """The features whose mean or spread moved further than chance would move any, the furthest first."""
    a, b, n = len(train), len(dev), train.shape[1]
    pooled = np.vstack([train, dev]).std(axis=0)
    is_varied = (train.std(axis=0) > 0) & (dev.std(axis=0) > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(pooled > 0, (dev.mean(axis=0) - train.mean(axis=0)) / pooled, 0.0)
        ratio = np.where(is_varied, dev.std(axis=0) / train.std(axis=0), 1.0)
    # In standard errors: of a difference of means, and of the logarithm of a ratio of SDs of normal values.
    of_mean = np.abs(shift) / np.sqrt(1 / a + 1 / b)
    of_scale = np.abs(np.log(ratio)) / np.sqrt(0.5 / a + 0.5 / b)
    furthest = np.maximum(of_mean, of_scale)
    bar = -NormalDist().inv_cdf(NAMING_P_VALUE / (4 * max(1, n)))
    order = np.argsort(-furthest, kind="stable")[:MOST_NAMED]
    return [Moved(int(at), float(shift[at]), float(ratio[at])) for at in order if furthest[at] > bar]


def told_features(moved: Sequence[Moved], names: Sequence[str]) -> str:
    """What moved, in words: "x3 (mean +0.8 SD), x7 (spread 1.5 times)"."""
    if not moved:
        return "no feature stands out by itself, so what changed is how they go together"
    return "moved most: " + ", ".join(f"{names[item.index]} ({told_move(item)})" for item in moved)


def told_move(item: Moved) -> str:
    """The mean or the spread, whichever moved further."""
    if abs(item.mean_shift) >= abs(np.log(item.scale_ratio)):
        return f"mean {item.mean_shift:+.1f} SD"
    return f"spread {item.scale_ratio:.2g} times"
