"""Weights of rows: in the loss, the gradient, the errors, the diagnosis, and in what says them.

The oracle is mostly a row that is repeated as often as it weighs, which needs no weights at all.
"""

import json
import re
from pathlib import Path

import numpy as np
import oracles
import pytest
import yaml
from scipy.stats import beta
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.class_weight import compute_class_weight

import dlrun
from dlrun import DenseClassifier, DenseRegressor
from dlrun.errors import ConfigError, DataError
from dlrun.experiment import prepare, read_config
from dlrun.experiment.rows import shared_counts
from dlrun.inspection.comparison import ComparedBy, shares_unexplained
from dlrun.nn.evaluation import baseline_error, commonest_answer, evaluate
from dlrun.nn.losses import LOSSES, weighted_mean
from dlrun.nn.moments import Moments
from dlrun.nn.network import Network, Workspace, loss_and_gradient
from dlrun.nn.parameters import initial_parameters
from dlrun.nn.trace import prior_loss
from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan
from dlrun.records import BySplit
from dlrun.statistics import acceptance
from dlrun.statistics.intervals import (
    effective_rows,
    error_interval,
    unexplained_estimate,
    unexplained_intervals,
    weighted_unexplained_estimate,
)
from dlrun.statistics.paired import compare_weighted_answers
from tests.commands import dlrun as command

OUTPUTS = {"sigmoid": 1, "softmax": 3, "squared": 1}
FEW = {"epochs": 4, "hidden": (6, 5)}


def targets(loss, rng, m):
    if loss == "softmax":
        return rng.integers(0, 3, m)
    return (rng.standard_normal((m, 1)) if loss == "squared" else rng.integers(0, 2, (m, 1))).astype(float)


def network_for(loss, rng):
    network = Network((4, 7, OUTPUTS[loss]), "tanh", loss)
    return network, initial_parameters(network.sizes, "xavier", rng=rng, dtype=np.float64)


@pytest.fixture
def weight(rng):
    return rng.integers(1, 5, 40)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_weighted_loss_and_its_slope_are_those_of_repeated_rows(loss, rng, weight):
    Z, Y = 3 * rng.standard_normal((40, OUTPUTS[loss])), targets(loss, rng, 40)
    repeated, dZ, slopes = np.repeat(np.arange(40), weight), np.empty_like(Z), np.empty((weight.sum(), Z.shape[1]))
    whole = LOSSES[loss].mean(Z[repeated], Y[repeated], slopes)
    found = weighted_mean(LOSSES[loss], Z, Y, weight / weight.mean(), dZ)
    assert found == pytest.approx(whole, rel=1e-13)
    summed = np.zeros_like(Z)
    np.add.at(summed, repeated, slopes)
    np.testing.assert_allclose(dZ, summed, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_of_rows_is_the_mean_loss_of_each(loss, rng):
    Z, Y = 300 * rng.standard_normal((40, OUTPUTS[loss])), targets(loss, rng, 40)
    alone = [LOSSES[loss].mean(Z[at : at + 1], Y[at : at + 1]) for at in range(40)]
    np.testing.assert_allclose(LOSSES[loss].of_rows(Z, Y), alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_weighted_gradient_is_that_of_central_differences(loss, rng, weight):
    network, parameters = network_for(loss, rng)
    workspace, gradient, scratch = Workspace(network, 40, np.float64), parameters.copy(), parameters.copy()
    workspace.X[:], Y = rng.standard_normal((40, 4)), targets(loss, rng, 40)
    loss_and_gradient(parameters, gradient, workspace, Y, weight)
    for at in range(0, parameters.flat.size, 5):
        slope = oracles.central_slope(lambda p: loss_and_gradient(p, scratch, workspace, Y, weight), parameters, at)
        assert gradient.flat[at] == pytest.approx(slope, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
def test_weighted_errors_are_those_of_repeated_rows(loss, rng):
    m = 3000  # more than one piece
    weight = rng.integers(1, 5, m)
    network, parameters = network_for(loss, rng)
    X, Y, repeated = rng.standard_normal((m, 4)), targets(loss, rng, m), np.repeat(np.arange(m), weight)
    found = evaluate(network, parameters, X, Y, weight)
    assert found == pytest.approx(evaluate(network, parameters, X[repeated], Y[repeated]), rel=1e-12)
    assert found != pytest.approx(evaluate(network, parameters, X, Y), rel=1e-4)
    Y_train, of_train = Y[:500], np.repeat(np.arange(500), weight[:500])
    expected = baseline_error(network, Y_train[of_train], Y[repeated])
    assert baseline_error(network, Y_train, Y, weight[:500], weight) == pytest.approx(expected, rel=1e-12)
    assert prior_loss(loss, Y, weight.astype(float)) == pytest.approx(prior_loss(loss, Y[repeated]), rel=1e-12)


def test_the_commonest_answer_is_by_weight():
    network = Network((2, 3), "relu", "softmax")
    assert commonest_answer(network, np.array([0, 0, 0, 2]), np.array([1.0, 1, 1, 4])) == 2


def test_weighted_moments_are_those_of_numpy(rng):
    rows, weight = 1e6 + rng.standard_normal((500, 3)), rng.uniform(0.1, 5, 500)
    moments = Moments(3)
    for start in range(0, 500, 77):
        moments.add(rows[start : start + 77], weight[start : start + 77])
    mean = np.average(rows, axis=0, weights=weight)
    np.testing.assert_allclose(moments.mean(), mean, rtol=1e-14)
    np.testing.assert_allclose(moments.variance(), np.average((rows - mean) ** 2, axis=0, weights=weight), rtol=1e-9)


def trained(train, plan, loss, seed=0):
    rng = np.random.default_rng(seed)
    network, parameters = network_for(loss, rng)
    trainer = Trainer(network, parameters, train, train, plan, Streams(rng, rng))
    return list(trainer.epochs()), parameters.flat


@pytest.mark.parametrize("loss", LOSSES)
def test_a_full_batch_of_weighted_rows_is_trained_as_one_of_repeated_rows(loss, rng, weight):
    X, Y, repeated = rng.standard_normal((40, 4)), targets(loss, rng, 40), np.repeat(np.arange(40), weight)
    # lambda is over the rows, of which there are more where they are repeated.
    plans = [TrainingPlan(20, None, "momentum", 0.1, l2_lambda=0.5 * rows / 40) for rows in (40, len(repeated))]
    records, weights = trained(Examples(X, Y, 7.0 * weight), plans[0], loss)
    expected, repeated_weights = trained(Examples(X[repeated], Y[repeated]), plans[1], loss)
    np.testing.assert_allclose(weights, repeated_weights, rtol=1e-10, atol=1e-12)
    for one, other in zip(records, expected, strict=True):
        assert (one.loss, one.dev_loss, one.dev_error) == pytest.approx((other.loss, other.dev_loss, other.dev_error))
    unweighted = trained(Examples(X, Y), plans[0], loss)[1]
    assert np.abs(unweighted - weights).max() > 1e-3


@pytest.mark.parametrize("loss", LOSSES)
def test_weights_that_are_equal_change_nothing_that_can_be_seen(loss, rng):
    X, Y = rng.standard_normal((100, 4)), targets(loss, rng, 100)
    plan = TrainingPlan(5, 16, trace=True)
    plain, weighted = (trained(Examples(X, Y, weight), plan, loss)[1] for weight in (None, np.full(100, 0.3)))
    np.testing.assert_allclose(weighted, plain, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("weight", "rows"), [([1, 1, 1], 3), ([0.1] * 100, 100), ([1, 0.0001], 1), ([3, 1], 1)])
def test_effective_rows(weight, rows):
    assert effective_rows(np.array(weight, float)) == rows


def test_errors_on_heavy_rows_are_less_sure():
    weight, wrong = np.repeat([1.0, 9.0], 50), np.arange(100) >= 95
    assert effective_rows(weight) == effective_rows(weight, np.zeros(100, bool)) == 60
    # p = 45/500, and the sum of w^2 (e - p)^2 is 50 p^2 + 45 81 p^2 + 5 81 (1 - p)^2 = 365.3.
    assert effective_rows(weight, wrong) == int(0.09 * 0.91 * 500**2 / 365.3)
    assert effective_rows(weight, ~wrong) == effective_rows(weight, wrong)
    assert effective_rows(np.ones(100), wrong) == 100


@pytest.mark.parametrize(
    ("rare", "of_rare", "of_others"), [(20, 0.3, 0.01), (20, 0.5, 0.05), (80, 0.3, 0.01), (80, 0.1, 0.1)]
)
def test_an_end_of_the_interval_misses_in_5_of_100_samples_at_most(rare, of_rare, of_others, rng):
    """400 rows, some of a rare class, balanced. With the number of Kish alone, it missed in up to 10 of 100."""
    samples = 4000
    weight = np.repeat([200 / rare, 200 / (400 - rare)], [rare, 400 - rare])
    chance = np.repeat([of_rare, of_others], [rare, 400 - rare])
    wrong, truth = rng.random((samples, 400)) < chance, float(chance @ weight) / 400
    ends = [error_interval(float(row @ weight) / 400, effective_rows(weight, row)) for row in wrong]
    missed = np.mean(np.array(ends)[:, 0] > truth), np.mean(np.array(ends)[:, 1] < truth)
    # Two standard errors of a share of 5% in so many samples: 0.7 points.
    assert max(missed) < 0.057


def test_a_duel_is_shared_by_weight():
    assert shared_counts(np.ones(7), np.ones(3)) == (7, 3)
    assert shared_counts(np.zeros(0), np.zeros(0)) == (0, 0)
    # 10 rows of weight 1 against 10 of weight 3: (40)^2 / (10 + 90) = 16 rows, of which a quarter are the first's.
    assert shared_counts(np.ones(10), np.full(10, 3.0)) == (4, 12)


def test_the_weighted_estimate_of_1_minus_r2(rng):
    errors, truth, weight = rng.exponential(size=200), rng.standard_normal(200), rng.integers(1, 4, 200).astype(float)
    rows, repeated = np.column_stack([errors, truth, weight]), np.repeat(np.arange(200), weight.astype(int))
    value, spread = weighted_unexplained_estimate(rows)
    assert value == pytest.approx(unexplained_estimate(rows[repeated, :2])[0], rel=1e-12)
    even = rows.copy()
    even[:, 2] = 0.7
    assert weighted_unexplained_estimate(even) == pytest.approx(unexplained_estimate(rows[:, :2]), rel=1e-12)
    # A jackknife knows nothing of influence functions.
    without = [weighted_unexplained_estimate(np.delete(rows, at, axis=0))[0] for at in range(200)]
    assert spread == pytest.approx(np.sqrt(199 / 200 * np.square(without - np.mean(without)).sum()), rel=0.05)


def test_intervals_of_equal_weights_are_those_without(rng):
    parts = {name: (rng.exponential(size=80), rng.standard_normal(80)) for name in ("train", "dev")}
    weighted = {name: (*columns, np.full(80, 2.0)) for name, columns in parts.items()}
    plain, found = unexplained_intervals(parts), unexplained_intervals(weighted)
    assert all(found[name] == pytest.approx(plain[name], rel=1e-9) for name in ("train", "dev", "variance"))


# --- The config, the estimators and the diagnosis ---


def made(kind, rng, rows=200):
    X = rng.standard_normal((rows, 3))
    signal = X @ [1.0, -1, 0.5] + 0.6 * rng.standard_normal(rows)
    y = signal if kind == "regression" else np.digitize(signal, [1.0] if kind == "binary" else [-0.7, 1.2])
    return X, y, rng.integers(0, 4, rows)


def run_of(folder, X, y, weight=None, **training):
    """The result of a run, and the run's arrays, on rows in a .npy whose first column is the weight."""
    columns = [X, y] if weight is None else [weight, X, y]
    np.save(folder / "rows.npy", np.column_stack(columns))
    task = "regression" if len(np.unique(y)) > 5 else "auto"
    data = {"source": str(folder / "rows.npy"), "split": {"train": 0.8, "dev": 0.2}, "task": task}
    config = {
        "seed": 5,
        "data": data | ({} if weight is None else {"weight": "x0"}),
        "network": {"hidden": [6, 5]},
        "training": {"epochs": 4, **training},
        "report": False,
    }
    result = dlrun.train(config, runs_dir=folder / "runs")
    with np.load(f"{result.run_dir}/model.npz") as model, np.load(f"{result.run_dir}/predictions.npz") as predictions:
        return result, dict(model), dict(predictions)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_weights_give_the_same_bits_in_both_worlds(kind, tmp_path, rng):
    X, y, weight = made(kind, rng)
    result, arrays, _ = run_of(tmp_path, X, y, weight)
    estimator = DenseRegressor if kind == "regression" else DenseClassifier
    model = estimator(random_state=5, **FEW).fit(X, y, sample_weight=weight)
    for name, tensor in model.parameters_.items():
        np.testing.assert_array_equal(tensor, arrays[name])
    assert model.diagnosis_.errors == result.errors
    assert model.diagnosis_.verdict == result.verdict
    removed = estimator(random_state=5, **FEW).fit(X[weight > 0], y[weight > 0], sample_weight=weight[weight > 0])
    np.testing.assert_array_equal(removed.parameters_["W1"], arrays["W1"])
    plain = estimator(random_state=5, **FEW).fit(X, y)
    assert not np.array_equal(plain.parameters_["W1"], arrays["W1"])


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_class_weights_give_the_same_bits_in_both_worlds(kind, tmp_path, rng):
    X, y, _ = made(kind, rng)
    for class_weight in ("balanced", {1: 5, 0: 0.5}):
        named = class_weight if isinstance(class_weight, str) else {str(k): v for k, v in class_weight.items()}
        result, arrays, _ = run_of(tmp_path, X, y, class_weight=named)
        model = DenseClassifier(random_state=5, class_weight=class_weight, **FEW).fit(X, y)
        np.testing.assert_array_equal(model.parameters_["W1"], arrays["W1"])
        assert model.diagnosis_.errors == result.errors


def test_balanced_classes_are_those_of_scikit_learn(tmp_path, rng):
    X, y, _ = made("multiclass", rng)
    path = tmp_path / "c.yaml"
    np.save(tmp_path / "rows.npy", np.column_stack([X, y]))
    path.write_text(yaml.safe_dump({"data": {"source": "rows.npy"}, "training": {"class_weight": "balanced"}}))
    dataset = prepare(read_config(path)).dataset
    factors = compute_class_weight("balanced", classes=np.unique(y), y=dataset.train.Y)
    for split in dataset.splits().values():
        np.testing.assert_allclose(split.weight, factors[split.Y])


def test_weights_multiply(tmp_path, rng):
    X, y, weight = made("binary", rng)
    both = DenseClassifier(random_state=5, class_weight={1: 4.0}, **FEW).fit(X, y, sample_weight=weight)
    product = DenseClassifier(random_state=5, **FEW).fit(X, y, sample_weight=weight * np.where(y == 1, 4.0, 1.0))
    np.testing.assert_array_equal(both.parameters_["W1"], product.parameters_["W1"])


def weights_of(rows, weight):
    """The weights of a split, from those of all rows of the file that have one."""
    return weight[weight > 0][rows].astype(float)


def test_the_errors_of_a_run_are_weighted_and_as_sure_as_their_rows(tmp_path, rng):
    X, y, weight = made("binary", rng)
    result, _, predictions = run_of(tmp_path, X, y, weight)
    for split in ("train", "dev"):
        own = weights_of(predictions[f"{split}_rows"], weight)
        answers = predictions[f"{split}_outputs"][:, 0] > 0.5
        error = 1 - accuracy_score(predictions[f"{split}_targets"], answers, sample_weight=own)
        assert result.errors.of(split) == pytest.approx(error, abs=1e-12)
        wrongs = answers != predictions[f"{split}_targets"]
        by_errors = error * (1 - error) / ((own * (wrongs - error)) ** 2).sum() * own.sum() ** 2
        rows = int(min(own.sum() ** 2 / (own**2).sum(), by_errors))
        assert result.effective_sizes.of(split) == rows
        assert result.sizes.of(split) == len(own) > rows
        wrong = round(error * rows)
        ends = beta.ppf([0.05, 0.95], [wrong, wrong + 1], [rows - wrong + 1, rows - wrong])
        assert result.intervals.of(split) == pytest.approx(ends, rel=1e-6)
    loss = np.average(predictions["dev_losses"], weights=weights_of(predictions["dev_rows"], weight))
    assert result.losses.dev == pytest.approx(loss, rel=1e-5)
    counted = ", ".join(f"{split} {result.effective_sizes.of(split)}" for split in ("train", "dev"))
    assert result.notes[0].startswith("rows have weights: the errors are weighted")
    assert result.notes[0].endswith(f"that all count alike: {counted}")
    asked = dlrun.diagnose(result.run_dir)
    assert (asked.errors, asked.verdict) == (result.errors, result.verdict)
    assert "rows have weights" in str(asked)
    assert "rows have weights" in asked._repr_html_()
    assert "rows have weights" in command("diagnose", "latest", cwd=tmp_path).stdout
    assert json.loads(command("diagnose", "latest", "--json", cwd=tmp_path).stdout)["sizes"]["dev"] == rows


def test_the_error_of_a_weighted_regression(tmp_path, rng):
    X, y, weight = made("regression", rng)
    result, _, predictions = run_of(tmp_path, X, y, weight)
    own = weights_of(predictions["dev_rows"], weight)
    error = 1 - r2_score(predictions["dev_targets"], predictions["dev_outputs"][:, 0], sample_weight=own)
    assert result.errors.dev == pytest.approx(error, rel=1e-5)
    low, high = result.intervals.dev
    assert low < error < high


def test_without_weights_a_result_says_nothing_of_them(tmp_path, rng):
    X, y, _ = made("binary", rng)
    result, _, _ = run_of(tmp_path, X, y)
    assert result.effective_sizes is None
    assert "effective_sizes" not in json.loads(Path(result.run_dir, "result.json").read_text())
    assert not any("weights" in note for note in result.notes)


def test_a_network_of_balanced_classes_is_not_held_against_the_majority(rng):
    """1 in 20 rows is of the rare class, and found by no more than a guess: balanced, the network is better."""
    X = rng.standard_normal((2000, 2))
    y = (X[:, 0] + 1.2 * rng.standard_normal(2000) > 2.6).astype(int)
    model = DenseClassifier(class_weight="balanced", random_state=0, hidden=(8,), dev=1000).fit(X, y)
    wrong = model.predict(X) != y
    assert wrong.mean() > y.mean()  # a majority answer errs less often
    assert "no-better-than-baseline" not in {finding.code for finding in model.diagnosis_.findings}
    assert model.diagnosis_.diagnosis.baseline_error == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("data", "training", "told"),
    [
        ({"weight": "w"}, {}, "rows.csv:4: the weight 'w' is -1; give a number >= 0, or drop the row"),
        ({"weight": "gap"}, {}, "rows.csv:5: the weight 'gap' is no value"),
        ({"weight": "word"}, {}, "data.weight: column 'word' of rows.csv holds words; a weight is a number >= 0"),
        ({"weight": "zero"}, {}, "every weight in column 'zero' of rows.csv is 0"),
        ({"weight": "ww"}, {}, "data.weight: rows.csv has no column 'ww'; did you mean w?"),
        ({"weight": "y"}, {}, "data.weight: 'y' is the target"),
        ({"weight": "w", "drop": ["w"]}, {}, "data.drop: 'w' is data.weight"),
        ({"weight": "w", "group": "w"}, {}, "data.group: 'w' is data.weight"),
        ({}, {"class_weight": {"maybe": 2}}, "training.class_weight: 'maybe' is no class; the classes are 'no', 'yes'"),
        ({"target": "a"}, {"class_weight": "balanced"}, "the target is a number and has no classes"),
        ({}, {"class_weight": {"yes": 0}}, "expected balanced, or labels with numbers > 0 such as {yes: 3}, or null"),
        ({}, {"class_weight": {}}, "expected balanced, or labels with numbers > 0"),
        ({}, {"class_weight": "balance"}, "got 'balance'; expected balanced, or labels"),
    ],
)
def test_a_wrong_weight_is_told(data, training, told, tmp_path, rng):
    a, b = rng.standard_normal((2, 40)).round(3)
    columns = {
        "a": a,
        "b": b,
        "w": [-1 if at == 2 else at + 1 for at in range(40)],
        "gap": ["" if at == 3 else at for at in range(40)],
        "word": ["xyz"[at % 3] for at in range(40)],
        "zero": [0] * 40,
        "y": ["no", "yes"] * 20,
    }
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n")
    config = {"data": {"source": "rows.csv", "target": "y"} | data, "training": training}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises((DataError, ConfigError), match=re.escape(told)):
        prepare(read_config(tmp_path / "c.yaml"))


def test_a_weight_is_no_feature_and_rows_without_any_are_left_out(tmp_path, rng):
    X, y, weight = made("binary", rng)
    _, _, predictions = run_of(tmp_path, X, y, weight)
    folder = next((tmp_path / "runs").glob("2*"))
    facts, form = (json.loads((folder / name).read_text()) for name in ("data.json", "form.json"))
    assert facts["rows"] == (weight > 0).sum() == sum(len(predictions[f"{part}_rows"]) for part in ("train", "dev"))
    assert form["features"] == ["x1", "x2", "x3"]
    roles = [column["role"] for column in facts["source_columns"]]
    assert roles == ["weight", "feature", "feature", "feature", "target"]
    shown = command("data", "rows.npy", "data.weight=x0", "data.target=x4", cwd=tmp_path)
    assert "weighs the rows" in shown.stdout
    network = dlrun.load(folder)
    assert network.n_features_in_ == 3


def test_class_weights_are_typed_and_written_as_labels(tmp_path):
    words = ["training.class_weight={0: 2, 'a b: c': 3.5}", "data.source=digits"]
    shown = command("config", _config(tmp_path), *words, cwd=tmp_path).stdout
    assert 'class_weight: {"0": 2.0, "a b: c": 3.5}' in shown
    (tmp_path / "again.yaml").write_text(shown)
    again = json.loads(command("config", "again.yaml", "--json", cwd=tmp_path).stdout)
    assert again["config"]["training"]["class_weight"] == {"0": 2.0, "a b: c": 3.5}


def _config(folder):
    (folder / "c.yaml").write_text("data: {source: iris}\n")
    return "c.yaml"


def test_a_run_with_weights_can_be_resumed_and_repeated(tmp_path, rng):
    X, y, weight = made("binary", rng)
    run_of(tmp_path, X, y, weight, class_weight="balanced")
    said = command("verify", "latest", "--rerun", cwd=tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("sample_weight", [[-1.0] + [1.0] * 199, [np.nan] * 200, [1.0] * 3, [0.0] * 200])
def test_wrong_sample_weights_are_refused(sample_weight, rng):
    X, y, _ = made("binary", rng)
    with pytest.raises(ValueError, match="weight"):
        DenseClassifier(**FEW).fit(X, y, sample_weight=sample_weight)


def test_class_weights_of_labels_of_any_type(rng):
    X, y, _ = made("binary", rng)
    plain = DenseClassifier(class_weight={1: 3}, random_state=0, **FEW).fit(X, y).parameters_["W1"]
    for labels, key in ((np.array([0.0, 1.0]), 1), (np.array(["a", "b"]), "b"), (np.array([False, True]), True)):
        model = DenseClassifier(class_weight={key: np.float32(3)}, random_state=0, **FEW).fit(X, labels[y])
        np.testing.assert_array_equal(model.parameters_["W1"], plain)
    with pytest.raises(ValueError, match="class_weight: label 7 is not one of the classes"):
        DenseClassifier(class_weight={7: 3}).fit(X, y)


# --- Verbs that compare rows ---


def test_a_paired_test_of_weighted_answers(rng):
    ours, theirs, weight = rng.random(300) < 0.8, rng.random(300) < 0.7, rng.integers(1, 5, 300).astype(float)
    found, repeated = compare_weighted_answers(ours, theirs, weight), np.repeat(np.arange(300), weight.astype(int))
    expected = np.mean(~ours[repeated]) - np.mean(~theirs[repeated])
    assert found.difference == pytest.approx(expected, rel=1e-12)
    assert found.interval[0] < expected < found.interval[1]
    assert found.only_this_wrong == np.sum(~ours & theirs)
    assert found.rows == 300


def test_a_change_is_accepted_by_weight(rng):
    """Ten heavy rows become better, and ninety light ones worse."""
    is_heavy, noise = np.arange(100) < 10, 0.01 * rng.standard_normal((2, 100))
    before, after = 0.4 + noise[0], np.where(is_heavy, 0.1, 0.5) + noise[1]
    weight, wrong = np.where(is_heavy, 30.0, 1.0), np.zeros(100, bool)
    plain = acceptance.compare(acceptance.Answers(wrong, before), acceptance.Answers(wrong, after))
    weighted = acceptance.compare(acceptance.Answers(wrong, before, weight), acceptance.Answers(wrong, after, weight))
    assert (plain.better, weighted.better) == (False, True)
    assert plain.loss_z < 0 < weighted.loss_z


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_runs_are_compared_by_weight(kind, tmp_path, rng):
    X, y, weight = made(kind, rng)
    one, _, _ = run_of(tmp_path, X, y, weight)
    other, _, _ = run_of(tmp_path, X, y, weight, epochs=12)
    said = command("compare", one.run_id, other.run_id, "--json", cwd=tmp_path)
    rows = {row["run_id"]: row for row in json.loads(said.stdout)["runs"]}
    assert rows[other.run_id]["difference"]["difference"] == pytest.approx(other.errors.dev - one.errors.dev, abs=1e-6)


def test_the_shares_of_a_weighted_regression_are_its_weighted_losses(rng):
    losses, weight = rng.exponential(size=50), rng.uniform(1, 5, 50)
    run = ComparedBy(None, "regression", BySplit(None, 0.4), {"dev_losses": losses, "dev_weights": weight})
    np.testing.assert_allclose(shares_unexplained(run, "dev"), 0.4 * 50 * losses * weight / (losses @ weight))


def test_runs_whose_rows_count_differently_are_not_compared(tmp_path, rng):
    X, y, _ = made("binary", rng)
    one, _, _ = run_of(tmp_path, X, y)
    other, _, _ = run_of(tmp_path, X, y, class_weight="balanced")
    said = command("compare", one.run_id, other.run_id, "--json", cwd=tmp_path)
    rows = {row["run_id"]: row for row in json.loads(said.stdout)["runs"]}
    assert rows[other.run_id]["not_comparable"] == "other weights of rows"


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_a_learning_curve_ends_at_the_weighted_error(kind, tmp_path, rng):
    X, y, weight = made(kind, rng)
    result, _, _ = run_of(tmp_path, X, y, weight)
    said = command("curve", "latest", "--json", "--quiet", cwd=tmp_path)
    points = json.loads(said.stdout)["points"]
    assert points[-1]["error"] == pytest.approx(result.errors.dev, rel=1e-5)


def test_verbs_that_cannot_heed_weights_say_so(tmp_path, rng):
    X, y, weight = made("binary", rng)
    run_of(tmp_path, X, y, weight)
    for words in (("decompose", "latest", "--quiet"), ("diagnose", "latest", "--reference")):
        said = command(*words, cwd=tmp_path)
        assert said.returncode == 3
        assert "have weights" in said.stderr
