"""The benchmark of the steps that healthy networks need reads a course of errors as it says."""

import pytest

from dlrun.diagnosis.rule import Thresholds
from tests.benchmarks import steps_needed
from tests.benchmarks.steps_needed import Look, looks_by_steps, needed, note_gains

COURSE = {10: Look(0.5, 0.4), 20: Look(0.12, 0.3), 40: Look(0.25, 0.2), 80: Look(0.11, 0.1), 160: Look(0.1, 0.05)}


def test_a_run_needs_the_steps_from_which_its_error_stays_close_to_the_last():
    assert needed(COURSE, 0.02) == 80
    assert needed(COURSE, 0.2) == 20
    assert needed(COURSE, 0.5) == 10


def test_a_look_gains_where_its_error_is_above_that_of_the_end_by_more_than_a_low_distance():
    gained = {}
    note_gains(gained, COURSE, Thresholds(0.02, 0.05))
    assert gained == {
        "below 40": [True, False],
        "below 300, late fall": [True],
        "below 300, early fall": [False, False],
    }


def test_looks_are_taken_while_a_network_trains(tmp_path, monkeypatch):
    monkeypatch.setattr(steps_needed, "LOOKS", [10, 40, 200])
    data = steps_needed.write_task(tmp_path, "waves", steps_needed.arrays_of("waves", 0))
    base = steps_needed.base_config({"source": str(data)}, optimal_error=None, regression=False, seed=0)
    looks, limits = looks_by_steps(base, tmp_path)
    assert list(looks) == [10, 40, 200]
    assert looks[10].error > looks[200].error
    assert looks[10].late > looks[200].late > 0  # it falls at first
    assert limits.low == pytest.approx(0.02, abs=0.005)
