"""Errors over seeds and their comparison: against loops, scipy and the tests of one seed, and how often they hold."""

import numpy as np
import pytest
from scipy import stats

from dlrun.statistics.intervals import effective_rows, error_interval, unexplained_intervals
from dlrun.statistics.paired import compare_answers, compare_losses, compare_weighted_answers
from dlrun.statistics.seeds import RowErrors, compare_over_seeds, rows_alike, spread_of, two_way
from tests.sweep_models import Model


def wrong(rng, seed=0, m=80, share=0.2, table=200):
    return RowErrors(seed, rng.permutation(table)[:m], rng.random(m) < share)


def regression(rng, seed=0, m=60, table=150, weighted=False):
    targets = rng.normal(3, 2, m)
    weights = rng.uniform(0.2, 3, m) if weighted else None
    share = 1 if weights is None else weights / weights.mean()
    variance = (share * (targets - (share * targets).mean()) ** 2).mean()
    return RowErrors(seed, rng.permutation(table)[:m], rng.gamma(1.0, 0.3, m) / variance, weights, targets)


def slow_variance(trainings):
    """The two-way variance by its definition: all pairs of row errors that share a row or a seed, each pair once."""
    S = len(trainings)
    mean = np.mean([np.average(one.errors, weights=one.weights) for one in trainings])
    pulls = []
    for one in trainings:
        weights = np.ones(len(one.rows)) if one.weights is None else one.weights
        square = np.ones(len(one.rows))
        if one.targets is not None:
            centre = np.average(one.targets, weights=weights)
            square = (one.targets - centre) ** 2
            square = square / np.average(square, weights=weights)
        for row, error, weight, distance in zip(one.rows, one.errors, weights, square, strict=True):
            pulls.append((one.seed, row, weight * (error - mean * distance) / (weights.sum() * S)))
    rows = seeds = both = 0.0
    for seed, row, pull in pulls:
        for other_seed, other_row, other in pulls:
            rows += pull * other * (row == other_row)
            seeds += pull * other * (seed == other_seed)
            both += pull * other * (row == other_row and seed == other_seed)
    seeds *= S / (S - 1)
    return mean, rows, seeds, both


@pytest.mark.parametrize("kind", ["shares", "weighted shares", "regression", "weighted regression"])
def test_the_variance_adds_up_all_pairs_of_errors_that_share_a_row_or_a_seed(rng, kind):
    if "shares" in kind:
        trainings = [wrong(rng, seed, m=30 + seed, table=60) for seed in range(3)]
        if "weighted" in kind:
            weights = [rng.uniform(0.5, 2, len(one.rows)) for one in trainings]
            trainings = [RowErrors(t.seed, t.rows, t.errors, w) for t, w in zip(trainings, weights, strict=True)]
    else:
        trainings = [regression(rng, seed, m=25, table=50, weighted="weighted" in kind) for seed in range(4)]
    mean, rows, seeds, both = slow_variance(trainings)
    found = two_way(trainings, mean)
    assert (found.by_row, found.by_seed, found.by_both) == pytest.approx((rows, seeds, both), rel=1e-9)
    assert found.variance == pytest.approx(rows + max(0, seeds - both))
    assert spread_of(trainings).mean == pytest.approx(mean)


def seeds_alone(values, m=50):
    """Trainings on rows of their own, in each of which every row has the same error."""
    return [RowErrors(s, np.arange(s * m, (s + 1) * m), np.full(m, value)) for s, value in enumerate(values)]


def test_where_only_seeds_vary_it_is_the_t_test_of_their_errors(rng):
    one, two = rng.normal(0.4, 0.05, 5), rng.normal(0.35, 0.05, 5)
    found, expected = compare_over_seeds(seeds_alone(one), seeds_alone(two)), stats.ttest_rel(one, two)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-3)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval(0.9)), rel=1e-3)
    spread = spread_of(seeds_alone(one))
    assert spread.interval == pytest.approx(tuple(stats.ttest_1samp(one, 0).confidence_interval(0.9)), rel=1e-3)
    assert spread.deviation == pytest.approx(one.std(ddof=1))


def test_seeds_that_answer_the_same_rows_alike_are_no_surer_than_one(rng):
    one = wrong(rng, m=100, share=0.2)
    same = [RowErrors(seed, one.rows, one.errors) for seed in range(6)]
    assert rows_alike(same) == pytest.approx(100)
    assert spread_of(same).interval == pytest.approx(error_interval(one.error(), 100), abs=2e-3)


def test_a_single_seed_has_the_interval_that_diagnose_gives_it(rng):
    one = wrong(rng)
    assert spread_of([one]).interval == error_interval(one.error(), 80)
    assert spread_of([one]).deviation is None
    weighted = RowErrors(0, one.rows, one.errors, rng.uniform(0.1, 4, 80))
    rows = effective_rows(weighted.weights, weighted.errors)
    assert spread_of([weighted]).interval == error_interval(weighted.error(), rows)
    for squares in (regression(rng), regression(rng, weighted=True)):
        columns = [squares.errors * 7, squares.targets] + ([] if squares.weights is None else [squares.weights])
        expected = unexplained_intervals({"dev": tuple(columns), "train": tuple(columns)})["dev"]
        scale = spread_of([squares]).mean / (
            np.average(squares.errors * 7, weights=squares.weights)
            / np.average(
                (squares.targets - np.average(squares.targets, weights=squares.weights)) ** 2, weights=squares.weights
            )
        )
        assert spread_of([squares]).interval == pytest.approx(tuple(scale * end for end in expected))


def test_a_single_shared_seed_has_the_test_of_two_runs(rng):
    one, two = wrong(rng), wrong(rng)
    two = RowErrors(0, one.rows, two.errors)
    elsewhere = wrong(rng, seed=1)
    found, expected = compare_over_seeds([one, elsewhere], [two]), compare_answers(~one.errors, ~two.errors)
    figures = (found.difference, found.interval, found.p_value, found.rows, found.method)
    assert figures == (expected.difference, expected.interval, expected.p_value, expected.rows, expected.method)
    weights = rng.uniform(0.1, 4, 80)
    found = compare_over_seeds(
        [RowErrors(0, one.rows, one.errors, weights)], [RowErrors(0, one.rows, two.errors, weights)]
    )
    expected = compare_weighted_answers(~one.errors, ~two.errors, weights)
    assert (found.difference, found.interval, found.p_value) == (
        expected.difference,
        expected.interval,
        expected.p_value,
    )
    squares, others = regression(rng), regression(rng)
    others = RowErrors(0, squares.rows, others.errors, None, squares.targets)
    found, expected = compare_over_seeds([squares], [others]), compare_losses(squares.errors, others.errors)
    assert (found.difference, found.interval, found.p_value) == (
        expected.difference,
        expected.interval,
        expected.p_value,
    )


def test_rows_are_paired_by_their_numbers_and_only_those_that_both_have_count(rng):
    one, two = [wrong(rng, seed) for seed in range(3)], [wrong(rng, seed) for seed in range(1, 4)]
    found = compare_over_seeds(one, two)
    gaps, rows = [], set()
    for seed in (1, 2):
        mine = dict(zip(one[seed].rows.tolist(), one[seed].errors.tolist(), strict=True))
        theirs = dict(zip(two[seed - 1].rows.tolist(), two[seed - 1].errors.tolist(), strict=True))
        shared = mine.keys() & theirs.keys()
        gaps.append(np.mean([mine[row] - theirs[row] for row in shared]))
        rows |= shared
    assert (found.seeds, found.rows) == (2, len(rows))
    assert found.difference == pytest.approx(np.mean(gaps))
    swapped = compare_over_seeds(two, one)
    assert (swapped.difference, swapped.p_value) == pytest.approx((-found.difference, found.p_value))


def test_what_shares_no_seed_or_counts_rows_otherwise_is_not_compared(rng):
    one = wrong(rng)
    assert compare_over_seeds([one], [wrong(rng, seed=1)]) is None
    assert compare_over_seeds([one], [RowErrors(0, one.rows + 1000, one.errors)]) is None
    assert compare_over_seeds([one], [RowErrors(0, one.rows, one.errors, rng.uniform(1, 2, 80))]) is None
    with pytest.raises(ValueError, match="no training"):
        spread_of([])


def test_without_a_single_error_the_interval_is_that_of_the_different_rows():
    rows = np.arange(50)
    none = [RowErrors(seed, rows, np.zeros(50, bool)) for seed in range(3)]
    assert spread_of(none).interval == pytest.approx(error_interval(0.0, 50))
    found = compare_over_seeds(none, none)
    assert (found.difference, found.p_value) == (0.0, 1.0)
    assert found.interval[0] == -found.interval[1] < 0
    every = [RowErrors(seed, rows, np.ones(50, bool)) for seed in range(3)]
    found = compare_over_seeds(every, none)
    assert found.difference == 1
    assert found.interval[1] == 1
    assert found.interval[0] < 1
    assert found.p_value < 1e-6


def test_a_regression_whose_gaps_do_not_vary_is_judged_by_the_number_of_rows():
    own = [RowErrors(seed, np.arange(4), np.full(4, 0.5)) for seed in range(2)]
    other = [RowErrors(seed, np.arange(4), np.full(4, 0.25)) for seed in range(2)]
    found = compare_over_seeds(own, other)
    assert (found.difference, found.interval, found.p_value) == (0.25, (0.25, 0.25), 0.125)
    assert spread_of(own).interval is None


def test_few_rows_that_differ_are_judged_as_carefully_as_by_the_exact_test(rng):
    for only_one in range(3, 12):
        none = [RowErrors(seed, np.arange(seed * 300, seed * 300 + 300), np.zeros(300, bool)) for seed in range(10)]
        errors = np.zeros(3000, bool)
        errors[np.arange(only_one) % 10 * 300 + np.arange(only_one)] = True  # over all seeds, which then hardly vary
        some = [RowErrors(one.seed, one.rows, errors[one.rows]) for one in none]
        assert compare_over_seeds(some, none).p_value > 0.5 * 2.0 ** (1 - only_one)


# How often the figures hold, by short simulations; `python -m tests.benchmarks.sweep_statistics` has the long ones.
DRAWS = 800

# Two standard errors of a share of .9 of so many draws.
SLACK = 0.02


@pytest.mark.parametrize(("seeds", "luck"), [(2, 0.0), (2, 0.1), (2, 0.4), (5, 0.0), (5, 0.15), (10, 0.3)])
def test_the_interval_covers_the_error_on_fresh_rows(seeds, luck):
    model, rng, covered = Model(luck=luck), np.random.default_rng(1), 0
    for _ in range(DRAWS):
        [trainings] = model.drawn(rng, 1, seeds)
        lower, upper = spread_of(trainings).interval
        covered += lower <= model.true_error(0) <= upper
    assert covered / DRAWS > 0.87 - SLACK  # two seeds whose luck is that of their rows have the least: 88%


@pytest.mark.parametrize(("seeds", "luck"), [(2, 0.1), (3, 0.0), (5, 0.15)])
def test_two_settings_that_are_equal_are_called_different_no_more_often_than_said(seeds, luck):
    model, rng = Model(luck=luck), np.random.default_rng(2)
    p_values = np.array([compare_over_seeds(*model.drawn(rng, 2, seeds)).p_value for _ in range(DRAWS)])
    assert np.mean(p_values < 0.1) < 0.1 + SLACK
    assert np.mean(p_values < 0.01) < 0.01 + 0.01


def test_pairing_sees_what_two_intervals_do_not():
    model, rng, paired, apart = Model(better=0.3, first=1), np.random.default_rng(3), 0, 0
    for _ in range(100):
        better, other = model.drawn(rng, 2, 5)
        found = compare_over_seeds(better, other)
        paired += found.p_value < 0.1 and found.difference < 0
        apart += spread_of(better).interval[1] < spread_of(other).interval[0]
    assert paired > 60
    assert apart < 0.5 * paired
