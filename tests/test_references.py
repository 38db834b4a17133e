"""The bracket of the optimal error: learners against plain twins, bounds against known optimal errors."""

import numpy as np
import pytest
from scipy.stats import binomtest, norm, ttest_1samp

from dlrun.data import Dataset, Split
from dlrun.data.references import answers, conflicts, reference_rows
from dlrun.diagnosis.reference import DEMONSTRATED, LOW, OPEN, learner, reference
from dlrun.statistics.intervals import difference_interval, error_interval, proportion_interval

LIMITS = {"low": 0.02, "high": 0.05, "declared": 0.0, "regression": False}


def dataset(X, y, X_dev, y_dev, classes=("a", "b")):
    def split(X, y):
        return Split(np.asarray(X, float), np.asarray(y)[:, None] if len(classes) < 3 else np.asarray(y), None)

    return Dataset(split(X, y), split(X_dev, y_dev), None, "binary", classes, ("x",), "y")


def losses_of(X, y, **more):
    return dict(answers(X, y, rng=np.random.default_rng(0), **{"regression": False} | more))


def test_the_nearest_neighbours_are_other_rows(rng):
    X, y = rng.normal(size=(40, 3)), rng.integers(0, 3, 40)
    found = losses_of(X, y)
    for k in (1, 3, 9):
        wrong = []
        for row in range(40):
            near = np.argsort(np.linalg.norm(X - X[row], axis=1))[1 : k + 1]
            wrong.append(np.bincount(y[near], minlength=3).argmax() != y[row])
        np.testing.assert_array_equal(found[f"{k} nearest neighbour{'s' if k > 1 else ''}"], wrong)
    assert "25 nearest neighbours" not in found  # more than half of the rows


def test_no_row_is_answered_by_a_learner_that_has_seen_it(rng):
    # Labels without any meaning: whoever had seen a row's own label would be better than chance.
    X, y = rng.normal(size=(400, 5)), rng.integers(0, 2, 400)
    for name, losses in losses_of(X, y).items():
        assert binomtest(int(losses.sum()), 400, 0.5, alternative="less").pvalue > 1e-3, name


def test_a_regressions_losses_are_in_units_of_the_targets_variance(rng):
    X = rng.normal(size=(300, 2))
    y = 5 * X[:, 0] + rng.normal(size=300)
    found = losses_of(X, y, regression=True)
    assert found["ridge regression"].mean() == pytest.approx(1 / 26, rel=0.25)


def test_classes_of_one_row_are_borne(rng):
    X, y = rng.normal(size=(30, 2)), np.r_[np.zeros(29, int), 1]
    assert [name for name in losses_of(X, y) if "nearest" not in name] == []
    y = np.r_[np.zeros(20, int), np.ones(9, int), 2]
    assert "softmax regression" in losses_of(X, y)


def test_conflicts_are_the_errors_that_equal_rows_force():
    found = conflicts(dataset([[1], [1], [2], [3]], [0, 1, 0, 1], [[1], [2], [4]], [1, 0, 0]))
    assert found == (1, 7)  # of the three rows at 1, one is wrong whatever is answered


def test_repeated_rows_are_asked_once(rng):
    X, y = reference_rows(dataset([[1], [1], [1], [2]], [0, 0, 1, 0], [[9]], [0]), rng)
    assert sorted(zip(X[:, 0].tolist(), y.tolist(), strict=True)) == [(1, 0), (1, 1), (2, 0)]


def test_the_conflict_bound_stays_below_the_optimal_error():
    """Five values of x, the class by a coin of each: the optimal error is the mean of the rarer sides."""
    rng, p = np.random.default_rng(1), np.array([0.05, 0.1, 0.3, 0.5, 0.9])
    optimal, above = np.minimum(p, 1 - p).mean(), 0
    for _ in range(200):
        x = rng.integers(0, 5, 300)
        y = (rng.random(300) < p[x]).astype(int)
        found = conflicts(dataset(x[:200, None], y[:200], x[200:, None], y[200:]))
        above += float(proportion_interval(*found)[0]) > optimal
    assert above <= 0.05 * 200


def test_no_learners_upper_limit_is_below_the_optimal_error_too_often():
    """Two Gaussians with an optimal error of 15%: the upper end of the bracket holds in 95 of 100 samples at least."""
    rng, below, distance = np.random.default_rng(2), 0, 2 * norm.isf(0.15)
    for _ in range(10):
        y = rng.integers(0, 2, 150)
        X = rng.normal(size=(150, 2)) + np.c_[y * distance, np.zeros(150)]
        found = bracket(list(losses_of(X, y).items()), 0.1, 150)
        below += found.optimal_error[1] < 0.15
    assert below <= 1


def bracket(losses, train_error, n, found=None, **more):
    interval = error_interval(train_error, n)
    return reference(losses, found, train_error=train_error, train_interval=interval, **LIMITS | more)


def wrong(count, n):
    return np.arange(n) < count


@pytest.mark.parametrize(
    ("train_error", "best", "conflicting", "bias"),
    [
        (0.15, 20, None, DEMONSTRATED),
        (0.15, 150, None, OPEN),
        (0.02, 150, None, LOW),
        (0.15, 150, (140, 1000), LOW),
    ],
)
def test_bias_is_demonstrated_low_or_open(train_error, best, conflicting, bias):
    losses = [("one", wrong(best, 1000)), ("other", wrong(400, 1000))]
    found = bracket(losses, train_error, 1000, conflicting)
    assert found.bias == bias
    assert found.best == "one"
    interval, own = error_interval(train_error, 1000), proportion_interval(best, 1000, 0.95)
    lower = difference_interval(train_error, interval, best / 1000, own)[0]
    assert found.avoidable_bias[0] == pytest.approx(lower)
    if bias == OPEN:
        assert found.break_even == pytest.approx(interval[0] - 0.02)
        assert "bias is high if the optimal error is below 11.2%, else low" in found.sentence


def test_a_declared_optimal_error_above_what_was_reached_is_refuted():
    losses = [("one", wrong(50, 1000))]
    assert bracket(losses, 0.15, 1000, declared=0.15).refuted
    assert "the declared optimal error, 15.0%, is refuted" in bracket(losses, 0.15, 1000, declared=0.15).sentence
    assert not bracket(losses, 0.15, 1000, declared=0.05).refuted


def test_each_of_k_learners_is_judged_at_alpha_over_k(rng):
    counted = learner("a", wrong(30, 200), 9, False).interval
    expected = binomtest(30, 200).proportion_ci(1 - 0.1 / 9, method="exact")
    np.testing.assert_allclose(counted, [expected.low, expected.high])
    squares = rng.exponential(size=50)
    expected = ttest_1samp(squares, 0).confidence_interval(1 - 0.1 / 9)
    np.testing.assert_allclose(learner("a", squares, 9, True).interval, [expected.low, expected.high])
