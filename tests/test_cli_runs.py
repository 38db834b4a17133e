"""The verbs for runs through a real process: what each prints, and the exit status that it ends with."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from reliability.essence import essence
from test_cli import DIGITS, ROOT, dlrun

from dlrun.cli.app import app_with
from dlrun.cli.ending import resuming_advised
from dlrun.cli.guard import guarded
from dlrun.errors import Interrupted, StoreError
from dlrun.records import BySplit
from dlrun.store import Result, find_run
from tests.trainings import resume

SHORT = ("training.epochs=3", "network.width=8", "training.checkpoint_epochs=1", "report=false")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A folder with two short runs, and their results, the first of which was trained less."""
    folder = tmp_path_factory.mktemp("two")
    results = [
        json.loads(dlrun("train", DIGITS, *SHORT, *more, "--json", cwd=folder).stdout)
        for more in (("training.epochs=1", "name=brief"), ("name=less_brief",))
    ]
    return folder, results


def in_json(folder, *arguments):
    return json.loads(dlrun(*arguments, "--json", cwd=folder).stdout)


def test_show_tells_config_result_files_and_how_to_make_it_again(two):
    folder, (first, _) = two
    shown = in_json(folder, "show", "brief")
    assert shown["config"]["training"]["epochs"] == 1
    assert shown["result"]["errors"] == first["errors"]
    assert shown["overrides"] == [*SHORT, "training.epochs=1", "name=brief"]
    assert {"run.json", "model.npz", "checksums.json"} <= {file["name"] for file in shown["files"]}
    again = dlrun(*shown["reproduce"].split()[1:], "--json", cwd=folder, DLRUN_RUNS="elsewhere")
    assert json.loads(again.stdout)["costs"] == first["costs"]
    assert "repeat it: dlrun train" in dlrun("show", "brief", cwd=folder).stdout


def test_diff_shows_only_what_differs(two):
    folder, (first, second) = two
    found = in_json(folder, "diff", "brief", "less_brief")
    assert found["config"] == {"name": ["brief", "less_brief"], "training.epochs": [1, 3]}
    assert found["results"]["errors.dev"] == [first["errors"]["dev"], second["errors"]["dev"]]
    assert "status" not in found["results"]
    printed = dlrun("diff", "brief", "less_brief", cwd=folder).stdout
    assert "training.epochs" in printed
    assert "learning_rate" not in printed


def test_best_is_the_lowest_dev_error_and_runs_can_be_sorted_and_filtered(two):
    folder, results = two
    best = min(results, key=lambda result: result["errors"]["dev"])
    assert in_json(folder, "show", "best")["run_id"] == best["run_id"]
    rows = in_json(folder, "runs", "--sort", "dev")["runs"]
    assert [row["errors"]["dev"] for row in rows] == sorted(result["errors"]["dev"] for result in results)
    assert [row["name"] for row in in_json(folder, "runs", "--name", "brief")["runs"]] == ["brief"]
    assert in_json(folder, "runs", "--status", "crashed")["runs"] == []


def test_tags_are_added_found_and_taken_off(two):
    folder, _ = two
    assert in_json(folder, "tag", "brief", "b", "a")["tags"] == ["a", "b"]
    assert [row["name"] for row in in_json(folder, "runs", "--tag", "a")["runs"]] == ["brief"]
    assert dlrun("tag", "brief", "--remove", "a", cwd=folder).stdout.endswith(": b\n")
    refused = dlrun("tag", "brief", "[red]", cwd=folder)
    assert refused.returncode == 6
    assert "tag: got '[red]'; expected 1 to 64 letters" in refused.stderr


def test_verify_finds_the_damaged_file_and_rerun_the_same_bits(two):
    folder, (first, _) = two
    again = dlrun("verify", "brief", "--rerun", "--json", cwd=folder)
    assert again.returncode == 0
    assert [row["same"] for row in json.loads(again.stdout)["rerun"]] == [True, True, True]
    path = folder / first["run_dir"] / "model.npz"
    data = path.read_bytes()
    path.write_bytes(data[:-100] + b"x" + data[-99:])
    damaged = dlrun("verify", "brief", "--json", cwd=folder)
    path.write_bytes(data)
    assert damaged.returncode == 6
    assert [row["file"] for row in json.loads(damaged.stdout)["files"] if row["problem"]] == ["model.npz"]


def test_rerun_ends_with_4_where_the_parameters_differ(two):
    import numpy as np

    from dlrun.store import RunFolder, verify, write_result

    folder, (first, _) = two
    run = RunFolder(folder / first["run_dir"])
    kept = run.read_bytes("model.npz")
    arrays = run.read_arrays("model.npz")
    arrays["b1"] = np.nextafter(arrays["b1"], np.inf, dtype=arrays["b1"].dtype)
    run.write_arrays("model.npz", arrays)
    write_result(run, run.read_json("result.json"))
    assert not any(row.problem for row in verify(run))
    done = dlrun("verify", "brief", "--rerun", "--json", cwd=folder)
    run.write_bytes("model.npz", kept)
    write_result(run, run.read_json("result.json"))
    assert done.returncode == 4
    assert [row["what"] for row in json.loads(done.stdout)["rerun"] if not row["same"]] == ["parameters"]


def test_rm_restore_and_gc(tmp_path):
    for _ in range(2):
        assert dlrun("train", DIGITS, *SHORT, "--quiet", cwd=tmp_path).returncode == 0
    run_id = in_json(tmp_path, "rm", "latest")["run_id"]
    assert run_id not in [row["run_id"] for row in in_json(tmp_path, "runs")["runs"]]
    assert dlrun("restore", run_id, cwd=tmp_path).returncode == 0
    assert len(in_json(tmp_path, "runs")["runs"]) == 2
    assert in_json(tmp_path, "rm", run_id)["run_id"] == run_id
    dry = in_json(tmp_path, "gc", "--dry-run")
    assert [Path(item["path"]).name for item in dry["garbage"]] == [run_id]
    assert (tmp_path / "runs" / ".trash" / run_id).is_dir()
    assert in_json(tmp_path, "gc")["removed"] is True
    assert list((tmp_path / "runs" / ".trash").iterdir()) == []
    assert len(in_json(tmp_path, "runs")["runs"]) == 1


def test_sigterm_ends_with_143_and_resume_ends_as_if_nothing_had_been(tmp_path):
    long = ("training.epochs=1500", "network.width=8", "training.checkpoint_seconds=0.1")
    command = [sys.executable, "-m", "dlrun", "train", str(DIGITS), *long, "--json", "--quiet"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, stdout=-1, stderr=-1, text=True, env=environment) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not any(tmp_path.glob("runs/*/metrics.jsonl")):
            time.sleep(0.01)
        with pytest.raises(StoreError, match="another process is at work in this run"):
            resume(find_run(tmp_path / "runs", "latest"))
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    result = json.loads(output)
    assert (process.returncode, result["error"]["exit_status"], result["signal"]) == (143, 143, "SIGTERM")
    assert result["error"]["resume"] == f"dlrun resume {result['run_id']}"
    resumed = json.loads(dlrun("resume", "latest", "--json", "--quiet", cwd=tmp_path).stdout)
    whole = json.loads(dlrun("train", DIGITS, *long, "--json", "--quiet", cwd=tmp_path).stdout)
    assert essence(tmp_path / resumed["run_dir"]) == essence(tmp_path / whole["run_dir"])


def test_too_little_memory_is_a_sentence_and_no_bug(monkeypatch, capsys):
    def ask_for_too_much():
        np.empty(2**56)

    monkeypatch.setattr(sys, "argv", ["dlrun"])
    assert guarded(ask_for_too_much) == 3
    told = capsys.readouterr().err
    assert re.match(r"dlrun: more memory is needed than there is \(.*512. PiB.*\); take fewer rows", told)


def ended_as(status):
    """The result of a run that was not trained at all."""
    nothing = BySplit(None, None)
    figures = {"errors": nothing, "baseline_error": None, "optimal_error": None, "costs": nothing, "losses": nothing}
    about = {"run_id": "r", "run_dir": "runs/r", "name": "r", "status": status, "message": None, "task": "binary"}
    return Result(**about, **figures, epochs=0, best_epoch=None, seconds=0.0)


@pytest.mark.parametrize(
    ("status", "told"), [("interrupted", "interrupted; resume: dlrun resume r"), ("finished", None)]
)
def test_one_more_ctrl_c_while_the_end_is_shown_still_says_how_to_go_on(status, told):
    with (
        pytest.raises(Interrupted if told else KeyboardInterrupt, match=told),
        resuming_advised(ended_as(status)),
    ):
        raise KeyboardInterrupt


def test_a_verb_left_by_ctrl_c_says_so_and_ends_with_130(monkeypatch, capsys):
    def leave(*arguments):
        raise KeyboardInterrupt("left at once; resume: dlrun resume r")

    monkeypatch.setattr("dlrun.store.first_runs", leave)
    monkeypatch.setattr(sys, "argv", ["dlrun", "runs"])
    assert guarded(lambda: app_with()(["runs"], standalone_mode=False)) == 130
    assert capsys.readouterr().err == "dlrun: left at once; resume: dlrun resume r\n"
