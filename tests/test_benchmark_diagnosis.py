"""The benchmark of the diagnosis counts what it says it counts."""

from pathlib import Path

import numpy as np
import pytest

from dlrun.experiment import read_config
from tests.benchmarks.diagnosis import __main__ as benchmark
from tests.benchmarks.diagnosis import arms, cells, judging, states, tables, tasks
from tests.benchmarks.diagnosis.faults import FAULTS, Fault
from tests.benchmarks.diagnosis.trainings import Trained, write_config

CONFIG = {"network": {"width": 4}, "training": {"learning_rate": 1.0}}


def trained(findings: list[dict], advice: list[dict]) -> Trained:
    return Trained(CONFIG, 0.2, 0.2, 0.5, {"findings": findings, "advice": advice})


def finding(code: str, severity: str = "fail") -> dict:
    return {"code": code, "severity": severity}


@pytest.mark.parametrize(
    ("change", "key", "direction", "moved"),
    [
        ({"network.width": 8}, "network.width", "up", True),
        ({"network.width": 2}, "network.width", "up", False),
        ({"training.learning_rate": 0.1}, "training.learning_rate", "down", True),
        ({"network.init": "he"}, "network.init", "other", True),
        ({"network.width": 8}, "network.depth", "up", False),
    ],
)
def test_a_change_cures_only_in_its_direction(change, key, direction, moved):
    assert judging.moves(change, key, direction, CONFIG) is moved


def test_a_cause_has_the_place_at_which_it_is_named_and_symptoms_of_the_whole_come_last():
    fault = Fault(codes=("symmetric-units",), moves=(("network.width", "up"),))
    wrong = {"change": {"network.width": 2}, "code": None}
    right = {"change": {"network.width": 8}, "code": None}
    assert judging.rank_of(trained([], [wrong, right]), fault) == 2
    assert judging.rank_of(trained([], [wrong]), fault) is None
    assert judging.rank_of(trained([finding("symmetric-units", "notice")], [wrong]), fault) == 2
    named = [finding("no-better-than-baseline"), finding("symmetric-units")]
    assert judging.rank_of(trained(named, [wrong]), fault) == 1
    assert judging.rank_of(trained(named[:1], [wrong]), Fault(codes=("no-better-than-baseline",))) == 1


@pytest.mark.parametrize(
    ("level", "true", "expected"),
    [
        ("high", 0.01, True),
        ("low", 0.06, True),
        ("moderate", 0.03, False),
        ("low", 0.03, False),
        ("inconclusive", 0, None),
    ],
)
def test_a_definite_verdict_is_wrong_beyond_its_zone_alone(level, true, expected):
    assert judging.wrong(level, true, 0.02, 0.05) is expected


def test_a_path_hands_over_the_best_run_by_dev_error_and_never_sees_the_test_error():
    runs = [Trained({}, dev, test, 0.0, {}) for dev, test in ((0.3, 0.1), (0.2, 0.4), (0.25, 0.0))]
    assert arms.path_of(runs) == [0.1, 0.4, 0.4]
    assert arms.gap_of(runs) == pytest.approx(0.2)


def test_a_path_of_the_recipe_is_held_against_the_searches_on_the_same_rows():
    def cell(arm, data, test):
        return {"task": "gauss2", "seed": 0, "arm": arm, "data": data, "path": [test] * 16, "used": 16}

    own = [cell("recipe", None, 0.10), cell("recipe", "overfit", 0.30)]
    rivals = [cell("TPE", None, 0.20), cell("TPE", "overfit", 0.50)]
    [row] = [line for line in tables.contrasts_table([*own, *rivals]).splitlines() if line.startswith("recipe - TPE")]
    assert row.split()[3:] == ["-15.0", "[-15.0,", "-15.0]"] * 2  # 10 points on all rows, 20 on a third
    assert "-20.0" not in tables.contrasts_table([*own, rivals[0]])
    told = tables.paths_table([*own, *rivals])
    assert "TPE, data of overfit" in told
    wanted = list(benchmark.jobs(["arms"], ["gauss2"], [0]))
    assert ["arms", "gauss2", 0, "TPE", "overfit"] in wanted
    assert len(wanted) == 2 * len(arms.ARMS)


def test_an_arm_on_the_data_of_a_fault_sees_that_faults_rows(monkeypatch):
    seen = []
    monkeypatch.setattr(
        cells, "train", lambda config, folder: seen.append(len(np.load(folder / "gauss2.npz")["y_train"]))
    )
    monkeypatch.setitem(arms.ARMS, "TPE", lambda train, rng, trainings: [train({})])
    monkeypatch.setattr(arms, "path_of", lambda runs: [0.1])
    monkeypatch.setattr(arms, "gap_of", lambda runs: 0.0)
    cells.arm_cell("gauss2", 0, "TPE")
    cells.arm_cell("gauss2", 0, "TPE", "overfit")
    assert seen == [600, 200]


def test_the_optimal_error_that_a_task_claims_is_what_its_best_rule_gets_wrong():
    for name in ("gauss2", "gauss10"):
        X, y = tasks.TASKS[name].make(np.random.default_rng(0), 200_000)
        assert np.mean((X.sum(axis=1) > 0) != y) == pytest.approx(tasks.TASKS[name].optimal_error, abs=0.003)


def test_every_fault_is_a_config_and_data_that_can_be_trained(tmp_path):
    for fault in FAULTS.values():
        read_config(write_config(cells.config_of("gauss2", 0, fault, tmp_path), tmp_path))


def test_a_cell_of_each_kind_is_measured_and_told(tmp_path, monkeypatch):
    # Two trainings of the budget's 16: what is asked here happens with the second.
    monkeypatch.setattr(cells.arms, "STAGES", (1, 2))
    monkeypatch.setattr(tables, "PAIRS", ((1, 2), (2, 2)))
    cause = cells.cause_cell("gauss2", 0, "init_zeros")
    assert (cause["rank"], cause["first"]) == (1, {"network.init": "he"})
    assert cause["advised"] < cause["test"] - 0.2
    assert cause["placebo"] > 0.4
    healthy = cells.cause_cell("gauss2", 0, None)
    path = cells.recipe_cell("gauss2", 0, "init_zeros", tmp_path)
    assert path["path"][0] == pytest.approx(cause["test"])
    assert path["path"][1] < cause["test"] - 0.2
    trained = len(list((tmp_path / "runs").iterdir()))
    again = cells.recipe_cell("gauss2", 0, "lambda_huge", tmp_path)
    assert len(list((tmp_path / "runs").iterdir())) == trained + 1  # mended, it is where the other was
    assert again["path"][1:] == path["path"][1:]
    jobs = [["causes", "gauss2", 0, "init_zeros"], ["causes", "gauss2", 0, None], ["recipe", "gauss2", 0, "init_zeros"]]
    told = tables.all_tables(list(zip(jobs, [cause, healthy, path], strict=True)))
    assert "init_zeros      1  100% (1)" in told[0]


@pytest.mark.parametrize("name", states.STATES)
def test_a_table_in_each_state_is_a_file_of_as_many_rows_whose_rare_class_is_rare(name, tmp_path):
    data = states.write_state(tmp_path, "gauss2", 0, states.STATES[name])
    lines = Path(data["source"]).read_text().splitlines()
    train, dev, test = tasks.TASKS["gauss2"].rows
    assert len(lines) == 1 + train + dev + (dev if states.STATES[name].as_short else test)
    positives = sum(line.endswith("class 1") for line in lines) / len(lines)
    assert positives == pytest.approx(0.04 if name.startswith("unequal") else 0.5, abs=0.05)


def test_a_regression_is_in_no_state_that_is_one_of_classes():
    assert set(states.state_jobs("gauss2")) - set(states.state_jobs("friedman")) == {
        "unequal",
        "unequal_one_epoch",
        "noisy_labels",
    }


def test_states_that_are_healthy_are_held_apart_from_those_that_are_not():
    def cell(state, test, rank, findings=()):
        wrong = {"bias": False, "variance": None}
        return {"task": "bumps", "seed": 0, "state": state, "test": test, "rank": rank, "findings": findings} | {
            "wrong": wrong
        }

    some = [cell("healthy", 0.1, None), cell("width_1", 0.4, 2), cell("one_epoch", 0.11, None)]
    assert [c["state"] for c in tables.sick_states(some)] == ["width_1"]
    [row] = [line.split() for line in tables.states_table(some).splitlines() if line.startswith("width_1")]
    assert row == ["width_1", "1", "0%", "(0)", "100%", "(1)"]
    assert "100% (1)" in tables.untouched_table([cell("healthy", 0.1, None, [["leak", "fail"]])])
