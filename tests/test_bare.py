"""A config of data alone is trained as `dlrun init` would write it; any other has the defaults of before."""

import json

import numpy as np
import pytest

from dlrun.experiment import prepare, read_config, run
from dlrun.store import RESOLVED
from tests.commands import dlrun

CHOSEN = {
    "data.encoding": "auto",
    "network.depth": 3,
    "network.width": 256,
    "network.init": "linear",
    "regularization.keep_prob": 0.8,
    "training.batch_size": "auto",
    "training.epochs": "auto",
    "training.schedule": "cosine",
}
OTHERWISE = dict(zip(CHOSEN, ("standard", 3, 64, "he", 1.0, 64, 60, "constant"), strict=True))


def loaded(folder, text, *overrides):
    (folder / "c.yaml").write_text(text)
    return read_config(folder / "c.yaml", overrides)


def values(one):
    plain = one.config.to_dict()
    return {key: plain[key.split(".")[0]][key.split(".")[1]] for key in CHOSEN}


def test_a_config_of_data_alone_has_what_was_chosen_for_tables(tmp_path):
    bare = loaded(tmp_path, "seed: 3\nname: one\ndata: {source: iris, split: {train: 0.8, dev: 0.2}}\nreport: false\n")
    assert values(bare) == CHOSEN
    assert {bare.origins[key] for key in CHOSEN} == {"default"}


@pytest.mark.parametrize(
    "named", ["network: {activation: tanh}", "regularization: {lambda: 1}", "training: {epochs: 60}", "ensemble: 3"]
)
def test_a_config_that_names_anything_else_is_as_it_was(tmp_path, named):
    assert values(loaded(tmp_path, f"data: {{source: iris}}\n{named}\n")) == OTHERWISE


def test_an_empty_section_names_nothing(tmp_path):
    assert values(loaded(tmp_path, "data: {source: iris}\ntraining:\n")) == CHOSEN


def test_the_command_line_changes_one_of_them_and_leaves_the_others(tmp_path):
    one = loaded(tmp_path, "data: {source: iris}\n", "training.epochs=7", "network.hidden=[10]")
    assert values(one) == CHOSEN | {"training.epochs": 7, "network.depth": 2, "network.width": None}
    assert one.config.network.hidden == (10,)
    assert (one.origins["training.epochs"], one.origins["training.batch_size"]) == ("command line", "default")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [("source: iris, encoding: robust", "robust"), ("source: iris, normalize: false", "standard")],
)
def test_an_encoding_that_is_named_stays_and_numbers_that_are_not_scaled_have_none(tmp_path, data, encoding):
    assert values(loaded(tmp_path, f"data: {{{data}}}\n")) == CHOSEN | {"data.encoding": encoding}


@pytest.mark.parametrize(("source", "word", "inputs"), [("iris", "piecewise", None), ("digits", "standard", 64)])
def test_auto_makes_piecewise_inputs_of_numbers_and_none_of_pixels(tmp_path, source, word, inputs):
    experiment = prepare(loaded(tmp_path, f"data: {{source: {source}}}\n"))
    assert experiment.config.data.encoding == word
    named = prepare(loaded(tmp_path, f"data: {{source: {source}, encoding: {word}}}\n"))
    np.testing.assert_array_equal(experiment.dataset.train.X, named.dataset.train.X)
    assert inputs is None or experiment.dataset.train.X.shape[1] == inputs


def test_rows_that_stay_in_their_file_are_scaled_alone(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "rows.npy", np.hstack([rng.normal(size=(200, 3)), rng.integers(0, 2, (200, 1))]))
    experiment = prepare(loaded(tmp_path, "data: {source: rows.npy, memory_map: true}\n"))
    assert experiment.config.data.encoding == "standard"
    assert experiment.dataset.train.X.shape[1] == 3


def test_a_bare_run_keeps_its_best_epoch_and_says_what_auto_came_to(tmp_path):
    contents = run(loaded(tmp_path, "data: {source: iris}\n", "network.width=4"), tmp_path / "runs")
    config = contents.manifest.identity.config
    assert (config["data"]["encoding"], config["training"]["epochs"], config["training"]["keep"]) == (
        "piecewise",
        400,
        "best",
    )
    result = contents.result_required()
    assert result.kept_epoch == result.best_epoch
    resolved = (contents.folder.path / RESOLVED).read_text()
    assert "piecewise" in resolved
    assert "auto with 90 training rows" in resolved
    again = run(read_config(contents.folder.path / RESOLVED), tmp_path / "again")
    assert again.manifest.identity.hashes == contents.manifest.identity.hashes
    np.testing.assert_array_equal(again.model["W1"], contents.model["W1"])
    told = json.loads(dlrun("config", "c.yaml", "--json", cwd=tmp_path).stdout)
    assert told["auto"] == {"data.encoding": "piecewise", "training.epochs": 400, "training.batch_size": 32}
