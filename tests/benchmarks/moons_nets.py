"""Many small networks trained at once on tables of two noisy moons: real trainings whose true error is measured.

One array holds the weights of all, so a thousand trainings of 150 steps take two seconds.
"""

from typing import NamedTuple

import numpy as np

from dlrun.statistics.seeds import RowErrors

# Fresh rows, of which the true error of each network is measured.
FRESH = 4000

# Networks that are trained together: their activations then fit into a processor's cache.
TOGETHER = 200

STEPS, RATE, NOISE, FLIPPED = 150, 0.05, 0.25, 0.1


class Swept(NamedTuple):
    """Settings (k) trained with each seed on one table. true : (k, seeds) errors on fresh rows."""

    trainings: list[list[RowErrors]]
    true: np.ndarray


def moons(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """X (rows, 2) float32 and y (rows,) in 0, 1, of which a tenth are flipped."""
    y, angle = rng.integers(0, 2, rows), rng.uniform(0, np.pi, rows)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    X = np.where(y[:, None] == 0, upper, [1, 0.5] - upper) + rng.normal(scale=NOISE, size=(rows, 2))
    return X.astype(np.float32), np.where(rng.random(rows) < FLIPPED, 1 - y, y)


def trained(X: np.ndarray, y: np.ndarray, width: int, rng: np.random.Generator) -> list[np.ndarray]:
    """The weights of networks 2 - width - 1 of tanh units for X (n, m, 2), y (n, m); full batches, Adam."""
    n, m, _ = X.shape
    shapes, scales = [(2, width), (1, width), (width, 1), (1, 1)], (1.0, 0.0, width**-0.5, 0.0)
    weights = [
        scale * rng.normal(size=(n, *shape)).astype(np.float32) for shape, scale in zip(shapes, scales, strict=True)
    ]
    moments = [(np.zeros_like(part), np.zeros_like(part)) for part in weights]
    for step in range(1, STEPS + 1):
        hidden = np.tanh(X @ weights[0] + weights[1])
        pull = (1 / (1 + np.exp(-(hidden @ weights[2] + weights[3]))) - y[:, :, None]).astype(np.float32) / m
        below = (pull @ weights[2].transpose(0, 2, 1)) * (1 - hidden * hidden)
        gradients = [
            X.transpose(0, 2, 1) @ below,
            below.sum(axis=1, keepdims=True),
            hidden.transpose(0, 2, 1) @ pull,
            pull.sum(axis=1, keepdims=True),
        ]
        for part, (mean, square), gradient in zip(weights, moments, gradients, strict=True):
            mean += 0.1 * (gradient - mean)
            square += 0.01 * (gradient**2 - square)
            part -= RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


def answers(weights: list[np.ndarray], X: np.ndarray) -> np.ndarray:
    """(n, m) booleans of X (n, m, 2) or (m, 2)."""
    return ((np.tanh(X @ weights[0] + weights[1]) @ weights[2] + weights[3])[..., 0]) > 0


def swept(rng: np.random.Generator, tables: int, rows: int, dev: float, seeds: int, widths: list[int]) -> list[Swept]:
    """A sweep over the widths with so many seeds, on each of so many tables, a share `dev` of their rows dev."""
    fresh_X, fresh_y = moons(rng, FRESH)
    drawn = [moons(rng, rows) for _ in range(tables)]
    m = round(dev * rows)
    order = np.stack([[rng.permutation(rows) for _ in range(seeds)] for _ in range(tables)])
    X, y = np.stack([X for X, _ in drawn]), np.stack([y for _, y in drawn])
    wrong = np.empty((tables, len(widths), seeds, m), bool)
    true = np.empty((tables, len(widths), seeds))
    places = [(table, seed) for table in range(tables) for seed in range(seeds)]
    for k, width in enumerate(widths):
        for start in range(0, len(places), TOGETHER):
            table, seed = np.array(places[start : start + TOGETHER]).T
            own = order[table, seed]
            train, held = own[:, m:], own[:, :m]
            weights = trained(X[table[:, None], train], y[table[:, None], train], width, rng)
            wrong[table, k, seed] = answers(weights, X[table[:, None], held]) != y[table[:, None], held]
            for i in range(len(table)):
                one = [part[i] for part in weights]
                true[table[i], k, seed[i]] = np.mean(answers(one, fresh_X) != fresh_y)
    return [
        Swept(
            [[RowErrors(s, order[t, s, :m], wrong[t, k, s]) for s in range(seeds)] for k in range(len(widths))], true[t]
        )
        for t in range(tables)
    ]
