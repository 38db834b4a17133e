"""diagnosis.metric: bias and variance told in another measure, by the same rule, and as sure as they say."""

import json

import numpy as np
import pytest

from dlrun import DenseClassifier
from dlrun.diagnosis import diagnose
from dlrun.diagnosis.measured import MeasuredErrors
from dlrun.diagnosis.row_summary import RowSummary
from dlrun.records import BySplit, Sizes
from dlrun.statistics.measures import MEASURES
from tests.commands import ROOT, dlrun
from tests.test_measures import draw

SIZES = Sizes(400, 400, 400)


def measured(name, train, dev):
    """The errors of two splits, each (outputs, truth), in a measure."""
    measure = MEASURES[name]
    found = [measure.of(*part) for part in (train, dev)]
    baseline = 1.0 if measure.baseline is None else measure.baseline(3)
    errors, intervals = (BySplit(*(one[at] for one in found), None) for at in range(2))
    return MeasuredErrors(name, measure.word, errors, intervals, baseline, measure.is_share)


def diagnosed(one):
    rows = RowSummary(measured=one)
    return diagnose(BySplit(0.5, 0.5, None), sizes=SIZES, rows=rows, regression=not MEASURES[one.metric].for_classes)


@pytest.mark.parametrize("name", list(MEASURES))
def test_the_distance_of_two_splits_is_held_as_often_as_it_says(rng, name):
    # Both splits are drawn alike, so that the true variance is 0.
    held = 0
    for _ in range(200):
        low, high = diagnosed(measured(name, draw(rng, name, 150), draw(rng, name, 150))).intervals.variance
        held += low <= 0 <= high
    # At least 90%; the balanced error's interval is wider than it need be.
    assert held >= 165


@pytest.mark.parametrize("name", list(MEASURES))
def test_a_verdict_follows_the_rule_in_its_measure(rng, name):
    good, poor = draw(rng, name, 600), draw(rng, name, 600)
    outputs = poor[0].copy()
    rng.shuffle(outputs)  # answers that say nothing of their rows
    diagnosis = diagnosed(measured(name, good, (outputs, poor[1])))
    assert diagnosis.verdict.variance == "high"
    assert diagnosis.word == MEASURES[name].word
    assert f"dev {diagnosis.word} is" in diagnosis.sentence
    assert diagnosis.variance == pytest.approx(diagnosis.errors.dev - diagnosis.errors.train)
    same = diagnosed(measured(name, good, good))
    assert same.verdict.variance in ("low", "inconclusive")
    assert not [finding for finding in same.findings if finding.code == "no-better-than-baseline"]
    assert diagnosis.findings[0].code == "no-better-than-baseline"


def test_a_share_of_the_baseline_has_no_scale_in_points_and_a_fraction_has():
    P, y = np.eye(3)[np.arange(300) % 3] * 0.7 + 0.1, np.arange(300) % 3
    share, fraction = (diagnosed(measured(name, (P, y), (P, y))) for name in ("log_loss", "balanced_error"))
    assert (share.thresholds.low, share.thresholds.high) == (0.04, 0.10)
    assert (fraction.thresholds.low, fraction.thresholds.high) == (0.02, 0.05)
    assert fraction.baseline_error == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("config", "metric"),
    [("breast_cancer", "balanced_error"), ("wine", "log_loss"), ("breast_cancer", "1 - auc"), ("diabetes", "mae"),
     ("diabetes", "rmse")],
)  # fmt: skip
def test_a_run_is_told_in_it_by_every_verb(tmp_path, config, metric):
    words = (ROOT / f"configs/{config}.yaml", f"diagnosis.metric={metric}", "training.epochs=5", "-q")
    done = dlrun("train", *words, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    result = json.loads(done.stdout)
    told = result["row_summary"]["measured"]
    assert told["metric"] == metric
    word = MEASURES[metric].word
    assert word in result["sentence"]
    kept = np.load(tmp_path / result["run_dir"] / "predictions.npz")
    outputs = kept["dev_outputs"].astype(float)
    outputs = np.hstack([1 - outputs, outputs]) if config == "breast_cancer" else outputs
    assert told["errors"]["dev"] == pytest.approx(MEASURES[metric].of(outputs, kept["dev_targets"]).value, rel=1e-6)
    for verb in ("show", "diagnose"):
        assert word in dlrun(verb, "latest", cwd=tmp_path).stdout
    asked = json.loads(dlrun("diagnose", "--json", cwd=tmp_path).stdout)
    assert asked["measure"] == word
    assert asked["errors"]["dev"] == told["errors"]["dev"]
    assert word in (tmp_path / result["run_dir"] / "report.html").read_text()


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (("diagnosis.metric=rmse",), "'rmse', and the target holds classes; expected one of error, balanced_error"),
        (("diagnosis.metric=accuracy",), "diagnosis.metric: got"),
        (("diagnosis.metric=log_loss", "training.class_weight=balanced"), "which heeds no weights of rows"),
        (
            ("diagnosis.metric=log_loss", "diagnosis.optimal_error={errors: 3, n: 100}"),
            "the optimal error is then a number in it",
        ),
    ],
)
def test_a_metric_that_does_not_suit_is_refused_before_training(tmp_path, overrides, sentence):
    done = dlrun("train", ROOT / "configs/wine.yaml", *overrides, "-q", cwd=tmp_path)
    assert done.returncode == 3
    assert sentence in " ".join(done.stderr.split())
    assert not (tmp_path / "runs").exists()


def test_an_estimator_is_told_in_it_and_refuses_what_does_not_suit():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    estimator = DenseClassifier((8,), epochs=5, metric="log_loss", random_state=0).fit(X, X[:, 0] > 0)
    assert estimator.diagnosis_.diagnosis.measure == "relative log loss"
    with pytest.raises(ValueError, match="metric: got 'rmse', and the target holds classes"):
        DenseClassifier(metric="rmse").fit(X, X[:, 0] > 0)
    with pytest.raises(ValueError, match="metric"):
        DenseClassifier(metric="accuracy").fit(X, X[:, 0] > 0)
