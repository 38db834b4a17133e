"""`dlrun sweep` and `dlrun compare SWEEP` as a person and a script meet them."""

import csv
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest
from commands import ROOT, dlrun

from dlrun.config.sweep_schema import OPTIONS
from dlrun.errors import StoreError
from dlrun.sweep.references import find_sweep, is_sweep

CONFIG = """\
name: small
data: {source: moons, samples: 200, noise: 0.3}
network: {hidden: [8]}
training: {epochs: 5, learning_rate: 0.05}
report: false
"""
WORDS = ("regularization.lambda=0,1,10", "seed=0..1", "--processes", "1")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "small.yaml").write_text(CONFIG)
    return tmp_path


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A folder with a sweep of six trainings, and what the command printed."""
    folder = tmp_path_factory.mktemp("swept")
    (folder / "small.yaml").write_text(CONFIG)
    done = dlrun("sweep", "small.yaml", *WORDS, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def sweep_id(folder):
    [path] = (folder / "runs").glob("sweep-*")
    return path.name


def test_a_sweep_prints_its_table_the_winner_and_the_command_to_type(swept):
    folder, done = swept
    assert re.match(r"small  3 settings x 2 seeds: 6 finished", done.stdout)
    assert "has the lowest dev error" in done.stdout
    assert re.search(r"train it: dlrun train small\.yaml regularization\.lambda=[\d.]+\n", done.stdout)
    assert f"page: runs/{sweep_id(folder)}/report.html\n" in done.stdout
    assert "small  3 settings x 2 seeds = 6 trainings\n" in done.stderr
    assert "6/6 trainings" in done.stderr
    assert (folder / "runs" / sweep_id(folder) / "report.html").read_text().startswith("<!doctype html>")


def test_the_command_to_type_trains_a_run_of_the_winner(swept):
    folder, done = swept
    command = re.search(r"train it: dlrun (.*)", done.stdout)[1].split()
    trained = json.loads(dlrun(*command, "--json", cwd=folder).stdout)
    told = json.loads(dlrun("compare", sweep_id(folder), "--json", cwd=folder).stdout)
    run_id = told["settings"][0]["run_ids"][0]
    shown = json.loads(dlrun("show", run_id, "--json", cwd=folder).stdout)
    assert shown["result"]["errors"] == trained["errors"]


def test_a_script_reads_the_outcome_as_json_and_the_table_as_csv_or_markdown(swept):
    folder, _ = swept
    reference = sweep_id(folder)
    told = json.loads(dlrun("compare", reference, "--json", cwd=folder).stdout)
    assert told["counts"] == {"finished": 6, "diverged": 0, "stopped": 0, "failed": 0, "to_come": 0}
    assert [key["key"] for key in told["keys"]] == ["regularization.lambda"]
    assert told["keys"][0]["values"] == [0.0, 1.0, 10.0]
    assert told["seeds"] == [0, 1]
    assert told["winner"]["number"] == told["settings"][0]["number"]
    [value] = told["winner"]["settings"].values()
    assert told["winner"]["overrides"] == [f"regularization.lambda={value}"]
    rows = list(csv.DictReader(io.StringIO(dlrun("compare", reference, "--csv", cwd=folder).stdout)))
    assert [float(row["dev_error"]) for row in rows] == [setting["dev"]["mean"] for setting in told["settings"]]
    assert dlrun("compare", reference, "--md", cwd=folder).stdout.startswith("|")
    page = dlrun("compare", reference, "--html", "page.html", cwd=folder)
    assert page.stdout == "page.html\n"
    assert (folder / "page.html").exists()


def test_the_test_error_of_the_winner_alone_is_looked_at_and_each_look_counted(folder):
    told = json.loads(dlrun("sweep", "small.yaml", *WORDS, "--json", cwd=folder).stdout)
    assert told["test_look"] == 1
    lines = (folder / "runs" / "looks.jsonl").read_text().splitlines()
    looked = [line for line in map(json.loads, lines) if line["what"] == "looked"]
    assert {line["run_id"] for line in looked} == set(told["settings"][0]["run_ids"])
    assert len(looked) == 2  # a look at the test rows of each seed
    again = json.loads(dlrun("compare", told["sweep_id"], "--json", cwd=folder).stdout)
    assert again["test_look"] == 2


@pytest.mark.parametrize("light", [[], ["--light"]])
def test_each_training_is_counted_once_among_those_scored_on_its_dev_rows(folder, light):
    dlrun("sweep", "small.yaml", *WORDS, *light, cwd=folder)
    lines = (folder / "runs" / "looks.jsonl").read_text().splitlines()
    scored = [line for line in map(json.loads, lines) if line["what"] == "scored"]
    assert len(scored) == 6
    assert len({line["config_sha256"] for line in scored}) == 6


def test_the_plan_alone_trains_nothing(folder):
    done = dlrun("sweep", "small.yaml", *WORDS, "--plan", cwd=folder)
    assert done.stdout.startswith("small  3 settings x 2 seeds = 6 trainings\n")
    assert "regularization.lambda" in done.stdout
    assert not (folder / "runs").exists()
    told = json.loads(dlrun("sweep", "small.yaml", *WORDS, "--plan", "--json", cwd=folder).stdout)
    assert (told["settings"], told["seeds"], told["trainings"]) == (3, 2, 6)


def test_more_seeds_of_an_older_sweep_do_the_new_trainings_alone(folder):
    dlrun("sweep", "small.yaml", *WORDS, cwd=folder)
    before = {path.name for path in (folder / "runs").glob("2*")}
    done = dlrun("sweep", "--resume", "latest", "seed=2", "--processes", "1", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "3 settings x 3 seeds: 9 finished" in done.stdout
    after = {path.name for path in (folder / "runs").glob("2*")}
    assert len(after - before) == 3
    assert before < after
    assert "12/12 trainings" in dlrun("sweep", "--resume", "small", "seed=3", "--processes", "1", cwd=folder).stderr


def test_a_shell_completes_the_ids_of_sweeps(swept, monkeypatch):
    from dlrun.cli.options import complete_compared, complete_sweeps

    folder, _ = swept
    monkeypatch.chdir(folder)
    assert complete_sweeps("") == ["latest", sweep_id(folder)]
    assert complete_sweeps("sweep-") == [sweep_id(folder)]
    assert complete_compared("")[-1] == sweep_id(folder)
    assert complete_compared("l") == ["latest"]
    monkeypatch.setenv("DLRUN_RUNS", "nowhere")
    assert complete_sweeps("") == ["latest"]


def test_a_sweep_is_found_by_what_a_person_would_type_and_an_ambiguous_beginning_names_the_candidates(tmp_path):
    ids = [f"sweep-20261128-10000{n}-moons-000{n}" for n in range(3)]
    for sweep_id in ids:
        (tmp_path / sweep_id).mkdir()
    for reference in ("latest", "moons", "sweep-moons", ids[2], "sweep-20261128-100002"):
        assert find_sweep(tmp_path, reference).id == ids[2]
    assert is_sweep(tmp_path, "sweep-moons")
    assert not is_sweep(tmp_path, "moons")  # that may be a run
    with pytest.raises(StoreError, match=f"begins 3 ids: {ids[2]}, .*; give more of the one you mean"):
        find_sweep(tmp_path, "sweep-2026")


def test_a_failed_training_is_told_with_its_message_and_exit_6(folder):
    done = dlrun("sweep", "small.yaml", "data.samples=200,4", "--processes", "1", cwd=folder)
    assert done.returncode == 6
    assert "failed: 1 training, such as samples 4: data.samples: got 4" in re.sub(r"\s+", " ", done.stdout)
    fast = dlrun("sweep", "small.yaml", "data.samples=4,200", "--processes", "1", "--fail-fast", cwd=folder)
    assert fast.returncode == 6
    mend = r"dlrun: training 0 failed: .*; mend it, then: dlrun sweep --resume (sweep-\S+) --retry\n"
    told = re.search(mend, fast.stderr)
    assert told
    # By its name: both sweeps may have begun in one second, and either is then the latest.
    again = dlrun("sweep", "--resume", told[1], "--retry", "--processes", "1", cwd=folder)
    assert "2 settings x 1 seed = 2 trainings\n" in again.stderr  # none of which is done: one failed, one is to come
    assert re.search(r"once mended: dlrun sweep --resume sweep-\S+ --retry\n", again.stdout)
    again = dlrun("sweep", "--resume", told[1], "--retry", "--processes", "1", cwd=folder)
    assert "2 trainings, 1 of them done\n" in again.stderr
    assert "2/2 trainings  1 failed  no dev error yet  0:00:00 left\n" in again.stderr


def test_the_commands_that_are_printed_do_what_they_say_in_another_runs_folder_too(folder):
    words = ("data.samples=200,4", "training.epochs=7", "--processes", "1", "--runs-dir", "my runs")
    done = dlrun("sweep", "small.yaml", *words, cwd=folder)
    retry = re.search(r"once mended: dlrun (.*)", done.stdout)[1]
    again = dlrun(*shlex.split(retry), "--processes", "1", cwd=folder)
    assert "2 trainings, 1 of them done\n" in again.stderr
    page = next(folder.glob("my runs/sweep-*/report.html")).read_text()
    assert "--runs-dir" in page
    train = re.search(r"train it: dlrun (.*)", done.stdout)[1]
    assert json.loads(dlrun(*shlex.split(train), "--json", cwd=folder).stdout)["epochs"] == 7


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "give a config, and what to try"),
        (["small.yaml"], "got nothing to vary"),
        (["small.yaml", "network.witdh=8,16"], "did you mean width?"),
        (["small.yaml", "seed=0..1", "--retry"], "--retry: belongs to --resume SWEEP"),
        (["small.yaml", "seed=0..1", "--processes", "2", "--cluster", "local:2"], "more than one given"),
        (["small.yaml", "seed=0..1", "--sampler", "tpe"], "--trials"),
        (["small.yaml", "seed=0..1", "--cluster", "here"], "--cluster"),
        (["--resume", "none"], "no such sweep"),
        (["none.yaml", "seed=0..1"], "no such file"),
    ],
)
def test_what_cannot_be_done_gets_a_sentence_and_makes_no_folder(folder, words, sentence):
    done = dlrun("sweep", *words, cwd=folder)
    assert done.returncode in (2, 3, 6), done
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "runs").exists()


def test_every_option_of_a_section_is_one_of_the_command_line_too(folder):
    """As messages say: "sampler_seed: no key of a config; write --sampler-seed"."""
    assert set(OPTIONS) == {"trials", "sampler", "sampler_seed", "early"}
    told = dlrun("sweep", "--help", cwd=folder).stdout
    assert all(f"--{name.replace('_', '-')} " in told for name in OPTIONS)
    drawn = []
    for seed in (0, 1):
        words = ("--trials", "2", "--sampler-seed", seed, "--light", "-q", "--processes", "1", "--json")
        told = json.loads(dlrun("sweep", "small.yaml", "network.width=2..60:log", *map(str, words), cwd=folder).stdout)
        drawn.append([setting["settings"] for setting in told["settings"]])
    assert drawn[0] != drawn[1]
    done = dlrun("sweep", "--resume", "latest", "--sampler-seed", "0", cwd=folder)
    assert "--sampler, --sampler-seed, --early: sweep-" in done.stderr
    assert "began otherwise; begin another sweep for that" in done.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_signal_ends_a_sweep_with_the_command_that_goes_on(folder, number, status, processes):
    words = ["small.yaml", "seed=0..11", "training.epochs=1500", "--processes", processes]
    command = [sys.executable, "-m", "dlrun", "sweep", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, **pipes) as going:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list((folder / "runs").glob("2*/result.json")):
            time.sleep(0.05)
        going.send_signal(number)
        out, err = going.communicate(timeout=60)
    assert going.returncode == status
    assert out == ""
    assert "Traceback" not in err
    if number == signal.SIGINT:
        assert re.search(rf"dlrun: interrupted; resume: dlrun sweep --resume {sweep_id(folder)}\n", err)
    statuses = json.loads(dlrun("runs", "--json", cwd=folder).stdout)["runs"]
    assert {row["status"] for row in statuses} <= {"finished", "interrupted", "crashed"}
    done = dlrun("sweep", "--resume", "latest", "--processes", "1", "--json", "-q", cwd=folder)
    assert json.loads(done.stdout)["counts"]["finished"] == 12
    statuses = json.loads(dlrun("runs", "--json", cwd=folder).stdout)["runs"]
    assert [row["status"] for row in statuses] == ["finished"] * 12


def test_a_sweep_goes_into_the_trash_with_its_runs_and_comes_back_whole(folder):
    dlrun("sweep", "small.yaml", *WORDS, cwd=folder)
    reference = sweep_id(folder)
    told = dlrun("compare", reference, "--csv", cwd=folder).stdout
    assert dlrun("rm", reference, cwd=folder).stdout == f"moved to runs/.trash/{reference}, with 6 runs\n"
    assert json.loads(dlrun("runs", "--json", cwd=folder).stdout)["runs"] == []
    assert dlrun("compare", reference, cwd=folder).returncode == 6
    back = json.loads(dlrun("restore", reference, "--json", cwd=folder).stdout)
    assert back == {"run_id": reference, "path": f"runs/{reference}", "runs": 6}
    assert dlrun("compare", reference, "--csv", cwd=folder).stdout == told
    assert len(json.loads(dlrun("runs", "--json", cwd=folder).stdout)["runs"]) == 6
    dlrun("rm", reference, cwd=folder)
    dlrun("gc", cwd=folder)
    assert list((folder / "runs" / ".trash").iterdir()) == []
