"""What being the best of many settings is worth: the honest error of the winner, and which others may be as good.

The lowest of many errors is lower than what it measures. So the choice is made again and again on some of the rows and
seeds, and measured on the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .intervals import CONFIDENCE, Interval
from .seeds import RowErrors, rows_behind, share_interval, spread_of
from .variance import SeedPrior

# More settings are not chosen among again; the others' errors are higher, and they win no bag.
MOST_SETTINGS = 500

# The mean over so many choices varies by a twentieth of what a single one does.
CHOICES = 400

# Rows are put together into so many clusters at most: memory and time stay the same for any number of rows, and a bag
# of clusters is as good as one of rows.
MOST_CLUSTERS = 2000


@dataclass(frozen=True)
class Clusters:
    """The dev rows of some seeds, put together. rows (u,) in order, clusters (u,) of each, seeds (S,).

    counts (S, C) : of how many rows each seed's error is the mean, by cluster; by weight where rows have some.
    pulls (S, C) : by how much a cluster's sum of errors is expected to grow with the mean error: `counts`, or for a
    regression the squared distances of the targets.
    """

    seeds: tuple[int, ...]
    rows: Array
    clusters: Array
    counts: Array
    pulls: Array

    def sums(self, trainings: Sequence[RowErrors]) -> Array | None:
        """The errors of another setting (S, C), added up; None unless it has these seeds with these rows."""
        of_seed = {one.seed: one for one in trainings}
        if not all(seed in of_seed for seed in self.seeds):
            return None
        found = np.empty_like(self.counts)
        for place, one in enumerate(of_seed[seed] for seed in self.seeds):
            where = np.minimum(np.searchsorted(self.rows, one.rows), len(self.rows) - 1)
            if not np.array_equal(self.rows[where], one.rows):
                return None
            found[place] = self.added(where, one.shares() * one.errors)
            if not np.allclose(self.added(where, one.shares()), self.counts[place], rtol=1e-4):
                return None
        return found

    def added(self, where: Array, values: Array) -> Array:
        """Values (m,) of the rows at these places, added up by cluster (C,)."""
        return np.bincount(self.clusters[where], weights=values, minlength=self.counts.shape[1])


def clusters_of(trainings: Sequence[RowErrors]) -> Clusters:
    """The clusters of the rows of these trainings: each row alone, or at random with others where they are many."""
    rows = np.unique(np.concatenate([one.rows for one in trainings]))
    few = min(len(rows), MOST_CLUSTERS)
    clusters = np.random.default_rng(0).permutation(len(rows)) % few
    counts, pulls = (np.zeros((len(trainings), few), np.float32) for _ in range(2))
    seeds = tuple(one.seed for one in trainings)
    empty = Clusters(seeds, rows, clusters, counts, pulls)
    for place, one in enumerate(trainings):
        where = np.searchsorted(rows, one.rows)
        counts[place] = empty.added(where, one.shares())
        pulls[place] = counts[place] if one.targets is None else empty.added(where, one.pulls())
    return empty


def errors_elsewhere(sums: Array, counts: Array) -> Array:
    """The errors (CHOICES,) of winners on rows and a seed that had no part in choosing them.

    sums (k, S, C), counts (S, C) : of `Clusters`. Rows are drawn again, as many as there are, and one seed at a time is
    left out; the setting with the lowest error on the rest is measured on the rows that were not drawn, with that seed.
    A single seed is used for both. Source: Tsamardinos, Greasidou and Borboudakis 2018 (BBC-CV), for rows alone; but
    of settings that were trained with few seeds, the winner is also the one whose seeds were lucky.
    """
    k, S, C = sums.shape
    of_setting, left_out = sums.reshape(k * S, C).astype(np.float32, copy=False).T, np.arange(CHOICES) % S
    drawn = np.random.default_rng(0).multinomial(C, np.full(C, 1 / C), size=CHOICES)
    inside, outside = drawn.astype(np.float32), (drawn == 0).astype(np.float32)
    chosen_by = (np.arange(S) != left_out[:, None]) | (S == 1)
    weights = chosen_by / np.maximum(inside @ counts.T, np.finfo(np.float32).tiny)
    winners = np.einsum("bks,bs->bk", (inside @ of_setting).reshape(CHOICES, k, S), weights).argmin(axis=1)
    every = np.arange(CHOICES)
    errors = (outside @ of_setting).reshape(CHOICES, k, S)[every, winners, left_out]
    counted = (outside @ counts.T)[every, left_out]
    found: Array = errors[counted > 0].astype(np.float64) / counted[counted > 0]
    return found


@dataclass(frozen=True)
class Honest:
    """An error that choosing does not flatter, and its interval; None for an interval where the winner has none."""

    error: float
    interval: Interval | None


def honest_error(
    winner: Sequence[RowErrors],
    sums: Array,
    counts: Array,
    confidence: float = CONFIDENCE,
    prior: SeedPrior | None = None,
) -> Honest | None:
    """The error that the winner of k settings has on fresh rows, the mean of `errors_elsewhere`; None without such.

    winner : its trainings. sums (k, S, C), counts (S, C) : of all settings, from `Clusters`. prior : what these say of
    the seeds of a mean (`pooled.prior_of_means`). The interval is as wide
    as that of the winner's own error (`spread_of`): `errors_elsewhere`, each of a third of the rows, spread more.

    Measured (`python -m tests.benchmarks.sweep_statistics --draws 300`, 120 dev rows a seed, errors of 15%): of 500
    equal settings with five seeds that differ, the winner is 5.6 points too low, this error 0.0, and the interval
    covers in 97%. Where few are better it is pessimistic, since they are found less often by a part of the rows: by 0.6
    points with 3 of 50 (81%), 1.6 with 3 of 500 (73%). With a single seed each it knows nothing of the luck of seeds:
    where rows are all that varies it is 0.5 points too low with 50 equal settings (96%), and else 5.2 (56%).
    """
    own = spread_of(winner, confidence, prior)
    if len(sums) == 1:
        return Honest(own.mean, own.interval)
    errors = errors_elsewhere(sums, counts)
    if not len(errors):
        return None
    error = float(errors.mean())
    if own.interval is None:
        return Honest(error, None)
    if not winner[0].is_share:
        lower, upper = (max(0.0, end + error - own.mean) for end in own.interval)
        return Honest(error, (lower, upper))
    return Honest(error, share_interval(error, rows_behind(winner, confidence, prior), confidence))


def told_apart(p_values: Sequence[float], settings: int, confidence: float = CONFIDENCE) -> list[bool]:
    """Which settings are surely worse than the winner of so many, from the p-values of each against the winner.

    The winner was chosen by the same rows, so it stands at one end of all of them: with k equally good settings, that
    is the largest of k (k - 1) / 2 differences, not of k - 1. The smallest p-value must therefore be at most
    (1 - confidence) over the number of these pairs; then it leaves, and the next is judged among the pairs that remain.
    A sequentially rejective Bonferroni test (Holm 1979) of equality in the manner of the model confidence set (Hansen,
    Lunde and Nason 2011).

    Measured at 90% (`python -m tests.benchmarks.sweep_statistics --draws 120`), with what all settings say of the seeds
    (`pooled.prior_of_gaps`): of 6, 20 or 50 equal settings with two to five seeds any is told in 0 to 8% of sweeps, on
    networks in 0%; where seeds change some ten times as much as others, in 0 to 16%; with their own seeds alone in up
    to 52%. Of two, for which there is no more to learn, one in 2 to 13%. Of settings that are 10 points worse than a
    best of 5%, among 20, with two seeds 59% are told by 120 dev rows and 88% by 360, with three seeds 96% by 120; with
    their own seeds alone some 30%.

    Not chosen: the model confidence set's T_max, alone or before a bound on fewer pairs, which tells 95% of the same
    with two seeds, but calls any of 20 equal settings worse in 26% where seeds change some more; T_max against the mean
    of all, which tells 2% of 22 settings that are worse than two others; the studentised range, with up to 35%.
    """
    apart, remaining = [False] * len(p_values), settings
    for place in np.argsort(p_values, kind="stable").tolist():
        if remaining < 2 or p_values[place] > (1 - confidence) / (remaining * (remaining - 1) / 2):
            break
        apart[place], remaining = True, remaining - 1
    return apart
