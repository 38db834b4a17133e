"""YAML's traps stay shut: each plain scalar is what it looks like, and every key and item has its line."""

import math

import pytest
import yaml

from dlrun.config.strict_yaml import MAX_DEPTH, read_document

SCALARS = [
    ("1", 1), ("+1", 1), ("-0", 0), ("010", 10), ("0o10", "0o10"), ("0x1F", "0x1F"), ("0b11", "0b11"),
    ("1_000", "1_000"), ("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("1e-3", 1e-3), ("5E-4", 5e-4),
    ("1e3", 1000.0), ("-2.5e+1", -25.0),
    (".inf", math.inf), ("-.INF", -math.inf), ("+.Inf", math.inf), ("e3", "e3"), (".", "."), ("1e", "1e"),
    ("1.2.3", "1.2.3"), ("true", True), ("false", False), ("True", "True"), ("TRUE", "TRUE"),
    ("yes", "yes"), ("no", "no"), ("on", "on"),
    ("off", "off"), ("y", "y"), ("null", None), ("~", None), ("", None), ("Null", "Null"), ("NULL", "NULL"),
    ("12:30", "12:30"), ("1:20:30", "1:20:30"), ("2020-01-01", "2020-01-01"),
    ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"),
    ("=", "="), ("'1'", "1"), ('"true"', "true"), ("''", ""), ("'~'", "~"), ("Ω", "Ω"), ("1\u0660", "1\u0660"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_a_scalar_is_what_it_looks_like(text, value):
    document = read_document(f"key: {text}\n")
    assert document.problems == []
    read = document.data["key"]
    assert read == value
    assert type(read) is type(value)


def test_nan_is_a_float():
    assert all(math.isnan(value) for value in read_document("[.nan, .NaN, .NAN]").data)


def test_keys_are_words_whatever_they_look_like():
    assert read_document("on: 1\n1: 2\nnull: 3\n1.50: 4\n").data == {"on": 1, "1": 2, "null": 3, "1.50": 4}


def test_the_traps_are_traps_of_the_usual_loader():
    """The oracle of the table above: where it differs from PyYAML's own reading, there was a trap to shut."""

    def usual(text):
        try:
            return yaml.safe_load(f"k: {text}")["k"]
        except yaml.YAMLError:
            return yaml.YAMLError

    caught = {text for text, value in SCALARS if usual(text) != value}
    assert {"1e-3", "5E-4", "010", "yes", "on", "12:30", "2020-01-01", "1_000", "True", "0x1F", "="} <= caught


def test_every_key_and_item_has_its_line():
    document = read_document("# remark\na:\n  b: 1\n  c:\n    - 5\n    - [6,\n       7]\n\nd: {e:\n  2}\n")
    assert document.lines == {
        (): 2, ("a",): 2, ("a", "b"): 3, ("a", "c"): 4, ("a", "c", 0): 5, ("a", "c", 1): 6, ("a", "c", 1, 0): 6,
        ("a", "c", 1, 1): 7, ("d",): 9, ("d", "e"): 9,
    }  # fmt: skip


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm():
    document = read_document(b"\xef\xbb\xbfa: 1\r\nb: two\r\n")
    assert document.data == {"a": 1, "b": "two"}
    assert document.lines[("b",)] == 2


def test_depth_ends_where_the_limit_says():
    def nested(levels):
        return read_document("[" * levels + "]" * levels)

    assert nested(MAX_DEPTH).readable
    assert not nested(MAX_DEPTH + 1).readable


def test_aliases_cannot_blow_up():
    levels = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))
    document = read_document("a0: &a0 lol\n" + levels)
    assert len(document.problems) == 9 + 8 * 9
    assert document.data["a8"] == [None] * 9


def test_merging_is_refused_but_a_quoted_word_is_just_a_key():
    assert [problem.sentence for problem in read_document("a: {<<: {b: 1}}").problems] == [
        "got the merge key <<; write the keys out, merging is not read here"
    ]
    assert read_document('a: {"<<": 1}').problems == []
