"""What is written out can be read back: the resolved YAML by the loader, the JSON Schema by any validator."""

import jsonschema
import pytest
import yaml

from dlrun.config import json_schema, load_config, resolved_yaml

EXAMPLE = """\
name: digits-deep
seed: 7
data: {source: digits, split: {train: 1000, dev: 300, test: 200}, drop: [id, 3], missing: ["", "null", NaN]}
network: {hidden: [64, 32], activation: tanh, init: glorot}
regularization: {lambda: 0.1, keep_prob: [0.9, 0.8], patience_epochs: 5, augment: {noise: 0.1, flip: true}}
training: {optimizer: momentum, learning_rate: 1e-3, batch_size: full, epochs: 10}
diagnosis: {optimal_error: 0.01}
"""


@pytest.fixture
def load(tmp_path):
    def loaded(text, *overrides):
        path = tmp_path / "example.yaml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, overrides)

    return loaded


AWKWARD = [
    'data: {source: "a b: #c.csv", separator: "\\t", group: "1e3", drop: ["\\x7f\\u2028\\U000E0001😀", "~"]}',
    'data: {source: "C:\\\\x.csv", separator: ";", order: 12:30, target: "2020-13-45", missing: []}',
    "data: {source: a.csv, dev_source: b.csv, test_source: c}\ntraining: {learning_rate: 1e-300, epsilon: 123456789e9}",
    "data: {source: a.csv, split: {train: 0.1, dev: 0.9}}\nnetwork: {hidden: []}\nregularization: {keep_prob: []}",
    "data: {source: moons, noise: 0.30000000000000004, samples: 9, target: -1}\nseed: 99999999999999999999\nname: null",
    "data: {source: moons}\ndiagnosis: {optimal_error: {errors: 30, n: 200}, target_error: 0.1}",
    'data: {source: moons}\ndiagnosis: {optimal_error: {soft_labels: "a \\"b\\", {c}: #.csv"}}',
]


@pytest.mark.parametrize("text", [EXAMPLE, *AWKWARD])
def test_the_resolved_config_reads_back_equal(load, text):
    first = load(text)
    written = resolved_yaml(first)
    again = load(written)
    assert again.config == first.config
    assert set(again.origins.values()) == {"file"}


def test_the_resolved_config_is_in_order_aligned_and_says_each_origin(load):
    lines = resolved_yaml(load(EXAMPLE, "training.epochs=3")).splitlines()
    assert lines[:4] == [
        "name: digits-deep                           # file",
        "seed: 7                                     # file",
        "data:",
        "  source: digits                            # file",
    ]
    assert "    train: 1000                             # file" in lines
    assert '  missing: ["", "null", NaN]                # file' in lines
    assert "  width: null                               # default" in lines
    assert "  keep_prob: [0.9, 0.8]                     # file" in lines
    assert "  epochs: 3                                 # command line" in lines
    assert [line for line in lines if line[0] != " "] == [
        *lines[:3], "network:", "regularization:", "training:", "diagnosis:", *lines[-3:],
    ]  # fmt: skip


def test_other_readers_of_yaml_see_the_same_texts(load):
    """Text that YAML 1.1 would take for something else (yes, NULL, 12:30) stands in quotes."""
    loaded = load("data: {source: 'on', target: NULL, group: 12:30, drop: [yes, n, 2020-01-01, plain_1, a/b]}")
    read = yaml.safe_load(resolved_yaml(loaded))["data"]
    assert (read["source"], read["target"], read["group"]) == ("on", "NULL", "12:30")
    assert read["drop"] == ["yes", "n", "2020-01-01", "plain_1", "a/b"]
    assert 'drop: ["yes", n, "2020-01-01", plain_1, a/b]' in resolved_yaml(loaded)


def validator():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def faults(data):
    return sorted(".".join(map(str, error.absolute_path)) for error in validator().iter_errors(data))


def test_the_json_schema_takes_what_the_loader_takes(load):
    assert faults(load(EXAMPLE).config.to_dict()) == []
    assert faults({"data": {"source": "digits"}}) == []


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"data": {"source": "digits"}, "netwrok": {}}, [""]),
        ({"data": {"source": "digits"}, "network": {"widht": 3}}, ["network"]),
        ({"data": {"source": "digits", "split": {"val": 0.2}}}, ["data.split"]),
        ({"data": {"source": "digits"}, "regularization": {"lambda_": 1}}, ["regularization"]),
        ({"data": {"source": "digits"}, "regularization": {"augment": {"flop": True}}}, ["regularization.augment"]),
        ({"data": {"source": "digits"}, "network": {"depth": 0}}, ["network.depth"]),
        ({"data": {"source": "digits"}, "network": {"activation": "rleu"}}, ["network.activation"]),
        ({"data": {}}, ["data"]),
        ({}, [""]),
    ],
)  # fmt: skip
def test_the_json_schema_refuses_what_the_loader_refuses(data, where):
    assert faults(data) == where


def undescribed(schema, path=""):
    """Paths of the keys below a (resolved) object schema that have no description, and objects open to other keys."""
    found = []
    for key, value in schema.get("properties", {}).items():
        found += [] if value.get("description") else [f"{path}.{key}"]
        target = json_schema()["$defs"][value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else value
        found += undescribed(target, f"{path}.{key}")
    if "properties" in schema and schema.get("additionalProperties") is not False:
        found.append(f"{path} is open")
    return found


def test_every_key_of_the_json_schema_is_described_and_no_object_is_open():
    assert undescribed(json_schema()) == []


def test_the_search_for_descriptions_sees_a_bare_key():
    bare = {"properties": {"a": {"properties": {"b": {}}, "description": "x"}}, "additionalProperties": False}
    assert undescribed(bare) == [".a.b", ".a is open"]


def test_the_json_schema_names_its_draft_and_repeats_no_titles():
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "title" not in str(schema["$defs"])
