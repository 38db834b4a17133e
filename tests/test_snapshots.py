"""Snapshots of the weights: histograms by NumPy's own, a resumed run with the same file, damage that costs no run."""

import math
from pathlib import Path

import numpy as np
import pytest
from reliability.essence import essence
from test_resume import config_file, folder_of, stop_at

from dlrun.experiment import read_config
from dlrun.experiment.checkpointing import Checkpointer
from dlrun.nn import snapshots
from dlrun.nn.network import Network, predict_logits
from dlrun.nn.parameters import Parameters, initial_parameters
from dlrun.store import SNAPSHOTS, RunFolder, checkpoints, kept_snapshots, read_contents, verify
from tests.trainings import resume, run


def file_of(result):
    return (folder_of(result).path / SNAPSHOTS).read_bytes()


def taken(sizes, seed=0, *, draws=False, epochs=(0, 1, 2, 3, 10)):
    """Parameters of a network, and their snapshots after these epochs."""
    parameters = initial_parameters(sizes, "he", rng=np.random.default_rng(seed))
    taker = snapshots.SnapshotTaker(Network(sizes, "relu", "sigmoid"), draws=draws)
    for epoch in epochs:
        taker.take(epoch, parameters)
    return parameters, taker.all()


@pytest.mark.parametrize("seed", range(5))
def test_a_snapshot_says_what_numpy_finds_in_the_weights(seed):
    parameters, (first, *_) = taken((7, 40, 30, 1), seed)
    assert [layer.layer for layer in first.layers] == [1, 2, 3]
    for layer, look in zip(parameters.layers, first.layers, strict=True):
        W = layer.W.astype(np.float64)
        counts, edges = np.histogram(W, bins=snapshots.BINS)
        assert look.counts.tolist() == counts.tolist()
        assert (look.low, look.high) == (edges[0], edges[-1])
        assert look.mean == pytest.approx(W.mean(), abs=1e-12)
        assert look.deviation == pytest.approx(W.std(), rel=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.25, -3.0])
def test_equal_weights_lie_in_the_middle_of_a_range_of_one(value):
    look = snapshots.layer_weights(1, np.full(9, value, np.float32))
    assert look.counts.tolist() == np.histogram(np.full(9, value), bins=snapshots.BINS)[0].tolist()
    assert (look.deviation, look.low, look.high) == (0, value, value)


@pytest.mark.parametrize("shape", [(784, 1024), (1024, 1024), (5000, 1), (3, 2048), (128, 33)])
def test_of_a_large_layer_all_units_are_met_alike(shape):
    units = np.broadcast_to(np.arange(shape[1]), shape).astype(np.float32)
    chosen = snapshots.evenly(units)
    assert snapshots.MOST_WEIGHTS / 3 < len(chosen) <= snapshots.MOST_WEIGHTS
    met = np.bincount(chosen.astype(int), minlength=shape[1])
    assert np.ptp(met) <= max(1, len(chosen) // shape[1])


def test_of_a_large_layer_the_figures_are_near_those_of_all():
    W = np.random.default_rng(0).standard_normal((800, 400))
    look = snapshots.layer_weights(1, snapshots.evenly(W))
    assert look.deviation == pytest.approx(1, abs=4 / math.sqrt(2 * snapshots.MOST_WEIGHTS))  # four standard errors


def test_snapshots_lie_evenly_by_the_logarithm_and_of_a_deep_network_among_the_layers():
    epochs = [epoch for epoch in range(4000) if epoch in snapshots.DUE]
    assert epochs == [0, 1, 3, 10, 30, 100, 300, 1000, 3000]
    assert [epoch for epoch in epochs if epoch in snapshots.DRAWN] == [1, 10, 100, 1000]
    assert snapshots.numbers_of(3) == [1, 2, 3]
    deep = snapshots.numbers_of(150)
    assert (deep[0], deep[-1], len(deep)) == (1, 150, snapshots.MOST_LAYERS)


def test_the_parameters_are_those_of_two_inputs_up_to_a_size_and_draw_the_same_boundary():
    parameters, looks = taken((2, 20, 20, 1), draws=True)
    assert [look.epoch for look in looks if look.parameters is not None] == [1, 10]
    rounded = Parameters(parameters.sizes)
    rounded.flat[:] = looks[1].parameters
    X = np.random.default_rng(1).uniform(-3, 3, (20_000, 2)).astype(np.float32)
    network = Network(parameters.sizes, "relu", "sigmoid")
    sides = [predict_logits(network, one, X) > 0 for one in (parameters, rounded)]
    assert (sides[0] != sides[1]).mean() < 5e-4  # as KEPT_AS says
    assert all(look.parameters is None for look in taken((2, 250, 200, 1), draws=True)[1])
    assert all(look.parameters is None for look in taken((2, 20, 20, 1))[1])


def test_weights_that_are_not_finite_have_no_snapshot():
    parameters = initial_parameters((2, 3, 1), "he", rng=np.random.default_rng(0))
    parameters.flat[3] = np.inf
    taker = snapshots.SnapshotTaker(Network((2, 3, 1), "relu", "sigmoid"), draws=True)
    taker.take(1, parameters)
    assert taker.all() == ()


def test_what_is_written_is_read_back():
    _, looks = taken((2, 20, 1), draws=True)
    for one, other in zip(looks, snapshots.in_arrays(snapshots.as_arrays(looks)), strict=True):
        assert one.epoch == other.epoch
        assert (one.parameters is None) == (other.parameters is None)
        assert one.parameters is None or np.array_equal(one.parameters, other.parameters)
        for mine, theirs in zip(one.layers, other.layers, strict=True):
            assert mine[:5] == theirs[:5]
            assert np.array_equal(mine.counts, theirs.counts)


@pytest.mark.parametrize(
    "edit",
    [
        {"epochs": np.array([0, 3, 1, 10])},
        {"epochs": np.array([-1, 1, 3, 10])},
        {"epochs": np.array([0.0, 1, 3, 10])},
        {"layers": np.array([1, 2, 3])},
        {"figures": np.full((4, 2, 4), np.nan)},
        {"figures": np.broadcast_to([0.0, 1, 2, 1], (4, 2, 4))},
        {"counts": np.full((4, 2, snapshots.BINS), -1)},
        {"counts": np.zeros((4, 2, snapshots.BINS), int)},
        {"counts": np.ones((4, 2, 3), int)},
        {"drawn_epochs": np.array([1])},
        {"parameters": np.zeros((2, 81))},
        {"parameters": np.zeros(81, np.float16)},
        {name: array[:0] for name, array in snapshots.as_arrays(taken((2, 20, 1))[1]).items() if name != "layers"},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_arrays_that_nothing_of_ours_wrote_are_refused(edit):
    arrays = snapshots.as_arrays(taken((2, 20, 1), draws=True)[1])
    assert snapshots.in_arrays(arrays)
    with pytest.raises(ValueError, match=r"its (snapshots|parameters)"):
        snapshots.in_arrays(arrays | edit)
    with pytest.raises(ValueError, match="no snapshots"):
        snapshots.in_arrays({name: array for name, array in arrays.items() if name != "counts"})


@pytest.fixture
def loaded(tmp_path):
    return read_config(config_file(tmp_path, {"training": {"epochs": 11}}))


def test_a_run_stopped_at_every_step_has_the_snapshots_of_one_that_never_was(loaded, tmp_path, monkeypatch):
    whole = run(loaded, tmp_path / "whole")
    assert [look.epoch for look in kept_snapshots(folder_of(whole))] == [0, 1, 3, 10]
    with monkeypatch.context() as patch:
        stop_at(patch, 1)
        result = run(loaded, tmp_path / "runs")
        while result.status == "interrupted":
            result = resume(folder_of(result))
    assert file_of(result) == file_of(whole)


def test_the_snapshots_are_those_of_the_checkpoints_of_their_epochs(tmp_path):
    path = config_file(tmp_path, {"training": {"epochs": 3, "checkpoint_epochs": 1}})
    for epochs in (1, 3):
        folder = folder_of(run(read_config(path, [f"training.epochs={epochs}"]), tmp_path / "runs"))
        kept = folder.read_arrays(checkpoints.names(folder)[0])
        look = kept_snapshots(folder)[-1]
        model = folder.read_arrays("model.npz")
        assert look.epoch == epochs
        assert kept["counts"][2] > 0
        for layer in look.layers:
            found = np.histogram(model[f"W{layer.layer}"].astype(np.float64), bins=snapshots.BINS)[0]
            assert layer.counts.tolist() == found.tolist()


def test_a_longer_run_has_the_snapshots_of_one_declared_that_long(tmp_path):
    path = config_file(tmp_path, {"training": {"epochs": 3}})  # begun again before the end of epoch 3
    short = run(read_config(path), tmp_path / "runs")
    longer = resume(folder_of(short), ["training.epochs=12"])
    declared = run(read_config(path, ["training.epochs=12"]), tmp_path / "runs")
    assert [[look.epoch for look in kept_snapshots(folder_of(one))] for one in (short, longer, declared)] == [
        [0, 1, 3],
        [0, 1, 3, 10],
        [0, 1, 3, 10],
    ]
    assert file_of(longer) == file_of(declared)


def test_a_run_that_stops_early_has_the_snapshots_of_one_that_was_resumed(tmp_path, monkeypatch):
    loaded = read_config(config_file(tmp_path, {"training": {"epochs": 40}, "regularization": {"patience_epochs": 2}}))
    whole = run(loaded, tmp_path / "whole")
    assert whole.epochs < 40
    with monkeypatch.context() as patch:
        stop_at(patch, 7)
        result = run(loaded, tmp_path / "runs")
    while result.status == "interrupted":
        result = resume(folder_of(result))
    assert file_of(result) == file_of(whole)


def test_a_run_without_them_has_the_same_numbers_and_no_file(tmp_path):
    path = config_file(tmp_path)
    with_them, without = (
        run(read_config(path, [f"training.trace={switch}"]), tmp_path / "runs") for switch in ("true", "false")
    )
    assert not (folder_of(without).path / SNAPSHOTS).exists()
    assert essence(with_them.run_dir)["model"] == essence(without.run_dir)["model"]
    assert essence(with_them.run_dir)["metrics"] == essence(without.run_dir)["metrics"]


@pytest.mark.parametrize("cut", [0, 40, -1])
def test_damaged_snapshots_cost_a_run_none_of_its_numbers(cut, loaded, tmp_path, monkeypatch):
    whole = run(loaded, tmp_path / "whole")
    with monkeypatch.context() as patch:
        stop_at(patch, 26)  # in epoch 6
        folder = folder_of(run(loaded, tmp_path / "runs"))
    folder.write_bytes(SNAPSHOTS, folder.read_bytes(SNAPSHOTS)[:cut])
    result = resume(folder)
    assert essence(result.run_dir) | {"snapshots": b""} == essence(whole.run_dir) | {"snapshots": b""}
    assert [look.epoch for look in kept_snapshots(folder)] == [10]
    folder.write_bytes(SNAPSHOTS, folder.read_bytes(SNAPSHOTS)[:cut])
    assert read_contents(folder).snapshots == ()
    assert [check.file for check in verify(folder) if check.problem] == [SNAPSHOTS]


def test_a_run_that_died_goes_on_with_the_snapshots_of_its_checkpoint(loaded, tmp_path, monkeypatch):
    whole, write_epoch = run(loaded, tmp_path / "whole"), Checkpointer.write_epoch

    def dies(self, record):
        if record.epoch == 6:
            raise RuntimeError("died")
        return write_epoch(self, record)

    monkeypatch.setattr(Checkpointer, "write_epoch", dies)
    with pytest.raises(RuntimeError) as died:
        run(loaded, tmp_path / "runs")
    monkeypatch.undo()
    folder = RunFolder(Path(died.value.run_dir))
    assert [look.epoch for look in kept_snapshots(folder)] == [0, 1, 3]
    assert file_of(resume(folder)) == file_of(whole)


def test_a_taker_begins_with_snapshots_of_its_own_layers_alone():
    _, looks = taken((4, 3, 2))
    for sizes, expected in (((4, 3, 2), [0, 1]), ((4, 3, 3, 2), [])):
        taker = snapshots.SnapshotTaker(Network(sizes, "relu", "softmax"), draws=False)
        taker.begin_with(looks, 2)
        assert [look.epoch for look in taker.all()] == expected


def test_snapshots_of_another_network_are_not_taken_over(loaded, tmp_path, monkeypatch):
    other = run(read_config(config_file(tmp_path, {"network": {"width": 5}}), ["network.depth=2"]), tmp_path / "other")
    with monkeypatch.context() as patch:
        stop_at(patch, 26)
        folder = folder_of(run(loaded, tmp_path / "runs"))
    folder.write_bytes(SNAPSHOTS, file_of(other))
    resume(folder)
    assert [look.epoch for look in kept_snapshots(folder)] == [10]
