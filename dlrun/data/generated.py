"""The generators of scikit-learn that need a few lines each, without its import, which takes longer than a training.

The numbers are the same to the bit: the same draws in the same order of the same (older) random generator of NumPy.
Rows are X (m, n) and y (m,).
"""

import numpy as np

from ..arrays import Array

# Where scikit-learn's blobs have their centres, in each feature.
LOWEST_CENTRE, HIGHEST_CENTRE = -10.0, 10.0

# The largest coefficient of scikit-learn's regression.
STEEPEST = 100

Rows = tuple[Array, Array]


def moons(seed: int, *, samples: int, noise: float) -> Rows:
    """Two half circles of radius 1 that reach into each other."""
    rng, sizes = np.random.RandomState(seed), _halves(samples)
    outer, inner = (np.linspace(0, np.pi, size) for size in sizes)
    x = np.append(np.cos(outer), 1 - np.cos(inner))
    y = np.append(np.sin(outer), 1 - np.sin(inner) - 0.5)
    return _noisy(x, y, sizes, noise, rng)


def circles(seed: int, *, samples: int, noise: float, factor: float) -> Rows:
    """A circle of radius 1 around one of radius `factor`."""
    rng, sizes = np.random.RandomState(seed), _halves(samples)
    outer, inner = (np.linspace(0, 2 * np.pi, size, endpoint=False) for size in sizes)
    x = np.append(np.cos(outer), np.cos(inner) * factor)
    y = np.append(np.sin(outer), np.sin(inner) * factor)
    return _noisy(x, y, sizes, noise, rng)


def blobs(seed: int, *, samples: int, features: int, classes: int, cluster_std: float) -> Rows:
    """Normal clouds around centres drawn at random, one a class."""
    rng = np.random.RandomState(seed)
    centres = rng.uniform(LOWEST_CENTRE, HIGHEST_CENTRE, size=(classes, features))
    sizes = [samples // classes + (at < samples % classes) for at in range(classes)]
    X = np.vstack(
        [rng.normal(centre, cluster_std, (size, features)) for centre, size in zip(centres, sizes, strict=True)]
    )
    return _shuffled(X, np.repeat(np.arange(classes), sizes), rng)


def regression(seed: int, *, samples: int, features: int, informative: int, noise: float) -> Rows:
    """A linear target of the `informative` ones of normal features, in an order drawn at random."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((samples, features))
    coefficients = np.zeros((features, 1))
    coefficients[:informative] = STEEPEST * rng.uniform(size=(informative, 1))
    y = X @ coefficients
    if noise > 0:
        y += rng.normal(scale=noise, size=y.shape)
    X, y = _shuffled(X, y, rng)
    order = np.arange(features)
    rng.shuffle(order)
    return X.take(order, axis=1), y[:, 0]


def _halves(samples: int) -> tuple[int, int]:
    return samples // 2, samples - samples // 2


def _noisy(x: Array, y: Array, sizes: tuple[int, int], noise: float, rng: np.random.RandomState) -> Rows:
    """Points of two classes in random order, each moved by normal noise."""
    X, classes = _shuffled(np.stack([x, y], axis=1), np.repeat([0, 1], sizes), rng)
    X += rng.normal(scale=noise, size=X.shape)
    return X, classes


def _shuffled(X: Array, y: Array, rng: np.random.RandomState) -> Rows:
    order = np.arange(len(X))
    rng.shuffle(order)
    return X[order], y[order]
