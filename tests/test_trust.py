"""What predictions promise: temperatures, intervals, sets and abstention, beside other libraries or a slow twin."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from dlrun.errors import UsageError
from dlrun.model.trust import Kept, Trust, trust_of
from dlrun.statistics.calibration import (
    FEWEST_ROWS,
    HIGHEST,
    bins_of,
    calibration_error,
    log_losses,
    softmax,
    temperature_of,
    useful_temperature,
)
from dlrun.statistics.conformal import class_sets, conformal_limit, set_scores
from dlrun.statistics.selective import RISK, selection_for

CLASSES = 4


def logits_and_classes(rng, m, *, temperature=1.0):
    """Logits of m rows that are `temperature` times too sure."""
    logits = rng.normal(scale=2.0, size=(m, CLASSES))
    y = np.array([rng.choice(CLASSES, p=p) for p in softmax(logits)])
    return logits * temperature, y


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_is_the_one_that_scipy_and_sklearn_find(rng, temperature):
    from sklearn.calibration import _TemperatureScaling

    logits, y = logits_and_classes(rng, 800, temperature=temperature)
    found = temperature_of(logits, y)
    by_scipy = minimize_scalar(lambda t: log_losses(logits / t, y).mean(), bounds=(0.05, 20), method="bounded",
                               options={"xatol": 1e-9})  # fmt: skip
    assert found == pytest.approx(by_scipy.x, rel=1e-5)
    beta = _TemperatureScaling().fit(logits, y).beta_
    assert found == pytest.approx(1 / beta, rel=1e-3)
    # Within what 800 rows tell: the standard error is about 6%.
    assert found == pytest.approx(temperature, rel=0.25)


def test_the_temperature_stays_within_its_range():
    logits = np.array([[1.0, 0.0]] * 50)
    right, wrong = np.zeros(50, int), np.ones(50, int)
    assert temperature_of(logits, right) < 0.06
    assert temperature_of(logits, wrong) > 0.9 * HIGHEST


def test_a_temperature_is_used_only_where_it_surely_helps(rng):
    helped = [useful_temperature(*logits_and_classes(rng, 400, temperature=2.0)) for _ in range(20)]
    assert all(t > 1.5 for t in helped)
    # At most 5% of the fits to calibrated rows gain by chance; of 100, 12 or more would be a fault (1 in 400).
    needless = [useful_temperature(*logits_and_classes(rng, 400)) != 1 for _ in range(100)]
    assert sum(needless) < 12
    few = logits_and_classes(rng, FEWEST_ROWS - 1, temperature=5.0)
    assert useful_temperature(*few) == 1


def test_the_calibration_error_is_that_of_a_slow_twin(rng):
    probability = rng.uniform(0.3, 1, size=600)
    right = rng.random(600) < probability**2
    bins = bins_of(probability, right)
    rows = sorted(zip(probability, right, strict=True))
    slow = 0.0
    for at in range(15):
        part = rows[at * 40 : (at + 1) * 40]
        slow += abs(sum(p for p, _ in part) / 40 - sum(ok for _, ok in part) / 40) * 40 / 600
    assert calibration_error(bins) == pytest.approx(slow)
    assert [one.rows for one in bins] == [40] * 15
    assert len(bins_of(probability[:30], right[:30])) == 1


def test_the_limit_is_the_order_statistic_of_the_theorem():
    scores = np.arange(1.0, 100)  # n = 99
    assert conformal_limit(scores, 0.9) == 90  # ceil(100 * 0.9) = 90
    assert conformal_limit(scores[:8], 0.9) == math.inf  # ceil(8.1) = 9 > 8
    assert conformal_limit(scores[:9], 0.9) == 9


def test_intervals_are_those_of_mapie(rng):
    mapie = pytest.importorskip("mapie.regression")
    from sklearn.linear_model import LinearRegression

    X = rng.normal(size=(500, 3))
    y = X[:, 0] + rng.normal(size=500)
    model = LinearRegression().fit(X[:200], y[:200])
    theirs = mapie.SplitConformalRegressor(model, confidence_level=0.9, prefit=True).conformalize(
        X[200:350], y[200:350]
    )
    _, intervals = theirs.predict_interval(X[350:])
    limit = conformal_limit(np.abs(y[200:350] - model.predict(X[200:350])), 0.9)
    answers = model.predict(X[350:])
    assert np.allclose(intervals[:, 0, 0], answers - limit)
    assert np.allclose(intervals[:, 1, 0], answers + limit)


def test_sets_are_those_of_mapie_and_never_empty(rng):
    mapie = pytest.importorskip("mapie.classification")
    from sklearn.linear_model import LogisticRegression

    X = rng.normal(size=(600, 3))
    y = (X @ rng.normal(size=(3, 4)) + rng.gumbel(size=(600, 4))).argmax(axis=1)
    model = LogisticRegression().fit(X[:200], y[:200])
    theirs = mapie.SplitConformalClassifier(model, confidence_level=0.9, prefit=True, conformity_score="lac")
    _, sets = theirs.conformalize(X[200:400], y[200:400]).predict_set(X[400:])
    limit = conformal_limit(set_scores(model.predict_proba(X[200:400]), y[200:400]), 0.9)
    ours = class_sets(model.predict_proba(X[400:]), limit)
    assert (ours == sets[:, :, 0]).mean() > 0.999
    assert class_sets(np.array([[0.6, 0.4]]), 0.1).tolist() == [[True, False]]


def test_new_rows_are_held_as_often_as_promised(rng):
    shares = []
    for _ in range(400):
        scores = rng.exponential(size=400)
        shares.append((scores[150:] <= conformal_limit(scores[:150], 0.9)).mean())
    # 0.9 to 0.9 + 1/151; the standard error over 400 is 0.0015.
    assert 0.895 < np.mean(shares) < 0.912


def test_the_error_of_the_answered_is_below_the_bound_nearly_always(rng):
    broken = 0
    for _ in range(300):
        probability = rng.uniform(0.5, 1, size=500)
        right = rng.random(500) < probability
        selection = selection_for(probability, right, 0.1)
        if selection is None:
            continue
        assert selection.bound < 0.1
        assert selection.share == (probability >= selection.threshold).mean()
        # The true error above a threshold t is the mean of 1 - p over [t, 1].
        broken += (1 - selection.threshold) / 2 > 0.1
    assert broken <= 300 * RISK


def test_all_rows_are_answered_where_that_is_sure_enough_and_none_where_none_is():
    surest = selection_for(np.linspace(0.5, 1, 1000), np.ones(1000, bool), 0.1)
    assert surest is not None
    assert surest.share == 1
    assert selection_for(np.linspace(0.5, 1, 1000), np.zeros(1000, bool), 0.1) is None
    ties = selection_for(np.full(400, 0.9), np.arange(400) % 50 > 0, 0.1)
    assert ties is not None
    assert ties.share == 1


def predictions_of(rng, task):
    if task == "regression":
        truth = rng.normal(size=300)
        arrays = {"outputs": (truth + rng.normal(size=300))[:, None], "targets": truth}
    else:
        logits, y = logits_and_classes(rng, 300, temperature=3.0)
        arrays = {"outputs": softmax(logits).astype(np.float32), "targets": y}
    return {f"{split}_{name}": array[part] for split, part in (("dev", slice(0, 200)), ("test", slice(200, 300)))
            for name, array in arrays.items()}  # fmt: skip


def test_probabilities_are_judged_on_test_before_and_after(rng):
    trust = trust_of(predictions_of(rng, "multiclass"), "multiclass")
    calibration = trust.calibration
    assert calibration is not None
    assert trust.temperature == calibration.temperature > 2
    assert calibration.measured_on == "test"
    assert calibration.error_after < calibration.error_before
    assert calibration.rows == sum(one.rows for one in calibration.after) == 100
    without_test = {name: array for name, array in predictions_of(rng, "multiclass").items() if "test" not in name}
    assert trust_of(without_test, "multiclass").calibration.measured_on == "dev"


def test_coverage_is_measured_on_test_and_needs_enough_dev_rows(rng):
    trust = trust_of(predictions_of(rng, "regression"), "regression")
    limit, coverage = trust.coverage(0.9)
    held = np.abs(trust.test.truth - trust.test.outputs[:, 0]) <= limit
    assert coverage.held == held.mean()
    assert coverage.interval[0] < coverage.held < coverage.interval[1]
    assert trust.calibration is None
    with pytest.raises(UsageError, match=r"--interval 0.999: needs at least 999 dev rows, and the run has 200"):
        trust.coverage(0.999)


def test_two_classes_are_two_columns(rng):
    p = rng.uniform(size=200)
    arrays = {"dev_outputs": p[:, None].astype(np.float32), "dev_targets": (rng.random(200) < p).astype(int)}
    trust = trust_of(arrays, "binary")
    assert trust.dev.outputs.shape == (200, 2)
    assert np.allclose(trust.dev.outputs.sum(axis=1), 1)
    assert trust.test is None
    _, coverage = trust.coverage(0.9)
    assert coverage.held is None


def test_a_regression_cannot_abstain_and_a_poor_network_is_told_so():
    outputs, truth = np.zeros((50, 1)), np.ones(50)
    with pytest.raises(UsageError, match="--interval says how far off"):
        Trust("regression", Kept(outputs, truth), None).abstention(0.05)
    poor = Kept(np.tile([0.6, 0.4], (50, 1)), np.ones(50, int))
    with pytest.raises(UsageError, match="no part of the 50 dev rows, of which 50 are wrong, has surely so few errors"):
        Trust("binary", poor, None).abstention(0.05)
