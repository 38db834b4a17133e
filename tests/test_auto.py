"""Epochs and batches that are auto: what they come to, and that all else is as if the numbers had been given."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from reliability.essence import essence
from test_sweep_running import begun as sweep_begun
from test_sweep_running import by_training, worked

from dlrun import DenseClassifier
from dlrun.advice.case import changed
from dlrun.config import config_from_dict
from dlrun.errors import StoreError
from dlrun.experiment import auto, diagnosis_of, prepare, read_config
from dlrun.experiment.checkpointing import Checkpointer
from dlrun.experiment.run import quiet
from dlrun.search.recipe import TrialRunner
from dlrun.store import RunFolder, read_manifest, read_result
from dlrun.sweep.halving import pauses
from dlrun.sweep.telling import outcome_of_folder
from tests.commands import dlrun
from tests.trainings import resume, run

AUTO = {"epochs": "auto", "batch_size": "auto"}
POWERS = (32, 64, 128, 256, 512)


@pytest.fixture
def few_steps(monkeypatch):
    """Little is trained: about 24 steps, in batches of 8 rows or more."""
    for name, number in {"STEPS_WANTED": 24, "LEAST_BATCH": 8}.items():
        monkeypatch.setattr(auto, name, number)


def write(folder, training=AUTO, **sections):
    path = folder / "small.yaml"
    data = {"source": "moons", "samples": 100, "noise": 0.3}
    config = {"data": data, "network": {"width": 5}, "training": {"learning_rate": 0.02, **training}, **sections}
    path.write_text(yaml.safe_dump(config))
    return path


@given(st.integers(1, 5_000_000))
def test_a_batch_is_the_largest_power_of_two_whose_square_the_rows_hold(rows):
    assert auto.auto_batch_size(rows) == max((p for p in POWERS if p * p <= rows), default=32)


@pytest.mark.parametrize(
    ("rows", "batch", "epochs"),
    [(1, 32, 400), (90, 32, 400), (1079, 32, 62), (10_000, 64, 41), (100_000, 256, 52), (1_000_000, 512, 33)],
)
def test_small_tables_get_many_epochs_and_large_ones_large_batches(rows, batch, epochs):
    assert auto.numbers_of("auto", "auto", rows) == (epochs, batch)


@given(st.integers(1, 200_000), st.sampled_from([1, 7, 64, 500]))
def test_the_epochs_are_the_fewest_that_make_the_steps_within_limits(rows, batch):
    epochs = auto.auto_epochs(rows, batch)
    steps = len(range(0, rows, batch))
    wanted = 2000 * max(1, rows / 1000) ** 0.5
    counted = next(n for n in range(1, 401) if n * steps >= wanted or n == 400)
    assert epochs == counted


def test_numbers_that_are_given_stay():
    assert auto.numbers_of(7, "full", 1000) == (7, "full")
    assert auto.numbers_of("auto", "full", 1000) == (400, "full")
    assert auto.numbers_of(3, "auto", 1000) == (3, 32)
    config = config_from_dict({"data": {"source": "iris"}, "training": {"batch_size": "full", "keep": "auto"}})
    assert auto.numbered(config, 1000) is config


def test_a_run_with_auto_is_the_run_with_its_numbers(few_steps, tmp_path):
    by_auto = run(read_config(write(tmp_path)), tmp_path / "runs")
    folder = RunFolder(Path(by_auto.run_dir))
    resolved = yaml.safe_load((folder.path / "resolved.yaml").read_text())["training"]
    assert (resolved["epochs"], resolved["batch_size"]) == (3, 8)  # 8 steps an epoch, of 60 rows
    given_numbers = run(read_config(write(tmp_path, {"epochs": 3, "batch_size": 8, "keep": "best"})), tmp_path / "runs")
    assert essence(by_auto.run_dir) == essence(given_numbers.run_dir)
    hashes = [read_manifest(RunFolder(Path(one.run_dir))).identity.hashes for one in (by_auto, given_numbers)]
    assert hashes[0] == hashes[1]
    assert read_manifest(folder).identity.config["training"]["epochs"] == 3
    assert run(read_config(write(tmp_path)), tmp_path / "runs", needed=True).reused


def test_a_run_says_what_was_auto_and_with_how_many_rows(few_steps, tmp_path):
    loaded = read_config(write(tmp_path), ["training.batch_size=auto"])
    folder = RunFolder(Path(run(loaded, tmp_path / "runs").run_dir))
    lines = (folder.path / "resolved.yaml").read_text().splitlines()
    assert "  epochs: 3                                 # file, auto with 60 training rows" in lines
    assert "  batch_size: 8                             # command line, auto with 60 training rows" in lines
    assert "epochs: auto" in (folder.path / "config.yaml").read_text()
    assert read_manifest(folder).identity.overrides == ("training.batch_size=auto",)


def test_advice_has_numbers(few_steps, tmp_path):
    path = write(tmp_path, {**AUTO, "learning_rate": 0.0005})
    result = run(read_config(path), tmp_path / "runs")
    advice = diagnosis_of(result, RunFolder(Path(result.run_dir))).advice
    [longer] = [item for item in advice if item.key == "training.epochs"]
    assert longer.change == {"training.epochs": 250}
    assert longer.command.endswith("resolved.yaml training.epochs=250")
    assert longer.seconds is not None


def test_an_interrupted_run_keeps_the_numbers_that_it_began_with(few_steps, tmp_path, monkeypatch):
    loaded = read_config(write(tmp_path, {**AUTO, "schedule": "cosine", "checkpoint_epochs": 1}))
    whole = run(loaded, tmp_path / "whole")
    with monkeypatch.context() as patched:
        after_step, steps = Checkpointer.after_step, []

        def stopping(self):
            steps.append(1)
            if len(steps) == 11:
                self.interrupts.first = signal.SIGINT
            after_step(self)

        patched.setattr(Checkpointer, "after_step", stopping)
        cut = run(loaded, tmp_path / "runs")
    assert cut.status == "interrupted"
    monkeypatch.setattr(auto, "STEPS_WANTED", 1000)  # as a later version might
    assert essence(resume(RunFolder(Path(cut.run_dir))).run_dir) == essence(whole.run_dir)


def test_a_run_is_made_longer_by_a_number_and_not_by_auto(few_steps, tmp_path):
    result = run(read_config(write(tmp_path)), tmp_path / "runs")
    folder = RunFolder(Path(result.run_dir))
    with pytest.raises(StoreError) as refusal:
        resume(folder, ["training.epochs=auto"])
    assert str(refusal.value) == f"{folder.id}: training.epochs was 3, is auto; give a number above 3"
    longer = resume(folder, ["training.epochs=5"])
    declared = run(read_config(write(tmp_path, {"epochs": 5, "batch_size": 8})), tmp_path / "whole")
    assert essence(longer.run_dir) == essence(declared.run_dir)


def test_a_step_of_the_recipe_keeps_the_numbers_that_it_does_not_change(few_steps, tmp_path):
    runner = TrialRunner(read_config(write(tmp_path)), tmp_path / "runs", quiet)
    first = runner.train(runner.start, None)
    again = runner.train(runner.start, None)
    smaller = runner.train(changed(runner.start, {"training.batch_size": 4}), None)
    trained = [read_manifest(RunFolder(tmp_path / "runs" / one.run_id)).identity.config for one in (first, smaller)]
    numbers = [(config["training"]["epochs"], config["training"]["batch_size"]) for config in trained]
    assert numbers == [(3, 8), (3, 4)]  # 15 steps an epoch would need two epochs
    assert [first.config, smaller.config] == trained
    assert again.run_id == first.run_id


def test_the_config_shows_what_auto_comes_to_where_the_data_can_be_read(tmp_path):
    path = write(tmp_path, {"epochs": "auto"})
    assert "  epochs: auto                              # file, 400 with 60 training rows" in printed(path)
    assert "  batch_size: 64                            # default" in printed(path)
    told = json.loads(dlrun("config", path, "training.batch_size=auto", "--json", cwd=tmp_path).stdout)
    assert told["config"]["training"]["epochs"] == "auto"
    assert told["auto"] == {"training.epochs": 400, "training.batch_size": 32}
    path.write_text("data: {source: gone.csv}\ntraining: {epochs: auto}\n")
    assert "  epochs: auto                              # file" in printed(path)
    assert "auto" not in json.loads(dlrun("config", path, "training.epochs=3", "--json", cwd=tmp_path).stdout)


def printed(path):
    return dlrun("config", path, cwd=path.parent).stdout.splitlines()


def test_an_estimator_takes_auto_and_goes_on_by_the_rows_of_a_call(few_steps, rng):
    X = rng.standard_normal((75, 3))
    y = (X[:, 0] > 0).astype(int)
    by_auto = DenseClassifier((5,), epochs="auto", batch_size="auto", random_state=1).fit(X, y)
    by_number = DenseClassifier((5,), epochs=3, batch_size=8, random_state=1).fit(X, y)
    assert by_auto.n_iter_ == 3
    for name, tensor in by_number.parameters_.items():
        np.testing.assert_array_equal(by_auto.parameters_[name], tensor)
    calls = [
        DenseClassifier((5,), batch_size=size, random_state=1).partial_fit(X, y, classes=[0, 1]).parameters_["W1"]
        for size in ("auto", 8)
    ]
    np.testing.assert_array_equal(*calls)


WORDS = ("training.learning_rate=0.02,0.0001", "training.batch_size=auto,4,20,full", "seed=0..1")


@pytest.mark.parametrize("light", [False, True])
def test_an_early_sweep_knows_the_epochs_of_each_setting(few_steps, light, tmp_path):
    path = write(tmp_path, {"epochs": "auto", "schedule": "cosine"})
    whole, early = sweep_begun(path, *WORDS, light=True), sweep_begun(path, *WORDS, light=light, early=True)
    for folder in (whole, early):
        worked(folder)
    full, found = by_training(whole), by_training(early)
    epochs = {"auto": 3, 4: 2, 20: 8, "full": 24}
    assert {line.settings["training.batch_size"]: line.epochs for line in full.values()} == epochs
    stopped = [line for line in found.values() if line.status == "stopped"]
    assert len(stopped) >= 8
    for training, line in found.items():
        planned = epochs[line.settings["training.batch_size"]]
        assert line.planned_epochs == planned
        if line.status == "stopped":
            assert line.epochs in pauses(planned)
            assert f"stopped at epoch {line.epochs} of {planned}: " in line.message
        else:
            assert line.parameters_sha256 == full[training].parameters_sha256
    saved = sum(line.seconds * (line.planned_epochs / line.epochs - 1) for line in stopped)
    assert outcome_of_folder(early).saved_seconds == pytest.approx(saved)
    assert outcome_of_folder(whole).saved_seconds == 0


def test_an_early_sweep_asks_for_the_rows_of_each_split_once(few_steps, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("dlrun.sweep.running.train_rows", lambda base, overrides: asked.append(overrides) or 60)
    folder = sweep_begun(write(tmp_path), "network.width=1..4", "seed=0..1", light=True, early=True)
    worked(folder)
    assert len(asked) == 2
    assert {line.planned_epochs for line in folder.lines()} == {3}


def test_a_training_of_an_early_sweep_without_rows_fails_by_itself(few_steps, tmp_path):
    folder = sweep_begun(write(tmp_path), "data.samples=3,100", "seed=0..1", light=True, early=True)
    worked(folder)
    ends = {(line.settings["data.samples"], line.status) for line in folder.lines()}
    assert ends == {(3, "failed"), (100, "finished")}


def test_epochs_may_be_swept_as_auto_and_as_numbers(few_steps, tmp_path):
    folder = sweep_begun(write(tmp_path), "training.epochs=auto,2", light=True)
    worked(folder)
    assert {line.settings["training.epochs"]: line.epochs for line in folder.lines()} == {"auto": 3, 2: 2}
    assert outcome_of_folder(folder).keys[0].values == (2, "auto")


def test_a_result_of_a_prepared_config_plans_by_its_training_rows(tmp_path):
    experiment = prepare(read_config(write(tmp_path), ["data.split={train: 40, dev: 60}"]))
    assert (experiment.plan.epochs, experiment.plan.batch_size) == (400, 32)
    assert (experiment.config.training.epochs, experiment.config.training.batch_size) == (400, 32)


def test_an_early_stop_ends_before_the_epochs_of_auto(tmp_path):
    path = write(tmp_path, AUTO, regularization={"patience_epochs": 4})
    result = run(read_config(path), tmp_path / "runs")
    assert result.epochs == result.best_epoch + 4 < 400
    assert read_result(RunFolder(Path(result.run_dir))).epochs == result.epochs
