"""What seeds make vary, learnt from all settings of a sweep together.

Two or three seeds say little of how much a setting varies by its seeds. Many settings with the same seeds say more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .best_of import Clusters
from .variance import SeedPrior, TwoWay

# What settings say of the seeds of a mean is worth this share of so many independent ones, for a seed may change all
# alike. Measured where it does: with .5, the intervals of two seeds cover 4 points less often.
SHARE_FOR_MEANS = 0.25

# The degrees of freedom and the overdispersion that are tried for the prior, evenly on a log scale. A share of wrong
# answers with an overdispersion of 100 differs by seed ten times as much as its rows make it differ. Degrees below
# a half say nothing.
TRIED_DEGREES, LEAST_DEGREES = 24, 0.5
TRIED_OVERDISPERSIONS, MOST_OVERDISPERSION = 60, 100.0

# Two settings say of each other only what their own gap says.
LEAST_SETTINGS = 3


@dataclass(frozen=True)
class Together:
    """How the mean errors (k,) of settings with the same seeds and rows vary together.

    by_row, by_seed, by_both (k, k) : products of their deviations, added up first as in `TwoWay`; a contrast c (k,) of
    settings has the sums of squares c G c. rows : each once.
    """

    by_row: Array
    by_seed: Array
    by_both: Array
    rows: int
    seeds: int

    def means(self) -> list[TwoWay]:
        """How the error of each setting varies."""
        return self.two_ways([np.diag(part) for part in (self.by_row, self.by_seed, self.by_both)])

    def gaps(self) -> list[TwoWay]:
        """How the gap of each setting to the mean of all varies."""
        return self.two_ways([centred(part) for part in (self.by_row, self.by_seed, self.by_both)])

    def two_ways(self, parts: Sequence[Array]) -> list[TwoWay]:
        """From the sums of squares (r,) by row, by seed and by both."""
        by_row, by_seed, by_both = (np.maximum(part, 0.0).tolist() for part in parts)
        sums = zip(by_row, by_seed, by_both, strict=True)
        return [TwoWay(row, seed, both, self.rows, self.seeds) for row, seed, both in sums]


def centred(products: Array) -> Array:
    """The sums of squares (k,) of each setting less the mean of all, from their products (k, k)."""
    of_mean = products.mean(axis=0)
    found: Array = np.diag(products) - 2 * of_mean + of_mean.mean()
    return found


def together_of(sums: Array, clusters: Clusters) -> Together:
    """From the sums of errors of settings (k, S, C), by cluster. Clusters vary as rows do, being random."""
    S, sizes = len(clusters.counts), clusters.counts.sum(axis=1, dtype=float)
    errors = (sums.sum(axis=2, dtype=float) / sizes).mean(axis=1)
    parts = (sums - errors[:, None, None] * clusters.pulls) / (S * sizes[:, None])
    of_rows, of_seeds, of_both = parts.sum(axis=1), parts.sum(axis=2), parts.reshape(len(parts), -1)
    return Together(
        by_row=of_rows @ of_rows.T,
        by_seed=of_seeds @ of_seeds.T * (S / (S - 1) if S > 1 else 1.0),
        by_both=of_both @ of_both.T,
        rows=len(clusters.rows),
        seeds=S,
    )


def prior_of_gaps(together: Together) -> SeedPrior | None:
    """What all settings say of how much seeds make a gap between two of them vary; None where they say nothing.

    From their gaps to the mean of all, which do not have the noise of the winner in common, as gaps to it would. With
    those of its own, a gap has at most the (k - 1) (S - 1) degrees of freedom of an analysis of variance.

    Measured at 90% (table 4 of the same benchmark): intervals of gaps cover in 85 to 99%, on networks in 83 to 97%, as
    those by their own seeds do; with two seeds that change the settings they are half as wide. Those of means cover in
    88 to 99%, on networks in 88 to 95%.
    """
    k = len(together.by_both)
    return fitted(together.gaps(), (k - 2) * (together.seeds - 1))


def prior_of_means(together: Together) -> SeedPrior | None:
    """What all settings say of how much seeds make the mean error of one vary; None where they say nothing.

    The more their rows' errors go together, the fewer settings they are worth: with a mean squared correlation r², k
    settings are worth k / (1 + (k - 1) r²), as squares of normal numbers with the correlation r are.
    """
    sizes = np.diag(together.by_both)
    varying = np.flatnonzero(sizes > 0)
    k = len(varying)
    if k < LEAST_SETTINGS:
        return None
    squares = np.square(together.by_both[np.ix_(varying, varying)]) / np.outer(sizes[varying], sizes[varying])
    worth = k**2 / float(squares.sum())
    return fitted(together.means(), SHARE_FOR_MEANS * (worth - 1) * (together.seeds - 1))


def fitted(settings: Sequence[TwoWay], most: float) -> SeedPrior | None:
    """The prior, worth at most so many degrees, that gives the overdispersions of settings the highest likelihood.

    Each is taken for one of a scaled F distribution: the model of Smyth 2004 (limma) for variances. He fits logarithms;
    with two seeds an overdispersion may be 0. The scale is at least 1: seeds cannot make an error more alike than its
    rows do.
    """
    found = np.array([one.overdispersion for one in settings if one.by_both])
    if len(found) < LEAST_SETTINGS or most < LEAST_DEGREES:
        return None
    from scipy.special import betaln  # without the import of all of scipy.stats

    own = settings[0].seeds - 1
    degrees = np.geomspace(LEAST_DEGREES, most, TRIED_DEGREES)[:, None]
    scales = np.geomspace(1, MOST_OVERDISPERSION, TRIED_OVERDISPERSIONS)
    likelihood = len(found) * (own / 2 * np.log(own / (degrees * scales)) - betaln(own / 2, degrees / 2))
    for one in found:
        likelihood -= (own + degrees) / 2 * np.log1p(own * one / (degrees * scales))
    of_degrees, of_scale = np.unravel_index(likelihood.argmax(), likelihood.shape)
    return SeedPrior(float(scales[of_scale]), float(degrees[of_degrees, 0]))
