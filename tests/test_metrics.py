"""The figures of the field: scikit-learn's values, and intervals that hold the truth as often as they say."""

import json

import numpy as np
import pytest
from sklearn import metrics as theirs

from dlrun.report.metrics import NAMES
from dlrun.statistics.calibration import softmax
from dlrun.statistics.metrics import MOST_CURVES, class_metrics, number_metrics
from tests.commands import ROOT, dlrun


def draw(rng, m, K, *, ties=False):
    logits = rng.normal(scale=1.5, size=(m, K))
    P = softmax(logits)
    if ties:
        P = softmax(np.round(logits))
    y = np.array([rng.choice(K, p=p) for p in softmax(logits)])
    return P, y


@pytest.mark.parametrize("K", [2, 3, 5])
@pytest.mark.parametrize("ties", [False, True])
def test_the_figures_of_classes_are_those_of_scikit_learn(rng, K, ties):
    P, y = draw(rng, 300, K, ties=ties)
    answers, scores = P.argmax(axis=1), P[:, 1] if K == 2 else P
    mean = "binary" if K == 2 else "macro"
    expected = {
        "log_loss": theirs.log_loss(y, P),
        "brier": theirs.brier_score_loss(y, scores),
        "balanced_error": 1 - theirs.balanced_accuracy_score(y, answers),
        "f1": theirs.f1_score(y, answers, average=mean),
        "mcc": theirs.matthews_corrcoef(y, answers),
        "auc": theirs.roc_auc_score(y, scores, **({} if K == 2 else {"multi_class": "ovr"})),
        "average_precision": theirs.average_precision_score(np.eye(K)[y] if K > 2 else y, scores),
    }
    found = class_metrics(P, y)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-12), name
        low, high = found[name].interval
        assert low <= found[name].value <= high, name


def test_the_figures_of_numbers_are_those_of_scikit_learn(rng):
    truth = rng.normal(size=250)
    answers = truth + rng.normal(size=250)
    found = number_metrics(answers, truth)
    assert found["rmse"].value == pytest.approx(theirs.root_mean_squared_error(truth, answers))
    assert found["r2"].value == pytest.approx(theirs.r2_score(truth, answers))
    assert found["mae"].value == pytest.approx(theirs.mean_absolute_error(truth, answers))
    assert found["absolute_error_50"].value == pytest.approx(theirs.median_absolute_error(truth, answers))
    for metric in found.values():
        low, high = metric.interval
        assert low < metric.value < high


def test_a_class_without_rows_has_no_figure_that_needs_it():
    P = softmax(np.random.default_rng(0).normal(size=(40, 3)))
    found = class_metrics(P, np.arange(40) % 2)
    assert found["auc"].value is None
    assert found["balanced_error"].value == pytest.approx(
        1 - np.mean([(P.argmax(axis=1)[k::2] == k).mean() for k in range(2)])
    )
    assert found["f1"].value is not None
    alone = class_metrics(np.tile([0.4, 0.6], (5, 1)), np.ones(5, int))
    assert alone["mcc"].value == 0
    assert alone["auc"].value is None


def test_what_is_perfect_is_as_sure_as_its_rows_allow():
    y = np.arange(200) % 2
    found = class_metrics(np.stack([1.0 - y, y], axis=1) * 0.8 + 0.1, y)
    assert found["auc"].value == 1
    assert found["auc"].interval == pytest.approx((0.05 ** (1 / 100), 1))
    assert found["balanced_error"].value == 0
    low, high = found["balanced_error"].interval
    assert low == 0
    # Each class has 100 rows and none wrong: 1 - 0.05^(1/100) a class, and the root of two halves squared for both.
    assert high == pytest.approx((1 - 0.05**0.01) / 2**0.5)


def test_curves_are_left_out_for_many_classes(rng):
    P, y = draw(rng, 100, MOST_CURVES + 1)
    assert "auc" not in class_metrics(P, y)
    assert "f1" in class_metrics(P, y)


def test_few_rows_have_no_interval_of_a_quantile():
    found = number_metrics(np.arange(8.0), np.zeros(8))
    assert found["absolute_error_90"].interval is None
    assert found["absolute_error_50"].interval is not None


# The truth is that of a very large sample. Of 200 intervals of 90%, fewer than 165 or more than 196 are 3.5 SE off.
def test_intervals_of_classes_hold_the_truth_as_often_as_they_say(rng):
    truth = class_metrics(*draw(rng, 30_000, 2))
    held = dict.fromkeys(truth, 0)
    for _ in range(200):
        for name, metric in class_metrics(*draw(rng, 200, 2)).items():
            low, high = metric.interval
            held[name] += low <= truth[name].value <= high
    assert all(165 <= count <= 196 for count in held.values()), held


@pytest.mark.parametrize(("name", "truth"), [("rmse", 1.0), ("mae", (2 / np.pi) ** 0.5), ("absolute_error_90", 1.6449)])
def test_intervals_of_numbers_hold_the_truth_as_often_as_they_say(rng, name, truth):
    held = 0
    for _ in range(200):
        low, high = number_metrics(rng.normal(size=150), np.zeros(150))[name].interval
        held += low <= truth <= high
    assert 165 <= held <= 200


def test_the_interval_of_an_area_is_that_of_drawing_rows_again(rng):
    P, y = draw(rng, 150, 2)
    own = np.random.default_rng(3)
    slow = []
    for _ in range(400):
        rows = own.integers(150, size=150)
        slow.append(theirs.roc_auc_score(y[rows], P[rows, 1]))
    low, high = class_metrics(P, y)["auc"].interval
    # 400 draws leave a tenth of a standard error at the ends; near 1, the two methods differ by a third of one.
    assert np.allclose([low, high], np.quantile(slow, [0.05, 0.95]), atol=0.5 * np.std(slow))


def answers_of(outputs):
    return (outputs[:, 0] > 0.5).astype(int) if outputs.shape[1] == 1 else outputs.argmax(axis=1)


@pytest.mark.parametrize("config", ["breast_cancer", "wine", "diabetes"])
def test_a_run_keeps_them_for_dev_and_test_and_every_verb_shows_them(tmp_path, config):
    done = dlrun(
        "train", ROOT / f"configs/{config}.yaml", "training.epochs=4", "report=false", "-q", "--json", cwd=tmp_path
    )
    result = json.loads(done.stdout)
    kept = np.load(tmp_path / result["run_dir"] / "predictions.npz")
    for split in ("dev", "test"):
        outputs, truth = kept[f"{split}_outputs"].astype(float), kept[f"{split}_targets"]
        found = result["metrics"][split]
        if config == "diabetes":
            assert found["rmse"]["value"] == pytest.approx(
                theirs.root_mean_squared_error(truth, outputs[:, 0]), rel=1e-4
            )
            assert found["rmse"]["value"] == pytest.approx(result["rmse"][split], rel=1e-4)
        else:
            P = np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
            assert found["mcc"]["value"] == pytest.approx(theirs.matthews_corrcoef(truth, P.argmax(axis=1)))
            assert found["log_loss"]["value"] == pytest.approx(result["losses"][split], rel=1e-3)
            for split in ("dev", "test"):
                expected = theirs.confusion_matrix(kept[f"{split}_targets"], answers_of(kept[f"{split}_outputs"]))
                assert result["confusion"][split] == expected.tolist()
    for verb in ("show", "diagnose"):
        assert ("dev: true \\ answered" in dlrun(verb, "latest", cwd=tmp_path).stdout) == (config != "diabetes")
    name = NAMES["rmse" if config == "diabetes" else "mcc"][0]
    assert name in dlrun("show", "latest", cwd=tmp_path).stdout
    assert name in dlrun("diagnose", cwd=tmp_path).stdout
    again = json.loads(dlrun("diagnose", "--json", cwd=tmp_path).stdout)
    assert again["metrics"] == result["metrics"]
    assert again.get("confusion") == result.get("confusion")
    dlrun("train", ROOT / f"configs/{config}.yaml", "training.epochs=2", "report=false", "-q", cwd=tmp_path)
    lines = dlrun("compare", config, "--csv", cwd=tmp_path).stdout.splitlines()
    column = lines[0].split(",").index("dev_rmse" if config == "diabetes" else "dev_mcc")
    assert all(float(line.split(",")[column]) for line in lines[1:])
    compared = json.loads(dlrun("compare", config, "--json", cwd=tmp_path).stdout)["runs"]
    ours = next(run for run in compared if run["run_id"] == result["run_id"])
    assert ours.get("confusion") == (result.get("confusion") or {}).get("dev")
