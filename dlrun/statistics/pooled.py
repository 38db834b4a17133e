"""What seeds make vary, learnt from all settings of a sweep together, and which settings are surely not the best.

Two or three seeds say little of how much a setting varies by its seeds. Many settings with the same seeds say more.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .intervals import CONFIDENCE
from .variance import SeedPrior, TwoWay, with_two_more

# The settings of a sweep are not independent: neighbours learn alike from the same seed. They count as half as many.
OF_ALL_SETTINGS = 0.5

# The degrees of freedom and the overdispersion that are tried for the prior, evenly on a log scale. A share of wrong
# answers with an overdispersion of 100 differs by seed ten times as much as its rows make it differ.
TRIED_DEGREES, LEAST_DEGREES = 24, 0.5
TRIED_OVERDISPERSIONS, MOST_OVERDISPERSION = 60, 100.0


@dataclass(frozen=True)
class Together:
    """How the mean errors (k,) of settings with the same seeds and rows vary together.

    by_row, by_seed, by_both (k, k) : products of deviations, added up first as in `TwoWay`; of a contrast of settings
    c (k,) the sums of squares are c G c. answers : rows of all seeds together.
    """

    errors: Array
    by_row: Array
    by_seed: Array
    by_both: Array
    rows: int
    seeds: int
    answers: int

    def contrasts(self, settings: Array) -> list[TwoWay]:
        """How the error of each of these settings (r,) varies against the mean of all of them."""
        r = len(settings)
        weights = np.eye(r) - 1 / r
        sums = [
            np.einsum("ji,ik,jk->j", weights, part[np.ix_(settings, settings)], weights, optimize=True)
            for part in (self.by_row, self.by_seed, self.by_both)
        ]
        return [TwoWay(*map(float, parts), self.rows, self.seeds) for parts in np.transpose(sums)]


def together_of(sums: Array, counts: Array, pulls: Array, rows: int, answers: int) -> Together:
    """From the errors of settings, added up by cluster of rows: sums (k, S, C), counts and pulls (S, C) of `Clusters`.

    rows : how many there are, each once. Clusters vary as much as their rows, if they were put together at random.
    """
    S = len(counts)
    sizes = counts.sum(axis=1, dtype=float)
    errors = (sums.sum(axis=2, dtype=float) / sizes).mean(axis=1)
    parts = (sums - errors[:, None, None] * pulls) / (S * sizes[:, None])
    of_rows, of_seeds, of_both = parts.sum(axis=1), parts.sum(axis=2), parts.reshape(len(parts), -1)
    seeds = of_seeds @ of_seeds.T * (S / (S - 1) if S > 1 else 0.0)
    return Together(errors, of_rows @ of_rows.T, seeds, of_both @ of_both.T, rows, S, answers)


def prior_of(together: Together) -> SeedPrior | None:
    """What the seeds of all settings say of the seeds of any; None for fewer than three settings, or a single seed.

    The overdispersion of each setting against their mean is taken for one of a scaled F distribution, whose scale and
    degrees of freedom are those of the highest likelihood: the model of Smyth 2004 (limma) for variances, fitted as a
    whole, since a logarithm of an overdispersion of one degree of freedom may be that of 0.
    """
    k, own = len(together.errors), together.seeds - 1
    most = OF_ALL_SETTINGS * (k - 2) * own
    found = [one.overdispersion for one in together.contrasts(np.arange(k))] if most else []
    measured = np.array([one for one in found if one is not None])
    if len(measured) < 3:
        return None
    from scipy.special import betaln  # without the import of all of scipy.stats

    degrees = np.geomspace(min(LEAST_DEGREES, most), most, TRIED_DEGREES)[:, None]
    scale = np.geomspace(1, MOST_OVERDISPERSION, TRIED_OVERDISPERSIONS)
    likelihood = len(measured) * (own / 2 * np.log(own / (degrees * scale)) - betaln(own / 2, degrees / 2))
    for one in measured:
        likelihood = likelihood - (own + degrees) / 2 * np.log1p(own * one / (degrees * scale))
    best, of_scale = np.unravel_index(likelihood.argmax(), likelihood.shape)
    return SeedPrior(float(scale[of_scale]), float(degrees[best, 0]))


def not_the_best(together: Together, prior: SeedPrior | None, confidence: float = CONFIDENCE) -> list[bool]:
    """Which settings are surely worse than the best of them.

    The one that is farthest above the mean of all, in standard errors, leaves if its one-sided p-value is at most
    (1 - confidence) over their number; then the next is judged among those that remain. The model confidence set of
    Hansen, Lunde and Nason 2011 with T_max and a Bonferroni bound.
    """
    from scipy.special import stdtr

    apart, remaining = [False] * len(together.errors), np.arange(len(together.errors))
    while (r := len(remaining)) > 1:
        above = together.errors[remaining] - together.errors[remaining].mean()
        p_values = np.ones(r)
        for place, varies in enumerate(together.contrasts(remaining)):
            if above[place] > 0:
                sure = with_two_more(varies.moderated(prior), together.answers, (1 - 1 / r) / 2)
                p_values[place] = stdtr(sure.degrees, -above[place] / sure.variance**0.5)
        worst = int(p_values.argmin())
        if p_values[worst] > (1 - confidence) / r:
            break
        apart[remaining[worst]], remaining = True, np.delete(remaining, worst)
    return apart
