"""What the machine refuses is a sentence, an exit status and no loss: streams, memory, threads, file handles, panics.

The limits are the system's own (`ulimit`), set for the process alone.
"""

import csv
import errno
import json
import os
import resource
import subprocess
import sys

import numpy as np
import pytest

from dlrun import machine
from dlrun.cli.guard import guarded
from dlrun.cli.refusals import refusal
from dlrun.data import read_soft_labels
from dlrun.errors import DataError, StoreError, TooLittle
from dlrun.nn.memory import parameter_count, training_bytes, workspace_bytes
from dlrun.nn.network import Network, Workspace
from dlrun.nn.optimizers import OPTIMIZERS, Optimizer
from dlrun.nn.parameters import Parameters
from tests.commands import ROOT, dlrun

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are Linux's")

TABLE = "data: {source: t.csv, target: y}\nnetwork: {width: 4}\ntraining: {epochs: 2}\n"
MIB = 2**20
CORE = np._core if hasattr(np, "_core") else np.core  # as NumPy 1 calls it


@pytest.fixture
def table(tmp_path):
    """A small table and its config."""
    rows = np.random.default_rng(0).normal(size=(80, 2))
    lines = [f"{a:.3f},{b:.3f},{'u' if a + b > 0 else 'v'}" for a, b in rows]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
    (tmp_path / "t.yaml").write_text(TABLE)
    return tmp_path


def limited(folder, *words, **limits):
    """The command below limits, by the names of `resource` without RLIMIT_."""

    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))

    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "dlrun", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, preexec_fn=limit, timeout=100
    )


def is_one_sentence(text):
    return text.startswith("dlrun: ") and text.count("\n") == 1 and "Traceback" not in text and "bug" not in text


@pytest.mark.parametrize("mebibytes", [150, 300, 400, 600, 1000])
def test_with_little_memory_a_training_is_done_or_refused_in_a_sentence(mebibytes, table):
    done = limited(table, "train", "t.yaml", "-q", AS=mebibytes * MIB)
    if done.returncode == 0:
        assert done.stderr == ""
        assert list(table.glob("runs/2*/result.json"))
    else:
        assert done.returncode == 3
        assert is_one_sentence(done.stderr)
        assert "ulimit -v" in done.stderr or "memory" in done.stderr
    assert done.returncode == (0 if mebibytes >= 600 else 3) or mebibytes == 400
    assert not list(table.glob("runs/*crash*"))


@pytest.mark.parametrize(("words", "status"), [(("train", "t.yaml", "-q"), 0), (("data", "t.csv"), 0)])
@pytest.mark.parametrize("handles", [12, 20])
def test_few_file_handles_are_enough_for_one_process(words, status, handles, table):
    done = limited(table, *words, NOFILE=handles)
    assert (done.returncode, done.stderr) == (status, "")


def test_too_few_file_handles_for_a_sweep_are_told(table):
    done = limited(table, "sweep", "t.yaml", "training.learning_rate=0.1,0.2", "-q", NOFILE=12)
    assert done.returncode == 6
    assert is_one_sentence(done.stderr)
    assert "ulimit -n" in done.stderr


def test_a_library_is_not_loaded_where_its_threads_cannot_begin(monkeypatch):
    monkeypatch.setattr(machine, "threads_can_begin", lambda count: False)
    monkeypatch.setattr(machine, "be_sparing", lambda: None)
    with pytest.raises(TooLittle, match=r"^reading tables needs 10 more threads \(polars\).*ulimit -u"):
        machine.require_for("polars", machine.NEEDS["polars"])


def test_a_library_is_loaded_sparingly_where_addresses_are_few(monkeypatch):
    spared = []
    monkeypatch.setattr(machine, "addresses_left", lambda: 400 * MIB)
    monkeypatch.setattr(machine, "be_sparing", lambda: spared.append(True))
    machine.require_for("polars", machine.NEEDS["polars"])
    assert spared
    monkeypatch.setattr(machine, "addresses_left", lambda: 100 * MIB)
    with pytest.raises(TooLittle, match=r"needs 330 MiB of addresses \(polars\), and 100 MiB are left"):
        machine.require_for("polars", machine.NEEDS["polars"])


def test_polars_gives_memory_back_unless_a_person_or_a_want_of_addresses_says_otherwise(monkeypatch):
    monkeypatch.setattr(machine, "be_sparing", lambda: None)
    monkeypatch.delenv("_RJEM_MALLOC_CONF", raising=False)
    machine.require_for("polars", machine.NEEDS["polars"])
    assert os.environ["_RJEM_MALLOC_CONF"] == "dirty_decay_ms:0,muzzy_decay_ms:0"
    monkeypatch.setenv("_RJEM_MALLOC_CONF", "narenas:1")
    machine.require_for("polars", machine.NEEDS["polars"])
    assert os.environ["_RJEM_MALLOC_CONF"] == "narenas:1"


def test_threads_that_cannot_begin_are_seen(monkeypatch):
    assert machine.threads_can_begin(3)

    def refused(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(machine.threading.Thread, "start", refused)
    assert not machine.threads_can_begin(1)


def test_memory_left_is_the_least_of_all_limits(monkeypatch, tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    5000 kB\n")
    (tmp_path / "max").write_text("3000000\n")
    (tmp_path / "current").write_text("1000000\n")
    monkeypatch.setattr(machine, "MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "addresses_left", lambda: None)
    monkeypatch.setattr(machine, "GROUPS", ())
    assert machine.memory_left() == 5000 * 1024
    monkeypatch.setattr(machine, "GROUPS", ((tmp_path / "max", tmp_path / "current"),))
    assert machine.memory_left() == 2_000_000
    (tmp_path / "max").write_text("max\n")
    assert machine.memory_left() == 5000 * 1024
    monkeypatch.setattr(machine, "addresses_left", lambda: 7)
    assert machine.memory_left() == 7


@pytest.mark.parametrize(
    ("count", "words"),
    [(512, "512 bytes"), (1024, "1 KiB"), (5 * MIB, "5 MiB"), (2**40, "1 TiB"), (2**75, "3.28e+04 EiB")],
)
def test_bytes_in_words(count, words):
    assert machine.in_words(count) == words


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("keep", [(), (1.0, 0.5)])
@pytest.mark.parametrize("widths", [(7, 4), (160, 180)])
def test_the_memory_of_a_training_is_counted_before_it_is_made(members, keep, widths):
    network, rows = Network((5, *widths, 2), "relu", "softmax", keep, members), 11
    made = Workspace(network, rows, np.float32)
    arrays = {}
    seen = [made, made.masks, *made.hidden]
    for thing in seen:
        values = [*vars(thing).values()]
        values += [item for value in values if isinstance(value, list) for item in value]
        for array in (value for value in values if isinstance(value, np.ndarray) and value.ndim):
            owner = array
            while owner.base is not None:
                owner = owner.base
            arrays[id(owner)] = owner
    assert workspace_bytes(network, rows, 4) == sum(array.nbytes for array in arrays.values())
    parameters = Parameters(network.sizes, np.float32, members)
    assert parameter_count(network) == parameters.flat.size
    for name, rule in OPTIMIZERS.items():
        state = Optimizer(name, parameters, None).state
        assert state.size == rule.n_states * parameters.flat.size
        vectors = training_bytes(network, name, rows, 4) - workspace_bytes(network, rows, 4)
        assert vectors == 4 * parameters.flat.nbytes + state.nbytes


@pytest.mark.parametrize(
    ("override", "what"),
    [
        (
            "network.hidden=[90000,90000]",
            "network 34-90000-90000-1 of 8,103,330,001 parameters in batches of 32 rows would take 181 GiB",
        ),
        ("data.samples=400000000", "data.source moons: 800,000,000 numbers"),
    ],
)
def test_what_is_too_large_is_told_with_its_size_before_it_is_made(override, what, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "memory_left", lambda: 2**30)
    (tmp_path / "m.yaml").write_text("data: {source: moons, samples: 200}\n")
    done = dlrun("train", "m.yaml", override, "-q", cwd=tmp_path)
    assert done.returncode == 3
    assert what in done.stderr
    assert "of memory, and 1 GiB are free" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_file_that_is_larger_than_memory_is_not_read(table, monkeypatch):
    monkeypatch.setattr(machine, "memory_left", lambda: 100)
    done = dlrun("data", "t.csv", cwd=table)
    assert done.returncode == 3
    assert done.stderr.startswith("dlrun: t.csv: a file would take 1.")
    assert "and 100 bytes are free" in done.stderr


class PanicException(BaseException):
    """As a library in Rust raises it."""


def raising(failure):
    def command():
        raise failure

    return command


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (CORE._exceptions._ArrayMemoryError((10, 10**9), np.dtype("f8")), 3, "(Unable to allocate 74.5 GiB"),
        (MemoryError(), 3, "more memory is needed than there is; take fewer rows"),
        (RuntimeError("can't start new thread"), 3, "ulimit -u"),
        (PanicException("called unwrap on Err: ThreadPoolBuilderError"), 3, "ulimit -u"),
        (ImportError("x.so: failed to map segment from shared object"), 3, "more memory"),
        (OSError(errno.EMFILE, "Too many open files", "a.txt"), 6, "(a.txt); raise the limit (ulimit -n)"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), 3, "ulimit -u"),
        (OSError(errno.ENOSPC, "No space left on device", "a.txt"), 6, "a.txt: No space left on device; check"),
    ],
)
def test_what_the_machine_refuses_is_no_bug(failure, status, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert guarded(raising(failure)) == status
    told = capsys.readouterr().err
    assert is_one_sentence(told)
    assert words in told
    assert not list(tmp_path.iterdir())


def test_a_panic_for_another_reason_is_a_bug_with_a_folder_and_no_traceback(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert guarded(raising(PanicException("index out of bounds"))) == 1
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "a bug in dlrun" in told
    assert list(tmp_path.glob("**/traceback.txt"))


def test_what_nobody_refused_is_no_refusal():
    assert refusal(KeyError("x")) is None
    assert refusal(OSError(errno.ENOENT, "No such file")) is None
    assert isinstance(refusal(OSError(errno.EIO, "Input/output error")), StoreError)


def test_a_run_that_a_panic_ends_has_failed(table, monkeypatch):
    from dlrun.nn.training import Trainer

    monkeypatch.setattr(Trainer, "run_epoch", raising_in_place(PanicException("planted")))
    done = dlrun("train", "t.yaml", "-q", cwd=table)
    assert done.returncode == 1
    [result] = table.glob("runs/2*/result.json")
    assert json.loads(result.read_text())["status"] == "failed"


def raising_in_place(failure):
    def method(self):
        raise failure

    return method


LONG = "x" * 200_000


def test_cells_of_any_length_are_read_and_told_in_short(table):
    lines = (table / "t.csv").read_text()
    (table / "t.csv").write_text(lines + f"1,{LONG},u\n")
    for words in (("train", "t.yaml", "-q"), ("data", "t.csv"), ("init", "t.csv", "--force")):
        done = dlrun(*words, cwd=table)
        assert done.returncode == 0
        assert len(done.stdout) + len(done.stderr) < 10_000
        assert "xxx..." in done.stdout + done.stderr or words[0] != "data"


def test_names_of_any_length_are_told_in_short(table):
    (table / "t.csv").write_text((table / "t.csv").read_text().replace("a,b,y", f"a,b,{LONG}"))
    for words in (("data", "t.csv"), ("init", "t.csv")):
        done = dlrun(*words, cwd=table)
        assert len(done.stdout) + len(done.stderr) < 10_000


def test_what_csv_refuses_is_a_sentence_with_the_line(tmp_path, monkeypatch):
    (tmp_path / "soft.csv").write_text("0.5,0.5\n" + "0" * 200_000 + ",1\n")
    assert read_soft_labels("soft.csv", tmp_path).tolist() == [[0.5, 0.5], [0, 1]]

    class Broken:
        line_num = 2

        def __init__(self, lines):
            pass

        def __iter__(self):
            raise csv.Error("new-line character seen")

    monkeypatch.setattr("dlrun.data.soft_labels.csv.reader", Broken)
    with pytest.raises(DataError, match=r"^soft\.csv:2: cannot be read as a row"):
        read_soft_labels("soft.csv", tmp_path)


def test_advice_for_more_rows_than_outputs_are_kept_of_is_followed_to_its_end(tmp_path):
    """Outputs of single rows are kept of 20,000; a comparison with more training rows does without them."""
    X = np.random.default_rng(1).uniform(size=(36_000, 2))
    np.savetxt(tmp_path / "t.csv", np.c_[X, X.sum(axis=1)], fmt="%.3f", delimiter=",", header="a,b,y", comments="")
    data = "data: {source: t.csv, target: y, task: regression, normalize: true}\nnetwork: {width: 2}\n"
    (tmp_path / "t.yaml").write_text(data + "training: {epochs: 1, batch_size: 4096}\n")
    assert dlrun("train", "t.yaml", "-q", cwd=tmp_path).returncode == 0
    advice = json.loads(dlrun("diagnose", "latest", "--json", cwd=tmp_path).stdout)["advice"]
    number = 1 + next(at for at, item in enumerate(advice) if item["change"])
    done = dlrun("diagnose", "latest", "--apply", number, "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "outcome: " in done.stdout
