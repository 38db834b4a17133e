"""What several processes do to the same runs at once, and what a cut in the midst of it may leave, is lost to nobody.

Each test is one that was seen to fail before its mend; `python -m tests.reliability --about "everything"` and
`--about "power that fails in"` found them or look for more.
"""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from reliability import at_once_kept
from reliability.at_once_kept import Told, kept

from dlrun.errors import StoreError
from dlrun.store import RunFolder, change_tags, create_run, find_run, tags, trash
from dlrun.sweep.folder import SweepFolder
from dlrun.sweep.removing import remove_sweep
from tests.commands import dlrun

CONFIG = """
name: tiny
data: {source: moons, samples: 40, noise: 0.3}
network: {width: 4}
training: {epochs: 2, batch_size: 16, learning_rate: 0.02}
report: false
"""
SWEEP = ("sweep", "tiny.yaml", "regularization.lambda=0,1", "-q", "--processes", "1")


@pytest.fixture
def place(tmp_path):
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def done_to_the_disk(monkeypatch):
    """What is made, renamed and synced, in order: ("made", path), ("renamed", path) or ("synced", path)."""
    deeds = []

    def noted(what, name, path_of):
        real = getattr(os, name)

        def done(*arguments, **options):
            result = real(*arguments, **options)
            deeds.append((what, path_of(*arguments)))
            return result

        monkeypatch.setattr(os, name, done)

    noted("made", "mkdir", lambda path, *rest: os.path.abspath(path))
    noted("renamed", "rename", lambda source, target: os.path.abspath(target))
    noted("renamed", "replace", lambda source, target: os.path.abspath(target))
    noted("synced", "fsync", lambda handle: os.readlink(f"/proc/self/fd/{handle}"))
    return deeds


def test_tags_that_are_added_at_once_are_all_kept(tmp_path, monkeypatch):
    folder, read = create_run(tmp_path, "t"), tags.read_tags

    def slowly(run):
        found = read(run)
        time.sleep(0.02)
        return found

    monkeypatch.setattr(tags, "read_tags", slowly)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda tag: change_tags(folder, [tag], []), "abcdef"))
    assert read(folder) == list("abcdef")


def test_a_sweep_at_work_is_not_removed_and_none_of_its_runs_is(place):
    assert dlrun(*SWEEP, cwd=place).returncode == 0
    [path] = (place / "runs").glob("sweep-*")
    before = sorted((place / "runs").glob("2*"))
    with RunFolder(path).locked(), pytest.raises(StoreError, match="another process is at work"):
        remove_sweep(SweepFolder(path))
    assert sorted((place / "runs").glob("2*")) == before


def test_garbage_that_another_process_takes_meanwhile_is_no_error(tmp_path):
    folder = create_run(tmp_path, "t")
    folder.write_bytes("a", b"12")
    trash.remove(folder)
    found = trash.garbage(tmp_path)
    assert [one.bytes for one in trash.weighed(found)] == [2]
    trash.collect(found)
    assert [one.bytes for one in trash.weighed([*found, tmp_path / "gone"])] == [0, 0]
    trash.collect(found)
    assert list((tmp_path / trash.TRASH).iterdir()) == []


def test_what_was_deleted_by_half_is_not_restored_and_goes_with_the_next_gc(tmp_path, monkeypatch, done_to_the_disk):
    folder = create_run(tmp_path, "t")
    folder.write_bytes("a", b"12")
    trash.remove(folder)
    done_to_the_disk.clear()

    def cut(path, **options):
        os.unlink(path / "a")
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", cut)
        with pytest.raises(StoreError):
            trash.collect(trash.garbage(tmp_path))
    assert [what for what, _ in done_to_the_disk] == ["renamed", "synced"]
    with pytest.raises(StoreError, match="no runs in"):
        find_run(tmp_path / trash.TRASH, folder.id)
    trash.collect(trash.garbage(tmp_path))
    assert list((tmp_path / trash.TRASH).iterdir()) == []


def test_a_trash_has_its_name_on_the_disk_before_a_run_is_in_it(tmp_path, done_to_the_disk):
    folder = create_run(tmp_path, "t")
    done_to_the_disk.clear()
    moved = trash.remove(folder)
    assert done_to_the_disk[:3] == [
        ("made", str(tmp_path / trash.TRASH)),
        ("synced", str(tmp_path)),
        ("renamed", str(moved)),
    ]


def test_a_run_of_a_sweep_is_noted_and_has_its_name_on_the_disk(place, done_to_the_disk):
    assert dlrun(*SWEEP, cwd=place).returncode == 0
    runs_dir = place / "runs"
    [sweep] = runs_dir.glob("sweep-*")
    for run in runs_dir.glob("2*"):
        made = [at for at, deed in enumerate(done_to_the_disk) if deed == ("made", str(run))]
        assert ("synced", str(runs_dir)) in done_to_the_disk[made[-1] : made[-1] + 2]
        assert ("synced", str(sweep / "begun.jsonl")) in done_to_the_disk[: made[0]]


@pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
def test_answers_are_on_the_disk_when_they_are_told(place, done_to_the_disk, out):
    assert dlrun("train", "tiny.yaml", "-q", cwd=place).returncode == 0
    (place / "rows.csv").write_text("x0,x1\n0.1,0.2\n")
    done_to_the_disk.clear()
    assert dlrun("predict", "latest", "rows.csv", "--out", out, cwd=place).returncode == 0
    at = done_to_the_disk.index(("renamed", str(place / out)))
    assert Path(done_to_the_disk[at - 1][1]).name == out
    assert done_to_the_disk[at - 1][0] == "synced"
    assert ("synced", str(place)) in done_to_the_disk[at:]


def told_of(place):
    """A run, a tag and a look that were told."""
    told = Told()
    for words in (
        ("train", "tiny.yaml", "-q", "--json"),
        ("tag", "latest", "x", "--json"),
        ("show", "latest", "--json"),
    ):
        told.take(words, at_once_kept.Said(0, dlrun(*words, cwd=place).stdout, ""), place)
    return told, find_run(place / "runs", "latest")


def test_what_was_told_and_is_there_is_no_loss(place):
    told, _ = told_of(place)
    figures, losses = kept(place, told)
    assert losses == []
    assert (figures["runs told"], figures["tags told"]) == (1, 1)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda run: shutil.rmtree(run.path), "is gone, and nobody has removed it"),
        (trash.remove, "is in the trash, and nobody has put it there"),
        (lambda run: change_tags(run, [], ["x"]), "has lost tags: ['x'] were told"),
        (lambda run: (run.path / "model.npz").write_bytes(b"1"), "is damaged"),
        (lambda run: (run.path.parent / "looks.jsonl").write_text(""), "not in the ledger"),
        (lambda run: (run.path.parent / "looks.jsonl").write_text("{}\n"), "a damaged line of the ledger"),
        (lambda run: (run.path / "report.html").write_text("<html>"), "is not whole"),
    ],
)
def test_each_loss_of_what_was_told_is_found(place, harm, words):
    told, run = told_of(place)
    harm(run)
    assert any(words in loss for loss in kept(place, told)[1])


@pytest.mark.parametrize("verb", [("show", "best", "--json"), ("report", "best"), ("verify", "best")])
def test_a_run_that_is_moved_while_it_is_read_is_told_in_a_sentence(place, monkeypatch, verb):
    """It is moved before the n-th list of its names, for every n that there is."""
    assert dlrun("train", "tiny.yaml", "-q", cwd=place).returncode == 0
    [run] = (place / "runs").glob("*-tiny-*")
    iterdir, moved = Path.iterdir, 0
    for n in range(1, 20):
        lists = []

        def moving(path, n=n, lists=lists):
            if path.name == run.name:
                lists.append(path)
                if len(lists) == n:
                    run.rename(place / "elsewhere")
            return iterdir(path)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "iterdir", moving)
            done = dlrun(*verb, cwd=place)
        if len(lists) < n:
            break
        (place / "elsewhere").rename(run)
        moved += 1
        assert done.returncode != 1, done.stderr
        assert "bug in dlrun" not in done.stderr + done.stdout
    assert moved
