"""The tails of beta and binomial distributions are SciPy's, from one row to a hundred million."""

import math

import numpy as np
import pytest
from scipy import special, stats

from dlrun.statistics import beta
from dlrun.statistics.beta import beta_quantile, heads_or_more

ROWS = (1, 2, 10, 360, 10_000, 1_000_000, 100_000_000)
TAILS = (0.5, 0.3, 0.05, 0.025, 1e-4, 1e-7)


def furthest(rows, tails=TAILS):
    """The largest relative difference to SciPy of the ends of intervals of shares of so many rows."""
    wrong = {0.5, 1, 2, 3.7, rows / 3, rows / 2, rows - 1, rows - 0.5}
    pairs = [pair for a in wrong if 0.5 <= a <= rows for pair in ((a, rows - a + 1), (rows - a + 1, a))]
    found = [(beta_quantile(a, b, tail), (a, b, tail)) for a, b in pairs for tail in tails]
    exact = [(special.betaincinv(a, b, tail), special.betainccinv(b, a, tail)) for _, (a, b, tail) in found]
    return np.abs(np.array([ends for ends, _ in found]) / np.array(exact) - 1).max()


@pytest.mark.parametrize("rows", ROWS)
def test_the_quantiles_of_beta_distributions_are_scipys(rows):
    assert furthest(rows) < max(1e-13, 1e-15 * rows)


def test_without_the_further_terms_of_stirling_quantiles_are_wrong(monkeypatch):
    monkeypatch.setattr(beta, "STIRLING_FROM", 1.0)  # so that the series is taken where it does not hold
    beta_quantile.cache_clear()
    assert furthest(10) > 1e-9
    beta_quantile.cache_clear()


@pytest.mark.parametrize("tosses", [1, 2, 5, 31, 1000, 100_001])
def test_the_tails_of_a_fair_coin_are_scipys(tosses):
    middle, some = tosses // 2, math.isqrt(tosses)
    heads = sorted({0, 1, middle, middle + 1, middle + some, max(0, middle - some), tosses})
    exact = stats.binom.sf(np.array(heads) - 1, tosses, 0.5)
    np.testing.assert_allclose([heads_or_more(k, tosses) for k in heads], exact, rtol=1e-11)


def test_no_coin_shows_no_heads_or_more():
    assert heads_or_more(0, 0) == 1.0
