"""The tasks of the benchmark: data sets with a fixed split, made from a seed, of which some have a known optimal error.

A task is a function from a generator to (X, y); one row of TASKS says how many rows it is split into, and what the best
possible predictor gets wrong. KNOWN are those on which thresholds were chosen, FRESH those that chose nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

Rows = tuple[np.ndarray, np.ndarray]


class Task(NamedTuple):
    """rows : of train, dev and test. optimal_error : of the best possible predictor, where it is known."""

    make: Callable[[np.random.Generator, int], Rows]
    rows: tuple[int, int, int]
    optimal_error: float | None = None
    regression: bool = False


def bundled(word: str) -> Callable[[np.random.Generator, int], Rows]:
    """A scikit-learn set, shuffled."""

    def make(rng: np.random.Generator, m: int) -> Rows:
        from sklearn import datasets

        X, y = getattr(datasets, f"load_{word}")(return_X_y=True)
        order = rng.permutation(len(X))[:m]
        return X[order], y[order]

    return make


def xor8(rng: np.random.Generator, m: int) -> Rows:
    """Two of eight inputs decide by the product of their signs."""
    X = rng.standard_normal((m, 8))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def teacher12(rng: np.random.Generator, m: int) -> Rows:
    """A random network of eight tanh units over twelve inputs, thresholded at its median."""
    X = rng.standard_normal((m, 12))
    score = np.tanh(X @ rng.standard_normal((12, 8))) @ rng.standard_normal(8)
    return X, (score > np.median(score)).astype(int)


def gaussians(distance: float, dimensions: int) -> Callable[[np.random.Generator, int], Rows]:
    """Two normal classes of equal size whose means lie `distance` apart; the optimal error is Phi(-distance / 2)."""

    def make(rng: np.random.Generator, m: int) -> Rows:
        y = rng.integers(2, size=m)
        X = rng.standard_normal((m, dimensions))
        X += np.outer(2 * y - 1, np.full(dimensions, distance / 2 / dimensions**0.5))
        return X, y

    return make


def rare(rng: np.random.Generator, m: int) -> Rows:
    """One class is 5% of the rows, three standard deviations away along the diagonal of six inputs."""
    y = (rng.random(m) < 0.05).astype(int)
    return rng.standard_normal((m, 6)) + np.outer(y, np.full(6, 3 / 6**0.5)), y


def friedman(rng: np.random.Generator, m: int) -> Rows:
    """Friedman's first function with noise of deviation 1 (Friedman 1991); a regression."""
    from sklearn.datasets import make_friedman1

    return make_friedman1(m, noise=1.0, random_state=int(rng.integers(2**31)))


def hastie(rng: np.random.Generator, m: int) -> Rows:
    """Whether the squared length of ten normal inputs exceeds its median (Hastie et al., chapter 10)."""
    X = rng.standard_normal((m, 10))
    return X, ((X**2).sum(axis=1) > 9.34).astype(int)


def rings(rng: np.random.Generator, m: int) -> Rows:
    """Three rings around the origin in two of five inputs."""
    y = rng.integers(3, size=m)
    radius, angle = 1 + y + 0.18 * rng.standard_normal(m), rng.uniform(0, 2 * np.pi, m)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), rng.standard_normal((m, 3))]), y


def clusters(rng: np.random.Generator, m: int) -> Rows:
    """Five classes of two clusters each in twelve inputs, half of them informative."""
    from sklearn.datasets import make_classification

    shape = {"n_features": 12, "n_informative": 6, "n_redundant": 2, "n_classes": 5, "n_clusters_per_class": 2}
    return make_classification(m, class_sep=1.6, flip_y=0.0, random_state=int(rng.integers(2**31)), **shape)


def waves(rng: np.random.Generator, m: int) -> Rows:
    """Which of two frequencies a noisy wave of 24 samples with a random phase has."""
    y = rng.integers(2, size=m)
    t, phase = np.arange(24), rng.uniform(0, 2 * np.pi, (m, 1))
    return np.sin(np.where(y, 0.9, 0.6)[:, None] * t + phase) + 0.6 * rng.standard_normal((m, 24)), y


KNOWN = {
    "digits": Task(bundled("digits"), (600, 300, 897)),
    "breast_cancer": Task(bundled("breast_cancer"), (300, 130, 139)),
    "xor8": Task(xor8, (400, 300, 4300), 0.0),
    "teacher12": Task(teacher12, (600, 300, 4100), 0.0),
    # Phi(-1.0364) is 0.15, Phi(-1.6449) is 0.05.
    "gauss10": Task(gaussians(2 * 1.64485, 10), (600, 300, 4100), 0.05),
    "gauss2": Task(gaussians(2 * 1.03643, 2), (600, 300, 4100), 0.15),
    "rare": Task(rare, (600, 300, 4100)),
    # The noise's variance is 1, that of the function 23.8 (measured on a million rows).
    "friedman": Task(friedman, (600, 300, 4100), 1 / 24.8, regression=True),
}
FRESH = {
    "hastie": Task(hastie, (800, 300, 3900), 0.0),
    "rings": Task(rings, (600, 300, 4100)),
    "clusters": Task(clusters, (800, 300, 3900)),
    "waves": Task(waves, (600, 300, 4100)),
}
TASKS = {**KNOWN, **FRESH}


def arrays_of(name: str, seed: int) -> dict[str, np.ndarray]:
    """x_train, y_train, x_dev and so on: one draw of a task, split."""
    task = TASKS[name]
    rng = np.random.default_rng([seed, *name.encode()])
    X, y = task.make(rng, sum(task.rows))
    ends = np.cumsum(task.rows)
    parts = zip(("train", "dev", "test"), np.split(np.arange(len(X)), ends[:-1]), strict=True)
    return {f"{letter}_{part}": array[rows] for part, rows in parts for letter, array in (("x", X), ("y", y))}


def write_task(folder: Path, name: str, arrays: dict[str, np.ndarray]) -> Path:
    """The task as a file that a config can name."""
    path = folder / f"{name}.npz"
    np.savez(path, **arrays)
    return path
