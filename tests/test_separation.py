"""Whether classes are told apart, by the order of the probabilities."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from dlrun.statistics.separation import separation

LEVEL = 0.05
DRAWS = 2000


def drawn(rng, m, K, sureness, shares=None):
    """Probabilities (m, K) and classes (m,) of which they know a little; some probabilities are equal."""
    y = rng.choice(K, m, p=shares)
    Z = rng.standard_normal((m, K))
    Z[np.arange(m), y] += sureness
    P = np.exp(Z)
    return np.round(P / P.sum(axis=1, keepdims=True), 2), y


@pytest.mark.parametrize("sureness", [0.0, 0.4, 2.0])
def test_of_two_classes_it_is_the_test_of_mann_and_whitney(rng, sureness):
    P, y = drawn(rng, 200, 2, sureness, [0.9, 0.1])
    P = np.hstack([1 - P[:, 1:], P[:, 1:]])
    found = separation(P, y)
    oracle = mannwhitneyu(P[y == 1, 1], P[y == 0, 1], alternative="greater", use_continuity=False, method="asymptotic")
    assert found.auc == pytest.approx(roc_auc_score(y, P[:, 1]), rel=1e-12)
    assert found.chance == pytest.approx(oracle.pvalue, rel=1e-9)


@pytest.mark.parametrize("sureness", [0.0, 1.0])
def test_of_more_classes_it_is_the_mean_area_of_one_against_the_others(rng, sureness):
    P, y = drawn(rng, 300, 4, sureness, [0.7, 0.2, 0.06, 0.04])
    areas = [roc_auc_score(y == k, P[:, k]) for k in range(4)]
    assert separation(P, y).auc == pytest.approx(np.mean(areas), rel=1e-12)


def test_its_chance_is_that_of_shuffled_classes(rng):
    P, y = drawn(rng, 60, 3, 0.25, [0.7, 0.2, 0.1])
    found = separation(P, y)
    shuffled = [separation(P, rng.permutation(y)).auc for _ in range(DRAWS)]
    # 2,000 draws of a share near 0.1 have a standard deviation of 0.007; the normal law adds about as much.
    assert found.chance == pytest.approx(np.mean(np.array(shuffled) >= found.auc), abs=0.03)


@pytest.mark.parametrize(("m", "shares"), [(60, [0.95, 0.05]), (300, [0.96, 0.04]), (200, [0.8, 0.15, 0.05])])
def test_networks_that_know_nothing_pass_as_often_as_the_level_says(rng, m, shares):
    passed = []
    for _ in range(DRAWS):
        P, y = drawn(rng, m, len(shares), 0.0, shares)
        found = separation(P, y)
        passed.append(found is not None and found.chance < LEVEL)
    # Three standard deviations of 2,000 draws are 0.015.
    assert np.mean(passed) == pytest.approx(LEVEL, abs=0.015)


def test_one_answer_for_all_is_no_separation_and_one_class_has_none():
    y = np.array([0] * 9 + [1])
    found = separation(np.full((10, 2), 0.5), y)
    assert (found.auc, found.chance) == (pytest.approx(0.5), 1.0)
    assert separation(np.full((10, 2), 0.5), np.zeros(10, int)) is None


def test_a_class_without_rows_counts_for_nothing(rng):
    P, y = drawn(rng, 100, 3, 1.0, [0.8, 0.2, 0.0])
    two = P[:, :2]
    areas = [roc_auc_score(y == k, two[:, k]) for k in range(2)]
    assert separation(P, y).auc == pytest.approx(np.mean(areas))
