"""DenseClassifier and DenseRegressor give what `dlrun train` gives: the same bits, words, defaults and verdict."""

import csv
import inspect
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
import yaml
from sklearn.exceptions import ConvergenceWarning

from dlrun import DenseClassifier, DenseRegressor
from dlrun.advice.shown import MOST_ADVICE
from dlrun.config import config_from_dict
from dlrun.diagnosis import Finding
from dlrun.estimators.settings import KEYS, call_of
from dlrun.experiment import read_config, run
from dlrun.records import flattened

FEW = {"epochs": 4, "hidden": (6, 5)}


def made(kind, rng, rows=150):
    """Rows of a kind: X (rows, 4), y (rows,), and the estimator for them."""
    X = rng.standard_normal((rows, 4)) * [1, 30, 0.1, 5] + [0, 100, 3, -7]
    signal = (X - [0, 100, 3, -7]) / [1, 30, 0.1, 5] @ [1.0, -1, 0.5, 0] + 0.3 * rng.standard_normal(rows)
    if kind == "regression":
        return X, 50 + 9 * signal, DenseRegressor
    return X, np.digitize(signal, [0] if kind == "binary" else [-0.7, 0.7]), DenseClassifier


def trained(folder, X, y, config, form="npy"):
    """The contents of a run of the same rows, from a file."""
    rows = np.column_stack([X, y])
    if form == "npy":
        np.save(folder / "rows.npy", rows)
    else:
        with (folder / "rows.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*(f"x{at}" for at in range(X.shape[1])), "y"])
            writer.writerows([["" if cell != cell else repr(cell) for cell in row] for row in rows.tolist()])
    config["data"] = {"source": f"rows.{form}"} | config.get("data", {})
    (folder / "c.yaml").write_text(yaml.safe_dump(config | {"report": False}))
    return run(read_config(folder / "c.yaml"), folder / "runs")


def assert_same_bits(model, contents):
    assert model.parameters_
    for name, tensor in model.parameters_.items():
        assert tensor.dtype == contents.model[name].dtype
        np.testing.assert_array_equal(tensor, contents.model[name])
    assert model.loss_curve_ == [record.cost for record in contents.metrics]
    judged, of_run = model.diagnosis_.diagnosis, contents.diagnosis.diagnosis
    assert judged == of_run
    assert [item.change for item in model.diagnosis_.advice] == [item.change for item in contents.diagnosis.advice]


@pytest.mark.parametrize("form", ["npy", "csv"])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_the_bits_are_those_of_dlrun_train(kind, form, tmp_path, rng):
    X, y, estimator = made(kind, rng)
    config = {
        "seed": 11,
        "data": {"split": {"train": 0.8, "dev": 0.2}, "task": kind},
        "network": {"hidden": [6, 5]},
        "training": {"epochs": 4},
    }
    contents = trained(tmp_path, X, y, config, form)
    model = estimator(random_state=11, **FEW).fit(X, y)
    assert_same_bits(model, contents)
    other = estimator(random_state=12, **FEW).fit(X, y)
    assert not np.array_equal(other.parameters_["W1"], contents.model["W1"])


def test_the_bits_are_the_same_with_gaps_dropout_early_stopping_and_equal_rows(tmp_path, rng):
    X, y, _ = made("binary", rng)
    X[::7, 1] = np.nan
    X[60:75], y[60:75] = X[:15], y[:15]
    config = {
        "seed": 3,
        "data": {"split": {"train": 0.7, "dev": 0.3}, "normalize": False, "stratify": False},
        "network": {"hidden": [6, 5], "activation": "tanh", "init": "xavier"},
        "regularization": {
            "lambda": 0.5,
            "weight_decay": 0.3,
            "keep_prob": [0.9, 0.8],
            "patience_epochs": 3,
            "augment": {"noise": 0.1},
        },
        "training": {
            "epochs": 30,
            "optimizer": "momentum",
            "learning_rate": 0.01,
            "learning_rate_decay": 0.1,
            "warmup_fraction": 0.2,
            "batch_size": 32,
            "precision": "float64",
            "momentum": 0.8,
            "evaluate_every": 2,
            "keep": "last",
        },
        "diagnosis": {"optimal_error": 0.02, "target_error": 0.2, "ignore": ["inputs-unscaled"]},
    }
    contents = trained(tmp_path, X, y, config)
    model = DenseClassifier(
        (6, 5),
        activation="tanh",
        init="xavier",
        lambda_=0.5,
        weight_decay=0.3,
        keep_prob=(0.9, 0.8),
        patience_epochs=3,
        augment={"noise": 0.1},
        optimizer="momentum",
        learning_rate=0.01,
        learning_rate_decay=0.1,
        warmup_fraction=0.2,
        batch_size=32,
        epochs=30,
        precision="float64",
        momentum=0.8,
        evaluate_every=2,
        keep="last",
        dev=0.3,
        normalize=False,
        stratify=False,
        optimal_error=0.02,
        target_error=0.2,
        ignore=("inputs-unscaled",),
        random_state=3,
    ).fit(X, y)
    assert_same_bits(model, contents)
    assert (model.n_iter_, model.best_epoch_) == (contents.ending.epochs, contents.ending.best_epoch)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_the_bits_are_the_same_with_bags(kind, tmp_path, rng):
    X, y, estimator = made(kind, rng)
    keys = {"ensemble": 3, "bag_fraction": 0.7}
    config = {"network": {"hidden": [6, 5]}, "training": {"epochs": 4}, "seed": 3, **keys}
    config["data"] = {"split": {"train": 0.8, "dev": 0.2}}
    contents = trained(tmp_path, X, y, config)
    assert_same_bits(estimator(random_state=3, **keys, **FEW).fit(X, y), contents)


@pytest.mark.parametrize("estimator", [DenseClassifier, DenseRegressor])
def test_every_parameter_is_a_key_of_the_config_with_its_default(estimator):
    signature = inspect.signature(estimator).parameters
    defaults = flattened(config_from_dict({"data": {"source": "x.csv"}}).to_dict())
    assert set(signature) - set(KEYS) == {"dev", "random_state"}
    for word in set(signature) - {"dev", "random_state", "hidden", "augment"}:
        default = defaults[KEYS[word]]
        assert signature[word].default == (tuple(default) if isinstance(default, list) else default), word
    width, depth = defaults["network.width"], defaults["network.depth"]
    assert signature["hidden"].default == (width,) * (depth - 1)


def test_all_keys_that_arrays_can_have_are_parameters():
    keys = set(flattened(config_from_dict({"data": {"source": "x.csv"}}).to_dict()))
    sections = [key for key in keys if key.split(".")[0] in ("network", "regularization", "training", "diagnosis")]
    not_asked = {"network.depth", "network.width", "training.checkpoint_epochs", "training.checkpoint_seconds"}
    not_asked.add("training.threads")  # in Python threadpoolctl sets it, around more than a fit
    known = set(KEYS.values())
    assert {key for key in sections if key not in known and not key.startswith("regularization.augment.")} == not_asked


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"lambda_": -1}, "lambda_: got -1; expected a number >= 0"),
        ({"hidden": (3, 0)}, "hidden[1]: got 0; expected an integer from 1"),
        ({"activation": "rely"}, "activation: got 'rely'"),
        ({"keep_prob": (0.5,)}, "keep_prob: 1 value given; the network has 2 hidden layers"),
        ({"dev": 1.5}, "dev: got 1.5; expected a share of the rows with 0 < dev < 1, or a number of them"),
        ({"dev": True}, "dev: got True"),
        ({"dev": 150}, "dev: got 150"),
        ({"bag_fraction": 0.8}, "bag_fraction: got 0.8 with ensemble 1, and one network learns from all training rows"),
        ({"augment": {"nois": 1}}, "augment.nois: unknown key"),
    ],
)
def test_a_wrong_parameter_is_told_by_its_own_name(parameters, told, rng):
    X, y, estimator = made("binary", rng)
    with pytest.raises(ValueError, match=f"^{re.escape(told)}"):
        estimator(**parameters).fit(X, y)


def test_parameters_may_be_numbers_and_arrays_of_numpy(rng):
    X, y, estimator = made("binary", rng)
    plain = estimator(random_state=1, lambda_=0.5, **FEW).fit(X, y)
    numpys = {
        "epochs": np.int64(4),
        "hidden": np.array([6, 5]),
        "lambda_": np.float64(0.5),
        "random_state": np.int32(1),
    }
    np.testing.assert_array_equal(estimator(**numpys).fit(X, y).parameters_["W1"], plain.parameters_["W1"])


def test_a_seed_is_drawn_where_none_is_given(rng):
    X, y, estimator = made("regression", rng)
    one, other = (estimator(**FEW).fit(X, y).parameters_["W1"] for _ in range(2))
    assert not np.array_equal(one, other)
    drawn = [estimator(random_state=np.random.RandomState(4), **FEW).fit(X, y).parameters_["W1"] for _ in range(2)]
    np.testing.assert_array_equal(*drawn)


def test_dev_may_be_a_number_of_rows(rng):
    X, y, estimator = made("binary", rng)
    sizes = estimator(dev=31, **FEW).fit(X, y).diagnosis_.diagnosis.sizes
    assert (sizes.train, sizes.dev) == (119, 31)


@pytest.mark.parametrize(
    ("labels", "dev"), [([0, 0, 1], 1), (list("abcde") * 2, 2), ([0, 1, 1], 1), (["x"] * 9 + ["y"], 2)]
)
def test_every_class_is_trained_on_where_rows_are_few(labels, dev, rng):
    X, y = rng.standard_normal((len(labels), 2)), np.array(labels)
    for seed in range(5):
        model = DenseClassifier(random_state=seed, **FEW).fit(X, y)
        sizes = model.diagnosis_.diagnosis.sizes
        assert (sizes.train, sizes.dev) == (len(y) - dev, dev)
        assert model.predict_proba(X).shape == (len(y), len(set(labels)))


def test_rows_that_are_all_of_different_classes_are_refused(rng):
    with pytest.raises(ValueError, match="each of the 3 rows is the only one of its class"):
        DenseClassifier().fit(rng.standard_normal((3, 2)), [0, 1, 2])


def test_a_training_that_diverges_warns_and_keeps_finite_parameters(rng):
    X, y, estimator = made("regression", rng)
    model = estimator(optimizer="gd", learning_rate=1e30, epochs=20, random_state=0)
    with pytest.warns(ConvergenceWarning, match="left the finite numbers"):
        model.fit(X, y)
    assert all(np.isfinite(tensor).all() for tensor in model.parameters_.values())


def test_answers_do_not_depend_on_the_company(rng):
    X, y, estimator = made("multiclass", rng)
    model = estimator(**FEW).fit(X, y)
    alone = np.vstack([model.predict_proba(row[None]) for row in X])
    np.testing.assert_allclose(model.predict_proba(X), alone, rtol=0, atol=1e-14)  # sums of 6 numbers in float64


def test_the_answers_are_the_formula_applied_to_the_weights(rng):
    X, y, estimator = made("multiclass", rng)
    model = estimator((7,), epochs=3, precision="float64", random_state=0, dev=30).fit(X, y)
    prepared = (X - model.model_.preparation.means) / model.model_.preparation.scales
    W = model.parameters_
    logits = np.maximum(prepared @ W["W1"] + W["b1"], 0) @ W["W2"] + W["b2"]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), shares, atol=1e-12)
    np.testing.assert_array_equal(model.predict(X), shares.argmax(axis=1))


def test_the_verdict_is_shown_in_a_notebook_with_all_text_escaped(rng):
    X, y, estimator = made("binary", rng)
    model = estimator(epochs=300, hidden=(64, 64), random_state=0).fit(X, np.array(["<no>", "yes"])[y])
    shown, text = model.diagnosis_._repr_html_(), str(model.diagnosis_)
    assert model.diagnosis_.sentence in text
    assert "<table>" in shown
    assert "<script" not in shown
    assert "<no>" not in shown
    assert f"{100 * model.diagnosis_.errors.dev:.1f}%" in shown
    assert "dlrun train" not in shown


def test_labels_in_a_finding_are_escaped(rng):
    X, y, estimator = made("binary", rng)
    diagnosed = estimator(**FEW).fit(X, y).diagnosis_
    mark = "<script>alert(1)</script>"
    finding = Finding("leak", "fail", mark, mark, mark)
    advice = tuple(replace(item, action=mark, why=mark, command=mark) for item in diagnosed.advice)
    judged = replace(diagnosed.diagnosis, sentence=mark, findings=(finding,))
    shown = replace(diagnosed, diagnosis=judged, advice=advice)._repr_html_()
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 1 + 3 + 3 * min(len(advice), MOST_ADVICE)


def test_advice_is_a_call_that_can_be_made(rng):
    X, y, estimator = made("binary", rng)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = estimator(hidden=(2,), epochs=2, random_state=0).fit(X, y)
    commands = [item.command for item in model.diagnosis_.advice if item.change]
    assert commands
    for command in filter(None, commands):
        eval(f"model.{command}.fit(X, y)", {"model": model, "X": X, "y": y})


@pytest.mark.parametrize(
    ("change", "call"),
    [
        ({"network.width": 32}, "set_params(hidden=(32, 32))"),
        ({"network.depth": 4}, "set_params(hidden=(8, 8, 8))"),
        ({"network.depth": 2, "network.width": 5}, "set_params(hidden=(5,))"),
        ({"network.hidden": [4, 3]}, "set_params(hidden=(4, 3))"),
        ({"regularization.lambda": 0.3, "training.epochs": 90}, "set_params(lambda_=0.3, epochs=90)"),
        ({"data.drop": ["x"]}, None),
    ],
)
def test_a_change_of_the_config_is_a_call(change, call):
    config = config_from_dict({"data": {"source": "x.csv"}, "network": {"hidden": [8, 6]}}).to_dict()
    assert call_of(change, config) == call


def test_noise_is_a_call_with_all_of_augment():
    config = config_from_dict({"data": {"source": "x.csv"}, "network": {"hidden": [8, 6]}}).to_dict()
    augment = config["regularization"]["augment"] | {"noise": 0.2}
    assert call_of({"regularization.augment.noise": 0.2}, config) == f"set_params(augment={augment!r})"
