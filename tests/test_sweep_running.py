"""A sweep's trainings have the bits of `dlrun train`, and a sweep goes on after any end with what is missing alone."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from dlrun.errors import StoreError, UsageError
from dlrun.executor import Here
from dlrun.experiment import read_config, resume, run
from dlrun.experiment.prepare import ready_data
from dlrun.records import NO_ERRORS, BySplit
from dlrun.store import MODEL, PREDICTIONS, RunFolder, from_plain, list_runs, read_metrics, status_of, to_plain
from dlrun.store.lines import sealed
from dlrun.sweep import folder as sweep_folder
from dlrun.sweep.asked import Options, sweep_asked
from dlrun.sweep.folder import SweepFolder
from dlrun.sweep.reading import Reader
from dlrun.sweep.records import TrainingLine
from dlrun.sweep.running import FailedFast, Wishes
from dlrun.sweep.sweeping import run_sweep

CONFIG = """\
data: {source: moons, samples: 200, noise: 0.3}
network: {hidden: [8]}
training: {epochs: 9, learning_rate: 0.05}
"""
WORDS = ("regularization.lambda=0,1", "seed=0..1")


class Seen:
    """What a watcher is told. interrupt_after : a KeyboardInterrupt after so many trainings."""

    def __init__(self, interrupt_after=None):
        self.numbers, self.lines, self.interrupt_after = [], [], interrupt_after

    def begun(self, number, settings, seed):
        self.numbers.append(number)

    def update(self, line):
        self.lines.append(line)
        if len(self.lines) == self.interrupt_after:
            raise KeyboardInterrupt


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG)
    return path


def begun(config, *words, light=False, early=False, trials=None, sampler=None):
    options = Options(trials=trials, sampler=sampler, early=early, light=light)
    return sweep_asked([str(config), *words], options, None).written(config.parent / "runs")


def worked(folder, executor=None, seen=None, **wishes):
    seen = seen or Seen()
    with executor or Here(1) as here:
        run_sweep(folder, here, seen, Wishes(**wishes))
    return seen


def by_training(folder):
    return {(tuple(sorted(line.settings.items())), line.seed): line for line in folder.lines()}


def overrides(line):
    return [*(f"{key}={json.dumps(value)}" for key, value in line.settings.items()), f"seed={line.seed}"]


def trained_alone(config, line, runs_dir):
    """The same training by `dlrun train`."""
    return run(read_config(config, overrides(line)), runs_dir)


def same_bits(one: RunFolder, other: RunFolder):
    """Whether two runs have the same network, the same predictions and the same course."""
    equal = all(
        np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f")
        for name in (MODEL, PREDICTIONS)
        for mine, theirs in zip(one.read_arrays(name).values(), other.read_arrays(name).values(), strict=True)
    )
    courses = ([replace(record, seconds=0.0) for record in read_metrics(folder)] for folder in (one, other))
    return equal and next(courses) == next(courses)


@pytest.mark.parametrize("processes", [1, 2])
def test_every_training_has_the_bits_of_dlrun_train(config, tmp_path, processes):
    folder = begun(config, *WORDS)
    worked(folder, Here(processes))
    lines = list(folder.lines())
    assert len(lines) == 4
    for line in lines:
        alone = trained_alone(config, line, tmp_path / "alone")
        own = RunFolder(folder.runs_dir / line.run_id)
        assert same_bits(own, alone.folder)
        assert line.errors == alone.result_required().errors
        assert own.read_json("run.json")["config_sha256"] == alone.manifest.identity.hashes.config_sha256


def test_a_sweep_over_bags_has_the_bits_of_dlrun_train(config, tmp_path):
    config.write_text(CONFIG + "ensemble: 3\n")
    folder = begun(config, "bag_fraction=0.5,1", "seed=0..1")
    worked(folder)
    lines = list(folder.lines())
    for line in lines:
        own = RunFolder(folder.runs_dir / line.run_id)
        assert same_bits(own, trained_alone(config, line, tmp_path / "alone").folder)
    assert len({line.parameters_sha256 for line in lines}) == 4


def test_a_light_training_has_the_bits_of_dlrun_train_without_a_run_folder(config, tmp_path):
    heavy, light = begun(config, *WORDS), begun(config, *WORDS, light=True)
    for folder in (heavy, light):
        worked(folder)
    expected, found = by_training(heavy), by_training(light)
    assert found.keys() == expected.keys()
    for training, line in found.items():
        other = expected[training]
        assert line.run_id is None
        assert (line.errors, line.losses, line.parameters_sha256) == (
            other.errors,
            other.losses,
            other.parameters_sha256,
        )
        assert (line.config_sha256, line.split_sha256) == (other.config_sha256, other.split_sha256)
        mine, theirs = light.arrays_of(line), heavy.arrays_of(other)
        assert all(np.array_equal(mine[name], theirs[name]) for name in theirs)
    assert len(list_runs(light.runs_dir)) == 4  # those of the other sweep alone


def test_the_data_of_many_settings_are_prepared_before_their_trainings_are_handed_out(tmp_path, monkeypatch):
    """So that no process but the sweep's own imports what reads and scales them."""
    config = tmp_path / "flowers.yaml"
    config.write_text("data: {source: iris}\nnetwork: {hidden: [4]}\ntraining: {epochs: 1}\n")
    seen = []
    monkeypatch.setattr("dlrun.sweep.training.ready_data", lambda *given: seen.append(1) or ready_data(*given))
    folder = begun(config, "regularization.lambda=0,1,2,3,4,5,6,7", "seed=0..1", light=True)
    worked(folder, Here(2))
    assert len(seen) == 2  # here, where monkeypatch reaches: once for each seed
    assert folder.done_count() == 16
    few = begun(config, *WORDS, light=True)
    worked(few, Here(2))
    assert len(seen) == 2
    config.write_text("data: {source: moons, samples: 4}\n")
    refused = begun(config, "regularization.lambda=0,1,2,3,4,5,6,7", light=True)
    assert [line.status for line in worked(refused, Here(2)).lines] == ["failed"] * 8


@pytest.mark.parametrize(
    "ends",
    [
        ("regularization.patience_epochs=3", "training.epochs=60"),
        ("training.evaluate_every=4",),
        ("training.keep=best",),
        ("training.keep=last", "regularization.patience_epochs=3", "training.epochs=60"),
        ("training.optimizer=gd", "training.learning_rate=1e30"),
    ],
)
def test_the_errors_of_a_light_training_are_those_of_dlrun_train_however_it_ends(config, tmp_path, ends):
    folder = begun(config, *ends, *WORDS, light=True)
    worked(folder)
    lines = list(folder.lines())
    assert len(lines) == 4
    for line in lines:
        result = run(read_config(config, [*ends, *overrides(line)]), tmp_path / "alone").result_required()
        assert (line.errors, line.losses) == (result.errors, result.losses)
        assert (line.status, line.epochs, line.best_epoch) == (result.status, result.epochs, result.best_epoch)


def test_the_kept_answers_are_those_of_the_run(config):
    folder = begun(config, *WORDS)
    worked(folder)
    reader = Reader(folder)
    for line in folder.lines():
        kept = RunFolder(folder.runs_dir / line.run_id).read_arrays(PREDICTIONS)
        errors = reader.row_errors(line)
        assert np.array_equal(errors.rows, kept["dev_rows"])
        assert np.array_equal(errors.errors, ~kept["dev_correct"])
        assert errors.error() == pytest.approx(line.errors.dev, abs=1e-15)


def test_a_regressions_kept_errors_are_its_error(tmp_path):
    config = tmp_path / "numbers.yaml"
    config.write_text("data: {source: diabetes}\ntraining: {epochs: 5}\n")
    folder = begun(config, "seed=0..1")
    worked(folder)
    for line in folder.lines():
        assert Reader(folder).row_errors(line).error() == pytest.approx(line.errors.dev, rel=1e-5)


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("after", [1, 3])
def test_a_sweep_that_was_interrupted_does_what_is_missing_and_no_more(config, tmp_path, light, after):
    whole, cut = begun(config, *WORDS, light=light), begun(config, *WORDS, light=light)
    worked(whole)
    with pytest.raises(KeyboardInterrupt):
        worked(cut, seen=Seen(interrupt_after=after))
    done = set(cut.ended())
    assert len(done) == after
    second = worked(cut)
    assert {line.key for line in second.lines} == set(whole.ended()) - done
    assert {key: line.parameters_sha256 for key, line in by_training(cut).items()} == {
        key: line.parameters_sha256 for key, line in by_training(whole).items()
    }
    assert not worked(cut).numbers


def test_a_training_that_was_killed_in_its_run_folder_goes_on_there(config):
    folder = begun(config, *WORDS)
    with pytest.raises(KeyboardInterrupt):
        worked(folder, seen=Seen(interrupt_after=1))
    # As a kill leaves it: the next training has begun, with a checkpoint and no result.
    planned = list(folder.manifest().plan.trainings())[1]
    run_id = folder.begun().get(planned.key)
    if run_id is None:
        run_id = RunFolder(folder.runs_dir / "20260101-000000-small-0000").id
        with (folder.path / sweep_folder.BEGUN).open("ab") as file:
            file.write(sweep_folder.sealed({"key": planned.key, "run_id": run_id}))
    own = folder.runs_dir / run_id
    shutil.rmtree(own, ignore_errors=True)
    other = run(
        read_config(config, ["regularization.lambda=1", "seed=0", "training.checkpoint_epochs=3"]), folder.runs_dir
    )
    shutil.copytree(other.folder.path, own)
    for name in ("result.json", "checksums.json", "model.npz", "predictions.npz"):
        (own / name).unlink()
    manifest = json.loads((own / "run.json").read_text()) | {"run_id": run_id}
    (own / "run.json").write_text(json.dumps(manifest))
    worked(folder)
    line = next(line for line in folder.lines() if line.key == planned.key)
    assert line.run_id == run_id
    assert len(json.loads((own / "run.json").read_text())["sessions"]) == 2
    assert same_bits(RunFolder(own), other.folder)


def test_a_run_folder_that_is_damaged_is_trained_again(config):
    folder = begun(config, *WORDS)
    worked(folder)
    first = next(iter(folder.lines()))
    (folder.runs_dir / first.run_id / "run.json").write_text("{")
    lines = (folder.path / sweep_folder.TRAININGS).read_bytes().splitlines(keepends=True)
    (folder.path / sweep_folder.TRAININGS).write_bytes(b"".join(lines[1:]))
    worked(folder)
    again = next(line for line in folder.lines() if line.key == first.key)
    assert again.parameters_sha256 == first.parameters_sha256
    assert status_of(RunFolder(folder.runs_dir / again.run_id)) == "finished"


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_line_that_was_cut_short_or_damaged_is_done_again(config, cut):
    folder = begun(config, *WORDS, light=True)
    worked(folder)
    before = by_training(folder)
    path = folder.path / sweep_folder.TRAININGS
    data = path.read_bytes()
    path.write_bytes(data[:-cut])
    assert len(worked(folder).lines) == 1
    damaged = bytearray(path.read_bytes())
    damaged[10] ^= 1
    path.write_bytes(damaged)
    assert len(worked(folder).lines) == 1
    after = by_training(folder)
    assert {k: v.parameters_sha256 for k, v in after.items()} == {k: v.parameters_sha256 for k, v in before.items()}


def test_a_line_is_found_by_its_key_and_its_arrays_by_their_place_whatever_its_texts_say(tmp_path):
    said = '"key": "other", "arrays_at": 50, "arrays_bytes": 60'
    first = TrainingLine(
        key="a",
        number=0,
        settings={said: said},
        seed=0,
        status="failed",
        message=said,
        errors=NO_ERRORS,
        losses=BySplit(0.1, 1e300),
    )
    second = replace(first, key="b", message=None, arrays_at=7, arrays_bytes=11)
    again = replace(first, status="diverged")
    lines = b"".join(sealed(to_plain(line)) for line in (first, second, again))
    (tmp_path / sweep_folder.TRAININGS).write_bytes(lines + b"not a line\n")
    folder = SweepFolder(tmp_path)
    assert list(folder.lines()) == [second, again]
    assert [from_plain(TrainingLine, plain) for plain in folder.plain_lines(sweep_folder.TRAININGS)] == [
        first,
        second,
        again,
    ]
    assert folder.ended() == {"a": "diverged", "b": "failed"}
    assert [sweep_folder.end_of(body) for _, body in folder.bodies(sweep_folder.TRAININGS)] == [0, 18, 0]


def test_a_line_of_another_form_counts_as_not_done(tmp_path):
    line = {"key": "a", "number": "0", "status": "finished"}
    (tmp_path / sweep_folder.TRAININGS).write_bytes(sealed(line))
    assert list(SweepFolder(tmp_path).lines()) == []


def test_more_values_and_seeds_do_only_the_new_trainings(config):
    folder = begun(config, *WORDS)
    worked(folder)
    longer = sweep_asked(["regularization.lambda=3", "seed=2"], Options(), folder).written(folder.runs_dir)
    assert longer.id == folder.id
    seen = worked(longer)
    assert len(seen.lines) == 5
    settings = {(line.settings["regularization.lambda"], line.seed) for line in folder.lines()}
    assert settings == {(value, seed) for value in (0.0, 1.0, 3.0) for seed in (0, 1, 2)}


def test_a_failed_training_is_told_apart_from_a_diverged_one_and_the_others_go_on(config):
    folder = begun(config, "training.learning_rate=0.05,1e30", "data.samples=200,4", "training.optimizer=gd")
    seen = worked(folder)
    ends = {(line.settings["training.learning_rate"], line.settings["data.samples"]): line for line in seen.lines}
    assert {key: line.status for key, line in ends.items()} == {
        (0.05, 200): "finished",
        (1e30, 200): "diverged",
        (0.05, 4): "failed",
        (1e30, 4): "failed",
    }
    assert "data.samples: got 4" in ends[0.05, 4].message
    assert not worked(folder).numbers
    assert (folder.done_count(), folder.done_count(retry=True)) == (4, 2)
    assert len(worked(folder, retry=True).numbers) == 2


def test_fail_fast_ends_a_sweep_with_the_command_that_goes_on(config):
    folder = begun(config, "data.samples=4,200", "seed=0..3")
    with pytest.raises(FailedFast, match=rf"training 0 failed: .*--resume {folder.id}.* --retry"):
        worked(folder, fail_fast=True)
    assert len(folder.ended()) == 1


def test_two_sessions_do_not_work_on_a_sweep_at_once(config):
    folder = begun(config, *WORDS)
    with folder.files.locked(), pytest.raises(StoreError, match="another process is at work"):
        worked(SweepFolder(folder.path))
    assert len(worked(folder).lines) == 4


def test_a_run_folder_that_takes_no_writes_ends_the_sweep_with_a_sentence_and_loses_nothing(config, monkeypatch):
    folder = begun(config, *WORDS)

    class FullAfter(Seen):
        def update(self, line):
            super().update(line)
            if len(self.lines) == 2:
                monkeypatch.setattr("dlrun.sweep.folder.LineFile.append", full)

    def full(self, data):
        raise StoreError(f"{self.path}: cannot be written: No space left on device; free some space")

    with pytest.raises(StoreError, match="No space left"):
        worked(folder, seen=FullAfter())
    monkeypatch.undo()
    assert len(worked(folder).lines) == 2
    assert len(folder.ended()) == 4


@pytest.mark.parametrize("more", [[], ["seed=2"]])
@pytest.mark.parametrize("light", [False, True])
def test_a_sweep_does_not_go_on_with_other_data(config, light, more):
    table = config.parent / "table.csv"
    rows = np.random.default_rng(0).normal(size=(80, 3))
    table.write_text("a,b,c\n" + "".join(f"{a},{b},{int(c > 0)}\n" for a, b, c in rows))
    config.write_text("data: {source: table.csv}\nnetwork: {hidden: [4]}\ntraining: {epochs: 2}\n")
    folder = begun(config, *WORDS, light=light)
    if more:
        worked(folder)
        folder = sweep_asked(more, Options(), folder).written(folder.runs_dir)
    else:
        with pytest.raises(KeyboardInterrupt):
            worked(folder, seen=Seen(interrupt_after=1))
    whole, done = table.read_text(), len(folder.ended())
    table.write_text(whole.replace("1\n", "0\n", 3))
    with pytest.raises(StoreError, match=r"the data of table\.csv changed since the sweep began: their sha256 was"):
        worked(folder)
    table.write_text(whole)
    assert len(folder.ended()) == done
    worked(folder)
    assert len(folder.ended()) == (6 if more else 4)


EARLY = ("regularization.lambda=0,0.1,0.3,1,3,10", "training.learning_rate=0.05,0.0001", "seed=0..1")


PACE = ("training.schedule=cosine", "training.warmup_fraction=0.3", "training.keep=best")


@pytest.mark.parametrize(("light", "pace"), [(False, ()), (True, ()), (False, PACE), (True, PACE)])
def test_what_survives_an_early_sweep_has_the_bits_of_a_full_run(config, light, pace):
    whole = begun(config, *EARLY, *pace, light=True)
    early = begun(config, *EARLY, *pace, light=light, early=True)
    worked(whole)
    seen = worked(early)
    full = by_training(whole)
    found = by_training(early)
    assert found.keys() == full.keys()
    ends = [line.status for line in found.values()]
    assert (ends.count("finished"), ends.count("stopped")) == (6, 18)  # of 12 settings 6 and then 3 go on
    for training, line in found.items():
        if line.status == "finished":
            assert line.parameters_sha256 == full[training].parameters_sha256
            assert line.errors == full[training].errors
        else:
            assert line.epochs in (2, 3)
            assert "settings did better so far" in line.message
    assert len(seen.lines) == 24
    if not light:
        stopped = next(line for line in found.values() if line.status == "stopped")
        own = RunFolder(early.runs_dir / stopped.run_id)
        assert status_of(own) == "interrupted"
        assert resume(own).result_required().errors == full[key_of(stopped)].errors


def key_of(line):
    return tuple(sorted(line.settings.items())), line.seed


@pytest.mark.parametrize("after", [3, 20, 22])
def test_an_early_sweep_that_was_interrupted_decides_the_same(config, after):
    whole, cut = (begun(config, *EARLY, light=True, early=True) for _ in range(2))
    worked(whole)
    with pytest.raises(KeyboardInterrupt):
        worked(cut, seen=Seen(interrupt_after=after))
    worked(cut)
    assert {key: (line.status, line.epochs) for key, line in by_training(cut).items()} == {
        key: (line.status, line.epochs) for key, line in by_training(whole).items()
    }


def test_words_that_do_not_fit_an_older_sweep_are_refused(config):
    folder = begun(config, *WORDS)
    with pytest.raises(UsageError, match="--light"):
        sweep_asked([], Options(light=True), folder)
