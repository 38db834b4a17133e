"""What the networks of an ensemble do alone, beside what they do together, in a run and in its diagnosis; and bags."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlrun.diagnosis.members import MembersLook
from dlrun.experiment import prepare, random_streams, read_config
from dlrun.experiment.identity import config_sha256, differences
from dlrun.experiment.train import trainer_of
from dlrun.nn.bags import drawn_bags
from dlrun.nn.evaluation import evaluate
from dlrun.nn.network import Network
from dlrun.records import BySplit
from dlrun.store import RunFolder, read_result
from tests.commands import dlrun
from tests.trainings import run

MOONS = {"source": "moons", "samples": 300, "noise": 0.35}
DIABETES = {"source": "diabetes"}
IRIS = {"source": "iris"}


def trained(tmp_path, data, members=4, more=None, **training):
    config = {"name": "e", "data": data, "ensemble": members, "network": {"hidden": [16]}} | (more or {})
    config |= {"training": {"epochs": 12, **training}, "report": False}
    (tmp_path / "e.yaml").write_text(yaml.safe_dump(config))
    loaded = read_config(tmp_path / "e.yaml")
    return loaded, run(loaded, tmp_path / "runs")


@pytest.mark.parametrize("data", [MOONS, IRIS, DIABETES], ids=lambda data: data["source"])
def test_a_run_tells_each_members_error_and_how_far_the_mean_answer_is_below_them(data, tmp_path):
    loaded, result = trained(tmp_path, data)
    experiment, weights = prepare(loaded), np.load(RunFolder(Path(result.run_dir)).path / "model.npz")
    alone = Network(experiment.network.sizes, "relu", experiment.network.loss)
    dataset = experiment.dataset
    for split in ("train", "dev"):
        part, own = dataset.splits()[split], []
        for number in range(4):
            parameters = experiment.parameters.member(number).copy()
            for at, layer in enumerate(parameters.layers, start=1):
                layer.W[:], layer.b[:] = weights[f"W{at}"][number], weights[f"b{at}"][number]
            own.append(evaluate(alone, parameters, part.X, part.Y).error)
        assert result.members.errors.of(split) == pytest.approx(own, rel=1e-6)
    taken = np.mean(result.members.errors.dev) - result.errors.dev
    assert result.members.taken == pytest.approx(taken, abs=1e-6)
    low, high = result.members.interval
    assert low <= taken <= high


def test_members_with_weights_of_rows_are_measured_by_them(tmp_path):
    rows = np.random.default_rng(0).normal(size=(200, 2))
    lines = [f"{a},{b},{1 + (a > 0)},{'xy'[int(a + b > 0)]}" for a, b in rows]
    (tmp_path / "w.csv").write_text("\n".join(["a,b,count,label", *lines]))
    _, result = trained(tmp_path, {"source": "w.csv", "weight": "count"}, epochs=2)
    taken = np.mean(result.members.errors.dev) - result.errors.dev
    assert result.members.taken == pytest.approx(taken, abs=1e-9)


def test_one_network_has_no_members_and_its_result_no_such_key(tmp_path):
    _, result = trained(tmp_path, MOONS, members=1)
    assert result.members is None
    assert "members" not in json.loads((RunFolder(Path(result.run_dir)).path / "result.json").read_text())


def test_the_diagnosis_tells_what_averaging_took(tmp_path):
    _, result = trained(tmp_path, MOONS)
    told = dlrun("diagnose", "latest", cwd=tmp_path)
    assert "4 networks with dev errors of" in " ".join(told.stdout.split())
    found = json.loads(dlrun("diagnose", "latest", "--json", cwd=tmp_path).stdout)
    assert found["members"]["taken"] == result.members.taken
    assert read_result(RunFolder(Path(result.run_dir))).members == result.members
    assert result.members.sentence in result.notes


def test_what_is_not_sure_is_told_as_that():
    errors = BySplit((0.1, 0.2), (0.15, 0.25))
    sure = MembersLook(errors, 0.04, (0.02, 0.06)).sentence
    assert (
        sure
        == "2 networks with dev errors of 15.0% to 25.0% answer together; that took 4.0 points [2.0, 6.0] of variance"
    )
    unsure = MembersLook(errors, -0.01, (-0.03, 0.01)).sentence
    assert unsure.endswith("whether that took variance is not sure: -1.0 points [-3.0, 1.0] less than each alone")


# --- Bags of rows ---


def test_bags_are_said_where_there_are_any():
    errors = BySplit((0.1, 0.2), (0.15, 0.25))
    assert MembersLook(errors, 0.04, (0.02, 0.06), 0.07).sentence == (
        "2 networks with dev errors of 15.0% to 25.0%, each from 7% of the training rows, answer together; that took"
        " 4.0 points [2.0, 6.0] of variance"
    )


@pytest.mark.parametrize("data", [MOONS, IRIS, DIABETES], ids=lambda data: data["source"])
def test_a_run_with_bags_tells_them_and_errors_on_all_training_rows(data, tmp_path):
    loaded, result = trained(tmp_path, data, more={"bag_fraction": 0.5})
    assert result.members.bag_fraction == 0.5
    assert "each from 50% of the training rows" in result.members.sentence
    found = json.loads((RunFolder(Path(result.run_dir)).path / "result.json").read_text())
    assert list(found["members"]) == ["errors", "taken", "interval", "bag_fraction"]
    experiment, weights = prepare(loaded), np.load(RunFolder(Path(result.run_dir)).path / "model.npz")
    parameters, train = experiment.parameters.member(1).copy(), experiment.dataset.train
    for at, layer in enumerate(parameters.layers, start=1):
        layer.W[:], layer.b[:] = weights[f"W{at}"][1], weights[f"b{at}"][1]
    alone = Network(experiment.network.sizes, "relu", experiment.network.loss)
    assert result.members.errors.train[1] == pytest.approx(evaluate(alone, parameters, train.X, train.Y).error)


def test_bags_are_drawn_by_class_from_a_stream_of_their_own_that_moves_no_other(tmp_path):
    loaded, _ = trained(tmp_path, IRIS, more={"bag_fraction": 0.8}, epochs=1)
    experiment, plain = prepare(loaded), prepare(read_config(tmp_path / "e.yaml", ["bag_fraction=1"]))
    np.testing.assert_array_equal(experiment.parameters.flat, plain.parameters.flat)
    np.testing.assert_array_equal(experiment.dataset.train.rows, plain.dataset.train.rows)
    bags = drawn_bags(experiment.dataset.train.Y, 4, 0.8, rng=random_streams(0)["bags"])
    np.testing.assert_array_equal(trainer_of(experiment).weight > 0, bags)
    assert trainer_of(plain).weight is None
    orders = [next(trainer_of(one).batches())[0] for one in (experiment, plain)]
    np.testing.assert_array_equal(*orders)


def test_weights_of_rows_and_of_classes_multiply_those_of_bags(tmp_path):
    rows = np.random.default_rng(0).normal(size=(200, 2))
    lines = [f"{a},{b},{1 + (a > 0)},{'xy'[int(a + b > 0)]}" for a, b in rows]
    (tmp_path / "w.csv").write_text("\n".join(["a,b,count,label", *lines]))
    data = {"source": "w.csv", "weight": "count"}
    loaded, result = trained(tmp_path, data, more={"bag_fraction": 0.5}, epochs=2, class_weight={"x": 3})
    trainer, own = trainer_of(prepare(loaded)), prepare(loaded).dataset.train.weight
    assert set(own) == {1, 2, 3, 6}
    np.testing.assert_allclose(trainer.weight.mean(axis=1), 1, rtol=1e-6)
    for weight in trainer.weight:
        ratio = weight[weight > 0] / own[weight > 0]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    taken = np.mean(result.members.errors.dev) - result.errors.dev
    assert result.members.taken == pytest.approx(taken, abs=1e-9)


def test_a_run_without_the_key_keeps_its_hash_and_one_with_bags_is_another(tmp_path):
    loaded, _ = trained(tmp_path, IRIS, epochs=1)
    now = loaded.config.to_dict()
    before = {key: value for key, value in now.items() if key != "bag_fraction"}
    bagged = read_config(tmp_path / "e.yaml", ["bag_fraction=0.8"]).config.to_dict()
    assert config_sha256(before) == config_sha256(now) != config_sha256(bagged)
    assert differences(before, now) == {}
    assert "bag_fraction" in differences(now, bagged)
