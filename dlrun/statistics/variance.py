"""How a mean over seeds and rows varies: by both, and what seeds make of it where other settings tell more of them."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class SeedPrior:
    """What the other settings of a sweep say of how much seeds make a mean vary (`pooled.prior_of`).

    overdispersion : what seeds make vary over what their rows alone would. degrees : of freedom that it is worth.
    """

    overdispersion: float
    degrees: float


@dataclass(frozen=True)
class TwoWay:
    """Sums of squares of a mean's deviations: added up first by row, by seed, or not at all; and how many there are.

    The mean varies by rows and by seeds: V = V_rows + max(0, V_seeds - V_both), equation 2.11 of Cameron, Gelbach and
    Miller 2011. V_both is counted in both; what seeds make vary is never less than it, since their rows do so already.
    """

    by_row: float
    by_seed: float
    by_both: float
    rows: int
    seeds: int
    prior_degrees: float = 0.0

    @property
    def variance(self) -> float:
        """Of the mean."""
        return self.by_row + max(0.0, self.by_seed - self.by_both)

    @property
    def degrees(self) -> float:
        """Of freedom, by Satterthwaite 1946: those of rows where these make most of the variance, or else of seeds."""
        spread = self.by_row**2 / max(1, self.rows - 1)
        if self.seeds > 1:
            spread += self.by_seed**2 / (self.seeds - 1 + self.prior_degrees)
        return self.variance**2 / spread if spread else max(1.0, self.rows - 1)

    @property
    def overdispersion(self) -> float | None:
        """What seeds make vary over what their rows alone would, expected 1 where seeds change nothing."""
        return self.by_seed / self.by_both if self.by_both else None

    def moderated(self, prior: SeedPrior | None) -> "TwoWay":
        """The same with the overdispersion that is the mean of its own and the prior's, by degrees of freedom.

        Source: Smyth 2004, of variances. An overdispersion can be compared between settings of different errors.
        Not chosen: never less than its own, for of twenty settings one has two seeds that differ much by chance, and
        would be told from nothing.
        """
        if prior is None or self.seeds == 1:
            return self
        own = self.seeds - 1
        by_seed = (prior.degrees * prior.overdispersion * self.by_both + own * self.by_seed) / (prior.degrees + own)
        return replace(self, by_seed=by_seed, prior_degrees=prior.degrees)


def with_two_more(varies: TwoWay, answers: int) -> TwoWay:
    """The same with the variance of two more rows that differ, as many times as rows go together in the rest.

    answers : rows of all seeds together. Where no row differs, or all do alike, a row counts once for all seeds.
    """
    together = max(1.0, varies.variance / varies.by_both) if varies.by_both else answers / varies.rows
    return replace(varies, by_row=varies.by_row + 2 * together / answers**2)


def t_quantile(degrees: float, confidence: float) -> float:
    """How many standard errors an interval reaches to each side, by Student's t."""
    from scipy.special import stdtrit  # without the import of all of scipy.stats

    return float(stdtrit(degrees, (1 + confidence) / 2))


def two_sided(t: float, degrees: float) -> float:
    """The probability of a t so far from 0, on either side."""
    from scipy.special import stdtr

    return float(2 * stdtr(degrees, -abs(t)))
