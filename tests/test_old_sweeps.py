"""Sweeps that were begun before a key had its default of today go on as their plans meant it.

`old_runs/sweeps` was written by commit 8396d27, before network.output_bias: a sweep with --light and one with run
folders, each ended by a crash when two of its four trainings had their lines.
"""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from dlrun.sweep.folder import SweepFolder
from tests.commands import dlrun
from tests.reliability.sweep_trials import trained_alone

SWEEPS = Path(__file__).parent / "old_runs" / "sweeps"
KINDS = ("light", "full")


@pytest.fixture(params=KINDS)
def old_sweep(request, tmp_path):
    """The folder of a copy of an old sweep, in tmp_path/runs."""
    shutil.copytree(SWEEPS / request.param, tmp_path / "runs")
    [path] = (tmp_path / "runs").glob("sweep-*")
    return SweepFolder(path)


def resumed(sweep, *words):
    return dlrun("sweep", "--resume", sweep.id, *words, "-q", "--processes", "1", cwd=sweep.path.parents[1])


def hash_alone(sweep, line, output_bias):
    """The hash of the parameters that `dlrun train` of this version has for the training of a line."""
    words = (f"network.output_bias={output_bias}", *(f"{key}={value}" for key, value in line.settings.items()))
    return trained_alone((sweep.path / "config.yaml").read_text(), *words, f"seed={line.seed}")[0]


def test_what_was_missing_is_trained_as_the_plan_meant_it(old_sweep):
    before = (old_sweep.path / "trainings.jsonl").read_bytes()
    assert resumed(old_sweep).returncode == 0
    assert (old_sweep.path / "trainings.jsonl").read_bytes().startswith(before)
    new = list(old_sweep.lines())[2:]
    assert [line.settings["regularization.lambda"] for line in new] == [1.0, 10.0]
    for line in new:
        assert line.parameters_sha256 == hash_alone(old_sweep, line, "zeros")
        assert line.parameters_sha256 != hash_alone(old_sweep, line, "prior")
    biases = [json.loads(path.read_text())["config"]["network"].get("output_bias") for path in new_runs(old_sweep)]
    assert biases == ["zeros"] * (0 if old_sweep.manifest().light else 2)


def new_runs(sweep):
    """run.json of each run that is not in the old folder."""
    known = {path.name for path in SWEEPS.glob("*/*")}
    return [path for path in sweep.runs_dir.glob("2*/run.json") if path.parent.name not in known]


def test_an_old_sweep_is_extended_by_values_of_the_same_meaning(old_sweep):
    done = resumed(old_sweep, "regularization.lambda=3")
    assert (done.returncode, done.stderr) == (0, "")
    [line] = [line for line in old_sweep.lines() if line.settings["regularization.lambda"] == 3]
    assert line.parameters_sha256 == hash_alone(old_sweep, line, "zeros")


def test_a_new_sweep_goes_on_with_the_default_of_today(tmp_path):
    config = next(SWEEPS.glob("light/sweep-*/config.yaml"))
    shutil.copy(config, tmp_path / "tiny.yaml")
    words = shlex.split("sweep tiny.yaml regularization.lambda=1 -q --processes 1 --light seed=0,1")
    assert dlrun(*words, cwd=tmp_path).returncode == 0
    sweep = SweepFolder(next(tmp_path.glob("runs/sweep-*")))
    assert resumed(sweep, "seed=2").returncode == 0
    for line in sweep.lines():
        assert (
            line.parameters_sha256
            == trained_alone(config.read_text(), "regularization.lambda=1", f"seed={line.seed}")[0]
        )
