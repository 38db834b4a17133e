"""The measures that bias and variance may be told in: another library's values, and intervals that hold the truth."""

import numpy as np
import pytest
from sklearn import metrics as theirs

from dlrun.statistics.calibration import softmax
from dlrun.statistics.measures import MEASURES


def classes(rng, m, K=3):
    logits = rng.normal(scale=1.5, size=(m, K))
    return softmax(logits), np.array([rng.choice(K, p=p) for p in softmax(logits)])


def numbers(rng, m):
    truth = rng.normal(size=m)
    return (truth + 0.7 * rng.normal(size=m))[:, None], truth


def draw(rng, name, m):
    return classes(rng, m) if MEASURES[name].for_classes else numbers(rng, m)


def test_measures_are_those_of_scikit_learn_over_those_of_one_answer(rng):
    P, y = classes(rng, 400)
    shares = np.tile(np.bincount(y) / 400, (400, 1))
    answers, truth = numbers(rng, 400)
    expected = {
        "balanced_error": 1 - theirs.balanced_accuracy_score(y, P.argmax(axis=1)),
        "log_loss": theirs.log_loss(y, P) / theirs.log_loss(y, shares),
        "1 - auc": 1 - theirs.roc_auc_score(y, P, multi_class="ovr"),
        "rmse": (1 - theirs.r2_score(truth, answers[:, 0])) ** 0.5,
        "mae": theirs.mean_absolute_error(truth, answers[:, 0])
        / theirs.mean_absolute_error(truth, np.full(400, np.median(truth))),
    }
    assert expected.keys() == MEASURES.keys()
    for name, value in expected.items():
        measured = MEASURES[name].of(*((P, y) if MEASURES[name].for_classes else (answers, truth)))
        assert measured.value == pytest.approx(value), name
        assert measured.interval[0] < measured.value < measured.interval[1], name


def test_one_answer_for_all_rows_has_the_baseline(rng):
    _, y = classes(rng, 300)
    shares = np.tile(np.bincount(y, minlength=3) / 300, (300, 1))
    assert MEASURES["log_loss"].of(shares, y).value == pytest.approx(1)
    assert MEASURES["balanced_error"].of(shares, y).value == pytest.approx(MEASURES["balanced_error"].baseline(3))
    assert MEASURES["1 - auc"].of(shares, y).value == pytest.approx(MEASURES["1 - auc"].baseline(3))
    truth = rng.normal(size=300)
    assert MEASURES["mae"].of(np.full((300, 1), np.median(truth)), truth).value == pytest.approx(1)
    assert MEASURES["rmse"].of(np.full((300, 1), truth.mean()), truth).value == pytest.approx(1)


@pytest.mark.parametrize("name", list(MEASURES))
def test_intervals_hold_the_truth_as_often_as_they_say(rng, name):
    truth = MEASURES[name].of(*draw(rng, name, 40_000)).value
    held = 0
    for _ in range(200):
        low, high = MEASURES[name].of(*draw(rng, name, 200)).interval
        held += low <= truth <= high
    # Of 200 intervals of 90%, fewer than 165 or more than 196 are 3.5 standard errors off.
    assert 165 <= held <= 196


def test_what_cannot_be_measured_is_no_number():
    P = np.tile([0.4, 0.6], (6, 1))
    assert np.isnan(MEASURES["1 - auc"].of(P, np.ones(6, int)).value)
    assert np.isnan(MEASURES["log_loss"].of(P, np.ones(6, int)).value)
