"""The joint: what one seed rules, what never leaks, and what the two columns agree on."""

import inspect
import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlrun import data
from dlrun.config.schema import DEFAULT_SPLIT, Data
from dlrun.errors import ConfigError
from dlrun.experiment import STREAMS, prepare, random_streams, read_config
from dlrun.experiment.prepare import reading_of
from dlrun.gradcheck import CheckOptions
from dlrun.inspection.gradients import check_gradients, problem_of
from dlrun.store import RunFolder, looks, read_manifest
from tests.trainings import run


def write(folder, config, name="c.yaml"):
    path = folder / name
    path.write_text(yaml.safe_dump(config))
    return path


def test_streams_are_independent_and_stay_as_they_are_when_uses_are_added():
    draws = {name: stream.integers(2**60) for name, stream in random_streams(7).items()}
    assert len(set(draws.values())) == len(STREAMS)
    assert draws == {name: stream.integers(2**60) for name, stream in random_streams(7).items()}
    children = np.random.SeedSequence(7).spawn(2)
    assert draws["source"] == np.random.Generator(np.random.SFC64(children[0])).integers(2**60)


def test_dropout_leaves_split_and_first_weights_as_they_were(tmp_path):
    path = write(tmp_path, {"data": {"source": "iris"}})
    without, with_dropout = (prepare(read_config(path, (f"regularization.keep_prob={keep}",))) for keep in (1, 0.5))
    np.testing.assert_array_equal(without.dataset.train.rows, with_dropout.dataset.train.rows)
    np.testing.assert_array_equal(without.parameters.flat, with_dropout.parameters.flat)


def test_another_seed_is_another_split_and_another_start(tmp_path):
    path = write(tmp_path, {"data": {"source": "iris"}})
    one, other = (prepare(read_config(path, (f"seed={seed}",))) for seed in (0, 1))
    assert not np.array_equal(one.dataset.train.rows, other.dataset.train.rows)
    assert not np.array_equal(one.parameters.flat, other.parameters.flat)


@pytest.mark.parametrize("source", ["table", "digits"])
def test_the_same_seed_gives_the_same_bits(source, tmp_path, rng):
    if source == "table":
        rows = rng.standard_normal((60, 3))
        np.savetxt(tmp_path / "t.csv", np.c_[rows, rows.sum(axis=1) > 0], delimiter=",", header="a,b,c,y", comments="")
    config = {"data": {"source": "t.csv" if source == "table" else source}}
    path = write(tmp_path, config | {"regularization": {"keep_prob": 0.8}, "training": {"epochs": 3}})
    results = [run(read_config(path), tmp_path / "runs") for _ in range(2)]
    models = [(Path(result.run_dir) / "model.npz").read_bytes() for result in results]
    assert models[0] == models[1]
    assert results[0].costs == results[1].costs
    lines = [RunFolder(Path(result.run_dir)).read_lines("metrics.jsonl") for result in results]
    assert [line["cost"] for line in lines[0]] == [line["cost"] for line in lines[1]]


def test_altering_dev_and_test_rows_leaves_scaler_and_weights_bit_equal(tmp_path, rng):
    X, y = rng.standard_normal((90, 4)), rng.integers(0, 2, 90)
    parts = {"train": slice(0, 50), "dev": slice(50, 70), "test": slice(70, 90)}
    models = []
    for spoil in (0, 1000):
        Z = X.copy()
        Z[50:] += spoil
        arrays = {f"x_{part}": Z[rows] for part, rows in parts.items()} | {f"y_{p}": y[r] for p, r in parts.items()}
        np.savez(tmp_path / "d.npz", **arrays)
        path = write(tmp_path, {"data": {"source": "d.npz"}, "training": {"epochs": 5}})
        result = run(read_config(path), tmp_path / "runs")
        with np.load(Path(result.run_dir) / "model.npz") as model:
            models.append({name: model[name] for name in model.files})
    assert models[0].keys() == models[1].keys() >= {"W1", "b1", "W3", "b3"}
    for name, array in models[0].items():
        np.testing.assert_array_equal(array, models[1][name])


# Everything below `data`, each with another value than its default; what is not part of the reading has its own use.
NOT_OF_THE_READING = {"split", "stratify", "duplicates", "normalize", "encoding"}
DATA = {
    "source": "t.csv",
    "dev_source": "d.csv",
    "test_source": "e.csv",
    "split_column": "s",
    "group": "g",
    "order": 3,
    "target": "y",
    "header": True,
    "separator": ";",
    "drop": ["a", 1],
    "missing": ["-999"],
    "numeric": ["n"],
    "categorical": ["c"],
    "ordered": [["low", "high"]],
    "decimal": ",",
    "thousands": ".",
    "day_first": True,
    "charset": "latin-1",
    "sheet": 2,
    "examples": "columns",
    "max_levels": 7,
    "unlabeled": "error",
    "rare_classes": "merge",
    "weight": "w",
    "memory_map": True,
    "task": "regression",
    "samples": 11,
    "noise": 0.5,
    "features": 7,
    "informative": 3,
    "classes": 5,
    "factor": 0.25,
    "cluster_std": 2.5,
}


def test_all_that_the_config_says_of_the_data_reaches_the_reader():
    assert set(DATA) | NOT_OF_THE_READING == set(Data.model_fields)  # a new key is mapped, and stands here
    reading = reading_of(Data(**DATA))
    settings = {key: value for key, value in DATA.items() if key in data.GENERATOR_SETTINGS}
    assert reading.settings == settings
    named = {field.name: getattr(reading, field.name) for field in fields(reading) if field.name != "settings"}
    assert {key: plain(value) for key, value in named.items()} | settings == DATA


def plain(value):
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def test_the_config_and_the_reader_have_the_same_defaults():
    assert reading_of(Data(source="iris")) == data.Reading("iris")
    assert DEFAULT_SPLIT.model_dump() == data.DEFAULT_SPLIT


def test_what_the_config_says_of_dividing_and_scaling_is_what_can_be_told():
    told = {*inspect.signature(data.split_examples).parameters, *inspect.signature(data.fit_dataset).parameters}
    # max_levels is both: the reading leaves out words that no number of levels would make a category. class_weight is a
    # key of the training.
    assert told - {"rng", "examples", "parts", "dtype", "max_levels", "class_weight"} == NOT_OF_THE_READING


def test_the_config_knows_every_kind_of_file_and_every_named_source(tmp_path):
    for suffix in data.FILE_SUFFIXES:
        read_config(write(tmp_path, {"data": {"source": f"t{suffix}"}}))
    with pytest.raises(ConfigError) as caught:
        read_config(write(tmp_path, {"data": {"source": "t.docx"}}))
    assert f"({', '.join(data.SOURCE_SETTINGS)}; or" in str(caught.value).replace("(bundled: ", "(")
    usual, more = ", ".join(data.FILE_SUFFIXES[:6]), len(data.FILE_SUFFIXES) - 6
    assert f"a path to {usual} and {more} more)" in str(caught.value)


def test_every_setting_of_a_generator_is_a_key_of_the_config():
    keys = {key for key, field in Data.model_fields.items() if field.description.startswith("Generators:")}
    assert keys == set(data.GENERATOR_SETTINGS)


def test_the_resolved_config_of_a_run_on_a_file_trains_from_anywhere(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "t.csv").write_text("a,b,y\n" + "1,2,u\n3,5,v\n" * 20)
    path = write(tmp_path / "here", {"data": {"source": "t.csv"}, "training": {"epochs": 1}})
    first = run(read_config(path), tmp_path / "runs")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = run(read_config(Path(first.run_dir) / "resolved.yaml"), tmp_path / "runs")
    assert again.costs == first.costs


def test_early_stopping_keeps_the_best_parameters(tmp_path):
    path = write(
        tmp_path,
        {
            "data": {"source": "moons", "samples": 120, "noise": 0.4},
            "regularization": {"patience_epochs": 15},
            "training": {"epochs": 400, "learning_rate": 0.01, "precision": "float64"},
        },
    )
    result = run(read_config(path), tmp_path / "runs")
    lines = RunFolder(Path(result.run_dir)).read_lines("metrics.jsonl")
    assert result.epochs == result.best_epoch + 15 == len(lines) < 400
    assert result.errors.dev == min(line["dev_error"] for line in lines)


@pytest.mark.parametrize(
    ("keep", "patience", "is_best"),
    [("auto", None, False), ("auto", 15, True), ("best", None, True), ("last", None, False), ("last", 15, False)],
)
def test_the_parameters_are_kept_of_the_epoch_that_the_config_says(keep, patience, is_best, tmp_path):
    config = {
        "data": {"source": "moons", "samples": 120, "noise": 0.4},
        "regularization": {"patience_epochs": patience},
        "training": {"epochs": 80, "learning_rate": 0.01, "precision": "float64", "keep": keep},
    }
    result = run(read_config(write(tmp_path, config)), tmp_path / "runs")
    folder = RunFolder(Path(result.run_dir))
    measures = [(line["dev_error"], line["dev_loss"]) for line in folder.read_lines("metrics.jsonl")]
    assert min(measures) < measures[-1]
    assert measures.index(min(measures)) == result.best_epoch - 1
    assert (result.errors.dev, result.losses.dev) == (min(measures) if is_best else measures[-1])
    assert (result.errors.dev, result.losses.dev) == measures[result.kept_epoch - 1]
    [event] = looks.events(tmp_path / "runs", read_manifest(folder).identity.hashes)
    assert event.candidates == (result.epochs if is_best else 1)


@pytest.mark.parametrize("keep", ["auto", "best"])
def test_a_diverged_run_keeps_the_last_finite_epoch(keep, tmp_path):
    config = {
        "data": {"source": "regression", "samples": 50, "noise": 1.0},
        "network": {"activation": "identity"},
        "regularization": {"patience_epochs": 200},
        "training": {"optimizer": "gd", "learning_rate": 0.05, "epochs": 100, "keep": keep, "batch_size": "full"},
    }
    result = run(read_config(write(tmp_path, config)), tmp_path / "runs")
    folder = RunFolder(Path(result.run_dir))
    assert result.status == "diverged"
    assert result.kept_epoch == len(folder.read_lines("metrics.jsonl")) > 1
    [event] = looks.events(tmp_path / "runs", read_manifest(folder).identity.hashes)
    assert event.candidates == 1


def test_costs_are_losses_and_the_penalty(tmp_path):
    path = write(tmp_path, {"data": {"source": "iris"}, "regularization": {"lambda": 3}, "training": {"epochs": 2}})
    result = run(read_config(path), tmp_path / "runs")
    with np.load(Path(result.run_dir) / "model.npz") as model:
        squares = sum(float((model[name].astype(float) ** 2).sum()) for name in model.files if name.startswith("W"))
    for part in ("train", "dev", "test"):
        assert result.costs.of(part) - result.losses.of(part) == pytest.approx(3 / (2 * 90) * squares, rel=1e-5)


def test_a_regression_is_judged_by_r_squared_and_told_in_target_units(tmp_path):
    from sklearn.metrics import r2_score

    path = write(tmp_path, {"data": {"source": "diabetes"}, "training": {"epochs": 20, "precision": "float64"}})
    loaded = read_config(path)
    result = run(loaded, tmp_path / "runs")
    dataset = prepare(loaded).dataset
    assert result.rmse.dev == pytest.approx((result.losses.dev) ** 0.5 * dataset.preparation.target_scale)
    variance = dataset.dev.Y.var()
    assert result.errors.dev == pytest.approx(result.losses.dev / variance)
    mean = np.full_like(dataset.dev.Y, dataset.train.Y.mean())
    assert result.baseline_error == pytest.approx(1 - r2_score(dataset.dev.Y, mean))


def test_augmentation_that_moves_pixels_needs_images(tmp_path):
    from dlrun.errors import ConfigError

    path = write(tmp_path, {"data": {"source": "wine"}, "regularization": {"augment": {"rotate_degrees": 5}}})
    with pytest.raises(ConfigError, match=r"regularization\.augment: .* need square images"):
        prepare(read_config(path))


@pytest.mark.parametrize("keep_prob", [1, 0.7])
def test_the_gradient_check_of_a_config_passes_with_penalty_and_frozen_masks(keep_prob, tmp_path):
    network = {"width": 5, "activation": "tanh"}
    path = write(tmp_path, {"data": {"source": "wine"}, "network": network, "regularization": {"lambda": 1}})
    loaded = read_config(path, (f"regularization.keep_prob={keep_prob}",))
    report = check_gradients(loaded, CheckOptions())
    assert report.passed
    first, problem = report.situations[0].setting, problem_of(prepare(loaded), 8)
    assert (first.l2_lambda, problem.l2_lambda, problem.m_train, len(problem.X)) == (1, 1, 106, 8)
    assert set(first.keep_probs) == {keep_prob}


def test_a_run_folder_of_a_run_with_warnings_says_so(tmp_path, rng):
    rows = rng.standard_normal((80, 2))
    target = (rows.sum(axis=1) > 0).astype(int)
    np.savetxt(tmp_path / "t.csv", np.c_[rows, target, target], "%g", ",", header="a,b,leak,y", comments="")
    result = run(read_config(write(tmp_path, {"data": {"source": "t.csv"}, "training": {"epochs": 1}})), tmp_path / "r")
    assert any("leak" in warning for warning in result.warnings)
    assert json.loads((Path(result.run_dir) / "data.json").read_text())["warnings"] == list(result.warnings)


def test_a_network_whose_first_outputs_are_infinite_is_a_diverged_run_without_a_diagnosis(tmp_path):
    network = {"init": "normal", "init_scale": 1e18}
    path = write(tmp_path, {"data": {"source": "diabetes"}, "network": network, "training": {"epochs": 2}})
    result = run(read_config(path), tmp_path / "runs")
    assert (result.status, result.errors.train, result.errors.dev, result.verdict) == ("diverged", None, None, None)
    assert result.message.startswith("at epoch 1 the outputs of layer")
    folder = Path(result.run_dir)
    assert json.loads((folder / "result.json").read_text())["status"] == "diverged"
    assert not (folder / "diagnosis.json").exists()
