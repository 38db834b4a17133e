"""A run that was interrupted, however and wherever, ends with the bits of one that never was."""

import errno
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import yaml
from reliability.essence import essence

from dlrun.errors import StoreError
from dlrun.experiment import read_config
from dlrun.experiment.checkpointing import Checkpointer
from dlrun.store import (
    Hashes,
    Parent,
    RunFolder,
    checkpoints,
    disk,
    environment,
    list_runs,
    read_manifest,
    read_result,
    status_of,
    verify,
)
from dlrun.store.problems import raised_as_store_error
from tests.displays import watched_by
from tests.trainings import resume, run

BASE = {
    "name": "r",
    "data": {"source": "moons", "samples": 50, "noise": 0.3},
    "network": {"width": 5},
    "training": {"epochs": 4, "batch_size": 8, "checkpoint_epochs": 1, "learning_rate": 0.02},
}
MANY = {"regularization": {"keep_prob": 0.7, "lambda": 0.5, "weight_decay": 2.0, "augment": {"noise": 0.1}}}
CONFIGS = {
    "dropout, noise, a penalty and weight decay, by adam": MANY,
    "momentum in float64": {"training": {"optimizer": "momentum", "precision": "float64"}},
    "rmsprop, the rate falling": {"training": {"optimizer": "rmsprop", "learning_rate_decay": 0.5}},
    "a cosine after a warm-up": {"training": {"schedule": "cosine", "warmup_fraction": 0.4}},
    "the full batch with noise": {"training": {"batch_size": "full"}, "regularization": {"augment": {"noise": 0.1}}},
    "measured each third epoch": {"training": {"evaluate_every": 3}},
    "stopping early": {"training": {"epochs": 60, "batch_size": "full"}, "regularization": {"patience_epochs": 3}},
    "three classes": {"data": {"source": "iris", "samples": None, "noise": None}, "training": {"batch_size": 30}},
    "three networks side by side": {"ensemble": 3, **MANY},
    "three networks, each from a bag of the rows": {"ensemble": 3, "bag_fraction": 0.7, **MANY},
    "diverging": {
        "training": {"optimizer": "gd", "learning_rate": 0.1, "epochs": 30},
        "network": {"activation": "identity"},
        "data": {"source": "regression", "samples": 50, "noise": 1.0},
    },
}


HASHES = Hashes("0" * 64, "1" * 64, "2" * 64)


def merged(base, changes):
    both = {**base, **changes}
    both |= {
        key: merged(base[key], changes[key]) for key in base.keys() & changes.keys() if isinstance(base[key], dict)
    }
    return {key: value for key, value in both.items() if value is not None}


def config_file(folder, changes=()):
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump(merged(BASE, dict(changes))))
    return path


def stop_at(monkeypatch, step):
    """Lets a signal come just before the end of this step, counted in each session."""
    after_step, done = Checkpointer.after_step, {"steps": 0}

    def counted(self):
        done["steps"] += 1
        if done["steps"] == step:
            self.interrupts.first = signal.SIGINT
        after_step(self)

    monkeypatch.setattr(Checkpointer, "after_step", counted)
    return done


def folder_of(result):
    return RunFolder(Path(result.run_dir))


@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS.keys())
def test_a_run_stopped_every_few_steps_equals_one_that_never_was(changes, tmp_path, monkeypatch):
    loaded = read_config(config_file(tmp_path, changes))
    whole = run(loaded, tmp_path / "whole")
    for every in (1, 3):
        with monkeypatch.context() as patch:
            stop_at(patch, every)
            result = run(loaded, tmp_path / "runs")
        sessions = 1
        while result.status == "interrupted":
            sessions += 1
            assert sessions < 200
            with monkeypatch.context() as patch:
                stop_at(patch, every)
                result = resume(folder_of(result))
        assert sessions > 1
        assert result.sessions == sessions
        assert essence(result.run_dir) == essence(whole.run_dir)


def test_a_signal_finishes_the_step_and_the_run_says_which_it_was(tmp_path):
    def watch(line):
        if line.epoch == 2:
            signal.raise_signal(signal.SIGTERM)

    result = run(read_config(config_file(tmp_path)), tmp_path / "runs", watched_by(watch))
    assert (result.status, result.signal, result.epochs) == ("interrupted", "SIGTERM", 2)
    newest = checkpoints.names(folder_of(result))[0]
    assert newest.startswith(f"checkpoint-{2 * 4 + 1:012d}-")  # 30 rows in batches of 8, and one step more


@pytest.mark.parametrize(
    ("keep", "told"), [("auto", "best parameters, of epoch 1,"), ("last", "last parameters, of epoch 2,")]
)
def test_an_interrupted_run_keeps_and_says_what_its_config_wants(keep, told, tmp_path, monkeypatch):
    # By epoch 2 the dev error has risen.
    training = {"optimizer": "gd", "learning_rate": 5.0, "keep": keep}
    folder = interrupted_run(tmp_path, monkeypatch, {"training": training})
    result, lines = read_result(folder), folder.read_lines("metrics.jsonl")
    assert result.message == f"after 2 epochs; the {told} are kept"
    assert result.kept_epoch == (result.epochs if keep == "last" else result.best_epoch)
    assert result.errors.dev == lines[result.kept_epoch - 1]["dev_error"]
    assert lines[0]["dev_error"] < lines[1]["dev_error"]


def test_the_second_signal_leaves_at_once_and_the_run_can_be_gone_on_with(tmp_path):
    def watch(line):
        if line.epoch == 3:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    loaded = read_config(config_file(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        run(loaded, tmp_path / "runs", watched_by(watch))
    (row,) = list_runs(tmp_path / "runs")
    assert row.status == "interrupted"
    assert not any(file.problem for file in verify(RunFolder(tmp_path / "runs" / row.run_id)))
    result = resume(RunFolder(tmp_path / "runs" / row.run_id))
    assert essence(result.run_dir) == essence(run(loaded, tmp_path / "whole").run_dir)


def test_signals_find_their_old_handlers_after_a_run(tmp_path):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run(read_config(config_file(tmp_path)), tmp_path / "runs")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def interrupted_run(tmp_path, monkeypatch, changes=(), step=10):
    with monkeypatch.context() as patch:
        stop_at(patch, step)
        result = run(read_config(config_file(tmp_path, changes)), tmp_path / "runs")
    assert result.status == "interrupted"
    return folder_of(result)


def test_a_run_that_is_over_is_shown_as_it_ended(tmp_path):
    result = run(read_config(config_file(tmp_path)), tmp_path / "runs")
    before = {path: path.read_bytes() for path in Path(result.run_dir).iterdir()}
    assert resume(folder_of(result)) == result
    assert {path: path.read_bytes() for path in Path(result.run_dir).iterdir()} == before


LONGER = {
    "plain": {},
    "thirds": {"training": {"evaluate_every": 3}},
    "many": MANY,
    "the best": {"training": {"keep": "best", "learning_rate": 0.2}},
}


@pytest.mark.parametrize("changes", LONGER.values(), ids=LONGER.keys())
@pytest.mark.parametrize("step", [None, 6, 10])
def test_a_run_made_longer_equals_one_declared_that_long_and_leaves_the_first_as_it_was(
    changes, step, tmp_path, monkeypatch
):
    path = config_file(tmp_path, changes)
    with monkeypatch.context() as patch:
        stop_at(patch, step)
        short = run(read_config(path), tmp_path / "runs")
    before = (Path(short.run_dir) / "result.json").read_bytes()
    longer = resume(folder_of(short), ["training.epochs=8"])
    declared = run(read_config(path, ["training.epochs=8"]), tmp_path / "runs")
    assert longer.epochs == 8
    assert essence(longer.run_dir) == essence(declared.run_dir)
    assert (Path(short.run_dir) / "result.json").read_bytes() == before
    assert read_manifest(folder_of(longer)).identity.parent == Parent(short.run_id, "longer")


@pytest.mark.parametrize(
    ("pace", "spread"),
    [
        ({"schedule": "flat_cosine"}, "training.schedule flat_cosine"),
        ({"warmup_fraction": 0.1}, "training.warmup_fraction 0.1"),
    ],
)
def test_a_run_whose_rate_is_spread_over_its_epochs_is_not_made_longer(pace, spread, tmp_path):
    result = run(read_config(config_file(tmp_path, {"training": pace})), tmp_path / "runs")
    folder = folder_of(result)
    with pytest.raises(StoreError) as refusal:
        resume(folder, ["training.epochs=8"])
    assert str(refusal.value) == (
        f"{folder.id}: {spread} is spread over all epochs, so the rate of a run of 8 differs from the first step on; "
        f"train it from the start: dlrun train {folder.path}/resolved.yaml training.epochs=8"
    )
    assert resume(folder, ["training.epochs=4"]) == result


def test_a_longer_run_begins_at_the_checkpoint_and_not_anew(tmp_path, monkeypatch):
    short = run(read_config(config_file(tmp_path)), tmp_path / "runs")
    done = stop_at(monkeypatch, None)
    resume(folder_of(short), ["training.epochs=8"])
    assert done["steps"] == 4 * 4


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("training.epochs=3", "training.epochs was 4, is 3; a run can be made longer, not shorter: train it anew"),
        (
            "network.width=6",
            "its config changed: network.width was 5, is 6; put it back, or train a new run with the new one",
        ),
    ],
)
def test_another_config_is_refused_by_what_differs(override, told, tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch)
    with pytest.raises(StoreError) as refusal:
        resume(folder, [override])
    assert str(refusal.value) == f"{folder.id}: {told}"


def test_an_edited_config_in_the_folder_is_refused_by_what_differs(tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch)
    resolved = folder.path / "resolved.yaml"
    resolved.write_text(resolved.read_text().replace("learning_rate: 0.02", "learning_rate: 0.03"))
    with pytest.raises(
        StoreError, match=r"its config changed: training\.learning_rate was 0\.02, is 0\.03; put it back"
    ):
        resume(folder)


def test_how_often_a_run_is_kept_may_change(tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch)
    assert resume(folder, ["training.checkpoint_epochs=2"]).status == "finished"


def test_changed_data_are_refused_by_their_hash(tmp_path, monkeypatch):
    table = tmp_path / "t.csv"
    table.write_text("a,b,y\n" + "1,2,u\n3,5,v\n" * 20)
    changes = {"data": {"source": "t.csv", "samples": None, "noise": None}}
    folder = interrupted_run(tmp_path, monkeypatch, changes, step=2)
    table.write_text("a,b,y\n" + "1,2,u\n3,6,v\n" * 20)
    with pytest.raises(
        StoreError, match=r"the data of .*t\.csv changed: its sha256 was [0-9a-f]{12}, is [0-9a-f]{12};"
    ):
        resume(folder)
    table.write_text("a,b,y\n" + "1,2,u\n3,5,v\n" * 20)
    assert resume(folder).status == "finished"


def test_a_damaged_checkpoint_is_passed_over_for_an_older_one_and_told(tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch)
    whole = run(read_config(config_file(tmp_path)), tmp_path / "whole")
    newest, *_ = checkpoints.names(folder)
    data = bytearray((folder.path / newest).read_bytes())
    data[len(data) // 2] ^= 1
    (folder.path / newest).write_bytes(data)
    result = resume(folder)
    assert result.notes == (
        f"{folder.path / newest}: corrupt (its checksum does not fit); "
        "an older checkpoint, or the beginning, is used instead",
    )
    assert essence(folder.path) == essence(whole.run_dir)


def test_without_any_checkpoint_a_run_begins_anew_and_ends_the_same(tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch)
    for name in checkpoints.names(folder):
        (folder.path / name).unlink()
    resume(folder)
    assert essence(folder.path) == essence(run(read_config(config_file(tmp_path)), tmp_path / "whole").run_dir)


def test_a_checkpoint_of_another_run_is_not_taken(tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch)
    other = interrupted_run(tmp_path, monkeypatch, {"seed": 5})
    for name in checkpoints.names(folder):
        (folder.path / name).unlink()
    for name in checkpoints.names(other):
        shutil.copy(other.path / name, folder.path / name)
    notes = resume(folder).notes
    assert all("of another config or other data" in note for note in notes)
    whole = run(read_config(config_file(tmp_path)), tmp_path / "whole")
    assert essence(folder.path) == essence(whole.run_dir)


def test_metrics_that_lost_lines_take_the_run_back_to_an_older_checkpoint(tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch, step=14)
    whole = run(read_config(config_file(tmp_path)), tmp_path / "whole")
    lines = (folder.path / "metrics.jsonl").read_bytes().splitlines(keepends=True)
    (folder.path / "metrics.jsonl").write_bytes(lines[0] + lines[1][:-9])
    result = resume(folder)
    assert any("metrics.jsonl is sound up to epoch 1" in note for note in result.notes)
    assert essence(folder.path) == essence(whole.run_dir)


def test_a_checkpoint_that_asks_for_much_memory_is_refused_by_what_the_config_implies(tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch)
    newest, *_ = checkpoints.names(folder)
    with (folder.path / newest).open("r+b") as file:
        file.truncate(32 * 2**30)  # sparse: it takes no room on the disk
    assert "bytes; the run's config implies at most" in resume(folder).notes[0]


def test_checkpoints_of_other_shapes_and_names_are_refused_before_they_are_read(tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch)
    forms = {"a": checkpoints.Form((2, 3), np.dtype(np.float32))}
    for arrays, told in [
        ({"a": np.zeros((3, 2), np.float32)}, "array 'a' is (3, 2) of float32; expected (2, 3) of float32"),
        ({"a": np.zeros((2, 3))}, "array 'a' is (2, 3) of float64; expected (2, 3) of float32"),
        ({"b": np.zeros((2, 3), np.float32)}, "holds ['record', 'b']; expected ['record', 'a']"),
    ]:
        name = checkpoints.save(folder, 999, 0, HASHES, arrays)
        with pytest.raises(StoreError) as refusal:
            checkpoints.load(folder, name, forms)
        assert told in str(refusal.value)


def test_the_last_two_checkpoints_and_the_first_with_the_best_are_kept(tmp_path):
    folder = RunFolder(tmp_path)
    for steps, best in [(1, 1), (2, 2), (3, 2), (4, 2), (5, 2)]:
        checkpoints.save(folder, steps, best, HASHES, {"a": np.zeros(3)})
    assert [int(name[11:23]) for name in checkpoints.names(folder)] == [5, 4, 2]


def test_a_checkpoint_that_reads_back_differently_keeps_the_older_ones(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    for steps in (1, 2):
        checkpoints.save(folder, steps, 0, HASHES, {"a": np.zeros(3)})
    monkeypatch.setattr(checkpoints, "is_sealed", lambda file: False)
    with pytest.raises(StoreError, match=r"does not read back as it was written; check the disk"):
        checkpoints.save(folder, 3, 0, HASHES, {"a": np.zeros(3)})
    assert len(checkpoints.names(folder)) == 3


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "No space left on device; free some space on the disk, or choose another runs folder"),
        (errno.EROFS, "Read-only file system; choose a runs folder on a disk that can be written to"),
    ],
)
def test_a_disk_that_refuses_a_checkpoint_fails_the_run_in_plain_words(number, told, tmp_path, monkeypatch):
    write_whole, refusals = disk.write_whole, []

    def refuse_the_second_checkpoint(path, write, **options):
        if path.name.startswith("checkpoint-000000000008") and not refusals:
            refusals.append(path)
            with raised_as_store_error(path, "written"):
                raise OSError(number, os.strerror(number))
        write_whole(path, write, **options)

    monkeypatch.setattr(disk, "write_whole", refuse_the_second_checkpoint)
    loaded = read_config(config_file(tmp_path))
    with pytest.raises(StoreError) as refusal:
        run(loaded, tmp_path / "runs")
    (row,) = list_runs(tmp_path / "runs")
    command = f"dlrun resume {row.run_id} --runs-dir {tmp_path / 'runs'}"
    assert str(refusal.value) == f"{refusals[0]}: cannot be written: {told}; then resume it: {command}"
    assert row.status == "failed"
    folder = RunFolder(tmp_path / "runs" / row.run_id)
    assert [name[11:23] for name in checkpoints.names(folder)] == ["000000000004"]
    assert essence(resume(folder).run_dir) == essence(run(loaded, tmp_path / "whole").run_dir)


def test_after_a_bug_the_run_has_failed_with_its_traceback_and_can_be_gone_on_with(tmp_path):
    def watch(line):
        if line.epoch == 3:
            raise ZeroDivisionError("planted")

    loaded = read_config(config_file(tmp_path))
    with pytest.raises(ZeroDivisionError) as bug:
        run(loaded, tmp_path / "runs", watched_by(watch))
    folder = RunFolder(bug.value.run_dir)
    assert status_of(folder) == "failed"
    assert "planted" in (folder.path / "traceback.txt").read_text()
    assert essence(resume(folder).run_dir) == essence(run(loaded, tmp_path / "whole").run_dir)


def test_two_processes_never_work_in_one_run(tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch)
    with folder.locked():
        assert status_of(folder) == "running"
        with pytest.raises(StoreError) as refusal:
            resume(folder)
    assert str(refusal.value) == (
        f"{folder.path}: another process is at work in this run; wait until it has ended, or stop it"
    )
    assert status_of(folder) == "interrupted"


def test_checkpoints_by_seconds_stay_within_their_share(tmp_path):
    path = config_file(tmp_path, {"training": {"checkpoint_epochs": None, "checkpoint_seconds": 1e-6, "epochs": 300}})
    spent = []
    save = Checkpointer.save

    def watched(self):
        save(self)
        spent.append((self.spent - self.cost) / self.seconds())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpointer, "save", watched)
        run(read_config(path), tmp_path / "runs")
    assert all(share < 0.03 for share in spent)


def test_a_run_json_of_a_newer_program_is_refused_in_plain_words(tmp_path, monkeypatch):
    folder = interrupted_run(tmp_path, monkeypatch)
    folder.write_json("run.json", folder.read_json("run.json") | {"format": 2})
    told = (
        f"{folder.path / 'run.json'}: format 2, and this dlrun knows formats up to 1; use the newer dlrun that wrote it"
    )
    with pytest.raises(StoreError) as refusal:
        resume(folder)
    assert str(refusal.value) == told
    (row,) = list_runs(tmp_path / "runs")
    assert (row.status, row.problem) == ("broken", told)


def test_run_json_says_who_began_it_and_with_what(tmp_path):
    result = run(read_config(config_file(tmp_path), ["seed=3", "training.epochs=2"]), tmp_path / "runs")
    manifest = read_manifest(folder_of(result))
    assert manifest.identity.overrides == ("seed=3", "training.epochs=2")
    assert manifest.identity.parent is None
    assert manifest.identity.environment == environment()
    assert manifest.identity.config["seed"] == 3
    assert [session.checkpoint for session in manifest.sessions] == [None]


def test_a_run_of_a_config_without_a_latin_letter_in_its_name_is_resumed(tmp_path, monkeypatch):
    path = config_file(tmp_path, {"name": None}).rename(tmp_path / "实验.yaml")
    whole = run(read_config(path), tmp_path / "whole")
    with monkeypatch.context() as patch:
        stop_at(patch, 7)
        folder = RunFolder(Path(run(read_config(path), tmp_path / "runs").run_dir))
    assert essence(resume(folder).run_dir) == essence(whole.run_dir)
    assert whole.name == "实验"


def test_a_needed_run_is_used_again_unless_config_or_data_differ(tmp_path):
    path = config_file(tmp_path)
    first = run(read_config(path), tmp_path / "runs", needed=True)
    assert first.reused is None
    again = run(read_config(path, ["training.checkpoint_epochs=2"]), tmp_path / "runs", needed=True)
    assert (again.reused, again.run_id) == (True, first.run_id)
    assert run(read_config(path, ["seed=1"]), tmp_path / "runs", needed=True).reused is None
    assert len(list_runs(tmp_path / "runs")) == 2
