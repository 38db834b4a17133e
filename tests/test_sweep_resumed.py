"""A sweep that was killed, damaged or extended twice at once goes on with the decisions and bits it would have had.

What `python -m tests.reliability --only sweeps` found at random moments is here each at its own.
"""

import json
from concurrent.futures import Future
from dataclasses import replace

import pytest
from test_sweep_running import EARLY, WORDS, Seen, begun, by_training, config, worked

from dlrun.errors import ClusterError, StoreError
from dlrun.executor import Here, temporary
from dlrun.experiment import read_config
from dlrun.experiment.prepare import ready_data
from dlrun.store import RunFolder, create_run, list_runs, reserve, status_of
from dlrun.sweep import running, training
from dlrun.sweep.asked import Options, sweep_asked
from dlrun.sweep.folder import ARRAYS, CONFIG, PAUSED, PAUSES, PLAN, SPLITS, TRAININGS
from dlrun.sweep.journal import STUDY
from dlrun.sweep.prepared import shared_data
from dlrun.sweep.records import Work
from dlrun.sweep.running import end_stopped_run
from dlrun.sweep.telling import outcome_of_folder
from dlrun.sweep.training import Base, train_one

__all__ = ["config"]

TPE = ("regularization.lambda=0,1,10", "training.learning_rate=0.05,0.0001")
# Of which Optuna proposes some more than once.
ELEVEN = ("regularization.lambda=0..10",)


def figures(folder):
    """What each training has come to, and its network."""
    return {
        training: (line.status, line.epochs, line.errors, line.parameters_sha256)
        for training, line in by_training(folder).items()
    }


def changed(path, at, by=1):
    data = bytearray(path.read_bytes())
    data[at] ^= by
    path.write_bytes(data)


def without_line(path, number):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:number] + lines[number + 1 :]))


def test_a_run_folder_is_noted_before_it_is_made(tmp_path):
    seen = []
    run = create_run(tmp_path, "a", noted=lambda run_id: seen.append((run_id, (tmp_path / run_id).exists())))
    assert seen == [(run.id, False)]


@pytest.mark.parametrize("name", [PLAN, CONFIG])
def test_no_byte_of_a_plan_or_its_config_can_change_without_a_sentence(config, name):
    folder = begun(config, *WORDS)
    whole = (folder.path / name).read_bytes()
    for at in range(0, len(whole), 7):
        changed(folder.path / name, at)
        with pytest.raises(StoreError, match=name):
            worked(folder)
        (folder.path / name).write_bytes(whole)
    assert len(worked(folder).lines) == 4


def test_two_extensions_that_were_asked_for_at_once_are_both_there(config):
    folder = begun(config, *WORDS)
    first, second = (sweep_asked([word], Options(), folder) for word in ("seed=2", "regularization.lambda=3"))
    worked(folder)
    first.written(folder.runs_dir)
    second.written(folder.runs_dir)
    manifest = folder.manifest()
    assert manifest.plan.trainings_count == 9
    assert len(manifest.environments) == len(manifest.sessions) == 1  # of the session in between
    assert len(worked(folder).lines) == 5


def works(config, tmp_path, *, light):
    """A function that does one training until a pause, from a state."""
    base = Base("sweep", config.read_bytes(), str(config), None if light else tmp_path, None)

    def paused_at(epochs, state=None):
        work = Work("key", 0, {}, 0, ("seed=0",), None if light else "20260101-000000-a-0000", epochs, state)
        return train_one(base, work)

    return paused_at


@pytest.mark.parametrize("light", [False, True])
def test_a_training_that_is_at_its_pause_or_past_it_pauses_again_with_the_same_line(config, tmp_path, light):
    paused_at = works(config, tmp_path, light=light)
    first = paused_at(3)
    second = paused_at(6, first.state)
    assert (first.line.epochs, second.line.epochs) == (3, 6)
    for again, wanted in ((paused_at(6, second.state), second), (paused_at(3, second.state), first)):
        assert again.is_paused
        assert replace(again.line, seconds=0.0) == replace(wanted.line, seconds=0.0)
        assert again.arrays == wanted.arrays


def test_a_damaged_state_of_a_paused_training_begins_anew(config, tmp_path):
    paused_at = works(config, tmp_path, light=True)
    assert paused_at(6, paused_at(3).state[:-9]).line.losses == paused_at(6).line.losses


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("stage", [0, 1])
def test_an_early_sweep_without_the_line_of_a_pause_decides_the_same(config, light, stage):
    whole, cut = (begun(config, *EARLY, light=light, early=True) for _ in range(2))
    worked(whole)
    worked(cut)
    ends = cut.ended()
    winner = next(key for key, end in ends.items() if end == "finished")
    pauses = [(line.key, line.epochs) for line in cut.paused_lines()]
    without_line(cut.path / PAUSES, [at for at, (key, _) in enumerate(pauses) if key == winner][stage])
    seen = worked(cut)
    assert seen.lines == []  # nothing has ended again, and nothing is trained further
    assert figures(cut) == figures(whole)
    assert set(pauses) == {(line.key, line.epochs) for line in cut.paused_lines()}


@pytest.mark.parametrize("light", [False, True])
def test_arrays_and_splits_that_were_damaged_are_there_again_after_a_resume(config, light):
    folder = begun(config, *WORDS, light=light)
    worked(folder)
    whole = outcome_of_folder(folder).settings
    second = list(folder.lines())[1]
    changed(folder.path / ARRAYS, second.arrays_at + 200)
    (folder.path / SPLITS / f"{second.split_sha256}.npz").write_bytes(b"")
    numbers = worked(folder).numbers
    assert second.number in numbers
    assert len(numbers) == 2  # one for its arrays, one of those with the split
    assert all(folder.arrays_of(line) and folder.split_of(line) for line in folder.lines())
    told = outcome_of_folder(folder).settings
    assert [(one.settings, one.dev, one.difference) for one in told] == [
        (one.settings, one.dev, one.difference) for one in whole
    ]
    assert not worked(folder).numbers


def test_what_a_killed_process_has_left_half_done_is_tidied(config):
    folder = begun(config, *EARLY, light=True, early=True)
    worked(folder)
    key = next(key for key, end in folder.ended().items() if end == "finished")
    left = [folder.path / PAUSED / f"{key}.npz", folder.path / SPLITS / ".a.npz.0000.tmp"]
    for path in left:
        path.write_bytes(b"")
    worked(folder)
    assert not any(path.exists() for path in left)


def test_a_run_that_is_stopped_holds_no_room_for_an_end_any_more(config, tmp_path):
    works(config, tmp_path, light=False)(3)
    run = RunFolder(tmp_path / "20260101-000000-a-0000")
    reserve(run)  # as it is where the process was killed after its pause
    end_stopped_run(run, "others do better")
    assert status_of(run) == "interrupted"
    assert not (run.path / ".reserve").exists()


def test_a_full_disk_is_never_the_fault_of_a_training(config, monkeypatch):
    folder = begun(config, *WORDS)

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training.Path, "mkdir", full)
    monkeypatch.setattr(running, "create_run", lambda *arguments, **options: RunFolder(folder.runs_dir / "a"))
    with pytest.raises(StoreError, match="No space left on device"):
        worked(folder)
    assert folder.ended() == {}


def test_without_room_for_temporary_files_there_is_a_sentence(monkeypatch):
    def full(**options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(temporary.tempfile, "mkdtemp", full)
    with pytest.raises(StoreError, match=r"No space left on device.*set TMPDIR"):
        temporary.Temporary()


def test_a_machine_without_the_folder_of_prepared_data_prepares_its_own(config, tmp_path):
    ready = shared_data(read_config(config), tmp_path / "elsewhere", ready_data)
    assert len(ready.dataset.train.X) > 0


def test_a_scheduler_that_is_lost_while_a_value_comes_fails_no_training():
    pytest.importorskip("distributed")
    from distributed.client import FutureCancelledError

    from dlrun.executor.cluster import Round
    from dlrun.executor.tasks import Task

    class Gone:
        def gone(self):
            return ClusterError("the scheduler is gone")

    done, fetched = Round(Gone(), print, []), Future()
    done.at_work["key"] = None, Task(0, ())
    fetched.set_exception(FutureCancelledError("key", "scheduler-connection-lost"))
    with pytest.raises(ClusterError, match="the scheduler is gone"):
        list(done.after("key", fetched))


@pytest.fixture
def proposed(config):
    """A function that begins a sweep by Optuna's sampler."""
    pytest.importorskip("optuna")

    def made(*, words=TPE, trials=4, early=False, light=True):
        return begun(config, *words, light=light, early=early, trials=trials, sampler="tpe")

    return made


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("after", [1, 3])
def test_a_sampler_proposes_the_same_whether_or_not_the_sweep_was_cut_short(proposed, early, after):
    whole, cut = proposed(early=early), proposed(early=early)
    worked(whole)
    with pytest.raises(KeyboardInterrupt):
        worked(cut, seen=Seen(interrupt_after=after))
    worked(cut)
    assert figures(cut) == figures(whole)
    assert len(whole.ended()) == 4


@pytest.mark.parametrize("always", [False, True])
def test_a_sampler_brings_every_setting_of_a_grid_once_however_many_are_asked_for(proposed, always, monkeypatch):
    from dlrun.sweep import study

    if always:  # it proposes the same
        same = study.sampler_of
        monkeypatch.setattr(study, "sampler_of", lambda plan, trials: same(plan, 0))
    folder = proposed(words=ELEVEN, trials=40)
    seen = worked(folder)
    assert len(seen.numbers) == len(set(map(str, (line.settings for line in seen.lines)))) == 11
    assert outcome_of_folder(folder).status == "finished"


class Ahead(Here):
    """Takes all tasks before it does the first, so that settings are proposed while others are tried."""

    def each(self, function, tasks):
        return super().each(function, list(tasks))


@pytest.mark.parametrize("early", [False, True])
def test_a_setting_that_is_proposed_while_it_is_tried_is_trained_once(proposed, early):
    folder = proposed(words=ELEVEN, trials=40, early=early, light=False)
    seen = worked(folder, Ahead(1))
    assert len(seen.lines) == len(list_runs(folder.runs_dir)) == 11
    assert {line.status for line in seen.lines} <= {"finished", "stopped"}
    assert not worked(folder).numbers


def test_a_setting_whose_end_was_being_written_is_stopped_for_good(proposed, monkeypatch):
    from dlrun.sweep.study import Choosing

    folder = proposed(trials=2, early=True)
    sweep_asked(["seed=1"], Options(), folder).written(folder.runs_dir)
    monkeypatch.setattr(Choosing, "is_to_stop", lambda choosing, tried, error: True)
    with pytest.raises(KeyboardInterrupt):  # after one of the two seeds
        worked(folder, seen=Seen(interrupt_after=1))
    monkeypatch.setattr(Choosing, "is_to_stop", lambda choosing, tried, error: False)
    worked(folder)
    lines = by_training(folder).values()
    assert sorted((line.number % 2, line.status) for line in lines) == [
        *[(0, "stopped")] * 2,
        *[(1, "finished")] * 2,
    ]
    assert len(complete_lines(folder)) == 4


def test_a_setting_is_judged_once_at_each_pause_though_the_sweep_was_cut_short(proposed, monkeypatch):
    from dlrun.sweep.study import Choosing

    pauses = []

    def noted(choosing, tried, error):
        pauses.append(tried.pause)
        if pauses == [0, 1]:
            raise KeyboardInterrupt
        return False

    folder = proposed(trials=1, early=True)
    monkeypatch.setattr(Choosing, "is_to_stop", noted)
    with pytest.raises(KeyboardInterrupt):
        worked(folder)
    worked(folder)
    assert pauses == [0, 1, 1, 2]


def complete_lines(folder):
    return (folder.path / TRAININGS).read_bytes().splitlines()


def test_seeds_and_trials_that_come_later_are_trained_in_a_sampled_sweep_too(proposed):
    folder = proposed(trials=2)
    worked(folder)
    sweep_asked(["seed=1"], Options(), folder).written(folder.runs_dir)
    assert {line.seed for line in worked(folder).lines} == {1}
    sweep_asked([], Options(trials=3), folder).written(folder.runs_dir)
    assert [line.seed for line in worked(folder).lines] == [0, 1]
    outcome = outcome_of_folder(folder)
    assert (outcome.counts.finished, outcome.status) == (6, "finished")
    assert sorted(one.number for one in outcome.settings) == [0, 1, 2]


def test_a_study_whose_last_line_was_cut_short_goes_on(proposed):
    whole, cut = proposed(), proposed()
    worked(whole)
    with pytest.raises(KeyboardInterrupt):
        worked(cut, seen=Seen(interrupt_after=2))
    path = cut.path / STUDY
    path.write_bytes(path.read_bytes() + b'{"op_code": 4, "stu')
    (cut.path / f"{STUDY}.lock").symlink_to(path)  # as Optuna's own programs leave one
    worked(cut)
    assert figures(cut) == figures(whole)


@pytest.mark.parametrize("damage", ["a line that is no JSON", "a line of another kind", "lines that are gone"])
def test_a_study_that_is_damaged_is_told_in_a_sentence(proposed, damage):
    folder = proposed()
    worked(folder)
    path = folder.path / STUDY
    lines = path.read_bytes().splitlines(keepends=True)
    if damage == "a line that is no JSON":
        lines[3] = b"{" + lines[3]
    elif damage == "a line of another kind":
        lines[3] = json.dumps(json.loads(lines[3]) | {"op_code": 99}).encode() + b"\n"
    else:
        lines = lines[:4]
    path.write_bytes(b"".join(lines))
    with pytest.raises(StoreError, match=r"study.log: corrupt \(.*\); restore it from a copy, or begin another sweep"):
        worked(folder)
    assert len(complete_lines(folder)) == 4
