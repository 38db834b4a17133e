"""Whatever stands in the file or on the command line, the answer is a config or an error of ours."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.config import LoadedConfig, Vocabulary, config_from_dict, config_from_text, load_config, resolved_yaml
from dlrun.config import loading as config_loading
from dlrun.config.keys import all_paths
from dlrun.errors import DlrunError

SOURCES = {"digits": frozenset(), "moons": frozenset({"noise"})}
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

EXAMPLE = b"""data: {source: digits, split: {train: 0.5, dev: 0.5}}
network: {hidden: [64, 32], activation: tanh}
regularization: {lambda: 0.1, keep_prob: [0.9, 0.8], augment: {flip: true}}
training:
  learning_rate: 1e-3
  batch_size: "full"
"""

SPLICES = st.sampled_from(
    [b"&a ", b"*a", b"!!int ", b"!x ", b"<<: ", b"? ", b"- ", b"{", b"]", b"\n---\n", b"\t", b"'", b"\xff",
     b'"\\ud800"', b"null",
     b"#", b": ", b"\n", b"%YAML 9.9\n", b"|", b">", b"1e999", b"9" * 400, b'"\\UFFFFFFFF"', b"\x00", b"\xef\xbb\xbf"]
) | st.binary(max_size=4)  # fmt: skip

# What may follow a key on the command line, the = included.
ENDS = st.sampled_from(
    ["=", "=3", "=[1, 2]", "={a: 1}", ".x=1", "=&a 1", "=*a", "", "=true", "=0.5", "=full"]
) | st.text(max_size=5).map("={}".format)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**90),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def is_ours(error):
    """Whether the error has a text, and none of pydantic's words in it."""
    return bool(str(error)) and not any(words in str(error) for words in ("pydantic", "Input should", "Extra inputs"))


def ends_well(path, overrides=()):
    """Whether loading gives a config or an error of ours; any other exception escapes and fails the test."""
    try:
        loaded = load_config(path, overrides, vocabulary=Vocabulary(SOURCES, (".csv", ".npy")))
    except DlrunError as error:
        return is_ours(error)
    path.write_text(resolved_yaml(loaded), encoding="utf-8")
    return isinstance(loaded, LoadedConfig) and load_config(path).config == loaded.config


def found_in(text, overrides):
    """The config of a text, or the error's words."""
    try:
        return config_from_text(text, Path("c.yaml"), overrides, vocabulary=Vocabulary(SOURCES, (".csv",)))
    except DlrunError as error:
        return type(error), str(error)


def reads_back(data):
    """Whether plain data gives an error of ours, or a config whose own plain data gives it again."""
    try:
        config = config_from_dict(data)
    except DlrunError as error:
        return is_ours(error)
    return config_from_dict(config.to_dict()) == config


@QUICK
@given(text=st.binary(max_size=60))
def test_any_bytes(tmp_path, text):
    (tmp_path / "c.yaml").write_bytes(text)
    assert ends_well(tmp_path / "c.yaml")


@QUICK
@given(cuts=st.lists(st.tuples(st.integers(0, len(EXAMPLE)), st.integers(0, 6), SPLICES), min_size=1, max_size=4))
def test_any_damage_to_a_config(tmp_path, cuts):
    text = EXAMPLE
    for at, removed, splice in cuts:
        text = text[:at] + splice + text[at + removed :]
    (tmp_path / "c.yaml").write_bytes(text)
    assert ends_well(tmp_path / "c.yaml")


@QUICK
@given(changes=st.lists(st.tuples(st.sampled_from(sorted(all_paths())), VALUES), min_size=1, max_size=4))
def test_any_value_at_any_key(changes):
    data = yaml.safe_load(EXAMPLE)
    for path, value in changes:
        here = data
        for key in path[:-1]:
            if not isinstance(here.get(key), dict):
                here[key] = {}
            here = here[key]
        here[path[-1]] = value
    assert reads_back(data)


@QUICK
@given(pairs=st.lists(st.tuples(st.sampled_from(sorted(all_paths())), ENDS), max_size=5))
def test_any_overrides(tmp_path, pairs):
    (tmp_path / "c.yaml").write_bytes(EXAMPLE)
    assert ends_well(tmp_path / "c.yaml", [".".join(path) + end for path, end in pairs])


MANY_TEXTS = st.sampled_from(
    [EXAMPLE.decode(), EXAMPLE.decode() + "sweep: {seed: 0..4}\n", "data: {source: digits, x: 1}\n"]
)
MANY_OVERRIDES = st.lists(st.tuples(st.sampled_from(sorted(all_paths())), ENDS), max_size=3)


@QUICK
@given(readings=st.lists(st.tuples(MANY_TEXTS, MANY_OVERRIDES), min_size=2, max_size=6))
def test_what_was_read_of_a_file_before_changes_nothing(readings):
    asked = [(text, [".".join(path) + end for path, end in pairs]) for text, pairs in readings]
    alone = []
    for text, overrides in asked:
        config_loading._given_by_file.cache_clear()
        alone.append(found_in(text, overrides))
    assert [found_in(*reading) for reading in asked] == alone
    assert [found_in(*reading) for reading in asked] == alone


# Of YAML and of dotted keys: more than Python's stack of 1000 calls holds.
DEEP = 2000


@pytest.mark.parametrize(
    "text", [b"[" * DEEP, b"{a: " * DEEP, b"- " * DEEP, b"? " * DEEP, b"!x " * DEEP, b"data: " + b"[" * 99]
)
def test_deep_nesting(tmp_path, text):
    (tmp_path / "c.yaml").write_bytes(text)
    assert ends_well(tmp_path / "c.yaml")
    (tmp_path / "c.yaml").write_bytes(EXAMPLE)
    assert ends_well(tmp_path / "c.yaml", ["network.hidden=" + text.decode(), "a." * DEEP + "b=1"])
