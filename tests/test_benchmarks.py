"""The benchmarks: that their commands run and show what they promise. Nothing is timed here."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks import cold, contest, engine, scaling, workers
from benchmarks.printed import milliseconds, table
from benchmarks.shapes import L2_LAMBDA, SHAPES, examples, targets
from benchmarks.textbook import Textbook, sigmoid_cross_entropy, softmax_cross_entropy

ROOT = Path(__file__).parents[1]


def output_of(command, *arguments):
    line = [sys.executable, "-m", f"tests.benchmarks.{command}", *arguments]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_quick_benchmark_runs_and_shows_every_shape(tmp_path):
    file = tmp_path / "engine.json"
    printed = output_of("engine", "--quick", "--rounds", "1", "--seconds", "0.005", "--json", str(file))
    time_table, memory_table, notes = printed.split("\n\n")
    for shape in SHAPES.values():
        assert shape.title() in time_table
        assert shape.title() in memory_table
    assert "dlrun's shipped training loop" in notes
    written = json.loads(file.read_text())
    assert [shape["name"] for shape in written["shapes"]] == list(SHAPES)
    assert all(set(shape["contestants"]) == {"dlrun", "products"} for shape in written["shapes"])
    assert written["machine"]["threads"] == 1


def test_what_compiled_loops_cost_and_save_is_measured():
    pytest.importorskip("numba", reason="Numba is not installed: pip install 'dlrun[fast]' brings it")
    printed = output_of("loops", "--processes", "1", "--rounds", "1")
    assert re.search(r"^made +\d+\.\d+ +\d+\.\d+\nloaded +\d+\.\d+ +\d+\.\d+$", printed, re.M)
    for shape in ("T1", "T7"):
        for optimizer in ("adam", "gd", "momentum", "rmsprop"):
            assert re.search(rf"^{shape} +\d+ +{optimizer} +\d+\.\d ", printed, re.M)
    assert "ReLU and its masks" in printed
    assert "Softmax's loss and its slope" in printed


def test_large_data_trains_in_ram_and_memory_mapped():
    printed = output_of("large", "--rows", "3000", "--contestants", "dlrun,dlrun-mapped", "--rounds", "1")
    assert "3,000 x 100 float32 (1 MiB), 100-256-128-2, 1024" in printed
    assert "dlrun, rows in RAM" in printed
    assert "dlrun, rows in a memory-mapped .npy" in printed


def test_the_memory_of_rows_in_a_file_is_measured_by_their_number():
    printed = output_of("mapped", "--rows", "2000", "3000", "--columns", "3", "--tasks", "binary")
    assert re.search(r"^2,000 +binary +0 +[1-9]\d+ +\d+ s$", printed, re.M)
    assert re.search(r"^3,000 +binary +0 +[1-9]\d+ +\d+ s$", printed, re.M)


def test_large_tables_are_prepared_beside_polars():
    printed = output_of("preparing", "--rows", "300", "--columns", "12", "--rounds", "1")
    assert [line.split()[-1] for line in printed.splitlines() if line.startswith("dlrun")] == ["97", "24", "1"]
    assert [line.split()[-1] for line in printed.splitlines() if line.startswith("polars")] == ["23", "13", "3"]


def test_rows_are_answered_at_a_rate_and_in_memory_that_are_measured():
    printed = output_of("predicting", "--rows", "3000", "--endings", ".csv", ".npy")
    assert re.search(r"^ *3,000 +\.csv +\d", printed, re.M)
    assert re.search(r"^30,000 +\.npy +\d", printed, re.M)
    assert re.search(r"the network alone: \d\.\d+ million rows a second, [01]\.\d+ of what", printed)


def test_the_verbs_that_ask_all_runs_are_timed_at_each_size():
    printed = output_of("store", "--sizes", "3", "4", "--rounds", "1", "--verbs", "completion of an id", "show best")
    wall, processor, _ = printed.split("\n\n")
    for seconds in (wall, processor):
        assert "3: first  3: then  3: beyond  4: in 2 runs" in seconds
        assert re.search(r"^show best( +-?\d+\.\d\d){8}$", seconds, re.M)


def test_the_steps_of_a_sweep_are_measured_by_its_size_and_its_processes():
    printed = output_of("sweeping", "many", "--sizes", "200", "400", "--workers", "1", "2")
    for step in ("plan", "run, 1 worker", "run, 2 workers", "resume, nothing to do", "outcome", "table", "page"):
        assert len(re.findall(rf"^{step} +[0-9.]+ +[0-9.]+ +-?[0-9.]+ ", printed, re.M)) == 3
    assert re.search(r"^400 +[0-9.]+ +[0-9.]+ +-?[0-9.]+$", printed, re.M)


def test_promises_are_measured_over_splits():
    printed = output_of("promises", "--splits", "3", "--data", "moons", "diabetes")
    assert re.search(r"^moons +[01]\.\d{3} \(SE 0\.\d+\)", printed, re.M)
    assert re.search(r"^diabetes +[01]\.\d{3} \(SE 0\.\d+\)", printed, re.M)


def test_an_unknown_shape_is_named_beside_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        engine.parse(["--shapes", "T1,T9"])
    assert "argument --shapes: T9: not among T1, T2, T3, T4, T5, T6, T7" in capsys.readouterr().err


class Recorded:
    """A worker that only writes down that it was asked."""

    def __init__(self, name, log):
        self.name, self.log = name, log

    def epochs_lasting(self, seconds):
        return 10

    def time(self, epochs):
        self.log.append(self.name)
        return {"wall": 6.0 * epochs, "cpu": 3.0 * epochs}

    def close(self):
        return {"peak_bytes": 1}


def test_contestants_take_turns_and_times_are_a_step():
    log = []
    times = contest.hold({name: Recorded(name, log) for name in "AB"}, {"A": 2, "B": 3}, rounds=3, seconds=1)
    assert log == ["A", "B"] * 3
    assert times["A"].wall == [3.0] * 3
    assert times["B"].wall == [2.0] * 3
    assert times["B"].disturbed()


def test_ratios_are_taken_within_a_round():
    times = {
        "dlrun": contest.Times(wall=[1.0, 2.0, 4.0], cpu=[1.0, 2.0, 4.0]),
        "peer": contest.Times(wall=[2.0, 4.0, 20.0], cpu=[1.0, 1.0, 1.0]),
    }
    assert contest.ratios(times, "dlrun", "wall")["peer"] == contest.Spread(2.0, 2.0, 5.0)
    assert contest.ratios(times, "dlrun", "cpu")["peer"] == contest.Spread(0.5, 0.25, 1.0)
    assert str(contest.Spread(2.0, 1.5, 5.0)) == "2.00 (1.50-5.00)"


def test_a_contestant_that_raises_is_heard_with_its_traceback():
    sent = []
    workers.serve(SimpleNamespace(send=sent.append), lambda: 1 / 0, ())
    ((kind, text),) = sent
    assert kind == "error"
    assert "ZeroDivisionError: division by zero" in text


def test_a_planted_power_law_is_found_and_a_fixed_cost_hides_it_from_the_small_sizes():
    sizes = [2**i for i in range(12)]
    assert scaling.exponent(sizes, [3 * n**1.7 for n in sizes]) == pytest.approx(1.7)
    with_fixed_cost = {n: contest.spread([500 + n**2]) for n in sizes}
    overall, upper = scaling.exponents(with_fixed_cost)
    assert overall < 1.3
    assert upper > 1.6


@pytest.mark.parametrize("name", ["T1", "T2"])
def test_the_textbook_gradient_is_the_slope_of_its_cost(name):
    shape = SHAPES[name]
    X, classes = examples(shape)
    X, Y = X[:50].astype(np.float64), targets(shape, classes)[:50]
    network = Textbook(shape)
    network.W = [W.astype(np.float64) for W in network.W]

    def passes():
        network.rng = np.random.default_rng(1)  # the same masks every time
        A, masks = network.forward(X)
        loss, dZ = (sigmoid_cross_entropy if shape.binary else softmax_cross_entropy)(A[-1], Y)
        penalty = L2_LAMBDA / (2 * shape.rows) * sum(np.sum(W**2) for W in network.W)
        return loss + penalty, network.backward(A, masks, dZ)[0]

    gradient = passes()[1]
    for W, dW in zip(network.W, gradient, strict=True):
        at = np.unravel_index(np.abs(dW).argmax(), W.shape)
        kept, W[at] = W[at], W[at] + 1e-5
        above = passes()[0]
        W[at] = kept - 1e-5
        below = passes()[0]
        W[at] = kept
        # Measured: 1.5e-10 at most.
        assert dW[at] == pytest.approx((above - below) / 2e-5, rel=2e-9)


def config(**training):
    return SimpleNamespace(
        seed=0,
        data=SimpleNamespace(source="digits", split=SimpleNamespace(train=0.6, dev=0.2, is_counts=lambda: False)),
        network=SimpleNamespace(activation="relu", hidden_widths=lambda: (128, 64)),
        keep_probs=lambda: (0.8, 1.0),
        regularization=SimpleNamespace(lambda_=0.1, patience_epochs=None),
        training=SimpleNamespace(
            **{"optimizer": "adam", "learning_rate": 0.001, "learning_rate_decay": 0.0, "batch_size": 64}
            | {"epochs": 60, "evaluate_every": 1}
            | training
        ),
    )


def test_the_script_gets_the_settings_of_the_config():
    settings = cold.settings(config())
    assert settings["hidden"] == [128, 64]
    assert (settings["lambda"], settings["keep_probs"], settings["epochs"]) == (0.1, [0.8, 1.0], 60)


def test_a_config_that_the_script_cannot_follow_is_refused():
    with pytest.raises(ValueError, match="cannot follow its") as caught:
        cold.settings(config(optimizer="gd", batch_size="full"))
    assert str(caught.value) == (
        "--config: the PyTorch script cannot follow its training.optimizer, training.batch_size; give it another one"
    )


def test_tables_align_and_times_keep_three_digits():
    assert table("Title", ["a", "b"], [["x", "10"], ["long", "2"]]) == "Title\na      b\n----  --\nx     10\nlong   2"
    assert [milliseconds(s) for s in (0.0001234, 0.001234, 0.01234, 0.1234)] == ["0.123", "1.23", "12.3", "123"]
