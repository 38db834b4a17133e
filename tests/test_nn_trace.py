"""The trace: its figures against slow twins, training that does not feel it, and a resumed run with the same lines."""

import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from oracles import VALUES
from reliability.essence import essence
from test_resume import config_file, folder_of, stop_at

from dlrun.experiment import read_config
from dlrun.nn import trace
from dlrun.nn.network import Network
from dlrun.nn.parameters import initial_parameters
from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan
from dlrun.store.lines import sealed
from tests.trainings import resume, run


def stream(number):
    return np.random.Generator(np.random.SFC64(number))


def trainer(rng, *, activation="relu", m=150, plan=None, traced=True, keep_probs=(0.7, 0.7), dtype=np.float64):
    X = rng.standard_normal((m, 3)).astype(dtype)
    train = Examples(X, (np.hypot(*X[:, :2].T) > 1.2).astype(dtype)[:, None])
    network = Network((3, 9, 5, 1), activation, "sigmoid", keep_probs)
    parameters = initial_parameters(network.sizes, "he", rng=stream(1), dtype=dtype)
    plan = replace(plan or TrainingPlan(7, 32, "adam", 0.05, l2_lambda=0.5), trace=traced)
    return Trainer(network, parameters, train, train, plan, Streams(stream(2), stream(3)))


def lines_of(traced):
    """Every line of a training's trace."""
    first = traced.trace()
    return [first] + [line for _ in traced.epochs() if (line := traced.trace())]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_a_line_says_what_a_slow_twin_finds(activation, rng):
    looked = trainer(rng, activation=activation)
    list(looked.epochs())
    line = looked.trace()
    rows = np.arange(128) * 150 // 128
    X, Y, layers = looked.train.X[rows], looked.train.Y[rows], looked.parameters.layers

    def loss():
        outputs = [X]
        for layer in layers[:-1]:
            outputs.append(np.vectorize(VALUES[activation])(outputs[-1] @ layer.W + layer.b))
        p = 1 / (1 + np.exp(-(outputs[-1] @ layers[-1].W + layers[-1].b)))
        return -(Y * np.log(p) + (1 - Y) * np.log(1 - p)).mean(), outputs[1:]

    assert line.loss == pytest.approx(loss()[0])
    assert line.penalty == pytest.approx(0.5 / (2 * 150) * sum((layer.W**2).sum() for layer in layers))
    assert line.penalty_share == pytest.approx(line.penalty / (line.penalty + line.loss))
    slopes = []
    for i, j in itertools.product(range(9), range(5)):  # the second layer's gradient, by central differences
        costs = []
        for step in (1e-6, -2e-6):
            layers[1].W[i, j] += step
            costs.append(loss()[0])
        layers[1].W[i, j] += 1e-6
        slopes.append((costs[0] - costs[1]) / 2e-6)
    assert line.layers[1].gradient_norm == pytest.approx(np.linalg.norm(slopes), rel=1e-6)
    for layer, told, A in zip(layers, line.layers, [*loss()[1], None], strict=True):
        assert told.weight_norm == pytest.approx(np.linalg.norm(layer.W))
        assert {name: getattr(told, name) for name in trace.ACTIVITY} == pytest.approx(activity_of(activation, A))


def activity_of(activation, A):
    """What the outputs A of one hidden layer say, or None, of the output layer."""
    known = dict.fromkeys(trace.ACTIVITY)
    if A is None:
        return known
    known |= {"activation_mean": A.mean(), "activation_spread": A.std()}
    if activation == "relu":
        return known | {"dead_share": (A <= 0).all(axis=0).mean()}
    z = np.arctanh(A) if activation == "tanh" else np.log(A / (1 - A)) / 2
    shares = {"saturated_share": np.abs(z) > np.arctanh(0.95), "linear_share": np.abs(z) < 0.5}
    return known | {name: outputs.mean() for name, outputs in shares.items()}


def test_the_update_ratio_is_that_of_the_last_step_of_the_epoch(rng):
    looked = trainer(rng, plan=TrainingPlan(1, 50, "gd", 0.1), keep_probs=(), m=150)
    steps, step = [], looked.step

    def watched(*arguments):
        before = looked.parameters.copy()
        costs = step(*arguments)
        steps.append([np.linalg.norm(a.W - b.W) / np.linalg.norm(a.W) for a, b in layer_pairs(looked, before)])
        return costs

    def layer_pairs(looked, before):
        return zip(looked.parameters.layers, before.layers, strict=True)

    looked.step = watched
    *_, last = lines_of(looked)
    assert len(steps) == 3
    assert [layer.update_ratio for layer in last.layers] == pytest.approx(steps[-1])


def test_the_first_line_is_of_the_initialisation_and_says_what_training_begins_with(rng):
    looked = trainer(rng)
    looked.train.X[:, 1] *= 1000
    looked = Trainer(
        looked.network, looked.parameters, looked.train, looked.train, looked.plan,
        Streams(stream(2), stream(3)),
    )  # fmt: skip
    first = lines_of(looked)[0]
    rows = np.arange(128) * 150 // 128
    share = looked.train.Y[rows].mean()
    assert first.epoch == 0
    assert all(layer.update_ratio is None for layer in first.layers)
    assert first.start.prior_loss == pytest.approx(-share * np.log(share) - (1 - share) * np.log(1 - share))
    assert first.start.greatest_spread / first.start.least_spread > 500


@pytest.mark.parametrize("batch_size", [16, None])
def test_training_with_a_trace_gives_the_bits_of_training_without(batch_size, monkeypatch):
    monkeypatch.setattr(trace, "schedule", lambda *shapes: (1, 1))
    plan = TrainingPlan(6, batch_size, "adam", 0.05, l2_lambda=0.5)
    with_it, without = (trainer(stream(5), plan=plan, traced=traced, dtype=np.float32) for traced in (True, False))
    assert len(lines_of(with_it)) == 7
    list(without.epochs())
    assert without.trace() is None
    assert with_it.parameters.flat.tobytes() == without.parameters.flat.tobytes()
    assert with_it.streams.batches.bit_generator.state["state"]["state"].tolist() == (
        without.streams.batches.bit_generator.state["state"]["state"].tolist()
    )


@pytest.mark.parametrize("size", [1e-30, 1e-15, 1.0, 1e25])
def test_a_gradient_is_measured_where_squares_of_float32_die_or_overflow(size):
    W = np.full((3, 3), size, np.float32)
    W[0] /= 3
    with np.errstate(over="ignore"):
        assert trace.norm(W) == pytest.approx(size * math.sqrt(6 + 3 / 9))


def test_an_input_that_does_not_vary_has_no_spread(rng):
    X = np.stack([np.full(150, 0.1), rng.standard_normal(150)], axis=1).astype(np.float32)
    start = trace.start_of("sigmoid", X, np.zeros((150, 1), np.float32))
    assert start.least_spread == start.greatest_spread == pytest.approx(X[:, 1].std())


def test_looks_lie_further_apart_where_an_epoch_is_short():
    assert trace.schedule(2_900_000, 4, 512, 60_000, 128) == (2, 2)
    assert trace.schedule(100, 3, 128, 600, 600)[1] > 50


def test_the_early_look_comes_when_the_steps_have_settled_or_when_its_turn_comes():
    assert trace.schedule(26_000, 3, 128, 1079, 64)[0] == 1
    assert trace.schedule(26_000, 3, 128, 1079, 1079)[0] == trace.EARLY_STEPS
    early, spacing = trace.schedule(160_000, 150, 16, 1079, 64)
    assert early == spacing > 5


def test_a_deep_network_is_looked_at_on_fewer_rows(rng):
    X = rng.standard_normal((1000, 2))
    tracers = [
        trace.Tracer(
            Network((2, *[3] * (depth - 1), 1), "tanh", "squared"), X, X[:, :1], batch_size=64, l2_lambda=0, dtype=float
        )
        for depth in (1, 16, 150)
    ]
    assert [len(tracer.Y) for tracer in tracers] == [128, 128, 16]
    assert np.array_equal(tracers[2].workspace.X, tracers[0].workspace.X[::8])


@pytest.mark.parametrize("every", [1, 2])
def test_a_run_stopped_at_every_step_has_the_trace_of_one_that_never_was(every, tmp_path, monkeypatch):
    monkeypatch.setattr(trace, "schedule", lambda *shapes: (1, every))
    loaded = read_config(config_file(tmp_path, {"training": {"epochs": 5}}))
    whole = run(loaded, tmp_path / "whole")
    epochs = [line["epoch"] for line in folder_of(whole).read_lines("trace.jsonl")]
    assert epochs == {1: [0, 1, 2, 3, 4, 5], 2: [0, 1, 2, 4, 5]}[every]
    with monkeypatch.context() as patch:
        stop_at(patch, 1)
        result = run(loaded, tmp_path / "runs")
        while result.status == "interrupted":
            result = resume(folder_of(result))
    assert essence(result.run_dir) == essence(whole.run_dir)


def test_a_trace_that_lost_lines_takes_the_run_back_to_an_older_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(trace, "schedule", lambda *shapes: (1, 1))
    loaded = read_config(config_file(tmp_path))
    whole = run(loaded, tmp_path / "whole")
    with monkeypatch.context() as patch:
        stop_at(patch, 14)
        folder = folder_of(run(loaded, tmp_path / "runs"))
    lines = (folder.path / "trace.jsonl").read_bytes().splitlines(keepends=True)
    (folder.path / "trace.jsonl").write_bytes(lines[0] + lines[1] + lines[2][:-9])
    assert any("trace.jsonl is sound up to epoch 1" in note for note in resume(folder).notes)
    assert essence(folder.path) == essence(whole.run_dir)


@pytest.mark.parametrize(
    "edit",
    [{"loss": "low"}, {"layers": [{"layer": 1}]}, {"layers": []}, {"epoch": "2"}],
    ids=lambda edit: next(iter(edit)),
)
def test_a_line_that_was_edited_is_damaged_though_its_checksum_fits(edit, tmp_path, monkeypatch):
    monkeypatch.setattr(trace, "schedule", lambda *shapes: (1, 1))
    loaded = read_config(config_file(tmp_path))
    whole = run(loaded, tmp_path / "whole")
    with monkeypatch.context() as patch:
        stop_at(patch, 14)
        folder = folder_of(run(loaded, tmp_path / "runs"))
    lines = folder.read_lines("trace.jsonl")
    folder.write_bytes("trace.jsonl", b"".join(sealed(line | edit if line["epoch"] == 2 else line) for line in lines))
    assert any("trace.jsonl is sound up to epoch 1" in note for note in resume(folder).notes)
    assert essence(folder.path) == essence(whole.run_dir)


def test_a_longer_run_has_the_trace_of_one_declared_that_long(tmp_path, monkeypatch):
    monkeypatch.setattr(trace, "schedule", lambda *shapes: (1, 3))
    path = config_file(tmp_path)
    short = run(read_config(path), tmp_path / "runs")
    longer = resume(folder_of(short), ["training.epochs=8"])
    declared = run(read_config(path, ["training.epochs=8"]), tmp_path / "runs")
    epochs = [[line["epoch"] for line in folder_of(r).read_lines("trace.jsonl")] for r in (short, longer, declared)]
    assert epochs == [[0, 1, 3, 4], [0, 1, 3, 6, 8], [0, 1, 3, 6, 8]]
    assert essence(longer.run_dir) == essence(declared.run_dir)


def test_a_run_without_a_trace_has_the_same_numbers_and_no_file(tmp_path):
    path = config_file(tmp_path)
    with_it, without = (
        run(read_config(path, [f"training.trace={switch}"]), tmp_path / "runs") for switch in ("true", "false")
    )
    assert not (folder_of(without).path / "trace.jsonl").exists()
    one, other = essence(with_it.run_dir), essence(without.run_dir)
    assert json.dumps(one["metrics"]) == json.dumps(other["metrics"])
    assert one["model"] == other["model"]
