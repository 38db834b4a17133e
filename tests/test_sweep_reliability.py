"""Sweeps survive what disks, kernels and people do: the quick form of `python -m tests.reliability --only sweeps`."""

import pytest
from reliability.__main__ import SWEEP_HARMS
from test_reliability import Reports


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    begun = Reports(tmp_path_factory.mktemp("reliability"), "--only", "sweeps")
    yield begun
    begun.end()


@pytest.mark.parametrize("what", [what for what, (quick, _) in SWEEP_HARMS.items() if quick is not None])
def test_nothing_is_lost_and_nothing_is_done_twice_when_a_sweep_is(what, reports):
    report = reports.of(what)
    assert report["found"]["losses"] == [], report["sentence"]
    assert any(figure for key, figure in report["found"].items() if key != "losses")
