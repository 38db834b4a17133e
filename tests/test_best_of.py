"""What being the best of many is worth: the honest error against loops, and what its promises come to."""

import time
from dataclasses import replace

import numpy as np
import pytest

from dlrun.statistics.best_of import (
    CHOICES,
    MOST_CLUSTERS,
    clusters_of,
    errors_elsewhere,
    honest_error,
    told_apart,
)
from dlrun.statistics.seeds import RowErrors, compare_over_seeds, mean_error, spread_of
from tests.sweep_models import Model


def winner_of(settings):
    return int(np.argmin([mean_error(one) for one in settings]))


def sums_of(settings):
    """The winner, and the sums of all settings with the counts of its clusters."""
    winner = winner_of(settings)
    clusters = clusters_of(settings[winner])
    return winner, np.stack([clusters.sums(one) for one in settings]), clusters.counts


def slow_honest_error(settings, choices, rng):
    """Rows drawn again one by one, and a seed left out; the best on those is measured on the others (BBC-CV)."""
    seeds = [one.seed for one in settings[0]]
    rows = sorted({int(row) for one in settings[0] for row in one.rows})
    tables = [
        [dict(zip(one.rows.tolist(), one.errors.tolist(), strict=True)) for one in setting] for setting in settings
    ]
    found = []
    for _ in range(choices):
        bag = rng.choice(rows, len(rows)).tolist()
        left_out = int(rng.integers(len(seeds)))
        picked = [s for s in range(len(seeds)) if s != left_out] or [left_out]
        inside = [
            np.mean([np.mean([table[s][row] for row in bag if row in table[s]]) for s in picked]) for table in tables
        ]
        chosen, outside = tables[int(np.argmin(inside))], set(rows) - set(bag)
        found.append(np.mean([chosen[left_out][row] for row in outside if row in chosen[left_out]]))
    return np.array(found)


@pytest.mark.parametrize("seeds", [1, 2, 4])
def test_the_honest_error_is_that_of_choosing_again_by_hand(seeds):
    model, rng = Model(table=120, dev=0.5, luck=0.1, better=0.2, first=2), np.random.default_rng(5)
    settings = model.drawn(rng, 8, seeds)
    expected = slow_honest_error(settings, 1200, rng)
    _, sums, counts = sums_of(settings)
    found = errors_elsewhere(sums, counts)
    assert len(found) == CHOICES
    error = np.hypot(expected.std() / len(expected) ** 0.5, found.std() / len(found) ** 0.5)
    assert found.mean() == pytest.approx(expected.mean(), abs=3 * error)
    assert found.std() == pytest.approx(expected.std(), rel=0.15)
    naive = min(mean_error(one) for one in settings)
    assert expected.mean() > naive + 3 * error  # so that it is not the error of the winner itself that was found


def test_clusters_add_up_the_errors_of_their_rows_by_weight(rng):
    rows = [rng.permutation(50)[:20] for _ in range(2)]
    weights = [rng.uniform(0.5, 2, 20) for _ in range(2)]
    one, two = (
        [RowErrors(seed, rows[seed], rng.random(20) < 0.4, weights[seed]) for seed in range(2)] for _ in range(2)
    )
    clusters = clusters_of(one)
    found = clusters.sums(two)
    for place, training in enumerate(two):
        assert found[place].sum() / clusters.counts[place].sum() == pytest.approx(training.error(), rel=1e-6)
        for row, error, share in zip(training.rows, training.errors, training.shares(), strict=True):
            cluster = clusters.clusters[np.flatnonzero(clusters.rows == row)[0]]
            assert found[place, cluster] == pytest.approx(share * error)


def test_a_setting_with_other_seeds_rows_or_weights_is_not_chosen_among(rng):
    one = [RowErrors(seed, rng.permutation(50)[:20], rng.random(20) < 0.4) for seed in range(2)]
    clusters = clusters_of(one)
    assert clusters.sums(one[:1]) is None
    assert clusters.sums([one[0], replace(one[1], rows=one[1].rows + 100)]) is None
    assert clusters.sums([one[0], replace(one[1], weights=rng.uniform(1, 2, 20))]) is None
    assert clusters.sums([*one, replace(one[0], seed=7)]) is not None


def test_many_rows_are_put_together_and_the_honest_error_stays_the_same(rng):
    m = 3 * MOST_CLUSTERS
    settings = [[RowErrors(0, np.arange(m), rng.random(m) < 0.1)] for _ in range(20)]
    winner, sums, counts = sums_of(settings)
    assert counts.shape == (1, MOST_CLUSTERS)
    assert counts.sum() == m
    alone = np.array([setting[0].errors for setting in settings], np.float32)[:, None]
    found, expected = errors_elsewhere(sums, counts), errors_elsewhere(alone, np.ones((1, m), np.float32))
    assert found.mean() == pytest.approx(expected.mean(), abs=4 * expected.std() / CHOICES**0.5)
    assert found.std() == pytest.approx(expected.std(), rel=0.2)
    assert honest_error(settings[winner], sums, counts).error > mean_error(settings[winner])


def test_a_setting_alone_flatters_itself_by_nothing(rng):
    alone = [[RowErrors(seed, rng.permutation(90)[:40], rng.random(40) < 0.2) for seed in range(3)]]
    _, sums, counts = sums_of(alone)
    found, own = honest_error(alone[0], sums, counts), spread_of(alone[0])
    assert (found.error, found.interval) == (own.mean, own.interval)


def test_a_regression_has_an_honest_error_with_an_interval_of_the_same_width(rng):
    rows = [rng.permutation(200)[:80] for _ in range(3)]
    settings = [[RowErrors(seed, rows[seed], rng.gamma(2, 0.2, 80)) for seed in range(3)] for _ in range(12)]
    winner, sums, counts = sums_of(settings)
    found, own = honest_error(settings[winner], sums, counts), spread_of(settings[winner])
    assert found.error > own.mean
    assert np.diff(found.interval) == pytest.approx(np.diff(own.interval))


# By short simulations; `python -m tests.benchmarks.sweep_statistics` has the long ones.
@pytest.mark.parametrize(("seeds", "luck", "first"), [(1, 0.0, 0), (5, 0.15, 0), (5, 0.15, 3)])
def test_the_honest_error_is_that_on_fresh_rows_where_the_winner_flatters_itself(seeds, luck, first):
    model, rng = Model(luck=luck, better=0.3, first=first), np.random.default_rng(11)
    naive, honest, covered = [], [], 0
    for _ in range(60):
        settings = model.drawn(rng, 30, seeds)
        winner, sums, counts = sums_of(settings)
        found, true = honest_error(settings[winner], sums, counts), model.true_error(winner)
        naive.append(mean_error(settings[winner]) - true)
        honest.append(found.error - true)
        covered += found.interval[0] <= true <= found.interval[1]
    assert np.mean(naive) < -0.01
    assert np.mean(honest) > 0.25 * np.mean(naive)
    # Where a few are better, choosing by a part of the rows and seeds finds them less often: the honest error is high.
    assert np.mean(honest) < (0.017 if first else 0.006)
    assert covered >= 51  # of 60; 54 are nominal


def test_two_hundred_settings_with_five_seeds_take_less_than_a_second():
    settings = Model(table=5000, dev=0.2).drawn(np.random.default_rng(0), 200, 5)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        _, sums, counts = sums_of(settings)
        errors_elsewhere(sums, counts)
        took.append(time.perf_counter() - began)
    assert min(took) < 1


def test_the_smallest_p_value_is_judged_among_all_pairs_and_the_next_among_the_pairs_that_remain():
    assert told_apart([], 1) == []
    assert told_apart([0.09], 2) == [True]  # a single pair
    assert told_apart([0.11], 2) == [False]
    assert told_apart([0.034, 0.034, 0.2], 4) == [False, False, False]  # 0.1 / 6 is 0.017
    assert told_apart([0.2, 0.016, 0.04, 0.009], 5) == [False, True, False, True]  # / 10, / 6, / 3
    assert told_apart([0.09, 0.001, 0.001], 4) == [True, True, True]
    assert told_apart([0.001, 0.001], 30) == [False, False]  # those that were not compared are counted as well


@pytest.mark.parametrize(("settings", "seeds", "luck"), [(2, 5, 0.1), (12, 5, 0.1), (12, 1, 0.0)])
def test_of_equal_settings_none_is_called_worse_more_often_than_said(settings, seeds, luck):
    model, rng, alarms = Model(luck=luck), np.random.default_rng(7), 0
    for _ in range(100):
        alarms += any(worse_than_the_winner(model.drawn(rng, settings, seeds)).values())
    assert alarms <= 16  # 10 are nominal, and two standard errors are 6


def test_a_setting_that_is_much_better_is_found_to_be():
    model, rng, found = Model(better=0.8, first=1), np.random.default_rng(8), 0
    for _ in range(30):
        settings = model.drawn(rng, 12, 5)
        assert winner_of(settings) == 0
        found += sum(worse_than_the_winner(settings).values())
    assert found > 0.9 * 30 * 11


def worse_than_the_winner(settings):
    """By place, whether each other setting is told apart from the winner."""
    winner = winner_of(settings)
    others = [place for place in range(len(settings)) if place != winner]
    p_values = [compare_over_seeds(settings[place], settings[winner]).p_value for place in others]
    return dict(zip(others, told_apart(p_values, len(settings)), strict=True))
