"""The recipe keeps what is surely better and nothing else, and goes on where it was cut off; its ledger is true."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel
from test_cli import dlrun

from dlrun.cli.applying import show_ledger_of
from dlrun.diagnosis.acceptance import Answers, compare, paired_z
from dlrun.errors import UsageError
from dlrun.experiment import read_config, run
from dlrun.search import apply, ledger, recipe
from dlrun.search.follow import REJECTIONS, Judged, follow
from dlrun.search.recipe import kept_answers
from dlrun.store import RunFolder, list_runs

ROWS = np.arange(400)


def answers(errors, shift=0.0):
    """The first `errors` rows are wrong, so that two trainings share what they can."""
    wrong = errors > ROWS
    return Answers(wrong, np.where(wrong, 2.0, 0.1) + shift)


def item(key, value, seconds=1.0):
    return {"action": f"set {key}", "change": {key: value}, "why": "because", "seconds": seconds}


class World:
    """Trainings that only look their answers up: dev errors by width, and advice that tries the widths in turn."""

    def __init__(self, errors, advice=(2, 3, 4, 5, 6, 7, 8), verdict="high"):
        self.errors, self.advice, self.verdict, self.trained = errors, advice, verdict, []

    def __call__(self, config, because):
        width = config["width"]
        self.trained.append(width)
        wrong = self.errors.get(width, 100)
        items = [item("width", other) for other in self.advice] + [item("x", None) | {"change": None}]
        found = self.verdict if wrong > 10 else "low"
        diagnosis = {
            "errors": {"train": 0.0, "dev": wrong / 400},
            "verdict": {"bias": "low", "variance": found},
            "advice": items,
        }
        return Judged(config, diagnosis, answers(wrong), f"run{width}")


def test_only_what_is_surely_better_is_kept():
    world = World({1: 100, 2: 101, 3: 60, 4: 59, 5: 5})
    path = follow(world, {"width": 1}, 16)
    assert world.trained == [1, 2, 3, 4, 5]
    assert [step["kept"] for step in path["steps"]] == [True, False, True, False, True]
    assert [step["from"] for step in path["steps"]] == [None, 1, 1, 3, 3]
    assert (path["kept"], path["ended"]) == (5, "done: bias and variance are low")
    assert path["steps"][-1]["run_id"] == "run5"


def test_it_ends_after_so_many_failures_in_a_row_by_its_budget_or_when_nothing_is_left():
    stuck = follow(World({}), {"width": 1}, 16)
    assert len(stuck["steps"]) == 1 + REJECTIONS
    assert stuck["ended"] == "5 changes in a row were not surely better"
    assert follow(World({}), {"width": 1}, 3)["ended"] == "the budget of 3 trainings is used"
    assert follow(World({}, advice=(2,)), {"width": 1}, 9)["ended"].startswith("nothing is left")
    timed = follow(World({}), {"width": 1}, 9, affordable=lambda seconds: seconds < 1)
    assert (len(timed["steps"]), timed["ended"]) == (1, "the next training would not fit into the time")
    assert follow(World({1: 3}), {"width": 1}, 9)["ended"] == "done: bias and variance are low"


def test_no_config_is_trained_twice():
    world = World({1: 100, 2: 60, 3: 30}, advice=(1, 2, 3))
    follow(world, {"width": 1}, 16)
    assert sorted(world.trained) == [1, 2, 3]


def test_a_greedy_rule_would_keep_what_the_paired_rule_drops():
    before, luckier, better = answers(100), answers(98), answers(80)
    assert luckier.wrong.mean() < before.wrong.mean()
    assert not compare(before, luckier._replace(losses=before.losses)).better
    assert compare(before, better).better


@pytest.mark.parametrize(
    ("error_z", "loss_z", "better"),
    [(1.6, -9, True), (1.4, 1.4, False), (1.4, 1.6, True), (-0.4, 1.6, True), (-0.6, 9, False)],
)
def test_the_rule_is_the_one_that_was_measured(monkeypatch, error_z, loss_z, better):
    given_z = iter([loss_z, error_z])
    monkeypatch.setattr("dlrun.diagnosis.acceptance.paired_z", lambda before, after: next(given_z))
    assert compare(answers(1), answers(1)).better is better


@given(st.integers(0, 2**32))
def test_the_paired_z_is_the_statistic_of_a_paired_t_test(seed):
    before, after = np.random.default_rng(seed).random((2, 50))
    assert paired_z(before, after) == pytest.approx(ttest_rel(before, after).statistic)


def test_losses_that_left_the_finite_numbers_are_never_better():
    bad = Answers(answers(0).wrong, np.full(400, np.inf))
    assert not compare(answers(100), bad._replace(wrong=answers(100).wrong)).better
    assert compare(bad._replace(wrong=answers(100).wrong), answers(100)).better
    assert paired_z(ROWS, ROWS) == 0
    assert paired_z(ROWS, ROWS - 1) == math.inf


CONFIG = """
name: small
data: {source: moons, samples: 500, noise: 0.3, split: {train: 60, dev: 220, test: 220}}
network: {depth: 3, width: 32}
training: {learning_rate: 0.01, batch_size: full, epochs: 150}
diagnosis: {optimal_error: 0.08}
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG)
    return path, tmp_path / "runs"


def test_the_recipe_leaves_runs_that_say_what_they_follow_from_and_used_again_costs_nothing(small):
    path, runs_dir = small
    seen = []
    found = recipe(read_config(path), runs_dir, trainings=4, watch=seen.append)
    assert seen == found["steps"]
    runs = {row["run_id"] for row in list_runs(runs_dir)}
    assert runs == {step["run_id"] for step in found["steps"]}
    for step in found["steps"][1:]:
        manifest = RunFolder(runs_dir / step["run_id"]).read_json("run.json")
        source = found["steps"][step["from"] - 1]["run_id"]
        assert manifest["parent"] == {"run_id": source, "why": step["action"]}
    chosen = RunFolder(runs_dir / found["run_id"]).read_json("result.json")
    assert found["test_error"] == chosen["errors"]["test"]
    again = recipe(read_config(path), runs_dir, trainings=4)
    assert again == found
    assert {row["run_id"] for row in list_runs(runs_dir)} == runs
    assert [line["child"] for line in ledger.lines(runs_dir)] == [step["run_id"] for step in found["steps"][1:]]


def test_an_interrupted_recipe_goes_on_to_the_same_path(small, monkeypatch):
    import signal

    path, runs_dir = small
    whole = recipe(read_config(path), runs_dir, trainings=3)
    trained, interrupted = [], []

    class Display:
        """Sends Ctrl-C in the middle of the second training."""

        def __enter__(self):
            trained.append(1)
            return self

        def __exit__(self, *how):
            return None

        def update(self, record):
            if len(trained) == 2 and record["epoch"] == 30 and not interrupted:
                interrupted.append(1)
                signal.raise_signal(signal.SIGINT)

    elsewhere = runs_dir.with_name("elsewhere")
    cut = recipe(read_config(path), elsewhere, trainings=3, display=lambda loaded: Display())
    assert (cut["interrupted"]["status"], cut["test_error"], len(cut["steps"])) == ("interrupted", None, 1)
    on = recipe(read_config(path), elsewhere, trainings=3)
    assert len(list_runs(elsewhere)) == len(on["steps"])
    strip = {"run_id": None}
    assert [step | strip for step in on["steps"]] == [step | strip for step in whole["steps"]]


def test_applied_advice_is_a_child_run_whose_outcome_is_kept(small):
    path, runs_dir = small
    parent = RunFolder(Path(run(read_config(path), runs_dir)["run_dir"]))
    advice = parent.read_json("diagnosis.json")["advice"]
    number = next(n for n, piece in enumerate(advice, start=1) if piece["change"])
    applied = apply(parent, number)
    child = RunFolder(Path(applied["result"]["run_dir"]))
    manifest = child.read_json("run.json")
    assert manifest["parent"] == {"run_id": parent.id, "why": advice[number - 1]["action"]}
    assert all(
        any(word.startswith(f"{key}=") for word in manifest["overrides"]) for key in advice[number - 1]["change"]
    )
    line = ledger.lines(runs_dir)[0]
    assert line == applied["line"] | {"crc32": line["crc32"]} if "crc32" in line else line == applied["line"]
    before, after = (kept_answers(folder).wrong for folder in (parent, child))
    assert line["dev"]["difference"] == pytest.approx(after.mean() - before.mean())
    assert line["outcome"] in ("held", "reversed", "not shown")
    with pytest.raises(UsageError, match=f"has advice 1 to {len(advice)}"):
        apply(parent, len(advice) + 1)
    nothing = next(n for n, piece in enumerate(advice, start=1) if not piece["change"])
    with pytest.raises(UsageError, match="is nothing that a config can change; apply"):
        apply(parent, nothing)


def test_an_outcome_is_read_off_the_interval_of_the_error_that_was_to_fall():
    from dlrun.diagnosis.paired import compare_answers

    wrong = [answers(errors).wrong for errors in (100, 60, 99)]
    much, little = (compare_answers(~wrong[n], ~wrong[0]) for n in (1, 2))
    assert ledger.outcome_of(much) == "held"
    assert ledger.outcome_of(little) == "not shown"
    assert ledger.outcome_of(compare_answers(~wrong[0], ~wrong[1])) == "reversed"
    assert ledger.outcome_of(None) == "not shown"


def test_the_commands_show_path_outcome_and_ledger(small, capsys):
    path, runs_dir = small
    found = recipe(read_config(path), runs_dir, trainings=2)
    shown = dlrun("recipe", path, "--trainings", 2, "--runs-dir", runs_dir, cwd=path.parent)
    assert shown.returncode == 0, shown.stderr
    assert "the config as it is: train" in shown.stderr
    assert "ended: the budget of 2 trainings is used" in shown.stdout
    assert "looked at once, now that all is decided" in shown.stdout
    show_ledger_of(runs_dir, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert [line["child"] for line in told["entries"]] == [found["steps"][1]["run_id"]]
    assert told["actions"][0]["tried"] == 1
    show_ledger_of(runs_dir, as_json=False)
    assert f"{found['steps'][1]['run_id']}: {found['steps'][1]['action']}" in capsys.readouterr().out
