"""What seeds make vary, learnt from all settings of a sweep together, and which settings are surely not the best.

Two or three seeds say little of how much a setting varies by its seeds. Many settings with the same seeds say more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .best_of import Clusters
from .intervals import CONFIDENCE
from .variance import SeedPrior, TwoWay, with_two_more

# Settings say less of the seeds than so many independent ones would: neighbours learn alike from the same seed. So the
# degrees of freedom of the prior are at most this share of theirs.
SHARE_FOR_GAPS = 0.5

# And less of a whole error, for what a seed does to all settings alike is seen in none of the gaps between them.
# Measured: with .5, the intervals of two seeds that all settings feel alike cover 4 points less often.
SHARE_FOR_MEANS = 0.25

# The degrees of freedom and the overdispersion that are tried for the prior, evenly on a log scale. A share of wrong
# answers with an overdispersion of 100 differs by seed ten times as much as its rows make it differ. Degrees below
# half a one say nothing.
TRIED_DEGREES, LEAST_DEGREES = 24, 0.5
TRIED_OVERDISPERSIONS, MOST_OVERDISPERSION = 60, 100.0

# Two settings say of each other only what their own gap says.
LEAST_SETTINGS = 3


@dataclass(frozen=True)
class Together:
    """How the mean errors (k,) of settings with the same seeds and rows vary together.

    by_row, by_seed, by_both (k, k) : products of their deviations, added up first as in `TwoWay`; a contrast c (k,) of
    settings has the sums of squares c G c. rows : each once. answers : rows of all seeds together.
    """

    errors: Array
    by_row: Array
    by_seed: Array
    by_both: Array
    rows: int
    seeds: int
    answers: int
    is_share: bool

    def means(self) -> list[TwoWay]:
        """How the error of each setting varies."""
        return self.two_ways([np.diag(part) for part in (self.by_row, self.by_seed, self.by_both)])

    def gaps(self, settings: Array) -> list[TwoWay]:
        """How the gap of each of these settings (r,) to the mean of all of them varies."""
        return self.two_ways([centred(part, settings) for part in (self.by_row, self.by_seed, self.by_both)])

    def two_ways(self, parts: Sequence[Array]) -> list[TwoWay]:
        """From the sums of squares (r,) by row, by seed and by both."""
        by_row, by_seed, by_both = (np.maximum(part, 0.0).tolist() for part in parts)
        sums = zip(by_row, by_seed, by_both, strict=True)
        return [TwoWay(row, seed, both, self.rows, self.seeds) for row, seed, both in sums]


def centred(products: Array, settings: Array) -> Array:
    """The sums of squares (r,) of each of these settings less their mean, from the products (k, k) of all."""
    chosen = products[np.ix_(settings, settings)]
    of_mean = chosen.mean(axis=0)
    found: Array = np.diag(chosen) - 2 * of_mean + of_mean.mean()
    return found


def together_of(sums: Array, clusters: Clusters) -> Together:
    """From the sums of errors of settings (k, S, C), by cluster. Clusters vary as rows do, being random."""
    S, sizes = len(clusters.counts), clusters.counts.sum(axis=1, dtype=float)
    errors = (sums.sum(axis=2, dtype=float) / sizes).mean(axis=1)
    parts = (sums - errors[:, None, None] * clusters.pulls) / (S * sizes[:, None])
    of_rows, of_seeds, of_both = parts.sum(axis=1), parts.sum(axis=2), parts.reshape(len(parts), -1)
    return Together(
        errors=errors,
        by_row=of_rows @ of_rows.T,
        by_seed=of_seeds @ of_seeds.T * (S / (S - 1) if S > 1 else 1.0),
        by_both=of_both @ of_both.T,
        rows=len(clusters.rows),
        seeds=S,
        answers=round(sizes.sum()),
        is_share=clusters.is_share,
    )


def prior_of_gaps(together: Together) -> SeedPrior | None:
    """What all settings say of how much seeds make a gap between two of them vary; None where they say nothing.

    From their gaps to the mean of all, which do not have the noise of the winner in common, as gaps to it would.
    """
    k = len(together.errors)
    most = SHARE_FOR_GAPS * (k - 2) * (together.seeds - 1)
    return fitted(together.gaps(np.arange(k)), most)


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


def not_the_best(
    together: Together, prior: SeedPrior | None, settings: int, confidence: float = CONFIDENCE
) -> list[bool]:
    """Which are surely worse than the best of so many `settings`, of which some were not compared.

    The one that is farthest above the mean of all, in standard errors, leaves if its one-sided p-value is at most
    (1 - confidence) over their number; then the next is judged among those that remain. The model confidence set of
    Hansen, Lunde and Nason 2011 with their T_max and a Bonferroni bound. Nothing is compared with the winner, whose
    luck all differences from it share; so k settings count, not k (k - 1) / 2 pairs of them.
    """
    from scipy.special import stdtr

    apart, remaining = [False] * len(together.errors), np.arange(len(together.errors))
    while (r := len(remaining)) > 1:
        above = together.errors[remaining] - together.errors[remaining].mean()
        p_values = np.ones(r)
        for place, varies in enumerate(together.gaps(remaining)):
            sure = varies.moderated(prior)
            if together.is_share:
                sure = with_two_more(sure, together.answers, (1 - 1 / r) / 2)
            if above[place] > 0 and sure.variance:
                p_values[place] = stdtr(sure.degrees, -above[place] / sure.variance**0.5)
        worst = int(p_values.argmin())
        if p_values[worst] > (1 - confidence) / (settings - len(apart) + r):
            break
        apart[remaining[worst]], remaining = True, np.delete(remaining, worst)
    return apart
