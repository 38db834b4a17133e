"""Runs survive what disks, kernels and people do to them: the quick form of `python -m tests.reliability`."""

import os
import tempfile
from pathlib import Path

import pytest
from reliability.__main__ import HARMS, sentence
from reliability.crashes import crash_matrix
from reliability.damage import damaged_files

from dlrun.store import checkpoints

MEMORY = Path("/dev/shm")


@pytest.fixture
def place():
    """A folder in memory where there is one: a sync costs nothing there, and a child's death leaves it as it is."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        yield Path(folder) / "place"


@pytest.mark.parametrize("what", HARMS)
def test_nothing_is_lost_when_a_run_is(what, place):
    quick, _ = HARMS[what]
    found = quick(place)
    assert found["losses"] == [], sentence(what, found, 0)
    assert any(figure for key, figure in found.items() if key != "losses")


def test_the_crash_matrix_sees_a_checkpoint_that_forgets_a_random_stream(place, monkeypatch):
    """A planted fault: the streams are kept as they were at the beginning."""
    from dlrun.experiment.keeper import Keeper

    stream_states = Keeper.stream_states
    kept = {}
    monkeypatch.setattr(Keeper, "stream_states", lambda self: kept.setdefault("first", stream_states(self) * 0 + 1))
    assert any("other bits" in loss for loss in crash_matrix(place, every=45)["losses"])


def test_damage_is_seen_where_checksums_are_not_looked_at(place, monkeypatch):
    """A planted fault: every checksum of a checkpoint fits, and so does every line's."""
    from dlrun.store import lines

    monkeypatch.setattr(checkpoints, "is_sealed", lambda file: True)
    monkeypatch.setattr(lines, "checksum", lambda body: b"00000000")
    assert damaged_files(place, cuts=0, flips=6)["losses"]


def test_the_children_of_these_tests_are_all_gone():
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
