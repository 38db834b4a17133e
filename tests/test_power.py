"""What a power cut may leave: the model on deeds whose states are known by hand, and what the store makes sure of."""

import os

import pytest
from reliability.power import ROOT, Deed, pending_of, state_after, states

from dlrun.store import FailedSession, create_run, disk, looks
from dlrun.store.disk import append_surely, make_folders
from dlrun.store.run_lines import METRICS, TRACE
from dlrun.store.verification import write_result

FILE, OTHER, FOLDER = 2, 3, 4
MADE = Deed("name", ROOT, ("a", FILE, False))
WRITTEN = Deed("write", FILE, (0, b"abcd"))


def left(deeds):
    """The files of each state, as {name: bytes}."""
    return [dict(files) for (files, _), _ in states(deeds)]


def test_without_a_sync_all_of_it_may_be_lost():
    found = left([MADE, WRITTEN])
    assert {} in found
    assert {"a": b""} in found
    assert {"a": b"abcd"} in found
    assert {"a": b"ab"} in found


def test_a_synced_file_in_a_folder_that_is_not_may_have_no_name():
    assert pending_of([MADE, WRITTEN, Deed("sync", FILE)]) == [0]
    assert pending_of([MADE, WRITTEN, Deed("sync", FILE), Deed("sync", ROOT)]) == []
    assert state_after([MADE, WRITTEN, Deed("sync", FILE)], frozenset({0})) == (frozenset(), frozenset())


def test_a_renaming_may_come_before_the_bytes_that_were_not_synced():
    deeds = [MADE, WRITTEN, Deed("rename", ROOT, ("a", ROOT, "b", FILE)), Deed("sync", ROOT)]
    assert {"b": b""} in left(deeds)
    synced = [MADE, WRITTEN, Deed("sync", FILE), *deeds[2:]]
    assert [files for files in left(synced) if "b" in files] == [{"b": b"abcd"}]


def test_a_renaming_to_another_folder_is_sure_once_either_is_synced():
    moved = [Deed("rename", FOLDER, ("a", OTHER, "b", FILE))]
    assert pending_of(moved) == [0]
    assert pending_of([*moved, Deed("sync", FOLDER)]) == pending_of([*moved, Deed("sync", OTHER)]) == []


def test_what_was_there_before_the_recording_is_sure():
    begun = [MADE, WRITTEN, Deed("sync", ROOT), Deed("sync", FILE), Deed("begin", None)]
    assert left([*begun, Deed("unname", ROOT, ("a",))]) == [{"a": b"abcd"}, {}]


def test_a_lost_write_below_a_later_one_is_zeros():
    deeds = [MADE, WRITTEN, Deed("write", FILE, (4, b"ef"))]
    assert dict(state_after(deeds, frozenset({1}))[0]) == {"a": b"\0\0\0\0ef"}


def test_what_is_in_a_folder_whose_name_is_lost_is_lost():
    deeds = [Deed("name", ROOT, ("d", FOLDER, True)), Deed("name", FOLDER, ("a", FILE, False)), WRITTEN]
    assert dict(state_after(deeds, frozenset())[0]) == {"d/a": b"abcd"}
    assert state_after(deeds, frozenset({0})) == (frozenset(), frozenset())


@pytest.fixture
def synced(monkeypatch):
    """The paths that were synced, in order."""
    paths, fsync = [], os.fsync

    def noted(handle):
        paths.append(os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    return paths


pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="reads names from /proc")


def test_a_new_runs_folder_has_its_name_on_the_disk(tmp_path, synced):
    folder = create_run(tmp_path / "deep" / "runs", "t")
    assert {str(tmp_path), str(tmp_path / "deep"), str(folder.path.parent)} <= set(synced)
    synced.clear()
    make_folders(tmp_path / "deep")
    assert synced == []


def test_a_line_of_the_ledger_is_on_the_disk_when_it_is_told(tmp_path, synced):
    append_surely(tmp_path / looks.FILE, b"one\n")
    assert synced == [str(tmp_path / looks.FILE), str(tmp_path)]
    synced.clear()
    append_surely(tmp_path / looks.FILE, b"two\n")
    assert synced == [str(tmp_path / looks.FILE)]
    assert disk.read(tmp_path / looks.FILE) == b"one\ntwo\n"


def test_the_lines_of_a_run_are_on_the_disk_before_its_result(tmp_path, synced):
    folder = create_run(tmp_path, "t")
    for name in (METRICS, TRACE):
        folder.append_line(name, {"epoch": 1})
    synced.clear()
    write_result(folder, FailedSession(run_id=folder.id, status="failed", message="", sessions=1, ended=""))
    names = [os.path.basename(path) for path in synced]
    assert names[:2] == [METRICS, TRACE]
    assert names[2].startswith(".checksums.json")
