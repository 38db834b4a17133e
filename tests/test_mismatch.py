"""The mismatch test: its learner against a slow twin, its figures against peers, and how often it speaks."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dlrun.diagnosis.data_faults import mismatch_fault
from dlrun.statistics import mismatch
from dlrun.statistics.mismatch import (
    PERMUTATIONS,
    RIDGE,
    areas_under_curve,
    distribution_shift,
    leave_one_out_scores,
    subsampled,
)
from tests.benchmarks.mismatch import rates


@pytest.mark.parametrize("p", [4, 60])
def test_leave_one_out_scores_are_those_of_fits_to_the_other_rows(p, rng):
    m = 25
    columns, y = rng.normal(size=(m, p)), (rng.random(m) < 0.4).astype(float)
    columns -= columns.mean(axis=0)
    expected = []
    for row in range(m):
        rest = np.arange(m) != row
        # The intercept is not penalised, so it is a column without a share in the ridge.
        A, b = np.c_[np.ones(m - 1), columns[rest]], y[rest]
        penalty = RIDGE * m * np.diag([0.0, *np.ones(p)])
        expected.append(np.r_[1, columns[row]] @ np.linalg.solve(A.T @ A + penalty, A.T @ b))
    np.testing.assert_allclose(leave_one_out_scores(columns, y[:, None])[:, 0], expected, atol=1e-10)


def test_areas_under_the_curve_are_scikit_learns_ties_included(rng):
    scores, labels = rng.integers(0, 5, (40, 3)).astype(float), (rng.random((40, 3)) < 0.3).astype(float)
    expected = [roc_auc_score(y, s) for y, s in zip(labels.T, scores.T, strict=True)]
    np.testing.assert_allclose(areas_under_curve(scores, labels), expected)


def test_no_shift_is_told_where_there_is_none_and_a_plain_one_is():
    # Of 500 draws 5.2% had p <= .05 without a shift, and 99% of the shifts by 0.75 SD were told.
    nothing, moved = rates("nothing", 40, 100, 50), rates("mean 1.0", 8, 400, 200)
    assert nothing["p <= .05"] <= 0.175
    assert nothing["told"] <= 0.05
    assert moved["told"] == 1


def test_a_shift_that_nobody_could_see_is_certain_and_not_told(monkeypatch, rng):
    monkeypatch.setattr(mismatch, "MOST_ROWS", 2000)
    shift = distribution_shift(rng.normal(size=(1000, 2)), rng.normal(0.2, 1, size=(1000, 2)), rng=rng)
    assert shift.p_value <= 0.01
    assert shift.auc < 0.60
    assert not shift.is_told()


def test_the_features_that_moved_are_named_with_how_far(rng):
    train, dev = rng.normal(size=(800, 6)), rng.normal(size=(400, 6))
    dev[:, 4] += 1
    dev[:, 1] *= 2
    shift = distribution_shift(train, dev, rng=rng)
    assert {moved.index for moved in shift.moved} == {1, 4}
    by_index = {moved.index: moved for moved in shift.moved}
    assert by_index[4].mean_shift == pytest.approx(0.95, abs=0.15)
    assert by_index[1].scale_ratio == pytest.approx(2, abs=0.2)
    found = mismatch_fault(shift, list("abcdef"))
    assert found.code == "mismatch"
    assert found.severity == "fail"
    assert f"none of {PERMUTATIONS} random divisions reached as much; moved most: " in found.evidence
    assert f"e (mean {by_index[4].mean_shift:+.1f} SD)" in found.evidence
    assert f"b (spread {by_index[1].scale_ratio:.2g} times)" in found.evidence


def test_a_changed_correlation_moves_no_single_feature(rng):
    train, dev = rng.normal(size=(500, 2)), rng.normal(size=(500, 2))
    dev[:, 1] = 0.9 * dev[:, 0] + 0.19**0.5 * dev[:, 1]
    shift = distribution_shift(train, dev, rng=rng)
    assert shift.is_told()
    assert "how they go together" in mismatch_fault(shift, ["a", "b"]).evidence


def test_constant_and_outlying_columns_do_no_harm(rng):
    train, dev = rng.normal(size=(100, 3)), rng.normal(size=(50, 3))
    train[:, 1] = dev[:, 1] = 7.0
    train[0, 2] = 1e12
    shift = distribution_shift(train, dev, rng=rng)
    assert 0 < shift.p_value <= 1
    assert not shift.is_told()


def test_large_sets_are_looked_at_in_part_half_and_half(rng):
    sizes = [(5000, 3000, (500, 500)), (5000, 100, (900, 100)), (30, 20, (30, 20)), (100, 5000, (100, 900))]
    for a, b, expected in sizes:
        parts = subsampled(np.arange(a)[:, None], np.arange(b)[:, None], rng)
        assert tuple(map(len, parts)) == expected
        assert all(len(np.unique(part)) == len(part) for part in parts)
