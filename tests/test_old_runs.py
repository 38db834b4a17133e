"""Runs that dlrun 0.1.0 wrote are read by this version, and what scripts read of it is what they read then.

Through the command alone (see `old_runs`), whatever becomes of what is behind it.
"""

import json
import shutil

import pytest
from old_runs import RUNS, copied
from old_runs.printed import CASES, GOLDEN, answer, difference, in_json

from tests.commands import dlrun

STATUS = dict.fromkeys(RUNS, "finished") | {
    "diverged": "diverged",
    "interrupted": "interrupted",
    "crashed": "crashed",
    "failed": "failed",
}
ENDED = [name for name, status in STATUS.items() if status in ("finished", "diverged")]
TORN = [name for name, status in STATUS.items() if status in ("interrupted", "crashed", "failed")]
WITH_ERRORS = [*ENDED, "interrupted"]
PAGE_LETTERS = 20_000  # the smallest page, of a run that failed in its third epoch, has 34,000


def lines_of(there, run_id):
    return [json.loads(line) for line in (there / "runs" / run_id / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("name", CASES)
def test_what_scripts_read_is_as_it_was(name, tmp_path):
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    told = difference(golden, answer(CASES[name], tmp_path))
    assert told is None


def test_every_golden_file_belongs_to_a_case():
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"b": 1.0, "a": [1, None]}, ": the keys were ['a', 'b'], are ['b', 'a']"),
        ({"a": [1, None]}, ": the keys were ['a', 'b'], are ['a']"),
        ({"a": [1.0, None], "b": 1.0}, ".a[0]: was 1, is 1.0"),
        ({"a": [True, None], "b": 1.0}, ".a[0]: was 1, is True"),
        ({"a": [1], "b": 1.0}, ".a: were 2, are 1"),
        ({"a": [1, 0], "b": 1.0}, ".a[1]: was None, is 0"),
        ({"a": [1, None], "b": 1.00001}, ".b: was 1.0, is 1.00001"),
        ({"a": [1, None], "b": 1.0000000001}, None),
    ],
)
def test_a_difference_in_keys_order_types_or_values_is_found(changed, told):
    assert difference({"a": [1, None], "b": 1.0}, changed) == told


def test_the_old_runs_are_listed_with_their_status(tmp_path):
    there = copied(tmp_path)
    rows = in_json("runs", there=there)["runs"]
    assert {row["run_id"]: row["status"] for row in rows} == {RUNS[name]: STATUS[name] for name in RUNS}


@pytest.mark.parametrize("name", RUNS)
def test_an_old_run_is_shown(name, tmp_path):
    there = copied(tmp_path, name)
    said = dlrun("show", RUNS[name], cwd=there)
    assert said.returncode == 0
    assert RUNS[name] in said.stdout
    assert STATUS[name] in said.stdout


@pytest.mark.parametrize("name", WITH_ERRORS)
def test_an_old_run_is_diagnosed(name, tmp_path):
    there = copied(tmp_path, name)
    said = dlrun("diagnose", RUNS[name], cwd=there)
    assert said.returncode == 0
    assert "avoidable bias" in said.stdout


@pytest.mark.parametrize("name", RUNS)
def test_an_old_run_is_reported_on_a_page(name, tmp_path):
    there = copied(tmp_path, name)
    page = there / "page.html"
    assert dlrun("report", RUNS[name], "-o", str(page), cwd=there).returncode == 0
    text = page.read_text()
    assert RUNS[name] in text
    assert len(text) > PAGE_LETTERS


def test_old_runs_are_compared_row_by_row(tmp_path):
    there = copied(tmp_path, "moons", "moons_l2")
    found = in_json("compare", RUNS["moons"], RUNS["moons_l2"], there=there)
    rows = {row["run_id"]: row for row in found["runs"]}
    assert rows[RUNS["moons_l2"]]["difference"]["rows"] == 30
    assert "lambda 3.0" in dlrun("compare", RUNS["moons"], RUNS["moons_l2"], cwd=there).stdout


@pytest.mark.parametrize("name", RUNS)
def test_every_file_of_an_old_run_is_sound(name, tmp_path):
    there = copied(tmp_path, name)
    found = in_json("verify", RUNS[name], there=there)
    assert found["files"]
    assert [row for row in found["files"] if row["problem"]] == []


@pytest.mark.parametrize("name", RUNS)
def test_a_damaged_file_of_an_old_run_is_found(name, tmp_path):
    there = copied(tmp_path, name)
    path = there / "runs" / RUNS[name] / "trace.jsonl"
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    said = dlrun("verify", RUNS[name], "--json", cwd=there)
    assert said.returncode == 6
    assert [row["file"] for row in json.loads(said.stdout)["files"] if row["problem"]] == ["trace.jsonl"]


@pytest.mark.parametrize("name", TORN)
def test_an_old_torn_run_is_resumed_to_the_end(name, tmp_path):
    there = copied(tmp_path, name)
    before = [line["epoch"] for line in lines_of(there, RUNS[name])]
    result = in_json("resume", RUNS[name], "-q", there=there)
    assert (result["status"], result["epochs"], result["sessions"]) == ("finished", 8, 2)
    assert not any("corrupt" in note for note in result["notes"])
    epochs = [line["epoch"] for line in lines_of(there, RUNS[name])]
    assert (before, epochs) == ([1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7, 8])
    session = in_json("show", RUNS[name], there=there)["sessions"][-1]
    assert session["checkpoint"].startswith("checkpoint-")


def test_old_runs_torn_in_different_ways_end_with_the_same_errors(tmp_path):
    there = copied(tmp_path, *TORN)
    results = [in_json("resume", RUNS[name], "-q", there=there) for name in TORN]
    assert all(result["errors"] == results[0]["errors"] for result in results)
    # They go on from different steps in float32, so on another machine the last bits differ: measured, 5e-8.
    assert all(result["costs"] == pytest.approx(results[0]["costs"], rel=1e-5) for result in results)


@pytest.mark.parametrize("name", ENDED)
def test_an_old_run_that_is_over_is_resumed_to_the_same_result(name, tmp_path):
    there = copied(tmp_path, name)
    path = there / "runs" / RUNS[name] / "result.json"
    before = path.read_bytes()
    found = in_json("resume", RUNS[name], there=there)
    kept = json.loads(before)
    assert {key: found[key] for key in kept} == kept
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["iris", "mapped", "table", "interrupted"])
def test_an_old_run_made_longer_is_a_child_of_it(name, tmp_path):
    there = copied(tmp_path, name)
    longer = in_json("resume", RUNS[name], "training.epochs=14", "-q", there=there)
    assert (longer["status"], longer["epochs"]) == ("finished", 14)
    assert in_json("show", longer["run_id"], there=there)["parent"] == {"run_id": RUNS[name], "why": "longer"}


def test_an_old_run_of_the_same_config_is_used_again_by_its_own_version(tmp_path, monkeypatch):
    there = copied(tmp_path, "moons")
    config = there / "runs" / RUNS["moons"] / "resolved.yaml"
    words = ("train", str(config), "network.output_bias=zeros", "--needed")
    assert in_json(*words, there=there)["run_id"] != RUNS["moons"]
    # The config's hash is what it was: with the version of the run, it is the same run.
    monkeypatch.setattr("dlrun.experiment.identity.__version__", "0.1.0")
    found = in_json(*words, there=there)
    assert (found["run_id"], found["reused"]) == (RUNS["moons"], True)


def test_an_old_run_is_not_used_for_a_config_that_begins_otherwise_now(tmp_path):
    there = copied(tmp_path, "moons")
    config = there / "runs" / RUNS["moons"] / "resolved.yaml"
    assert in_json("train", str(config), "--needed", there=there)["run_id"] != RUNS["moons"]


def test_old_advice_is_carried_out_and_joins_the_ledger(tmp_path):
    there = copied(tmp_path, "regression", "moons")
    assert dlrun("diagnose", RUNS["regression"], "--apply", "2", "-q", cwd=there).returncode == 0
    parents = [entry["parent"] for entry in in_json("diagnose", "--ledger", there=there)["entries"]]
    assert parents == [RUNS["moons"], RUNS["regression"]]


def test_the_curve_of_an_old_run_counts_in_its_diagnosis(tmp_path):
    there = copied(tmp_path, "moons_l2")
    advice = in_json("diagnose", RUNS["moons_l2"], there=there)["advice"]
    run = there / "runs" / RUNS["moons_l2"]
    kept = json.loads((run / "curve.json").read_text())["sentence"]
    assert any(kept in item["why"] for item in advice)


@pytest.mark.parametrize("verb", ["show", "diagnose", "curve", "decompose", "resume", "verify", "report"])
def test_a_run_of_a_newer_format_is_refused_in_plain_words(verb, tmp_path):
    there = copied(tmp_path, "interrupted")
    path = there / "runs" / RUNS["interrupted"] / "run.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    said = dlrun(verb, RUNS["interrupted"], cwd=there)
    assert said.returncode == 6
    known = "this dlrun knows formats up to 1; use the newer dlrun that wrote it"
    assert f"runs/{RUNS['interrupted']}/run.json: format 2, and {known}" in said.stderr


def test_an_old_runs_folder_that_was_moved_is_read_where_it_is(tmp_path):
    there = copied(tmp_path, "moons")
    shutil.move(there / "runs", there / "elsewhere")
    said = dlrun("diagnose", RUNS["moons"], "--runs-dir", "elsewhere", cwd=there)
    assert said.returncode == 0
