"""predictions.npz holds what the network says of each row, and agrees with what the result says of all of them."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.metrics import accuracy_score, log_loss, r2_score

from dlrun.experiment import predictions as of_experiment
from dlrun.experiment import prepare, read_config, showcase
from dlrun.nn import evaluation
from dlrun.nn import predictions as module
from dlrun.store import RunFolder
from tests.trainings import run

SPLITS = ("train", "dev", "test")


def trained(source, tmp_path, **sections):
    """The result of a short run on a source, its arrays, and what it was made from."""
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump({"data": {"source": source}, "training": {"epochs": 4}, **sections}))
    loaded = read_config(path)
    result = run(loaded, tmp_path / "runs")
    return result, RunFolder(Path(result.run_dir)).read_arrays("predictions.npz"), prepare(loaded)


@pytest.mark.parametrize("source", ["iris", "breast_cancer"])
def test_a_classifiers_rows_give_its_error_and_its_loss(source, tmp_path):
    result, arrays, experiment = trained(source, tmp_path)
    for split in SPLITS:
        targets, outputs = arrays[f"{split}_targets"], arrays[f"{split}_outputs"].astype(np.float64)
        wide = outputs if outputs.shape[1] > 1 else np.hstack([1 - outputs, outputs])
        assert 1 - accuracy_score(targets, wide.argmax(axis=1)) == pytest.approx(result.errors.of(split))
        assert 1 - arrays[f"{split}_correct"].mean() == pytest.approx(result.errors.of(split))
        labels = range(wide.shape[1])
        wide /= wide.sum(axis=1, keepdims=True)
        assert log_loss(targets, wide, labels=labels) == pytest.approx(result.losses.of(split), abs=1e-5)
        assert arrays[f"{split}_losses"].mean() == pytest.approx(result.losses.of(split), rel=1e-6)
        np.testing.assert_array_equal(arrays[f"{split}_rows"], experiment.dataset.splits()[split].rows)
        np.testing.assert_array_equal(targets, experiment.dataset.splits()[split].Y.reshape(-1))


def test_a_regressions_rows_are_in_the_targets_own_units(tmp_path):
    from sklearn.datasets import load_diabetes

    result, arrays, _ = trained("diabetes", tmp_path)
    for split in SPLITS:
        targets, outputs = arrays[f"{split}_targets"], arrays[f"{split}_outputs"][:, 0]
        assert 1 - r2_score(targets, outputs) == pytest.approx(result.errors.of(split), rel=1e-5)
        assert np.sqrt(np.mean((targets - outputs) ** 2)) == pytest.approx(result.rmse.of(split), rel=1e-5)
        assert arrays[f"{split}_losses"].mean() == pytest.approx(result.losses.of(split), rel=1e-5)
        np.testing.assert_allclose(targets, load_diabetes().target[arrays[f"{split}_rows"]], rtol=1e-5)


def test_of_training_rows_that_stay_in_their_file_a_part_is_kept_and_of_dev_rows_all(tmp_path, monkeypatch):
    monkeypatch.setattr(of_experiment, "MAPPED_TRAIN_ROWS", 1100)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2600, 3))
    np.save(tmp_path / "rows.npy", np.column_stack([X, X[:, 0] > 0]).astype(np.float32))
    data = {"source": "rows.npy", "memory_map": True, "split": {"train": 1400, "dev": 1200}}
    result, arrays, experiment = trained("rows.npy", tmp_path, data=data)
    assert {split: len(arrays[f"{split}_losses"]) for split in ("train", "dev")} == {"train": 1100, "dev": 1200}
    np.testing.assert_array_equal(arrays["train_rows"], experiment.dataset.train.rows[:1100])
    np.testing.assert_array_equal(arrays["train_targets"], experiment.dataset.train.Y[:1100].reshape(-1))
    assert result.sizes.train == 1400


def test_the_worst_places_found_piece_by_piece_are_those_of_a_stable_sort_of_all(monkeypatch):
    monkeypatch.setattr(evaluation, "EVALUATION_ROWS", 7)
    losses = np.random.default_rng(0).integers(0, 9, 200).astype(float)  # many are equal
    losses[[3, 150]] = np.nan
    whole = np.argsort(-np.nan_to_num(losses, nan=np.inf), kind="stable")
    np.testing.assert_array_equal(showcase.worst_places(losses), whole[: showcase.WORST])
    few = sorted([0, 1, 2, 4], key=lambda place: -losses[place])
    np.testing.assert_array_equal(showcase.worst_places(losses[:5]), [3, *few])


def test_of_many_rows_the_outputs_of_the_first_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "OUTPUT_ROWS", 1500)
    split = {"train": 2500, "dev": 100}
    _, arrays, _ = trained("moons", tmp_path, data={"source": "moons", "samples": 2600, "split": split})
    kept = {name: len(arrays[f"train_{name}"]) for name in ("rows", "targets", "outputs", "losses", "correct")}
    assert kept == {"rows": 2500, "targets": 2500, "outputs": 1500, "losses": 2500, "correct": 2500}
    right = (arrays["train_outputs"][:, 0] > 0.5) == arrays["train_targets"][:1500]
    np.testing.assert_array_equal(right, arrays["train_correct"][:1500])


def test_rows_that_stay_in_their_file_are_named_too(tmp_path):
    rng = np.random.default_rng(0)
    table = rng.standard_normal((400, 3))
    table[:, 2] = table[:, 0] > 0
    np.save(tmp_path / "big.npy", table)
    _, arrays, _ = trained("big", tmp_path, data={"source": "big.npy", "memory_map": True})
    np.testing.assert_array_equal(arrays["train_targets"], table[arrays["train_rows"], 2])


@pytest.mark.parametrize("size", [1e3, -1e3])
def test_huge_logits_have_finite_losses(size):
    Z = np.array([[size]])
    outputs, losses = module.of_sigmoid(Z, np.array([[0.0]]))
    assert (outputs[0, 0], losses[0]) == (float(size > 0), max(size, 0))
    outputs, losses = module.of_softmax(np.array([[0.0, size]]), np.array([0]))
    assert (outputs[0, 1], losses[0]) == (float(size > 0), max(size, 0))
