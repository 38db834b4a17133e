"""What all settings of a sweep say of its seeds: against sums by hand, drawn F values, and how often it holds."""

import time
from dataclasses import replace

import numpy as np
import pytest

from dlrun.statistics.best_of import Clusters, clusters_of, told_apart
from dlrun.statistics.pooled import fitted, prior_of_gaps, prior_of_means, together_of
from dlrun.statistics.seeds import (
    Gap,
    RowErrors,
    compare_over_seeds,
    gap_over_seeds,
    mean_error,
    mean_over_seeds,
    spread_of,
    two_way,
)
from dlrun.statistics.variance import SeedPrior, TwoWay
from tests.sweep_models import NORMAL, Model


def together(settings):
    clusters = clusters_of(settings[0])
    return together_of(np.stack([clusters.sums(one) for one in settings]), clusters)


def judged(settings):
    """The place of the winner, and by place which others are told from it, as in an outcome."""
    winner = int(np.argmin([mean_error(one) for one in settings]))
    of_all = together(settings)
    prior = prior_of_gaps(of_all)
    p_values = []
    for place, one in enumerate(settings):
        gap = gap_over_seeds(one, settings[winner])
        assert isinstance(gap, Gap)
        found = gap.compared(0.9, prior)
        p_values.append(found.p_value if found.difference > 0 and place != winner else 1.0)
    apart = np.zeros(len(settings), bool)
    others = np.flatnonzero(np.arange(len(settings)) != winner)
    apart[others] = told_apart([p_values[place] for place in others], len(settings))
    return winner, apart


@pytest.mark.parametrize("kind", ["shares", "weighted shares", "regression"])
def test_gaps_to_the_mean_of_all_vary_as_two_way_sums_of_their_rows_say(rng, kind):
    rows = [rng.permutation(60)[:25] for _ in range(3)]
    weights = [rng.uniform(0.5, 2, 25) if kind == "weighted shares" else None for _ in rows]
    targets = [rng.normal(size=25) if kind == "regression" else None for _ in rows]
    errors = [
        [rng.gamma(1, 0.3, 25) if kind == "regression" else rng.random(25) < 0.3 for _ in range(3)] for _ in range(4)
    ]
    settings = [
        [RowErrors(s, rows[s], of_setting[s], weights[s], targets[s]) for s in range(3)] for of_setting in errors
    ]
    found = together(settings)
    centre = [np.mean([of_setting[s] for of_setting in errors], axis=0) for s in range(3)]
    for place, varies in enumerate(found.gaps()):
        gaps = [replace(one, errors=one.errors - centre[s]) for s, one in enumerate(settings[place])]
        expected = two_way(gaps, float(np.mean([gap.error() for gap in gaps])))
        assert (varies.rows, varies.seeds) == (expected.rows, expected.seeds)
        sums, by_hand = ([one.by_row, one.by_seed, one.by_both] for one in (varies, expected))
        assert sums == pytest.approx(by_hand, rel=1e-4)
    for one, varies in zip(settings, found.means(), strict=True):
        expected = two_way(one, mean_error(one))
        assert (varies.by_row, varies.by_seed) == pytest.approx((expected.by_row, expected.by_seed), rel=1e-4)


@pytest.mark.parametrize(("degrees", "scale", "own"), [(3.0, 2.0, 1), (12.0, 5.0, 2), (4.0, 1.5, 4)])
def test_the_prior_is_that_of_which_overdispersions_were_drawn(degrees, scale, own):
    rng = np.random.default_rng(1)
    true = scale * degrees / rng.chisquare(degrees, 4000)
    drawn = true * rng.chisquare(own, 4000) / own
    found = fitted([TwoWay(1.0, value, 1.0, 100, own + 1) for value in drawn.tolist()], 100.0)
    assert found.overdispersion == pytest.approx(scale, rel=0.1)
    assert found.degrees == pytest.approx(degrees, rel=0.3)


def test_few_settings_or_a_single_seed_say_nothing(rng):
    few = Model().drawn(rng, 2, 3)
    assert prior_of_gaps(together(few)) is None
    assert prior_of_means(together(few)) is None
    assert prior_of_gaps(together(Model().drawn(rng, 9, 1))) is None
    alike = Model().drawn(rng, 1, 3) * 5
    assert prior_of_gaps(together(alike)) is None
    assert prior_of_means(together(alike)) is None  # five times the same is one


def test_an_overdispersion_is_moderated_by_degrees_of_freedom():
    varies = TwoWay(2.0, 30.0, 3.0, 200, 3)
    assert varies.moderated(None) == varies
    found = varies.moderated(SeedPrior(4.0, 6.0))
    assert found.overdispersion == pytest.approx((2 * 10 + 6 * 4) / 8)
    assert found.variance == pytest.approx(2 + 3 * (5.5 - 1))
    assert varies.degrees < 3 < found.degrees
    one_seed = replace(varies, seeds=1)
    assert one_seed.moderated(SeedPrior(4.0, 6.0)) == one_seed


# How often the figures hold, by short simulations; `python -m tests.benchmarks.sweep_statistics` has the long ones.
@pytest.mark.parametrize(("settings", "lucks"), [(6, (0.15,)), (12, (0.15,)), (12, (0.03, 0.1, 0.2))])
def test_of_equal_settings_with_two_seeds_one_is_told_no_more_often_than_said(settings, lucks):
    model, rng, told = Model(table=600, dev=0.2, lucks=lucks), np.random.default_rng(3), 0
    for _ in range(100):
        told += judged(model.drawn(rng, settings, 2))[1].any()
    assert told <= 16  # 10 are nominal, and two standard errors are 6; by pairs and their own seeds it would be 25


MUCH = NORMAL.inv_cdf(0.15) - NORMAL.inv_cdf(0.05)


@pytest.mark.parametrize(("seeds", "better", "least"), [(2, 10, 0.7), (3, 1, 0.9), (3, 10, 0.9), (3, 18, 0.9)])
def test_ten_points_are_told_whether_few_or_many_settings_are_better(seeds, better, least):
    model, rng = Model(table=1800, dev=0.2, lucks=(0.1,), better=MUCH, first=better), np.random.default_rng(4)
    found = np.array([judged(model.drawn(rng, 20, seeds))[1] for _ in range(15)])
    assert found[:, better:].mean() > least  # with the seeds of each pair alone it is 0.2 to 0.4
    assert found[:, :better].any(axis=1).mean() < 0.3


def test_a_bad_setting_whose_two_seeds_differ_is_told_where_others_say_what_seeds_do():
    rng, errors = np.random.default_rng(1), [(0.02, 0.025), (0.27, 0.2)]
    errors += [(share, share + 0.003) for share in np.linspace(0.04, 0.13, 10)]
    difficulty, settings = rng.random((2, 360)), []
    for shares in errors:
        own = np.where(rng.random((2, 360)) < 0.3, rng.random((2, 360)), difficulty)
        settings.append([RowErrors(s, np.arange(s * 360, s * 360 + 360), own[s] < shares[s]) for s in range(2)])
    alone = compare_over_seeds(settings[1], settings[0])
    assert alone.interval[0] < 0  # 21 points above, and its two seeds cannot tell
    winner, told = judged(settings)
    assert winner == 0
    assert told[1]


@pytest.mark.parametrize(("seeds", "alike"), [(2, False), (3, False), (3, True)])
def test_intervals_that_are_learnt_from_all_settings_cover(seeds, alike):
    model, rng = Model(table=600, dev=0.2, lucks=(0.1,), alike=alike), np.random.default_rng(5)
    covered, narrower = [], []
    for _ in range(200):
        settings = model.drawn(rng, 10, seeds)
        of_all = together(settings)
        gap, mean = gap_over_seeds(*settings[:2]), mean_over_seeds(settings[0])
        difference = gap.compared(0.9, prior_of_gaps(of_all)).interval
        spread = mean.spread(0.9, prior_of_means(of_all)).interval
        covered.append((difference[0] <= 0 <= difference[1], spread[0] <= 0.15 <= spread[1]))
        narrower.append(np.diff(spread) < np.diff(spread_of(settings[0]).interval))
    assert np.mean(covered, axis=0) == pytest.approx([0.91, 0.91], abs=0.06)
    assert np.mean(narrower) > 0.4


def test_five_hundred_settings_with_five_seeds_take_a_second():
    rng = np.random.default_rng(0)
    counts = np.ones((5, 2000), np.float32)
    clusters = Clusters(tuple(range(5)), np.arange(2000), np.arange(2000), counts, counts)
    sums = (rng.random((500, 5, 2000)) < np.linspace(0.1, 0.6, 500)[:, None, None]).astype(np.float32)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        of_all = together_of(sums, clusters)
        assert prior_of_gaps(of_all).overdispersion < 1.5
        assert prior_of_means(of_all).overdispersion < 1.5
        took.append(time.perf_counter() - began)
    assert min(took) < 2
