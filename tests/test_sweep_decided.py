"""What `--early` decides with `--sampler tpe` is decided once, wherever a sweep was cut short or its files damaged."""

import random
import shutil
from dataclasses import replace

import pytest
from test_sweep_resumed import figures, proposed, without_line
from test_sweep_running import Seen, config, worked

from dlrun.errors import StoreError
from dlrun.executor import Here, Lost
from dlrun.sweep.asked import Options, sweep_asked
from dlrun.sweep.folder import TRAININGS
from dlrun.sweep.halving import is_among_better
from dlrun.sweep.journal import STUDY, opened_study
from dlrun.sweep.running import Session

__all__ = ["config", "proposed"]

# One of four is stopped at its first pause, and another at its last, where its error is higher than it was before.
RATES = ("training.learning_rate=0.0001..1",)


class HandedOut(Seen):
    """Is interrupted when a training is handed out for the n-th time, also to go on from a pause."""

    def begun(self, number, settings, seed):
        super().begun(number, settings, seed)
        if len(self.numbers) == self.interrupt_after:
            raise KeyboardInterrupt


@pytest.fixture
def rates(proposed):
    """A function that begins the sweep of four rates."""
    return lambda **changes: proposed(words=RATES, trials=4, early=True, **changes)


def ends_of(folder):
    return [(line.status, line.epochs) for line in folder.lines()]


def told(folder):
    """What the study knows of each trial."""
    with opened_study(folder, folder.manifest().plan) as study:
        return [(trial.state, trial.value, trial.intermediate_values) for trial in study.get_trials()]


# Handed out to be trained from its second pause to its third, and from its third to its end.
@pytest.mark.parametrize("after", [5, 9])
def test_a_journal_that_has_lost_its_last_lines_is_told_again_what_was_decided(rates, after, tmp_path):
    whole, cut = rates(), rates()
    worked(whole)
    assert ends_of(whole) == [("finished", 9), ("stopped", 2), ("finished", 9), ("stopped", 6)]
    with pytest.raises(KeyboardInterrupt):
        worked(cut, seen=HandedOut(interrupt_after=after))
    shutil.copytree(cut.path, tmp_path / "kept")
    lines = (cut.path / STUDY).read_bytes().splitlines(keepends=True)
    for left in range(len(lines), 0, -1):
        shutil.rmtree(cut.path)
        shutil.copytree(tmp_path / "kept", cut.path)
        (cut.path / STUDY).write_bytes(b"".join(lines[:left]))
        try:
            worked(cut)
        except StoreError as problem:
            if "it lacks settings that were trained" not in str(problem):
                raise
            break
        assert (figures(cut), told(cut)) == (figures(whole), told(whole)), left
    assert len(lines) - left > 2


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("at", [0, 1])
def test_a_sweep_that_ends_before_it_has_written_what_it_stops_stops_it_when_it_goes_on(rates, at, light, monkeypatch):
    whole, cut = rates(light=light), rates(light=light)
    worked(whole)
    stop, stopped = Session.stop, []

    def dies(session, line, why):
        stopped.append(line)
        if len(stopped) == at + 1:
            raise KeyboardInterrupt
        stop(session, line, why)

    monkeypatch.setattr(Session, "stop", dies)
    with pytest.raises(KeyboardInterrupt):
        worked(cut)
    worked(cut)
    assert (figures(cut), told(cut)) == (figures(whole), told(whole))


@pytest.mark.parametrize("light", [False, True])
def test_a_setting_whose_line_of_its_stop_is_lost_is_stopped_again_and_not_trained(rates, light):
    folder = rates(light=light)
    worked(folder)
    before, known = figures(folder), told(folder)
    for number, (status, _) in enumerate(ends_of(folder)):
        if status == "stopped":
            without_line(folder.path / TRAININGS, number)
            assert not worked(folder).numbers
            assert (figures(folder), told(folder)) == (before, known)


def test_a_seed_that_comes_later_to_a_setting_that_was_stopped_is_stopped_at_the_same_pause(rates):
    folder = rates()
    worked(folder)
    before = {line.number: (line.status, line.epochs) for line in folder.lines()}
    sweep_asked(["seed=1"], Options(), folder).written(folder.runs_dir)
    worked(folder)
    by_seed = {(line.settings["training.learning_rate"], line.seed): line for line in folder.lines()}
    assert len(by_seed) == 2 * len(before)
    for (rate, seed), line in by_seed.items():
        assert (line.status, line.epochs) == (by_seed[rate, 0].status, by_seed[rate, 0].epochs), (rate, seed)


class FirstFails(Here):
    """Its first task is lost."""

    def each(self, function, tasks):
        for done in super().each(function, tasks):
            yield replace(done, value=Lost("killed", "the process was killed")) if done.number == 0 else done


def test_a_training_that_is_retried_is_told_by_its_end_and_not_by_its_first_pause(rates):
    whole, cut = rates(), rates()
    worked(whole)
    with pytest.raises(KeyboardInterrupt):  # its line is written, and the study was not told
        worked(cut, FirstFails(1), seen=Seen(interrupt_after=1))
    assert list(cut.ended().values()) == ["failed"]
    worked(cut, retry=True)
    assert (figures(cut), told(cut)) == (figures(whole), told(whole))


def test_what_is_among_the_better_half_is_what_optuna_does_not_prune():
    optuna = pytest.importorskip("optuna")
    rng = random.Random(0)
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2)
    study = optuna.create_study(pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
    errors, decisions = [], set()
    for _ in range(60):
        error = rng.choice([rng.randrange(8) / 8, float("inf")])  # often equal to another one
        trial = study.ask()
        trial.report(error, 1)
        decisions.add(is_among_better(error, errors))
        assert is_among_better(error, errors) == (not trial.should_prune())
        errors.append(error)
    assert decisions == {False, True}
