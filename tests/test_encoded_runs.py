"""Runs with encodings of numbers: what is predicted, shown and said is about the numbers themselves."""

import csv
import json

import numpy as np
import polars as pl
import pytest
import yaml

from dlrun import DenseClassifier
from dlrun.experiment import read_config, run
from dlrun.experiment.judge import data_findings
from dlrun.experiment.prepare import prepare
from dlrun.inspection import contents
from dlrun.inspection.groups import groups_of
from dlrun.nn.encodings import ENCODINGS
from dlrun.store import find_run
from dlrun.sweep.arrays import plane_arrays, split_arrays
from tests.commands import dlrun

EACH = {"age": "piecewise", "*": "quantile", "fare": "robust"}
CHOICES = [*ENCODINGS, EACH]


def written(folder, encoding, rows=300, **config):
    """A table with gaps, a word, a flag and a date, and its config."""
    rng = np.random.default_rng(3)
    age, fare = rng.normal(40, 12, rows), np.exp(rng.normal(3, 1, rows))
    answer = np.where((np.abs(age - 40) < 10) ^ (fare > 30), "yes", "no")
    with (folder / "t.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["age", "fare", "city", "member", "since", "y"])
        for at in range(rows):
            gap = rng.random() < 0.1
            day = np.datetime64("2015-01-01") + np.timedelta64(rng.integers(3000), "D")
            known = "" if gap else float(age[at])
            writer.writerow([known, float(fare[at]), "uvw"[at % 3], ["no", "yes"][at % 2], day, answer[at]])
    config = {"name": "t", "network": {"hidden": [12]}, "training": {"epochs": 3}, "report": False} | config
    config["data"] = {"source": "t.csv", "encoding": encoding} | config.get("data", {})
    (folder / "t.yaml").write_text(yaml.safe_dump(config))
    return folder / "t.yaml"


@pytest.mark.parametrize("encoding", [*CHOICES, {"city": "target", "*": "periodic"}], ids=str)
def test_predict_answers_dev_rows_as_training_did(tmp_path, encoding):
    done = run(read_config(written(tmp_path, encoding)), tmp_path / "runs")
    told = dlrun("predict", "latest", "t.csv", "-o", "out.parquet", "-q", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    # The probabilities are calibrated; one temperature takes the kept ones to those that are predicted.
    kept = done.predictions["dev_outputs"][:, 0].astype(float)
    made = pl.read_parquet(tmp_path / "out.parquet")["probability yes"].to_numpy()[done.predictions["dev_rows"]]
    logits = [np.log(p / (1 - p)) for p in (kept, made.astype(float))]
    ratio = logits[1] / logits[0]
    np.testing.assert_allclose(ratio, np.median(ratio), rtol=1e-3)
    assert ("encodings" in json.loads((done.folder.path / "data.json").read_text())) == (encoding != "standard")


def test_an_estimator_takes_the_word_and_has_the_bits_of_the_command(tmp_path):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=150), rng.exponential(size=150), np.arange(150) % 2])
    y = (X[:, 0] ** 2 > X[:, 1]).astype(int)
    np.save(tmp_path / "rows.npy", np.column_stack([X, y]))
    for encoding in ("piecewise", {"x1": "quantile", "*": "periodic"}):
        data = {"source": "rows.npy", "split": {"train": 0.8, "dev": 0.2}, "encoding": encoding}
        config = {"data": data, "network": {"hidden": [6]}, "training": {"epochs": 3}, "report": False}
        (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
        done = run(read_config(tmp_path / "c.yaml"), tmp_path / "runs")
        model = DenseClassifier((6,), epochs=3, encoding=encoding, random_state=0).fit(X, y)
        assert all((tensor == done.model[name]).all() for name, tensor in model.parameters_.items())
        assert np.isfinite(model.predict_proba(X * 1e6)).all()
        later = DenseClassifier((6,), encoding=encoding, random_state=0).partial_fit(X, y, [0, 1]).partial_fit(X, y)
        assert later.n_iter_ == 2
    with pytest.raises(ValueError, match="encoding: got 'piecewize'; expected one of standard"):
        DenseClassifier(encoding="piecewize").fit(X, y)
    with pytest.raises(ValueError, match="augment: would change some inputs of a number"):
        DenseClassifier(encoding="robust", augment={"noise": 0.1}).fit(X, y)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_report_shows_the_numbers_and_the_plane_in_their_own_units(tmp_path, encoding):
    text = f"data: {{source: moons, samples: 200, noise: 0.1, encoding: {encoding}}}\ntraining: {{epochs: 3}}\n"
    (tmp_path / "moons.yaml").write_text(text + "report: false\n")
    loaded = read_config(tmp_path / "moons.yaml")
    done = run(loaded, tmp_path / "runs")
    experiment = prepare(loaded)
    assert done.examples["names"].tolist() == ["x0", "x1"]
    dev = experiment.dataset.preparation.raw(experiment.dataset.dev.X)
    assert done.examples["worst_inputs"].shape == (24, 2)
    # Points of the plain run, which only float32 rounds; a number beyond training's may be shown as its end.
    plain = prepare(read_config(tmp_path / "moons.yaml", ["data.encoding=standard"])).dataset
    there = plain.preparation.raw(plain.dev.X)
    inside = (there > dev.min(axis=0)) & (there < dev.max(axis=0))
    np.testing.assert_allclose(dev[inside], there[inside], atol=1e-5)
    plane = contents(done.folder).plane
    assert plane.margins.shape == (120, 120, 2)
    # The answer at a dev row's place on the plane is that of the row.
    places = [np.abs(side[:, None] - dev[:, at]).argmin(axis=0) for at, side in enumerate((plane.x, plane.y))]
    answers = plane.margins[places[1], places[0], 1] > 0
    assert (answers == (done.predictions["dev_outputs"][:, 0] > 0.5)).mean() > 0.9
    small = plane_arrays(experiment, experiment.parameters)
    assert small["plane"].shape == (48, 48)
    assert split_arrays(experiment)["points"].shape == (40, 2)


@pytest.mark.parametrize("encoding", CHOICES, ids=str)
def test_groups_are_those_of_the_numbers_whatever_their_inputs(tmp_path, encoding):
    named = {
        word: dict(groups_of(prepare(read_config(written(tmp_path, word))).dataset)) for word in ("standard", "robust")
    }
    here = dict(groups_of(prepare(read_config(written(tmp_path, encoding))).dataset))
    assert list(here) == list(named["standard"])
    same = [np.array_equal(mask, named["standard"][name]) for name, mask in here.items()]
    assert np.mean(same) > 0.9


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_mismatch_names_the_number_that_moved(tmp_path, encoding):
    config = written(tmp_path, encoding)
    lines = (tmp_path / "t.csv").read_text().splitlines()
    moved = [line.split(",") for line in lines[1:]]
    cells = [[str(float(age or 40) + 30), *rest] for age, *rest in moved]
    (tmp_path / "dev.csv").write_text("\n".join([lines[0], *map(",".join, cells)]))
    experiment = prepare(read_config(config, ["data.dev_source=dev.csv"]))
    told = [finding for finding in data_findings(experiment) if finding.code == "mismatch"]
    assert len(told) == 1
    assert "moved most: age (" in told[0].evidence
    assert " bin " not in told[0].evidence


def test_the_data_verb_and_the_card_tell_the_encodings(tmp_path):
    written(tmp_path, EACH)
    told = dlrun("data", "t.yaml", cwd=tmp_path).stdout
    assert "piecewise: age; robust: fare; quantile: since" in " ".join(told.split())
    assert "17 inputs, gaps" in " ".join(told.split())
    run(read_config(tmp_path / "t.yaml"), tmp_path / "runs")
    done = dlrun("export", "latest", "--card", "card.md", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "card.md").read_text()
    assert (
        "| scaled by mean and deviation of the training rows; piecewise: age; robust: fare; quantile: since |" in told
    )


def test_words_are_told_by_their_mean_target_and_are_no_groups(tmp_path):
    config = written(tmp_path, {"city": "target"})
    told = " ".join(dlrun("data", "t.yaml", cwd=tmp_path).stdout.split())
    assert "mean target" in told
    assert "inputs after preparation; target: city" in told
    names = list(dict(groups_of(prepare(read_config(config)).dataset)))
    assert "member is yes" in names
    assert not [name for name in names if name.startswith("city")]


def test_what_trains_on_a_part_of_the_rows_refuses_mean_targets(tmp_path):
    run(read_config(written(tmp_path, {"city": "target"})), tmp_path / "runs")
    for words in (("curve", "latest"), ("decompose", "latest"), ("diagnose", "latest", "--reference")):
        done = dlrun(*words, cwd=tmp_path)
        assert done.returncode == 3
        told = " ".join(done.stderr.split())
        assert "the mean targets of city are made of the labels of all training rows, and a part of these would" in told


def test_a_run_is_resumed_to_the_bits_of_one_that_was_never_ended(tmp_path):
    config = written(tmp_path, EACH)
    whole = run(read_config(config, ["training.epochs=5"]), tmp_path / "whole")
    run(read_config(config), tmp_path / "runs")
    done = dlrun("resume", "latest", "training.epochs=5", "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    longer = contents(find_run(tmp_path / "runs", "latest")).run
    assert all((array == whole.model[name]).all() for name, array in longer.model.items())


def test_noise_is_advised_only_where_a_number_is_one_input():
    from dlrun.advice.case import Case, Facts
    from dlrun.advice.variance_remedies import augment

    def advised(encoding):
        data = {"normalize": True} | ({} if encoding is ... else {"encoding": encoding})
        config = {"data": data, "regularization": {"augment": {"noise": 0.0, "shift_pixels": 0}}}
        return augment(Case(None, config=config, facts=Facts(2, 1, 100, 1.0)))

    # A run of before had no such key, null, or a codec's name.
    assert all(advised(encoding) for encoding in (..., None, "latin-1", "standard", {"a": "standard"}))
    assert not any(advised(encoding) for encoding in ("robust", {"a": "piecewise", "*": "standard"}))
