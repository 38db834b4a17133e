"""The index of a runs folder is only a cache: with it, whatever its state, the answers are those of the folders."""

import fcntl
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from dlrun.cli.options import complete_runs
from dlrun.errors import StoreError
from dlrun.experiment.reuse import find_same
from dlrun.places import RUN_ID
from dlrun.records import NO_ERRORS
from dlrun.search.recipe import same_run
from dlrun.store import (
    Hashes,
    Identity,
    RunFolder,
    RunSummary,
    Wanted,
    add_session,
    change_tags,
    create_run,
    find_run,
    find_runs,
    first_runs,
    identity_key,
    list_runs,
    read_manifest,
    read_tags,
    same_runs,
    trash,
)
from dlrun.store.index import path_of
from dlrun.store.manifest import write_manifest
from dlrun.store.status import glance_at, manifest_of
from tests.commands import ROOT, dlrun

# Longer than a tick of the clock that stamps files, so that a run which is then read is put into the index.
TICK_SECONDS = 0.015


@pytest.fixture(autouse=True)
def few_and_young_runs_are_indexed(monkeypatch):
    """Without the two rules that keep small and busy folders out, which have tests of their own."""
    monkeypatch.setattr("dlrun.store.known.FEWEST_INDEXED", 0)
    monkeypatch.setattr("dlrun.store.known.SETTLED_NS", 0)


# --- the oracle: every run read by itself, as before there was an index ----------------------------------------------


def folders_of(runs_dir: Path) -> list[RunFolder]:
    """The run folders, newest first."""
    names = [name for name in os.listdir(runs_dir) if RUN_ID.fullmatch(name)]
    paths = [runs_dir / name for name in names if (runs_dir / name).is_dir() and not (runs_dir / name).is_symlink()]
    return [RunFolder(path) for path in sorted(paths, key=lambda p: (p.name[:15], p.stat().st_mtime_ns, p.name))[::-1]]


def read_by_itself(folder: RunFolder) -> RunSummary:
    name = folder.id[16:-5]
    try:
        tags = tuple(read_tags(folder))
        if folder.is_locked():
            return RunSummary(folder.id, name, "running", tags)
        glance = glance_at(folder, manifest_of(folder))
    except (StoreError, OSError) as problem:
        return RunSummary(folder.id, name, "broken", problem=str(problem))
    if glance is None:
        return RunSummary(folder.id, name, "crashed", tags)
    return RunSummary(folder.id, name, glance.status, tags, glance.errors or NO_ERRORS, glance.verdict)


def every_run_by_itself(runs_dir: Path) -> list[RunSummary]:
    rows = [read_by_itself(folder) for folder in folders_of(runs_dir)]
    links = sorted(name for name in os.listdir(runs_dir) if (runs_dir / name).is_symlink() and RUN_ID.fullmatch(name))
    rows += [RunSummary(name, name[16:-5], "broken", problem="a symbolic link, not a run folder") for name in links]
    return sorted(rows, key=lambda row: row.run_id[:15], reverse=True)


def best_by_itself(runs_dir: Path) -> str | None:
    rows = [row for row in every_run_by_itself(runs_dir) if row.status == "finished" and row.errors.dev is not None]
    return min(rows, key=lambda row: row.errors.dev).run_id if rows else None


def same_by_itself(runs_dir: Path, identity: Identity) -> list[str]:
    same = []
    for row in every_run_by_itself(runs_dir):
        if row.status not in ("running", "broken"):
            with suppress(StoreError):
                manifest = read_manifest(RunFolder(runs_dir / row.run_id))
                same += [row.run_id] if manifest.identity.is_same(identity) else []
    return same


def tagged_by_itself(runs_dir: Path, word: str) -> list[str]:
    found = []
    for folder in folders_of(runs_dir):
        tags = []
        with suppress(StoreError):
            tags = read_tags(folder)
        if word in (folder.id[16:-5], *tags):
            found.append(folder.id)
    return found


def require_the_same_answers(runs_dir: Path) -> None:
    """Every question about all runs has the answer that reading them gives, twice: to make the index, and by it."""
    rows, best = every_run_by_itself(runs_dir), best_by_itself(runs_dir)
    tagged = {word: tagged_by_itself(runs_dir, word) for word in ("a", "b", "x")}
    same = {identity_key(identity(number)): same_by_itself(runs_dir, identity(number)) for number in range(3)}
    for _ in range(2):
        assert found_best(runs_dir) == best  # these two compare a part of the stamps, so before the index is made new
        for word, expected in tagged.items():
            if expected:
                assert [folder.id for folder in find_runs(runs_dir, word)] == expected
        assert list_runs(runs_dir) == rows
        assert {key: [row.run_id for row in found] for key, found in same_runs(runs_dir, same).items()} == same


def found_best(runs_dir: Path) -> str | None:
    try:
        return find_run(runs_dir, "best").id
    except StoreError:
        return None


# --- runs to ask for -------------------------------------------------------------------------------------------------


def identity(number: int) -> Identity:
    hashes = Hashes(f"config {number // 2}", "data", "split")
    return Identity(overrides=(), config={"name": "a"}, dlrun=str(number % 2), hashes=hashes)


def result(rng: random.Random, status: str = "finished") -> dict:
    """What the list reads of a result, with figures of a fixed length."""
    errors = {split: rng.randrange(100, 1000) / 1000 for split in ("train", "dev", "test")}
    levels = ("high", "low", "moderate", "inconclusive")
    verdict = {"bias": rng.choice(levels), "variance": rng.choice(levels)}
    return {"status": status, "errors": errors, "verdict": verdict, "sessions": 1}


def make_run(runs_dir: Path, rng: random.Random, name: str = "a", status: str | None = "finished") -> RunFolder:
    folder = create_run(runs_dir, name)
    write_manifest(folder, identity(rng.randrange(3)))
    with folder.locked():
        if status:
            folder.write_json("result.json", result(rng, status))
    return folder


@pytest.fixture
def runs_dir(tmp_path) -> Path:
    """Runs of every status, one of them tagged, all in the index."""
    rng = random.Random(1)
    for status in ("finished", "interrupted", "diverged", "failed", None, "finished"):
        make_run(tmp_path / "runs", rng, "ab"[rng.randrange(2)], status)
    change_tags(find_run(tmp_path / "runs", "latest"), ["x", "y"], [])
    settle(tmp_path / "runs")
    return tmp_path / "runs"


def settle(runs_dir: Path) -> None:
    """Lets the clock tick and puts all runs into the index."""
    time.sleep(TICK_SECONDS)
    list_runs(runs_dir)


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The ids of the runs whose folders are read while the list is asked for."""
    from dlrun.store.known import read_run

    ids = []

    def noted(folder: RunFolder):
        ids.append(folder.id)
        return read_run(folder)

    monkeypatch.setattr("dlrun.store.known.read_run", noted)
    return ids


# --- it is used ----------------------------------------------------------------------------------------------------


def test_a_run_that_has_not_changed_is_not_read_again(runs_dir, reads):
    require_the_same_answers(runs_dir)
    assert reads == []


def test_a_changed_run_alone_is_read_again(runs_dir, reads):
    changed = folders_of(runs_dir)[2]
    change_tags(changed, ["z"], [])
    assert [row.run_id for row in list_runs(runs_dir) if "z" in row.tags] == [changed.id]
    assert reads == [changed.id]


def test_tags_that_have_not_changed_are_not_read_again(runs_dir, monkeypatch):
    changed, *_ = folders_of(runs_dir)
    change_tags(changed, ["x"], [])
    read = []
    monkeypatch.setattr("dlrun.store.known.read_tags", lambda folder: read.append(folder.id) or read_tags(folder))
    for path in runs_dir.glob("*/result.json"):
        path.write_bytes(path.read_bytes() + b" ")  # which is nothing to the tags
    assert [folder.id for folder in find_runs(runs_dir, "x")] == tagged_by_itself(runs_dir, "x")
    assert read == [changed.id]


def test_of_equal_runs_the_newest_is_the_best_and_of_one_second_the_one_that_changed_last(tmp_path):
    for minute, suffix in ((1, 0), (2, 1), (2, 3), (2, 2), (0, 4)):
        folder = RunFolder(tmp_path / f"20260301-120{minute}00-a-000{suffix}")
        folder.path.mkdir()
        folder.write_json("result.json", result(random.Random(7)))
        time.sleep(TICK_SECONDS)
    for _ in range(3):
        assert find_run(tmp_path, "best").id == best_by_itself(tmp_path) == "20260301-120200-a-0002"


def test_a_file_that_comes_back_counts_for_the_best_run(runs_dir):
    best = find_run(runs_dir, "best").path
    (best / "run.json").unlink()
    settle(runs_dir)
    assert find_run(runs_dir, "best").path == best
    (best / "run.json").write_text("damaged")
    assert find_run(runs_dir, "best").path != best
    require_the_same_answers(runs_dir)


def test_the_newest_runs_are_listed_without_reading_the_others(runs_dir, reads):
    path_of(runs_dir).unlink()
    rows, more = first_runs(runs_dir, 2, Wanted())
    assert (rows, more) == (every_run_by_itself(runs_dir)[:2], 4)
    assert sorted(reads) == sorted(row.run_id for row in rows)


@pytest.mark.parametrize("wanted", [Wanted(name="a"), Wanted(status="finished"), Wanted(tag="x"), Wanted(by_dev=True)])
@pytest.mark.parametrize("at_most", [1, 3, None])
def test_filters_and_order_are_over_all_runs(runs_dir, wanted, at_most):
    whole = wanted.of(every_run_by_itself(runs_dir))
    rows, more = first_runs(runs_dir, at_most, wanted)
    assert (rows, more) == (whole[:at_most], len(whole) - len(whole[:at_most]))
    assert whole


def test_the_shell_completes_ids_without_reading_a_run(runs_dir, reads, monkeypatch):
    monkeypatch.setenv("DLRUN_RUNS", str(runs_dir))
    path_of(runs_dir).unlink()
    ids = [row.run_id for row in every_run_by_itself(runs_dir)]
    assert complete_runs("") == ["latest", "best", *ids]
    assert complete_runs(ids[3]) == [ids[3]]
    assert reads == []


def test_few_runs_need_no_index(runs_dir, monkeypatch):
    path_of(runs_dir).unlink()
    monkeypatch.setattr("dlrun.store.known.FEWEST_INDEXED", 7)
    require_the_same_answers(runs_dir)
    assert not path_of(runs_dir).exists()


def test_a_run_that_has_just_changed_is_not_kept(runs_dir, reads, monkeypatch):
    """It could change once more within the same tick of the clock, and have the same stamp."""
    monkeypatch.setattr("dlrun.store.known.SETTLED_NS", 60_000_000_000)
    path_of(runs_dir).unlink()
    list_runs(runs_dir)
    list_runs(runs_dir)
    assert len(reads) == 12


def test_runs_that_are_gone_leave_the_index(runs_dir):
    ids = [folder.id for folder in folders_of(runs_dir)]
    shutil.rmtree(runs_dir / ids[0])
    trash.remove(RunFolder(runs_dir / ids[1]))
    list_runs(runs_dir)
    assert sorted(ids_in(path_of(runs_dir))) == sorted(ids[2:])


def ids_in(path: Path) -> list[str]:
    base = sqlite3.connect(path)
    try:
        return [run_id for (run_id,) in base.execute("SELECT run_id FROM runs")]
    finally:
        base.close()


# --- whatever happens to the runs ------------------------------------------------------------------------------------


class Storm:
    """Random things that happen to a runs folder, by dlrun and by others."""

    def __init__(self, runs_dir: Path, seed: int):
        self.runs_dir, self.rng = runs_dir, random.Random(seed)
        self.held: dict[str, ExitStack] = {}

    def step(self) -> str:
        """Does one of them, and returns its name."""
        deed = self.rng.choice([name for name in dir(self) if name.startswith("do_")])
        # Some cannot be done now: there is no run, or what should be edited is damaged already.
        with suppress(StoreError, OSError, LookupError, ValueError, TypeError):
            getattr(self, deed)()
        return deed

    def run(self) -> RunFolder:
        return self.rng.choice(folders_of(self.runs_dir))

    def idle(self) -> RunFolder:
        """A run that is not locked; another would be waited for."""
        return self.rng.choice([folder for folder in folders_of(self.runs_dir) if not folder.is_locked()])

    def file(self) -> Path:
        """A file of a run that a list is read from."""
        return self.run().path / self.rng.choice(("result.json", "run.json", "tags.json"))

    def do_create(self):
        make_run(self.runs_dir, self.rng, self.rng.choice("ab"), self.rng.choice(("finished", "failed", None)))

    do_create_again = do_create

    def do_finish(self):
        self.run().write_json("result.json", result(self.rng, self.rng.choice(("finished", "diverged", "interrupted"))))

    def do_resume(self):
        folder = self.run()
        add_session(folder, read_manifest(folder), None)

    def do_tag(self):
        change_tags(self.run(), [self.rng.choice("xyz")], [self.rng.choice("xyz")])

    do_tag_again = do_tag

    def do_another_identity(self):
        write_manifest(self.run(), identity(self.rng.randrange(3)))

    def do_remove(self):
        trash.remove(self.idle())

    def do_restore(self):
        trash.restore(self.rng.choice(folders_of(self.runs_dir / trash.TRASH)))

    def do_cut_short(self):
        path = self.file()
        os.truncate(path, self.rng.randrange(path.stat().st_size))

    def do_edit_in_place_to_the_same_size(self):
        path = self.run().path / "result.json"
        data = json.loads(path.read_bytes())
        data["errors"]["dev"] = self.rng.randrange(100, 1000) / 1000
        text = json.dumps(data, indent=2).encode().ljust(path.stat().st_size)
        with open(path, "r+b") as file:
            file.write(text)

    do_edit_again = do_edit_in_place_to_the_same_size

    def do_edit_and_set_the_time_back(self):
        path = self.run().path / "result.json"
        before = path.stat()
        self.rng.choice((self.do_edit_in_place_to_the_same_size, self.do_cut_short))()
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def do_replace_by_an_editor(self):
        path = self.file()
        copy = path.with_name("copy")
        shutil.copy2(path, copy)
        copy.write_bytes(copy.read_bytes().replace(b"1", b"2"))
        os.replace(copy, path)

    def do_swap_two_folders(self):
        one, other = (folder.path for folder in self.rng.sample(folders_of(self.runs_dir), 2))
        aside = self.runs_dir / "aside"
        for path, target in ((one, aside), (other, one), (aside, other)):
            os.rename(path, target)

    def do_delete_a_file(self):
        self.file().unlink()

    def do_delete_a_run(self):
        shutil.rmtree(self.run().path)

    def do_link_a_file(self):
        path = self.file()
        os.replace(path, self.runs_dir / f"outside-{self.rng.random()}")
        path.symlink_to(self.runs_dir / "outside")

    def do_link_a_run(self):
        path = self.run().path
        os.replace(path, self.runs_dir / f"outside-{self.rng.random()}")
        path.symlink_to(self.runs_dir)

    def do_lock(self):
        folder = self.idle()
        lock = ExitStack()
        lock.enter_context(folder.locked())
        self.held[folder.id] = lock

    def do_unlock(self):
        self.held.pop(self.rng.choice(sorted(self.held))).close()

    do_unlock_again = do_unlock

    def do_lose_the_index(self):
        path_of(self.runs_dir).unlink()

    def do_tear_the_index(self):
        path = path_of(self.runs_dir)
        os.truncate(path, self.rng.randrange(path.stat().st_size))

    def do_restore_an_older_index(self):
        """As a backup would."""
        path, copy = path_of(self.runs_dir), self.runs_dir / "older index"
        shutil.copy(*((copy, path) if copy.exists() else (path, copy)))

    def do_wait(self):
        time.sleep(TICK_SECONDS)

    do_wait_again = do_wait_once_more = do_wait_still = do_wait

    def end(self):
        for lock in self.held.values():
            lock.close()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_to_the_runs_the_answers_are_those_of_the_folders(runs_dir, seed):
    storm, deeds = Storm(runs_dir, seed), []
    try:
        for _ in range(50):
            deeds.append(storm.step())
            require_the_same_answers(runs_dir)
    except AssertionError as difference:
        raise AssertionError(f"after {deeds}") from difference
    finally:
        storm.end()


def test_a_run_made_longer_is_running_even_though_it_has_ended(runs_dir):
    """Its lock is held while the longer one is trained, and nothing is written into it."""
    folder = next(folder for folder in folders_of(runs_dir) if read_by_itself(folder).status == "finished")
    changed = folder.path.stat().st_mtime_ns
    with folder.locked():
        assert next(row for row in list_runs(runs_dir) if row.run_id == folder.id).status == "running"
    assert folder.path.stat().st_mtime_ns == changed  # by which runs of one second are sorted
    require_the_same_answers(runs_dir)


def test_a_lock_taken_by_an_older_dlrun_is_seen_on_every_run_that_is_not_over(runs_dir):
    for folder in folders_of(runs_dir):
        before = read_by_itself(folder).status
        if before not in ("finished", "diverged"):
            with open(folder.path / ".lock", "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                assert next(row for row in list_runs(runs_dir) if row.run_id == folder.id).status == "running"
            assert next(row for row in list_runs(runs_dir) if row.run_id == folder.id).status == before


def test_a_run_that_ends_between_two_looks_has_never_crashed(runs_dir, monkeypatch):
    """A dlrun that leaves no trace begins while the stamps are compared, and has ended when the lock is asked for."""
    folder = next(folder for folder in folders_of(runs_dir) if read_by_itself(folder).status == "crashed")
    is_locked = RunFolder.is_locked

    def ended_just_now(asked: RunFolder) -> bool:
        if asked.id == folder.id:
            folder.write_json("result.json", result(random.Random(2)))
        return is_locked(asked)

    monkeypatch.setattr(RunFolder, "is_locked", ended_just_now)
    assert next(row for row in list_runs(runs_dir) if row.run_id == folder.id).status == "finished"


def test_a_change_while_a_run_is_read_is_seen_by_the_next_look(runs_dir, monkeypatch):
    from dlrun.store.known import read_run

    folder = folders_of(runs_dir)[0]
    change_tags(folder, ["before"], [])
    time.sleep(TICK_SECONDS)

    def changed_afterwards(asked: RunFolder):
        known = read_run(asked)
        change_tags(folder, ["after"], ["before"])
        time.sleep(TICK_SECONDS)
        return known

    monkeypatch.setattr("dlrun.store.known.read_run", changed_afterwards)
    assert "before" in list_runs(runs_dir)[0].tags
    monkeypatch.setattr("dlrun.store.known.read_run", read_run)
    require_the_same_answers(runs_dir)


def test_a_link_in_the_place_of_a_file_is_looked_at_each_time(runs_dir, tmp_path):
    """What it leads to may change while nothing in the run does."""
    path = folders_of(runs_dir)[0].path / "result.json"
    path.unlink()
    path.symlink_to(tmp_path / "not yet")
    settle(runs_dir)
    assert list_runs(runs_dir)[0].status == "crashed"
    (tmp_path / "not yet").write_text("{}")
    assert list_runs(runs_dir)[0].status == "broken"
    require_the_same_answers(runs_dir)


def test_names_and_tags_that_are_no_text_do_no_harm(runs_dir, reads):
    odd = b"20260301-120000-\xff\xfe-0000"
    os.rename(folders_of(runs_dir)[0].path, os.fsencode(runs_dir) + b"/" + odd)
    (folders_of(runs_dir)[1].path / "tags.json").write_text('["\\ud800", "é"]')
    time.sleep(TICK_SECONDS)
    require_the_same_answers(runs_dir)
    reads.clear()
    require_the_same_answers(runs_dir)
    assert set(reads) == {os.fsdecode(odd)}  # SQLite cannot keep it


# --- whatever happens to the index -----------------------------------------------------------------------------------


def test_torn_at_any_byte_it_is_made_again(runs_dir, reads):
    path, expected = path_of(runs_dir), every_run_by_itself(runs_dir)
    sound = path.read_bytes()
    for length in range(0, len(sound), 61):
        path.write_bytes(sound[:length])
        assert list_runs(runs_dir) == expected, length
        reads.clear()
        assert list_runs(runs_dir) == expected, length
        assert reads == [], length


def test_with_any_bytes_changed_the_answers_are_the_same(runs_dir):
    path, expected, rng = path_of(runs_dir), every_run_by_itself(runs_dir), random.Random(3)
    sound = path.read_bytes()
    used = [at for at, byte in enumerate(sound) if byte]
    for _ in range(400):
        torn = bytearray(sound)
        for _ in range(rng.choice((1, 1, 1, 20))):
            torn[rng.choice(used)] ^= 1 << rng.randrange(8)
        path.write_bytes(torn)
        assert list_runs(runs_dir) == expected
    path.write_bytes(rng.randbytes(len(sound)))
    assert list_runs(runs_dir) == expected


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE runs",
        "ALTER TABLE runs RENAME COLUMN line TO text",
        "ALTER TABLE runs DROP COLUMN checksum",
        "UPDATE runs SET line = NULL",
        "UPDATE runs SET line = 'text'",
        "UPDATE runs SET checksum = checksum + 1",
        "UPDATE runs SET run_id = run_id || '\\0'",
        "CREATE TRIGGER t BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'no'); END",
    ],
)
def test_an_index_of_another_form_is_made_again(runs_dir, statement, reads):
    base = sqlite3.connect(path_of(runs_dir))
    with base:
        base.execute(statement)
    base.close()
    for _ in range(2):
        change_tags(folders_of(runs_dir)[0], ["other"], [])
        time.sleep(TICK_SECONDS)
        require_the_same_answers(runs_dir)
    reads.clear()
    require_the_same_answers(runs_dir)
    assert reads == []


def test_an_index_of_another_dlrun_is_not_believed(runs_dir, monkeypatch, reads):
    monkeypatch.setattr("dlrun.store.index.SEED", 7)
    require_the_same_answers(runs_dir)
    assert len(set(reads)) == 6


def test_a_line_beside_the_id_of_another_run_is_not_believed(runs_dir):
    base = sqlite3.connect(path_of(runs_dir))
    one, other = (row[0] for row in base.execute("SELECT run_id FROM runs LIMIT 2"))
    with base:
        base.execute("UPDATE runs SET run_id = 'aside' WHERE run_id = ?", (one,))
        base.execute("UPDATE runs SET run_id = ? WHERE run_id = ?", (one, other))
        base.execute("UPDATE runs SET run_id = ? WHERE run_id = 'aside'", (other,))
    base.close()
    require_the_same_answers(runs_dir)


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a file", "link to nothing"])
def test_something_else_in_its_place_is_left_alone(runs_dir, kind, tmp_path):
    path, outside = path_of(runs_dir), tmp_path / "outside"
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(outside)
        if kind == "link to a file":
            outside.write_bytes(b"")
    was = os.lstat(path)
    require_the_same_answers(runs_dir)
    assert (os.lstat(path).st_ino, os.lstat(path).st_mode) == (was.st_ino, was.st_mode)
    assert not outside.exists() or outside.read_bytes() == b""


@contextmanager
def nobody_may_write(folder: Path) -> Iterator[None]:
    """The folder takes no writes during the block, even from root, who steps down for so long."""
    is_root, mode = os.geteuid() == 0, folder.stat().st_mode
    folder.chmod(0o555)
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(mode)


@pytest.mark.parametrize("kind", ["sound", "stale", "torn", "missing"])
def test_in_a_folder_that_cannot_be_written_it_is_done_without(kind, reads):
    with tempfile.TemporaryDirectory() as place:  # not below a folder that root alone may enter
        os.chmod(place, 0o755)
        runs_dir = Path(place) / "runs"
        for status in ("finished", "failed", None):
            make_run(runs_dir, random.Random(4), "a", status)
        settle(runs_dir)
        if kind == "stale":
            change_tags(folders_of(runs_dir)[0], ["x"], [])
        elif kind == "torn":
            os.truncate(path_of(runs_dir), 5000)
        elif kind == "missing":
            path_of(runs_dir).unlink()
        before = {path.name: path.stat().st_mtime_ns for path in runs_dir.iterdir()}
        reads.clear()
        with nobody_may_write(runs_dir):
            require_the_same_answers(runs_dir)
        assert (reads == []) is (kind == "sound")
        assert {path.name: path.stat().st_mtime_ns for path in runs_dir.iterdir()} == before


def test_on_a_full_disk_it_is_done_without_and_what_it_has_is_kept(runs_dir, monkeypatch):
    """SQLite may have as many pages as it has, and no more."""
    connect, kept = sqlite3.connect, ids_in(path_of(runs_dir))
    pages = path_of(runs_dir).stat().st_size // 4096

    def full(*arguments, **options):
        base = connect(*arguments, **options)
        base.execute(f"PRAGMA max_page_count = {pages}")
        return base

    monkeypatch.setattr("sqlite3.connect", full)
    for _ in range(20):
        change_tags(make_run(runs_dir, random.Random(5)), [f"tag{number}" * 10 for number in range(20)], [])
    time.sleep(TICK_SECONDS)
    require_the_same_answers(runs_dir)
    monkeypatch.undo()
    assert ids_in(path_of(runs_dir)) == kept


def test_a_writer_that_does_not_end_is_not_waited_for(runs_dir, monkeypatch):
    monkeypatch.setattr("dlrun.store.index.PATIENCE_SECONDS", 0.05)
    other, kept = sqlite3.connect(path_of(runs_dir)), path_of(runs_dir).stat()
    other.execute("BEGIN EXCLUSIVE")
    assert list_runs(runs_dir) == every_run_by_itself(runs_dir)
    assert os.path.samestat(path_of(runs_dir).stat(), kept)
    other.close()


def test_an_index_that_vanishes_while_it_is_used_does_no_harm(runs_dir, monkeypatch):
    from dlrun.store import index

    for step in ("load", "clock_ns", "save"):
        change_tags(folders_of(runs_dir)[0], [step], [])
        time.sleep(TICK_SECONDS)
        as_it_is = getattr(index, step)

        def vanishing(*arguments, as_it_is=as_it_is):
            answer = as_it_is(*arguments)
            path_of(runs_dir).unlink(missing_ok=True)
            return answer

        monkeypatch.setattr(index, step, vanishing)
        assert list_runs(runs_dir) == every_run_by_itself(runs_dir)
        monkeypatch.setattr(index, step, as_it_is)
        require_the_same_answers(runs_dir)


BUSY = """
import random, sys
from pathlib import Path
from dlrun.store import RunFolder, change_tags, known, list_runs
known.FEWEST_INDEXED, known.SETTLED_NS = 0, 0
from dlrun.store.index import path_of
from tests.test_store_index import every_run_by_itself, folders_of
runs_dir, own, rng = Path(sys.argv[1]), sys.argv[2], random.Random(int(sys.argv[2]))
ids = [folder.id for folder in folders_of(runs_dir)]
mine = RunFolder(runs_dir / sorted(ids)[int(own)])
for turn in range(40):
    tag = f"turn{turn}"
    assert change_tags(mine, [tag], [f"turn{turn - 1}"]) == [tag]
    rows = list_runs(runs_dir)
    assert sorted(row.run_id for row in rows) == sorted(ids)
    assert next(row for row in rows if row.run_id == mine.id).tags == (tag,), turn
    if rng.random() < 0.1:
        path_of(runs_dir).unlink(missing_ok=True)
"""


def test_processes_at_once_each_see_what_they_have_written(runs_dir):
    change_tags(find_run(runs_dir, "latest"), [], ["x", "y"])
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    commands = [[sys.executable, "-c", BUSY, str(runs_dir), str(number)] for number in range(3)]
    started = [subprocess.Popen(c, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT) for c in commands]
    assert [process.communicate()[1] for process in started] == ["", "", ""]
    assert [process.returncode for process in started] == [0, 0, 0]
    time.sleep(TICK_SECONDS)
    require_the_same_answers(runs_dir)


# --- the verbs that ask it -------------------------------------------------------------------------------------------


def test_a_run_is_used_again_only_if_it_has_ended_well(runs_dir):
    rng = random.Random(6)
    for number in range(3):
        same = same_by_itself(runs_dir, identity(number))
        rows = {row.run_id: row for row in every_run_by_itself(runs_dir)}
        finished = [run_id for run_id in same if rows[run_id].status == "finished"]
        found = find_same(runs_dir, identity(number))
        assert (found.id if found else None) == next(iter(finished), None)
        over = [run_id for run_id in same if rows[run_id].status in ("finished", "diverged")]
        cut_short = [run_id for run_id in same if rows[run_id].status in ("interrupted", "crashed")]
        found = same_run(runs_dir, identity(number))
        assert (found.id if found else None) == next(iter(over + cut_short), None)
    assert find_same(runs_dir, identity(9)) is None
    folder = make_run(runs_dir, rng)
    write_manifest(folder, identity(9))
    assert find_same(runs_dir, identity(9)) == same_run(runs_dir, identity(9)) == folder


def test_the_list_shows_the_first_and_says_how_many_more_there_are(tmp_path):
    for number in range(53):
        (tmp_path / "runs" / f"20260301-1200{number:02d}-a-0000").mkdir(parents=True)
    shown = dlrun("runs", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in shown[1:51]] == [f"20260301-1200{n:02d}-a-0000" for n in range(52, 2, -1)]
    assert shown[51:] == ["and 3 more: dlrun runs --all"]
    assert len(dlrun("runs", "--all", cwd=tmp_path).stdout.splitlines()) == 54
    assert len(json.loads(dlrun("runs", "--json", cwd=tmp_path).stdout)["runs"]) == 53
    page = Path(dlrun("runs", "--html", cwd=tmp_path).stdout.strip())
    assert (tmp_path / page).read_text().count("20260301-1200") >= 53
