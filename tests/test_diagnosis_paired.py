"""The paired tests of two runs, against enumeration, scipy and published numbers."""

from itertools import product
from math import comb

import numpy as np
import pytest
from scipy import stats

from dlrun.statistics.paired import RESAMPLES, compare_answers, compare_losses, sign_test


def answers(both, only_this, only_other, neither):
    """Two vectors of right answers with so many rows that both, only one of them, or none gets wrong."""
    wrong = np.repeat(
        [[True, True], [True, False], [False, True], [False, False]], (both, only_this, only_other, neither), axis=0
    )
    order = np.random.default_rng(0).permutation(len(wrong))
    return ~wrong[order, 0], ~wrong[order, 1]


@pytest.mark.parametrize(("only_this", "only_other"), [(0, 0), (1, 0), (0, 7), (3, 9), (10, 10), (1, 40)])
def test_the_p_value_is_that_of_all_ways_in_which_the_discordant_rows_could_have_fallen(only_this, only_other):
    n = only_this + only_other
    chance = [comb(n, k) / 2**n for k in range(n + 1)]
    expected = sum(p for k, p in enumerate(chance) if abs(k - n / 2) >= abs(only_this - n / 2))
    found = compare_answers(*answers(5, only_this, only_other, 80))
    assert found.p_value == pytest.approx(expected, rel=1e-9)
    assert (found.only_this_wrong, found.only_other_wrong) == (only_this, only_other)
    assert found.difference == pytest.approx((only_this - only_other) / found.rows)


@pytest.mark.parametrize("rows", [1, 2, 99, 100, 10_000])
def test_the_sign_test_is_scipys(rows):
    for own in {0, 1, rows // 3, rows // 2, rows}:
        assert sign_test(own, rows - own) == pytest.approx(stats.binomtest(own, rows).pvalue, rel=1e-9, abs=1e-300)


def test_the_interval_is_the_published_one():
    # Complete response before and after consolidation therapy (Cavo et al., 2012), as the R package contingencytables
    # of Fagerland, Lydersen and Laake has it.
    found = compare_answers(*answers(59, 6, 16, 80), confidence=0.95)
    assert found.difference == pytest.approx(-0.0621, abs=5e-5)
    assert found.interval == pytest.approx((-0.1195, -0.0032), abs=5e-5)


def test_the_interval_covers_the_difference_as_often_as_it_says():
    # All outcomes of 40 rows by their probability; 8% and 4% wrong on one side alone. The nominal coverage is 90%.
    n, this, other, covered = 40, 0.08, 0.04, 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            chance = stats.multinomial.pmf([b, c, n - b - c], n, [this, other, 1 - this - other])
            if chance > 1e-9:
                low, high = compare_answers(*answers(0, b, c, n - b - c)).interval
                covered += chance * (low <= this - other <= high)
    assert 0.88 < covered < 0.96


def test_two_runs_that_answer_alike_do_not_differ_and_the_interval_says_how_sure_that_is():
    found = compare_answers(*answers(10, 0, 0, 90))
    assert (found.difference, found.p_value) == (0.0, 1.0)
    assert found.interval[0] == -found.interval[1] < 0


def test_the_bootstrap_draws_from_all_resamples_of_the_rows():
    gaps = np.array([0.5, -0.2, 0.1, 0.4])
    means = np.sort([np.mean(drawn) for drawn in product(gaps, repeat=4)])
    found = compare_losses(gaps + 1, np.ones(4))
    assert found.interval == pytest.approx(np.percentile(means, [5, 95]), abs=0.03)
    assert found.p_value == pytest.approx(2 * np.mean(means <= 0), abs=0.03)


def test_of_many_rows_the_bootstrap_agrees_with_the_paired_t_test(rng):
    losses = rng.gamma(2.0, size=4000)
    others = losses + rng.normal(0.01, 0.4, 4000)
    found, expected = compare_losses(losses, others), stats.ttest_rel(losses, others)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval(0.9)), abs=0.001)
    assert found.p_value == pytest.approx(expected.pvalue, abs=0.03)
    assert found == compare_losses(losses, others)


def test_an_interval_without_nothing_goes_with_a_small_p_value(rng):
    for shift in np.linspace(-0.3, 0.3, 9):
        found = compare_losses(rng.normal(shift, 1, 80), np.zeros(80))
        low, high = found.interval
        margin = 4 / RESAMPLES  # percentiles lie between two draws
        assert (found.p_value < 0.1 - margin) <= (low > 0 or high < 0) <= (found.p_value < 0.1 + margin)


def test_swapped_runs_have_the_opposite_difference():
    this, other = answers(3, 4, 9, 60)
    one, two = compare_answers(this, other), compare_answers(other, this)
    assert one.difference == -two.difference
    assert one.interval == pytest.approx((-two.interval[1], -two.interval[0]))
    assert one.p_value == two.p_value


@pytest.mark.parametrize(("gap", "p_value"), [(0.0, 1.0), (0.5, 0.25)])
def test_a_gap_that_is_the_same_on_all_rows_is_judged_by_their_number(gap, p_value):
    found = compare_losses(np.full(3, 1.0 + gap), np.ones(3))
    assert (found.difference, found.interval, found.p_value) == (gap, (gap, gap), p_value)
