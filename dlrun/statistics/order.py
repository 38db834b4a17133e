"""Whether rows next to each other are answered alike, which rows in no order are not.

Two statistics of residuals along the order of the rows: their autocorrelation over the first few lags, which a level
that drifts raises; and the same with neighbours weighted by how alike their inputs are, which a slope that drifts
raises. Both are judged by shuffled orders, exactly whatever the residuals are like (Wald and Wolfowitz 1943, "An exact
test for randomness in the non-parametric case based on serial correlation").
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import Array

# Shuffled orders of a first look, by whose spread a statistic is so many standard errors above chance; and of the exact
# test, for those that are.
FIRST_SHUFFLES, SUSPICIOUS, SHUFFLES = 9, 2.5, 999

# Rows count as neighbours up to this many places apart; what drifts does so over more rows than that, and five times as
# many pairs show half the drift. By inputs only the next row counts: more would find the writers of digits.
LAGS = 5

# As many orders with as much decide that it is chance (Besag and Clifford 1991, sequential Monte Carlo p-values). One
# does: what is told has none in SHUFFLES.
ENOUGH = 1


class Alike(NamedTuple):
    """The correlation of neighbours' residuals, and the chance of one so large in rows of no order; rows looked at.

    correlation : the mean over the lags of what is told. by_inputs : whether the chance is that of neighbours weighted
    by their inputs.
    """

    correlation: float
    p_value: float
    rows: int
    by_inputs: bool


def neighbours_alike(residuals: Array, X: Array, split: Array, rng: np.random.Generator) -> Alike:
    """Of residuals (m, k) and inputs X (m, n) in the order of the rows; `split` (m,) says what each row was used for.

    Rows are shuffled within their splits only: those that were learned from have smaller residuals. X may have no
    columns, and then the second statistic is left out.
    """
    values, members = _scaled(residuals, split)
    statistics = [((values,), LAGS), ((values, X), 1)] if X.shape[1] else [((values,), LAGS)]
    order = np.arange(len(values))
    chances = [_chance(factors, lags, members, rng) for factors, lags in statistics]
    best = int(np.argmin(chances))
    correlation = float(_products((values,), order, statistics[best][1]).mean())
    return Alike(correlation, min(1.0, len(chances) * chances[best]), len(values), best == 1)


class Together(NamedTuple):
    """The mean correlation of the residuals of two rows of one group, over so many pairs, and the chance of one so
    large where rows are in no groups.
    """

    correlation: float
    pairs: int
    p_value: float


def together_in_groups(residuals: Array, groups: Array, split: Array, rng: np.random.Generator) -> Together | None:
    """Whether residuals (m, k) of rows of one group go together; `groups` and `split` (m,) say what each row is of.

    Rows are shuffled within their splits only. None without two rows in a group.
    """
    _, codes = np.unique(groups, return_inverse=True)
    values, members = _scaled(residuals, split)
    counts = np.bincount(codes)
    pairs = int((counts * (counts - 1)).sum()) // 2

    def of_pairs(order: Array) -> float:
        """The sum of the products of all pairs of rows in one group."""
        moved = values[order]
        sums = np.stack([np.bincount(codes, column) for column in moved.T])
        return float((np.square(sums).sum() - np.square(moved).sum()) / 2)

    if not pairs:
        return None
    found, as_much = of_pairs(np.arange(len(values))), 0
    for shuffles in range(1, SHUFFLES + 1):
        as_much += of_pairs(_shuffled(members, rng)) >= found
        if as_much == ENOUGH:
            return Together(found / pairs, pairs, ENOUGH / shuffles)
    return Together(found / pairs, pairs, (1 + as_much) / (1 + SHUFFLES))


def _scaled(residuals: Array, split: Array) -> tuple[Array, list[Array]]:
    """Residuals (m, k) with mean 0 and mean square 1 in each split, and the places of each split's rows."""
    values, members = residuals.astype(np.float64), [np.flatnonzero(split == name) for name in np.unique(split)]
    for of_split in members:
        values[of_split] -= values[of_split].mean(axis=0)
        size = np.sqrt(np.square(values[of_split]).sum(axis=1).mean())
        values[of_split] /= size or 1.0
    return values, members


def _products(factors: Sequence[Array], order: Array, most: int) -> Array:
    """(p,) the scalar products of the rows of all pairs up to so many places apart, multiplied over the factors (m, ·).

    The pairs are those of `_pairs`; each factor is put in order once, and its rows meet those that follow them.
    """
    products: Array = np.ones(1)
    for ordered in (factor.take(order, axis=0) for factor in factors):
        by_lag = [np.einsum("ij,ij->i", ordered[:-lag], ordered[lag:]) for lag in _lags(order, most)]
        products = products * np.concatenate(by_lag)
    return products


def _lags(order: Array, most: int) -> range:
    return range(1, min(most, len(order) - 1) + 1)


def _pairs(order: Array, most: int) -> tuple[Array, Array]:
    """(p,) and (p,) the rows of all pairs up to so many places apart in an order (m,)."""
    lags = _lags(order, most)
    return np.concatenate([order[:-lag] for lag in lags]), np.concatenate([order[lag:] for lag in lags])


def _chance(factors: Sequence[Array], lags: int, members: Sequence[Array], rng: np.random.Generator) -> float:
    """The chance of products of neighbours as large as those of the rows as they are, where rows are in no order."""
    neighbours = _products(factors, np.arange(len(factors[0])), lags)
    orders = [_shuffled(members, rng) for _ in range(FIRST_SHUFFLES)]
    of_chance = np.concatenate([_products(factors, order, lags) for order in orders])
    error = float(of_chance.std() / np.sqrt(len(neighbours))) or 1.0
    distance = float(neighbours.mean() - of_chance.mean()) / error
    if distance < SUSPICIOUS:
        return 0.5 * math.erfc(distance / math.sqrt(2))
    sum_of, total, as_much = _sums(factors, lags), float(neighbours.sum()), 0
    for shuffles in range(1, SHUFFLES + 1):
        as_much += sum_of(_shuffled(members, rng)) >= total
        if as_much == ENOUGH:
            return ENOUGH / shuffles
    return (1 + as_much) / (1 + SHUFFLES)


def _sums(factors: Sequence[Array], lags: int) -> Callable[[Array], float]:
    """A function from an order of the rows to the sum of `_products`, quick for many orders.

    Of one factor it is a scalar product a lag. Of several, those of all pairs of rows are multiplied once, and an order
    looks up its own.
    """
    if len(factors) == 1:

        def by_lag(order: Array) -> float:
            ordered = factors[0].take(order, axis=0)  # five times as fast as factors[0][order]
            return float(sum(np.vdot(ordered[:-lag], ordered[lag:]) for lag in _lags(order, lags)))

        return by_lag
    first, *others = (factor.astype(np.float32) for factor in factors)
    table = first @ first.T
    for factor in others:
        table *= factor @ factor.T
    return lambda order: float(table[_pairs(order, lags)].sum())


def _shuffled(members: Sequence[Array], rng: np.random.Generator) -> Array:
    """An order of the rows in which each split's rows have changed places among themselves."""
    order = np.empty(sum(map(len, members)), dtype=np.int64)
    for of_split in members:
        order[of_split] = rng.permutation(of_split)
    return order


def is_sorted_by(y: Array, *, classes: int | None) -> bool:
    """Whether rows stand by their target y (m,), which makes neighbours alike in every way and says nothing of time.

    By class: it changes along the rows in less than a tenth of the places that chance would have. A number: nine of
    ten steps go to one side.
    """
    if len(y) < 2:
        return True
    if classes is None:
        steps = np.diff(y)
        return bool(max((steps >= 0).mean(), (steps <= 0).mean()) > 0.9)
    shares = np.bincount(y.astype(np.int64), minlength=classes) / len(y)
    return bool((y[1:] != y[:-1]).mean() < 0.1 * (1 - np.square(shares).sum()))
