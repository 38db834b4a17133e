"""`dlrun refit`: a finished run's network learns the dev rows too, for as many steps, and answers from then on."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dlrun.errors import UsageError
from dlrun.experiment import prepare, read_config, run
from dlrun.inspection.refit import LEAST_NEIGHBOURS, NEIGHBOURS, epoch_to_repeat, known_rows, plan_of, refit
from dlrun.model import load_model
from dlrun.nn.network import predict_logits
from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan
from dlrun.store import REFIT, REFIT_MODEL, read_contents, verify
from tests.commands import dlrun

KEYS = {
    "moons": "data: {source: moons, samples: 300, noise: 0.3}\nnetwork: {hidden: [16]}\n",
    "diabetes": "data: {source: diabetes}\nnetwork: {hidden: [16]}\n",
    "wine": "data: {source: wine}\nnetwork: {hidden: [16]}\nensemble: 3\n",
    "wine in bags": "data: {source: wine}\nnetwork: {hidden: [16]}\nensemble: 3\nbag_fraction: 0.6\n",
}
TRAINING = "training: {epochs: 12, batch_size: 16, keep: best}\nreport: false\n"


def finished(folder, source="moons", more=""):
    (folder / "c.yaml").write_text(KEYS[source] + TRAINING + more)
    return run(read_config(folder / "c.yaml"), folder / "runs")


@pytest.mark.parametrize("source", KEYS)
def test_what_was_refitted_answers_and_its_test_error_is_that_of_a_training_by_hand(tmp_path, source):
    contents = finished(tmp_path, source)
    folder, own = contents.folder, load_model(contents.folder)
    found = refit(folder)
    experiment = prepare(read_config(folder.path / "resolved.yaml"))
    train, dev, test = (experiment.dataset.splits()[name] for name in ("train", "dev", "test"))
    epoch, m = epoch_to_repeat(contents, experiment.plan), len(train.X) + len(dev.X)
    epochs = max(1, round(epoch * -(-len(train.X) // 16) / -(-m // 16)))
    rows = Examples(np.vstack([train.X, dev.X]), np.concatenate([train.Y, dev.Y]))
    streams = Streams(*(experiment.streams[name] for name in ("batches", "dropout", "bags")))
    plan = replace(experiment.plan, epochs=epochs)
    trainer = Trainer(experiment.network, experiment.parameters, rows, rows, plan, streams)
    assert len(list(trainer.epochs())) == epochs == found.epochs
    answering = load_model(folder).parameters
    np.testing.assert_array_equal(answering.flat, trainer.parameters.flat)
    assert not np.array_equal(answering.flat, own.parameters.flat)
    logits = predict_logits(experiment.network, trainer.parameters, test.X)
    if source == "diabetes":
        left = np.mean((logits - test.Y) ** 2) / np.var(test.Y)
        assert found.test_error == pytest.approx(left, rel=1e-5)
    else:
        answers = logits.argmax(axis=1) if logits.shape[1] > 1 else (logits > 0).astype(int)
        assert found.test_error == pytest.approx(np.mean(answers.reshape(-1) != test.Y.reshape(-1)))
    before = contents.result_required().errors.test
    assert found.compared.difference == pytest.approx(found.test_error - before)
    assert (found.rows, found.steps) == (m, epochs * -(-m // 16))


def test_the_run_itself_stays_as_it_was_and_all_its_files_are_sound(tmp_path):
    contents = finished(tmp_path)
    before = {path.name: path.read_bytes() for path in contents.folder.path.iterdir()}
    refit(contents.folder)
    after = {path.name: path.read_bytes() for path in contents.folder.path.iterdir()}
    assert set(after) - set(before) == {REFIT, REFIT_MODEL}
    assert [name for name in before if after[name] != before[name]] == ["checksums.json"]
    assert [check.problem for check in verify(contents.folder) if check.problem] == []
    assert {REFIT, REFIT_MODEL} <= {check.file for check in verify(contents.folder)}
    assert read_contents(contents.folder).result_required() == contents.result_required()


def test_a_run_that_was_refitted_is_not_trained_once_more(tmp_path):
    folder = finished(tmp_path).folder
    epochs = []
    first = refit(folder, lambda epoch, of: epochs.append((epoch, of)))
    assert epochs == [(number, first.epochs) for number in range(1, first.epochs + 1)]
    assert refit(folder, lambda epoch, of: pytest.fail("trained again")) == first


def test_a_refit_that_was_interrupted_leaves_the_run_as_it_was_and_begins_anew(tmp_path):
    folder, seen = finished(tmp_path).folder, []

    def interrupting(epoch, epochs):
        seen.append(epoch)
        if epoch == 3:
            raise KeyboardInterrupt

    before = sorted(path.name for path in folder.path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        refit(folder, interrupting)
    assert sorted(path.name for path in folder.path.iterdir()) == before
    assert [check for check in verify(folder) if check.problem] == []
    refit(folder, lambda epoch, epochs: seen.append(epoch))
    assert seen[:5] == [1, 2, 3, 1, 2]


def test_a_refit_that_was_ended_before_its_last_hash_counts_as_none_and_is_done_again(tmp_path):
    folder = finished(tmp_path).folder
    own = load_model(folder).parameters.flat.copy()
    refit(folder)
    added = load_model(folder).parameters.flat.copy()
    hashes = folder.read_json("checksums.json")
    folder.write_json("checksums.json", {name: hash_ for name, hash_ in hashes.items() if name != REFIT})
    np.testing.assert_array_equal(load_model(folder).parameters.flat, own)
    assert read_contents(folder).refit is None
    refit(folder)
    np.testing.assert_array_equal(load_model(folder).parameters.flat, added)
    assert [check for check in verify(folder) if check.problem] == []


def test_half_a_refit_changes_no_answer(tmp_path, monkeypatch):
    folder = finished(tmp_path).folder
    own = load_model(folder).parameters.flat.copy()
    with monkeypatch.context() as context:
        context.setattr("dlrun.inspection.refit.add_file", lambda *of: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            refit(folder)
    assert (folder.path / REFIT_MODEL).exists()
    np.testing.assert_array_equal(load_model(folder).parameters.flat, own)
    assert [check.problem for check in verify(folder) if check.problem] == []
    assert refit(folder).epochs == read_contents(folder).refit.epochs


def test_the_network_that_answers_must_be_the_one_that_was_written(tmp_path):
    folder = finished(tmp_path).folder
    refit(folder)
    damaged = bytearray((folder.path / REFIT_MODEL).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (folder.path / REFIT_MODEL).write_bytes(damaged)
    assert dlrun("export", folder.id, "--python", "net.py", cwd=tmp_path).returncode == 6


@pytest.mark.parametrize("first", [0.5, 0.2])
def test_a_lucky_epoch_among_worse_ones_is_not_repeated(tmp_path, first):
    contents = finished(tmp_path)
    plan = TrainingPlan(epochs=12, keep="best")
    errors = [first, 0.1, 0.5, 0.5, 0.3, 0.3, 0.2, 0.2, 0.2, 0.3, 0.4, 0.4]
    lines = [replace(line, dev_error=error) for line, error in zip(contents.metrics, errors, strict=True)]
    found = epoch_to_repeat(replace(contents, metrics=tuple(lines)), plan)
    means = []
    for epoch in range(1, 13):  # a slow twin
        near = [
            error
            for other, error in enumerate(errors, 1)
            if max(epoch, other) / min(epoch, other) <= NEIGHBOURS or abs(epoch - other) <= LEAST_NEIGHBOURS
        ]
        means.append(sum(near) / len(near))
    assert found == means.index(min(means)) + 1 == 7
    unmeasured = [replace(line, dev_error=None) if line.epoch == 7 else line for line in lines]
    assert epoch_to_repeat(replace(contents, metrics=tuple(unmeasured)), plan) != 7


def test_a_run_that_keeps_its_last_parameters_repeats_all_its_epochs(tmp_path):
    assert epoch_to_repeat(finished(tmp_path), TrainingPlan(epochs=12, keep="last")) == (
        finished(tmp_path).result_required().kept_epoch
    )


@pytest.mark.parametrize(
    ("epoch", "batch_size", "train_rows", "rows", "epochs"),
    [(10, 10, 30, 40, 8), (10, None, 30, 40, 10), (1, 10, 30, 400, 1), (7, 64, 30, 40, 7)],
)
def test_it_takes_as_many_steps_to_the_nearest_epoch(epoch, batch_size, train_rows, rows, epochs):
    plan = TrainingPlan(epochs=99, batch_size=batch_size, patience_epochs=3, keep="best", trace=True)
    found = plan_of(plan, epoch, train_rows, rows)
    assert (found.epochs, found.patience_epochs, found.keep, found.trace) == (epochs, None, "last", False)


def test_weights_of_rows_go_with_their_rows(tmp_path):
    lines = [f"{number % 7},{number % 3},{'ab'[number % 2]},{1 + number % 4}" for number in range(120)]
    (tmp_path / "w.csv").write_text("x,z,y,often\n" + "\n".join(lines))
    (tmp_path / "c.yaml").write_text(
        "data: {source: w.csv, target: y, weight: often, duplicates: apart}\nnetwork: {hidden: [4]}\n" + TRAINING
    )
    dataset = prepare(read_config(tmp_path / "c.yaml")).dataset
    known = known_rows(dataset)
    np.testing.assert_array_equal(known.weight, np.concatenate([dataset.train.weight, dataset.dev.weight]))
    folder = run(read_config(tmp_path / "c.yaml"), tmp_path / "runs").folder
    assert refit(folder).rows == len(known.X)


def test_only_a_finished_run_is_refitted(tmp_path):
    contents = finished(tmp_path, more="seed: 1\n")
    (tmp_path / "c.yaml").write_text(
        KEYS["moons"] + "training: {optimizer: gd, learning_rate: 1.0e+30, epochs: 3}\nreport: false\n"
    )
    diverged = run(read_config(tmp_path / "c.yaml"), tmp_path / "runs")
    assert diverged.status == "diverged"
    with pytest.raises(UsageError, match="diverged; only a finished run"):
        refit(diverged.folder)
    assert refit(contents.folder).rows == 240


def test_without_test_rows_the_error_is_said_to_be_unknown(tmp_path):
    (tmp_path / "c.yaml").write_text(
        "data: {source: moons, samples: 300, noise: 0.3, split: {train: 0.8, dev: 0.2}}\n" + TRAINING
    )
    found = refit(run(read_config(tmp_path / "c.yaml"), tmp_path / "runs").folder)
    assert (found.test_error, found.compared) == (None, None)
    assert "without test rows its error is not known" in found.sentence


def test_rows_that_stay_in_their_file_are_refused_with_a_reason(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "rows.npy", np.hstack([rng.normal(size=(200, 3)), rng.integers(0, 2, (200, 1))]))
    (tmp_path / "c.yaml").write_text("data: {source: rows.npy, memory_map: true}\n" + TRAINING)
    folder = run(read_config(tmp_path / "c.yaml"), tmp_path / "runs").folder
    with pytest.raises(UsageError, match="memory_map"):
        refit(folder)


def test_the_command_tells_it_counts_the_look_and_show_repeats_it(tmp_path):
    folder = finished(tmp_path).folder
    told = dlrun("refit", folder.id, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "has learned all 240 rows of train and dev" in " ".join(told.stdout.split())
    record = json.loads(dlrun("refit", folder.id, "--json", cwd=tmp_path).stdout)
    assert (record["rows"], record["test_look"]) == (240, 2)
    assert "has learned all 240 rows" in " ".join(dlrun("show", folder.id, cwd=tmp_path).stdout.split())
    assert json.loads(dlrun("show", folder.id, "--json", cwd=tmp_path).stdout)["refit"]["rows"] == 240
