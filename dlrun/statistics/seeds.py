"""Errors of one setting over several seeds, and the paired comparison of two settings over the same seeds and rows.

A seed draws the split, the first weights, the batches and dropout. So the errors of one seed vary together, and those
of a source row that is a dev row under several seeds; a mean over both is less sure than that of so many single rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays import Array
from .intervals import (
    CONFIDENCE,
    Interval,
    bootstrap_intervals,
    effective_rows,
    error_interval,
    mean_estimate,
    proportion_interval,
    unexplained_estimate,
    weighted_unexplained_estimate,
)
from .paired import compare_answers, compare_losses
from .variance import SeedPrior, TwoWay, t_quantile, two_sided, with_two_more

# How a comparison over several seeds says what it did; that of a single seed has the method of `paired`.
METHOD = "t test with variances by seed and by row"
POOLED_METHOD = METHOD + ", the first learnt from all settings"


@dataclass(frozen=True)
class RowErrors:
    """The errors of one training on its dev rows.

    rows : (m,) their numbers in the source, each once. errors : (m,) booleans, True for a wrong answer; or a
    regression's squared errors divided by the variance of its dev targets. Their mean is the error, by `weights` (m,)
    where rows have some. targets : (m,) of a regression, in any unit; with them, intervals count that the variance
    of the targets is itself measured on these rows.
    """

    seed: int
    rows: Array
    errors: Array
    weights: Array | None = None
    targets: Array | None = None

    @property
    def is_share(self) -> bool:
        """Whether the error is a share of wrong answers."""
        return self.errors.dtype == np.bool_

    def shares(self) -> Array:
        """How much each row counts (m,): 1 on average."""
        return np.ones(len(self.rows)) if self.weights is None else self.weights / self.weights.mean()

    def error(self) -> float:
        """The error, a fraction."""
        return float((self.shares() * self.errors).mean())

    def standardised(self) -> Array | None:
        """The targets (m,) with mean 0 and variance 1 on these rows; None where they are not known or do not vary."""
        if self.targets is None:
            return None
        share = self.shares()
        distances = self.targets - (share * self.targets).mean()
        variance = float((share * np.square(distances)).mean())
        return distances / variance**0.5 if variance else None

    def deviations(self, mean: float) -> Array:
        """By how much each row (m,) pulls this error away from a `mean`; they add up to m (error - mean).

        A regression's error is a ratio, and a row pulls at both of its parts (as in `unexplained_estimate`).
        """
        return self.shares() * self.errors - mean * self.pulls()

    def pulls(self) -> Array:
        """By how much each row's error (m,) is expected to grow with the mean."""
        targets = self.standardised()
        return self.shares() if targets is None else self.shares() * np.square(targets)

    def rows_alike(self, wrong: Array | None = None) -> int:
        """How many rows that all count alike say as much as these."""
        return len(self.rows) if self.weights is None else effective_rows(self.weights, wrong)

    def picked(self, places: Array) -> "RowErrors":
        """The same of the rows at these places."""
        weights, targets = (part if part is None else part[places] for part in (self.weights, self.targets))
        return RowErrors(self.seed, self.rows[places], self.errors[places], weights, targets)


@dataclass(frozen=True)
class Spread:
    """An error over seeds, a fraction. deviation : the standard deviation over them, None for a single seed.

    interval : of the mean, over seeds and rows, at the confidence of the intervals; None where it is not known.
    """

    mean: float
    deviation: float | None
    interval: Interval | None
    seeds: int


@dataclass(frozen=True)
class SeedsCompared:
    """How a setting's error differs from another's over the same seeds and the same rows of each.

    difference : this error less the other one, a fraction; negative is better. interval : at `confidence`.
    p_value : of no difference, two-sided. seeds, rows : how many were shared; rows are counted once over all seeds.
    """

    difference: float
    interval: Interval
    p_value: float
    confidence: float
    seeds: int
    rows: int
    method: str


def two_way(trainings: Sequence[RowErrors], mean: float) -> TwoWay:
    """How the mean error of at least two trainings varies; V_seeds times S / (S - 1), for the mean is their own."""
    S = len(trainings)
    parts = [one.deviations(mean) / (len(one.rows) * S) for one in trainings]
    rows, where = np.unique(np.concatenate([one.rows for one in trainings]), return_inverse=True)
    by_row = np.bincount(where, weights=np.concatenate(parts))
    by_seed = sum(float(part.sum()) ** 2 for part in parts) * S / (S - 1)
    by_both = sum(float(np.square(part).sum()) for part in parts)
    return TwoWay(float(np.square(by_row).sum()), by_seed, by_both, len(rows), S)


@dataclass(frozen=True)
class MeanError:
    """The mean error of at least two seeds, and how it varies. rows : of all seeds, as many as would all count alike.

    answers : rows of all seeds together. A `prior` is what the other settings of a sweep say of the seeds.
    """

    mean: float
    deviation: float
    varies: TwoWay
    rows: float
    answers: int
    is_share: bool

    def rows_alike(self, prior: SeedPrior | None = None) -> float:
        """Of how many rows, answered by one network, the share of wrong answers varies as much as this mean.

        Where all answers are right, or all wrong, a row that several seeds have counts once.
        """
        if not (variance := self.varies.moderated(prior).variance):
            return self.rows * self.varies.rows / self.answers
        return min(self.rows, self.mean * (1 - self.mean) / variance)

    def rows_behind(self, confidence: float, prior: SeedPrior | None = None) -> float:
        """The same, and fewer where few degrees of freedom leave that unsure: an interval is that of so many rows."""
        of_rows = t_quantile(max(1, self.varies.rows - 1), confidence)
        of_all = t_quantile(self.varies.moderated(prior).degrees, confidence)
        return self.rows_alike(prior) * min(1.0, (of_rows / of_all) ** 2)

    def spread(self, confidence: float, prior: SeedPrior | None = None) -> Spread:
        """With its interval, as `spread_of` has it."""
        varies, interval = self.varies.moderated(prior), None
        if self.is_share:
            interval = share_interval(self.mean, self.rows_behind(confidence, prior), confidence)
        elif varies.variance:
            reach = t_quantile(varies.degrees, confidence) * varies.variance**0.5
            interval = max(0.0, self.mean - reach), self.mean + reach
        return Spread(self.mean, self.deviation, interval, varies.seeds)


def mean_over_seeds(trainings: Sequence[RowErrors]) -> MeanError:
    """The mean error of at least two trainings and how it varies."""
    mean = mean_error(trainings)
    return MeanError(
        mean=mean,
        deviation=float(np.std([one.error() for one in trainings], ddof=1)),
        varies=two_way(trainings, mean),
        rows=float(sum(one.rows_alike() for one in trainings)),
        answers=sum(len(one.rows) for one in trainings),
        is_share=trainings[0].is_share,
    )


def spread_of(trainings: Sequence[RowErrors], confidence: float = CONFIDENCE, prior: SeedPrior | None = None) -> Spread:
    """The mean error over seeds, and how sure it is of the error that this setting has on fresh rows.

    A single seed has the interval that `diagnose` gives it. Of several, a share has the interval of Korn and Graubard
    1998: the exact one for so many rows that their share varies as much as this mean (`two_way`), and for fewer where
    the degrees of freedom are few. It is that of `diagnose` again where nothing but rows varies, and right for small
    shares. A regression has an interval of Student's t. Raises ValueError without a training.

    Measured at 90% (`python -m tests.benchmarks.sweep_statistics --draws 300`): on a model with known errors it covers
    in 88% (two seeds that differ more than their rows) to 96%; on networks, the error of this table's trainings in 91
    to 96%, and that over all tables in 88 to 97%, least where seeds share the most training rows. Not chosen, after 600
    draws of normal errors: t of S - 1 degrees alone, twice as wide for two seeds whose rows are all that varies; and
    Nadeau and Bengio 2003, which covered in 68% where ten seeds have the same dev rows.
    """
    if not trainings:
        raise ValueError("no training has an error")
    if len(trainings) > 1:
        return mean_over_seeds(trainings).spread(confidence, prior)
    [one] = trainings
    if one.is_share:
        interval: Interval | None = error_interval(one.error(), int(rows_alike(trainings)), confidence)
    else:
        interval = unexplained_interval(one, confidence)
    return Spread(one.error(), None, interval, 1)


def mean_error(trainings: Sequence[RowErrors]) -> float:
    """The mean of their errors."""
    return float(np.mean([one.error() for one in trainings]))


def unexplained_interval(one: RowErrors, confidence: float) -> Interval | None:
    """The interval of one training of a regression, as `diagnose` has it."""
    if (targets := one.standardised()) is None:
        [interval], _ = bootstrap_intervals([one.shares() * one.errors], mean_estimate, confidence)
    else:
        columns = [one.errors, targets] if one.weights is None else [one.errors, targets, one.weights]
        estimate = unexplained_estimate if one.weights is None else weighted_unexplained_estimate
        [interval], _ = bootstrap_intervals([np.stack(columns, axis=1)], estimate, confidence)
    return interval and (max(0.0, interval[0]), interval[1])


def share_interval(share: float, rows: float, confidence: float = CONFIDENCE) -> Interval:
    """The exact interval of a share that is as sure as that of so many rows."""
    lower, upper = proportion_interval(share * rows, rows, confidence)
    return min(float(lower), share), max(float(upper), share)


def rows_alike(trainings: Sequence[RowErrors]) -> float:
    """Of how many rows, answered by one network, the share of wrong answers varies as much as that of these trainings.

    As `MeanError` has it where they are several.
    """
    if len(trainings) == 1:
        return trainings[0].rows_alike(trainings[0].errors)
    return mean_over_seeds(trainings).rows_alike()


def rows_behind(
    trainings: Sequence[RowErrors], confidence: float = CONFIDENCE, prior: SeedPrior | None = None
) -> float:
    """The same, and fewer where few degrees of freedom leave that unsure: an interval is that of so many rows."""
    return rows_alike(trainings) if len(trainings) == 1 else mean_over_seeds(trainings).rows_behind(confidence, prior)


def paired_by_seed(own: Sequence[RowErrors], other: Sequence[RowErrors]) -> list[tuple[RowErrors, RowErrors]]:
    """Both trainings of each seed that both have, on the rows that both have, in the same order.

    A seed whose rows count otherwise in the two cannot be compared, and is left out.
    """
    of_seed, pairs = {one.seed: one for one in other}, []
    for this in own:
        if (that := of_seed.get(this.seed)) is None:
            continue
        if not np.array_equal(this.rows, that.rows):
            _, here, there = np.intersect1d(this.rows, that.rows, assume_unique=True, return_indices=True)
            this, that = this.picked(here), that.picked(there)
        if len(this.rows) and np.allclose(this.shares(), that.shares()):
            pairs.append((this, that))
    return pairs


@dataclass(frozen=True)
class Gap:
    """By how much the error of a setting differs from another's over at least two seeds, and how that varies.

    answers : rows of all seeds together.
    """

    difference: float
    varies: TwoWay
    answers: int
    is_share: bool

    def compared(self, confidence: float, prior: SeedPrior | None = None) -> SeedsCompared:
        """The t test of the gap; a `prior` is what the other settings of a sweep say of the seeds."""
        varies, difference = self.varies.moderated(prior), self.difference
        if self.is_share:
            varies = with_two_more(varies, self.answers)
        if not varies.variance:
            p_value = 2.0 ** (1 - varies.rows) if difference else 1.0  # the sign test, as in `compare_losses`
            return SeedsCompared(difference, (difference,) * 2, p_value, confidence, varies.seeds, varies.rows, METHOD)
        error, farthest = varies.variance**0.5, 1.0 if self.is_share else np.inf
        reach = t_quantile(varies.degrees, confidence) * error
        interval = max(-farthest, difference - reach), min(farthest, difference + reach)
        p_value = two_sided(difference / error, varies.degrees)
        method = METHOD if prior is None else POOLED_METHOD
        return SeedsCompared(difference, interval, p_value, confidence, varies.seeds, varies.rows, method)


def gap_over_seeds(
    own: Sequence[RowErrors], other: Sequence[RowErrors], confidence: float = CONFIDENCE
) -> Gap | SeedsCompared | None:
    """The gap of two settings; the finished comparison of a single seed; None where they share none."""
    pairs = paired_by_seed(own, other)
    if len(pairs) < 2:
        return compared_once(*pairs[0], confidence) if pairs else None
    gaps = [replace(this, errors=this.errors.astype(float) - that.errors) for this, that in pairs]
    difference = float(np.mean([gap.error() for gap in gaps]))
    return Gap(difference, two_way(gaps, difference), sum(len(gap.rows) for gap in gaps), pairs[0][0].is_share)


def compare_over_seeds(
    own: Sequence[RowErrors], other: Sequence[RowErrors], confidence: float = CONFIDENCE
) -> SeedsCompared | None:
    """How the error of `own` differs from that of `other`, over the seeds and rows that both have; None without any.

    With a single seed it is the test of `paired`: of two networks, since nothing tells what another seed would change.
    With several it is of two settings: t = difference / sqrt(V), with V of `two_way` for the gaps of single rows. For
    shares, V is that of two more rows that only one gets wrong, as in the interval of Bonett and Price 2012: without
    them, a few rows that all fall on one side would look certain.

    Measured on networks, as above, at p <= .1: equal settings differ in 0 to 7% of the sweeps; settings of 16 and 22%
    error with three seeds in 55%, where unpaired rows would tell them in 16% and Nadeau and Bengio's t in 32%. The t
    test of the seeds' errors alone tells them as often, but calls equal settings different in up to 12%.
    """
    gap = gap_over_seeds(own, other, confidence)
    return gap.compared(confidence) if isinstance(gap, Gap) else gap


def compared_once(this: RowErrors, that: RowErrors, confidence: float) -> SeedsCompared:
    """The test of two trainings of one seed."""
    if this.is_share and this.weights is None:
        found = compare_answers(~this.errors, ~that.errors, confidence)
    else:
        found = compare_losses(this.shares() * this.errors, that.shares() * that.errors, confidence)
    return SeedsCompared(found.difference, found.interval, found.p_value, confidence, 1, found.rows, found.method)
