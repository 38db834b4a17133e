"""A config comes complete: defaults that fit each other, overrides that win, and the origin of each value."""

import pickle

import pytest
from pydantic import ValidationError

from dlrun.config import Config, config_from_dict, load_config
from dlrun.config.keys import all_paths, section_at
from dlrun.config.loading import slug
from dlrun.config.suggestions import SYNONYMS
from dlrun.errors import ConfigError


@pytest.fixture
def load(tmp_path):
    """Load a text as `deep net.yaml`."""

    def loaded(text, *overrides):
        path = tmp_path / "deep net.yaml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, overrides)

    return loaded


def with_network(text):
    return f"data: {{source: digits}}\nnetwork: {{{text}}}\n"


def test_the_least_config_that_is_not_bare_is_complete(load):
    loaded = load("data: {source: digits}\nensemble: 1")
    assert loaded.config.to_dict() == {
        "name": "deep-net",
        "seed": 0,
        "data": {
            "source": "digits", "dev_source": None, "test_source": None,
            "split": {"train": 0.6, "dev": 0.2, "test": 0.2},
            "split_column": None, "group": None, "order": None, "weight": None, "stratify": True,
            "target": None, "header": None,
            "separator": None, "drop": [],
            "missing": ["", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"],
            "numeric": [], "categorical": [], "ordered": [], "decimal": None, "thousands": None, "day_first": None,
            "charset": None, "sheet": None, "examples": "rows", "max_levels": 50, "unlabeled": "drop",
            "rare_classes": "error", "duplicates": None,
            "memory_map": False, "task": "auto", "normalize": True, "encoding": "standard", "samples": None,
            "features": None, "informative": None, "classes": None, "noise": None, "factor": None, "cluster_std": None,
        },
        "network": {
            "depth": 3, "width": 64, "hidden": None, "activation": "relu", "init": "he", "init_scale": 0.01,
            "output_bias": "prior",
        },
        "regularization": {
            "lambda": 0.0, "weight_decay": 0.0, "keep_prob": 1.0, "patience_epochs": None,
            "augment": {"noise": 0.0, "shift_pixels": 0, "rotate_degrees": 0.0, "zoom_fraction": 0.0, "flip": False},
        },
        "training": {
            "optimizer": "adam", "learning_rate": 0.001, "learning_rate_decay": 0.0, "schedule": "constant",
            "warmup_fraction": 0.0, "momentum": 0.9,
            "rms_decay": 0.999, "epsilon": 1e-8, "batch_size": 64, "class_weight": None, "epochs": 60,
            "evaluate_every": 1, "keep": "auto",
            "precision": "float32", "threads": None,
            "checkpoint_epochs": None,
            "checkpoint_seconds": 30.0,
            "trace": True,
        },
        "diagnosis": {"optimal_error": None, "target_error": None, "metric": "error", "ignore": []},
        "ensemble": 1,
        "bag_fraction": 1.0,
        "report": True,
    }  # fmt: skip
    assert loaded.text == b"data: {source: digits}\nensemble: 1"
    assert loaded.file.endswith("/deep net.yaml")
    assert loaded.config.network.hidden_widths() == (64, 64)
    assert loaded.config.keep_probs() == (1.0, 1.0)


@pytest.mark.parametrize(
    ("network", "depth", "widths"),
    [
        ("", 3, (64, 64)),
        ("depth: 1", 1, ()),
        ("depth: 4, width: 8", 4, (8, 8, 8)),
        ("hidden: [5, 6, 7]", 4, (5, 6, 7)),
        ("hidden: [5, 6], depth: 3", 3, (5, 6)),
        ("hidden: [5], width: null", 2, (5,)),
        ("hidden: []", 1, ()),
        ("hidden: null, width: 9", 3, (9, 9)),
    ],
)
def test_depth_and_hidden_agree(load, network, depth, widths):
    config = load(with_network(network)).config
    assert config.network.depth == depth
    assert config.network.hidden_widths() == widths


def test_an_empty_section_is_all_defaults(load):
    assert load("data: {source: digits}\ntraining:\nnetwork: null\n").config == load("data: {source: digits}").config


@pytest.mark.parametrize(
    ("data", "split"),
    [
        ("", (0.6, 0.2, 0.2)),
        ("dev_source: d.csv", (0.75, 0.0, 0.25)),
        ("test_source: t.csv", (0.75, 0.25, 0.0)),
        ("dev_source: d.csv, test_source: t.csv", (1.0, 0.0, 0.0)),
        ("split: {train: 0.7, dev: 0.3}", (0.7, 0.3, 0.0)),
        ("split: {train: 0.7, dev: 0.3, test: 0}", (0.7, 0.3, 0.0)),
        ("split: {train: 0.9, test: 0.1}, dev_source: d.csv", (0.9, 0.0, 0.1)),
        ("split: {train: 0.333333, dev: 0.333333, test: 0.333333}", (0.333333, 0.333333, 0.333333)),
        ("split: {train: 1000, dev: 200}", (1000, 200, 0)),
        ("split: {train: 1, dev: 1}", (1, 1, 0)),
        ("split: {train: 1}, dev_source: d.csv", (1.0, 0.0, 0.0)),
    ],
)
def test_the_split_fits_the_files_given(load, data, split):
    found = load(f"data: {{source: a.csv, {data}}}").config.data.split
    assert (found.train, found.dev, found.test) == split
    assert {type(share) for share in (found.train, found.dev, found.test)} == {type(split[0])}
    assert found.is_counts() == isinstance(split[0], int)


def test_ratios_a_little_beside_one_are_refused_beyond_the_tolerance():
    def split(dev):
        return config_from_dict({"data": {"source": "a.csv", "split": {"train": 0.8, "dev": dev}}})

    assert split(0.2 + 0.9e-6).data.split.dev == 0.2 + 0.9e-6
    with pytest.raises(ConfigError, match="ratios sum to"):
        split(0.2 + 1.1e-6)


def test_keep_prob_is_one_number_for_all_or_one_for_each(load):
    base = "data: {source: digits}\nregularization: {keep_prob: "
    assert load(base + "0.5}").config.keep_probs() == (0.5, 0.5)
    assert load(base + "[0.5, 1]}").config.keep_probs() == (0.5, 1.0)
    assert load(base + "0.5}", "network.depth=1").config.keep_probs() == ()


def test_overrides_are_read_as_yaml_and_win(load):
    text = "seed: 1\ndata: {source: digits, split: {train: 0.5, dev: 0.5}}\nregularization: {patience_epochs: 4}\n"
    loaded = load(
        text, "network.hidden=[32,32]", "regularization.lambda=1e-2", "training.batch_size=full", "seed=2", "seed=3",
        "regularization.patience_epochs=", "data.split.train=0.8", "data.split.dev = 0.2", "name='7'",
        "data.target=y=1",
    )  # fmt: skip
    config = loaded.config
    assert config.network.hidden_widths() == (32, 32)
    assert config.regularization.lambda_ == 0.01
    assert config.training.batch_size == "full"
    assert (config.seed, config.name, config.data.target) == (3, "7", "y=1")
    assert config.regularization.patience_epochs is None
    assert (config.data.split.train, config.data.split.dev) == (0.8, 0.2)
    assert loaded.text == text.encode()


def test_an_override_of_a_whole_section_replaces_it(load):
    loaded = load(with_network("depth: 5, activation: tanh"), "network={width: 8}")
    assert (loaded.config.network.depth, loaded.config.network.width) == (3, 8)
    assert loaded.config.network.activation == "relu"
    assert loaded.origins["network.activation"] == "default"


def test_width_on_the_command_line_replaces_hidden_in_the_file_and_keeps_the_layers(load):
    loaded = load(with_network("hidden: [9, 8, 7]"), "network.width=5")
    assert loaded.config.network.hidden_widths() == (5, 5, 5)
    assert loaded.origins["network.depth"] == "file"
    assert loaded.origins["network.hidden"] == "default"


def test_hidden_on_the_command_line_replaces_width_in_the_file(load):
    loaded = load(with_network("width: 9"), "network.hidden=[5, 6, 7]")
    assert loaded.config.network.hidden_widths() == (5, 6, 7)
    assert loaded.config.network.depth == 4


def test_width_and_hidden_both_on_the_command_line_clash(load):
    with pytest.raises(
        ConfigError, match=r"^command line: network\.width: got 9 together with network\.hidden \[5, 6\]"
    ):
        load(with_network(""), "network.width=9", "network.hidden=[5, 6]")


def test_depth_on_the_command_line_must_fit_hidden_in_the_file(load):
    with pytest.raises(ConfigError, match=r"2: network\.hidden: 2 widths given; network\.depth 5 has 4 hidden"):
        load(with_network("hidden: [5, 6]"), "network.depth=5")


def test_each_value_knows_its_origin(load):
    text = "name: x\ndata: {source: a.csv, split: {train: 80, dev: 20}}\nregularization: {lambda: 0}\n"
    origins = load(text, "data.split.dev=10", "training={epochs: 3}").origins
    assert {path for path, origin in origins.items() if origin == "file"} == {
        "name", "data.source", "data.split.train", "regularization.lambda",
    }  # fmt: skip
    assert {path for path, origin in origins.items() if origin == "command line"} == {
        "data.split.dev",
        "training.epochs",
    }
    assert origins["data.split.test"] == origins["seed"] == "default"
    assert len(origins) == 5 + 40 + 7 + 9 + 18 + 4  # top level, data, network, regularization, training, diagnosis


def test_integers_pass_for_floats_and_come_out_as_floats(load):
    rate = load("data: {source: digits}\ntraining: {learning_rate: 1}").config.training.learning_rate
    assert rate == 1.0
    assert type(rate) is float


def test_a_config_is_frozen_hashable_and_survives_pickling(load):
    loaded = load(with_network("hidden: [5, 6]"))
    with pytest.raises(ValidationError, match="frozen"):
        loaded.config.seed = 3
    assert {loaded.config: 1}[pickle.loads(pickle.dumps(loaded)).config] == 1


def test_plain_data_gives_the_same_config_back(load):
    loaded = load(
        with_network("hidden: [5, 6]"), "data.split={train: 80, dev: 20}", "regularization.keep_prob=[1, 0.5]"
    )
    assert config_from_dict(loaded.config.to_dict()) == loaded.config


def test_plain_data_is_not_changed_by_reading():
    data = {"data": {"source": "digits"}, "network": {"hidden": [3]}, "training": None}
    config_from_dict(data)
    assert data == {"data": {"source": "digits"}, "network": {"hidden": [3]}, "training": None}


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("digits", "digits"),
        ("my run (2)", "my-run-2"),
        ("..x", "x"),
        ("é", "é"),
        ("e\u0301", "é"),
        ("实验 一", "实验-一"),
        ("हिन्दी", "हिन्दी"),
        ("a\u202eb\u200bc", "a-b-c"),
        ("𝒜" * 64, "𝒜" * 50),
        ("!?", "run"),
        ("a" * 99, "a" * 64),
        ("-_-", "run"),
    ],
)
def test_a_file_name_becomes_a_name(stem, name):
    assert slug(stem) == name
    assert Config.model_validate({"name": name, "data": {"source": "digits"}}).name == name


def test_each_synonym_leads_to_a_key_and_is_none_itself():
    """A synonym that pointed nowhere, or hid a real key of its section, would send people astray."""
    paths = set(all_paths())
    assert {path for path, _ in SYNONYMS.values()} <= paths
    assert not set(SYNONYMS) & {path[-1] for path in paths}
    assert all(section_at(path) is None for path, _ in SYNONYMS.values())
