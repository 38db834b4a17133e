"""Labels that may be wrong: how many, which rows, and when nothing is said."""

import json
from pathlib import Path

import numpy as np
import pytest

from dlrun.data.out_of_fold import best_out_of_fold, of_scores
from dlrun.diagnosis.findings import Finding
from dlrun.diagnosis.label_noise import LEAST_NOISE, LabelNoise, is_suspicious, with_sentence
from dlrun.statistics.label_noise import Surest, confident_joint, surest_rows, suspects
from tests.commands import dlrun

CASES = json.loads((Path(__file__).parent / "elsewhere" / "cleanlab.json").read_text())


def arrays(case):
    return np.array(case["probabilities"]), np.array(case["y"])


@pytest.mark.parametrize("case", CASES)
def test_joint_and_suspects_are_cleanlab_s(case):
    probabilities, y = arrays(case)
    joint = confident_joint(probabilities, y)
    # cleanlab rounds the joint to whole rows: half a row in a class of thirty or more.
    assert joint == pytest.approx(np.array(case["joint"]), abs=0.5 / 30 / len(joint) + 0.0005)
    assert sorted(suspects(probabilities, y, joint)[0].tolist()) == case["suspects"]


def test_the_joint_has_each_label_s_share_and_a_class_without_rows_has_none():
    probabilities, y = arrays(CASES[1])
    joint = confident_joint(np.hstack([probabilities, np.zeros((len(y), 1))]), y)
    assert joint.sum(axis=1) == pytest.approx(np.bincount(y, minlength=4) / len(y))
    assert joint[:, 3].sum() == 0


def test_the_least_likely_label_is_named_first():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.95, 0.05], [0.1, 0.9], [0.3, 0.7], [0.6, 0.4]])
    rows, likely = suspects(probabilities, np.array([1, 1, 0, 1, 0, 0]), np.array([[2, 1], [2, 1]]) / 6)
    assert (rows.tolist(), likely.tolist()) == ([0, 1, 4], [0, 0, 1])


def test_the_surest_quarter_is_that_of_each_answer():
    sureness = np.concatenate([np.linspace(0.6, 1, 40), np.linspace(0.55, 0.7, 20)])
    answers = np.repeat([0, 1], [40, 20])
    probabilities = np.where(answers[:, None] == [0, 1], sureness[:, None], 1 - sureness[:, None])
    y = answers.copy()
    y[[0, 39, 38, 59]] = 1 - y[[0, 39, 38, 59]]
    surest = surest_rows(probabilities, y)
    assert (surest.wrong, surest.rows, surest.share) == (3, 15, 0.2)
    assert surest.interval == pytest.approx((0.0568, 0.4398), abs=1e-4)  # Clopper and Pearson, of 3 in 15


def test_scores_become_probabilities_in_their_order():
    assert of_scores(np.array([0.0, 2.0]))[:, 1] == pytest.approx([0.5, 1 / (1 + np.exp(-4))])
    assert of_scores(np.array([[1.0, 2.0, 3.0]])).argsort().tolist() == [[0, 1, 2]]


def overlapping(rng, rows):
    """Two normal classes, of which the best rule gets 16% wrong."""
    y = rng.integers(0, 2, rows)
    return rng.standard_normal((rows, 3)) + 2 * y[:, None] * np.eye(3)[0], y


def noise_of(rng, share, rows=400):
    X, true = overlapping(rng, rows)
    y, drawn = true.copy(), rng.random(rows) < share
    y[drawn] = rng.integers(0, 2, int(drawn.sum()))
    return surest_rows(best_out_of_fold(X, y, rng).probabilities, y), float((y != true).mean())


def test_overlap_is_not_told_as_wrong_labels_and_wrong_labels_are_with_their_share():
    rng = np.random.default_rng(4)
    healthy = [noise_of(rng, 0.0)[0].interval[0] for _ in range(8)]
    assert sum(lower > LEAST_NOISE for lower in healthy) == 0
    planted = [noise_of(rng, 0.3) for _ in range(10)]
    assert sum(found.interval[0] > LEAST_NOISE for found, _ in planted) >= 9
    # 90% nominal; of ten, fewer than six has a chance of 0.2%.
    assert sum(found.interval[0] <= wrong <= found.interval[1] for found, wrong in planted) >= 6


def written(folder, share, *, regression=False):
    rng = np.random.default_rng(2)
    X, true = overlapping(rng, 300)
    X[:, 0] *= 3
    y, drawn = true.copy(), rng.random(300) < share
    y[drawn] = 1 - y[drawn]
    lines = [
        f"{a:.3f},{b:.3f},{c:.3f},{t + 0.5 * a if regression else ['no', 'yes'][t]}"
        for (a, b, c), t in zip(X, y, strict=True)
    ]
    (folder / "t.csv").write_text("\n".join(["a,b,c,label", *lines]) + "\n")
    (folder / "c.yaml").write_text("data: {source: t.csv, target: label}\ntraining: {epochs: 3}\nensemble: 1\n")
    return np.flatnonzero(drawn)


def test_the_command_names_the_rows_by_number_and_line(tmp_path):
    wrong = written(tmp_path, 0.15)
    told = json.loads(dlrun("data", "c.yaml", "--suspects", "--json", cwd=tmp_path).stdout)["suspects"]
    assert told["noise"]["is_told"]
    assert told["noise"]["rows"] == 240
    first = told["rows"][:10]
    assert sum(row["row"] - 1 in wrong for row in first) >= 8
    text = (tmp_path / "t.csv").read_text().splitlines()
    for row in first:
        assert row["place"] == f"t.csv:{row['row'] + 1}"
        assert text[row["row"]].endswith(row["given"])
        assert row["likely"] != row["given"]
    shown = dlrun("data", "c.yaml", "--suspects", cwd=tmp_path).stdout
    assert "labels may be wrong: of the" in shown
    assert f"t.csv:{first[0]['row'] + 1}" in shown
    assert "suspects" not in json.loads(dlrun("data", "c.yaml", "--json", cwd=tmp_path).stdout)


def test_a_run_is_told_of_wrong_labels_on_request_and_proposed_an_optimal_error(tmp_path):
    written(tmp_path, 0.15)
    assert dlrun("train", "c.yaml", cwd=tmp_path).returncode == 0
    assert "label_noise" not in json.loads(dlrun("diagnose", "--json", cwd=tmp_path).stdout)
    told = json.loads(dlrun("diagnose", "--reference", "--json", cwd=tmp_path).stdout)
    (finding,) = [one for one in told["findings"] if one["code"] == "label-noise"]
    assert f"set diagnosis.optimal_error={told['label_noise']['share']:.2g}" in finding["do"]
    # What was found is kept: it is told again, verified with the run's files, and has its section on the page.
    again = json.loads(dlrun("diagnose", "--json", cwd=tmp_path).stdout)
    assert again["label_noise"] == told["label_noise"]
    assert "label-noise" in [one["code"] for one in again["findings"]]
    assert dlrun("verify", "latest", cwd=tmp_path).returncode == 0
    page = tmp_path / "page.html"
    assert dlrun("report", "latest", "-o", page, cwd=tmp_path).returncode == 0
    assert "Labels that may be wrong" in page.read_text()


def test_where_wrong_labels_cannot_be_looked_for_the_reason_is_told(tmp_path):
    written(tmp_path, 0.0, regression=True)
    refused = dlrun("data", "c.yaml", "--suspects", cwd=tmp_path)
    assert refused.returncode == 3
    assert "--suspects: wrong labels are looked for among classes, and 'label' is a number" in refused.stderr
    (tmp_path / "c.yaml").write_text("data: {source: blobs, samples: 30, classes: 2}\n")
    assert "it needs 40 rows of two classes" in dlrun("data", "c.yaml", "--suspects", cwd=tmp_path).stderr


def run_codes(folder, *words):
    return [
        one["code"] for one in json.loads(dlrun("train", "c.yaml", "--json", *words, cwd=folder).stdout)["findings"]
    ]


BY_HEART = ("network.width=128", "training.epochs=150", "training.optimizer=adam", "training.learning_rate=0.01")


@pytest.mark.parametrize("option", ["--suspects", "--gap"])
def test_of_rows_that_stay_in_their_file_neither_labels_nor_a_gap_are_looked_for(tmp_path, option):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "rows.npy", np.hstack([rng.normal(size=(200, 3)), rng.integers(0, 2, (200, 1))]))
    (tmp_path / "c.yaml").write_text("data: {source: rows.npy, memory_map: true}\ntraining: {epochs: 2}\n")
    refused = dlrun("data", "c.yaml", option, cwd=tmp_path)
    assert refused.returncode == 3
    assert f"{option}: the rows stay in their file (data.memory_map)" in refused.stderr


def test_a_run_that_knows_its_training_rows_by_heart_is_told_of_wrong_labels_by_its_dev_rows(tmp_path):
    written(tmp_path, 0.25)
    assert "label-noise" in run_codes(tmp_path, *BY_HEART)
    assert "label-noise" not in run_codes(tmp_path, *BY_HEART, "diagnosis.ignore=[label-noise]")
    # Cut short it does not fit its training rows, and is wrong on dev for that alone.
    assert "label-noise" not in run_codes(tmp_path, *BY_HEART, "training.epochs=1", "training.learning_rate=1e-5")
    written(tmp_path, 0.0)
    assert "label-noise" not in run_codes(tmp_path, *BY_HEART)


def test_a_run_suspects_labels_where_it_is_wrong_when_sure_and_nothing_else_explains_it():
    surest, clean = Surest(13, 76, 0.17, (0.1, 0.26)), Surest(1, 76, 0.013, (0.001, 0.06))
    small, uneven = Finding("network-too-small", "fail", "", "", ""), Finding("oscillation", "notice", "", "", "")
    outcome, flat = (Finding(code, "fail", "", "", "") for code in ("no-better-than-baseline", "plateau"))
    assert is_suspicious(surest, 0.2, (), (uneven, outcome, flat))  # which wrong labels bring about, too
    assert not is_suspicious(surest, 0.2, (), (small,))
    assert is_suspicious(surest, 0.0, (), (small,))
    assert not is_suspicious(surest, 0.0, (Finding("mismatch", "fail", "", "", ""),), ())
    assert not is_suspicious(clean, 0.2, (), ())


def noise(error, lower, share=0.2):
    """What learners with this error say, of a share with this lower end."""
    return LabelNoise(1000, "learners", error, 250, 50, share, (lower, 0.5), 0.2, False, "")


@pytest.mark.parametrize(
    ("error", "lower", "told"),
    [
        (0.2, 0.06, True),
        (0.2, 0.049, False),  # of 20% of all a quarter is 5%: classes that overlap
        (0.02, 0.021, True),
        (0.02, 0.02, False),
        (0.35, 0.3, True),
        (0.36, 0.3, False),  # of the errors of a guess, half of all rows, they make more than 70%
    ],
)
def test_wrong_labels_are_told_where_the_surest_answers_are_nearly_as_often_wrong_as_all(error, lower, told):
    assert with_sentence(noise(error, lower), 0.5).is_told is told
    assert f"of all rows {error:.1%} have" in with_sentence(noise(error, lower), 0.5).sentence


def test_a_function_that_a_learner_hardly_knows_is_no_noise_and_the_same_with_noise_is():
    rng = np.random.default_rng(7)
    X = rng.uniform(-2, 2, (1000, 6))
    score = np.sin(2 * X[:, :4]).sum(axis=1)
    true = (score > np.median(score)).astype(int)
    for share, told in ((0.0, False), (0.25, True)):
        y, drawn = true.copy(), rng.random(1000) < share
        y[drawn] = rng.permutation(true)[drawn]
        answered = best_out_of_fold(X, y, np.random.default_rng(0))
        found = surest_rows(answered.probabilities, y)
        error = float((answered.probabilities.argmax(axis=1) != y).mean())
        assert error > 0.1  # a quarter of the errors of a guess at the least
        looked = LabelNoise(
            1000, answered.name, error, found.rows, found.wrong, found.share, found.interval, 0.0, False, ""
        )
        assert with_sentence(looked, 0.5).is_told is told


@pytest.mark.parametrize(("share", "told"), [(0.15, True), (0.0, False)])
def test_a_small_sound_network_tells_wrong_labels_without_knowing_its_rows_by_heart(share, told, tmp_path):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((1000, 2))
    y = (X[:, 0] > 0) ^ (rng.random(1000) < share)
    lines = [f"{a:.3f},{b:.3f},{['no', 'yes'][int(label)]}" for (a, b), label in zip(X, y, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,label", *lines]) + "\n")
    (tmp_path / "c.yaml").write_text("data: {source: t.csv}\nensemble: 1\n")
    sound = ("network.width=16", "training.epochs=60", "training.learning_rate=0.005", "training.optimizer=adam")
    assert ("label-noise" in run_codes(tmp_path, *sound)) is told
