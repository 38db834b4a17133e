"""What a sweep is asked to do, word for word: values of each form, a sentence for each fault, and the page that says so."""

# ruff: noqa: E501 (a message stands on one line here, so that a search for its words finds it)

import json
import re
from decimal import Decimal
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.config import json_schema, load_config, resolved_yaml
from dlrun.config.keys import all_paths, leaf_paths
from dlrun.config.problems import dotted
from dlrun.config.schema import Config
from dlrun.config.strict_yaml import read_document
from dlrun.config.sweep_schema import OPTIONS, SAMPLERS, as_held
from dlrun.config.varied import Condition, Range, Unclear, Values, meant_range, values_of
from dlrun.errors import ConfigError, DlrunError, UsageError
from dlrun.experiment import read_config
from dlrun.experiment.identity import config_sha256
from dlrun.sweep.request import read_sweep
from tests.commands import dlrun

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
BASE = "data: {source: moons, samples: 200}\nnetwork: {depth: 2, width: 8}\n"


@pytest.fixture
def base(tmp_path):
    """A small config, and a function that writes another file beside it."""
    path = tmp_path / "base.yaml"
    path.write_text(BASE)
    return path


def problems(path, *words, **options):
    with pytest.raises(ConfigError) as caught:
        read_sweep(path, words, **options)
    return [problem.replace(f"{path.parent}/", "") for problem in caught.value.problems]


# ---- forms


def rows_of_the_page():
    lines = [line for line in PAGE.split("## Values\n")[1].split("\n## ")[0].splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return [(written.strip("`"), values, drawn) for written, values, drawn in rows]


def is_same(value, other):
    return (type(value), value) == (type(other), other)


@pytest.mark.parametrize(("written", "values", "drawn"), rows_of_the_page())
def test_each_form_of_the_page_has_the_values_that_the_page_says(written, values, drawn):
    read = values_of(written)
    told = read_document(f"[{values}]").data
    assert len(read.values) == len(told)
    assert all(map(is_same, read.values, told))
    kinds = {
        "each as often": lambda ends: ends is None,
        "numbers, evenly": lambda ends: not (ends.is_log or ends.is_whole),
        "numbers, evenly on the log scale": lambda ends: ends.is_log and not ends.is_whole,
        "whole numbers, evenly on the log scale": lambda ends: ends.is_log and ends.is_whole,
    }
    assert kinds[drawn](read.drawn_from)
    assert (read.only_if is not None) == (" if " in written)


def test_the_page_knows_every_option_and_sampler():
    assert all(f"`{word}`" in PAGE for word in (*OPTIONS, *SAMPLERS))


FORMS = [
    ("a, b ,c", ("a", "b", "c")),
    ("3", (3,)),
    ("", (None,)),
    ("true,false", (True, False)),
    ("{a: 1, b: 2},{a: 3}", ({"a": 1, "b": 2}, {"a": 3})),
    ("'a, b'", ("a, b",)),
    ("don't,can't", ("don't", "can't")),
    ("../a.csv,..\\b.csv", ("../a.csv", "..\\b.csv")),
    ("'0..4'", ("0..4",)),
    ("'x if a=1'", ("x if a=1",)),
    ("iffy,if-not", ("iffy", "if-not")),
    (" 0 .. 2 ", (0, 1, 2)),
    ("-2..2:2", (-2, 0, 2)),
    ("0.1..0.5:0.1", (0.1, 0.2, 0.3, 0.4, 0.5)),
    ("1..2:0.5", (1.0, 1.5, 2.0)),
    ("7..7", (7,)),
    ("2e-4..1:log", (2e-4, 2e-3, 0.02, 0.2, 1.0)),
    ("1..3:log", (1, 2, 3)),
    ("1.5e308..1.6e308:log", (1.5e308, 1.6e308)),
    ("1..4:log9", (1, 2, 3, 4)),
    ("1.0..4:log2", (1.0, 4.0)),
    ([0, "a..b", [1]], (0, "a..b", [1])),
    (5, (5,)),
    (None, (None,)),
]  # fmt: skip


@pytest.mark.parametrize(("written", "values"), FORMS)
def test_what_is_written_has_these_values(written, values):
    read = values_of(written)
    assert len(read.values) == len(values)
    assert all(map(is_same, read.values, values))


def test_a_range_keeps_its_ends_and_its_scale():
    assert values_of("0.5..1") == Values((), Range(0.5, 1, is_log=False, is_whole=False))
    assert values_of("16..40:log") == Values((16, 32, 40), Range(16, 40, is_log=True, is_whole=True))


def test_a_condition_is_one_key_and_its_values():
    assert values_of("1..2 if a.b = x,'y, z'") == Values((1, 2), None, Condition("a.b", ("x", "y, z")))
    assert values_of("1 if a=2..4").only_if == Condition("a", (2, 3, 4))


@given(count=st.integers(2, 60), low=st.floats(1e-6, 1e3), ratio=st.floats(2, 1e6))
@settings(max_examples=60, deadline=None)
def test_values_on_the_log_scale_have_one_ratio(count, low, ratio):
    """NumPy's geomspace says where they are; four digits leave them within 5e-4 of it. 60 values of 2 to 1 differ."""
    high = low * ratio
    read = values_of(f"{low!r}..{high!r}:log{count}").values
    assert (read[0], read[-1]) == (low, high)
    assert np.allclose(read, np.geomspace(low, high, count), rtol=5.1e-4, atol=0)


@given(low=st.integers(-50, 50), steps=st.integers(0, 40), step=st.integers(1, 200))
def test_a_range_with_a_step_is_that_of_decimals(low, steps, step):
    exact = [Decimal(low) / 10 + at * Decimal(step) / 100 for at in range(steps + 1)]
    read = values_of(f"{exact[0]:.2f}..{exact[-1]:.2f}:{step / 100:.2f}").values
    assert read == tuple(float(value) for value in exact)


@given(text=st.text(max_size=12) | st.text(alphabet="01.-:eglo,[]'\"{} if=ab", max_size=16))
def test_any_text_has_values_or_a_sentence(text):
    try:
        told = values_of(text)
    except Unclear as unclear:
        told = str(unclear)
    assert told


# ---- faults of the forms: what is written for training.epochs, and the sentence

UNCLEAR = [
    ("0...4", "got '0...4', which is no range; did you mean 0..4?"),
    ("0…4", "got '0…4', which is no range; did you mean 0..4?"),
    ("1e−4..1:log", "got '1e−4..1:log', which is no range; did you mean 1e-4..1:log?"),
    (".5..1:.1", "got '.5..1:.1', which is no range; did you mean 0.5..1:0.1?"),
    ("a..b", "got 'a..b', which is no range; write 0..4, 0..1:0.25 or 1e-4..1:log, or put text in quotes"),
    ("4..0", "got '4..0'; the low end comes first: 0..4"),
    ("4..1:log", "got '4..1:log'; the low end comes first: 1..4:log"),
    ("0..4:0", "got the step 0 in '0..4:0'; give a step > 0"),
    ("0..4:-1", "got the step -1 in '0..4:-1'; give a step > 0"),
    ("0..1:0.3", "got '0..1:0.3', whose steps of 0.3 miss the end 1; give 0..0.9:0.3, or another step"),
    ("0..3:5", "got '0..3:5', whose steps of 5 miss the end 3; give a smaller step"),
    ("0..4:x", "got 'x' after the colon; write a step such as 0.25, log, or log9 for nine values"),
    ("0..1:log", "got '0..1:log'; a log range cannot hold 0; start above 0, as in 1e-4..1:log; a list may hold 0 too: 0,0.01,0.1,1"),
    ("-1..1:log", "got '-1..1:log'; a log range cannot hold -1; start above 0, as in 1e-4..1:log; a list may hold 0 too: 0,0.01,0.1,1"),
    ("1..9:log1", "got '1..9:log1'; after log comes a number of values from 2 to 1,000,000"),
    ("1..9999999999", "got '1..9999999999', more than 1,000,000 values; give a larger step or fewer values"),
    ("1e999..2", "got 1e999, which is too large; give numbers below 1e308"),
    ("1.." + "9" * 101, "got a number of 101 characters; expected at most 100"),
    ("0..4,7", "got '0..4,7'; a range stands alone: write its values out, or put text in quotes"),
    ("1,,2", "got '1,,2', with nothing before or after a comma; write null for none, or leave it out"),
    ("1,2,", "got '1,2,', with nothing before or after a comma; write null for none, or leave it out"),
    ("[1,2", "not YAML (expected ',' or ']', but got '<stream end>'); check the indentation, the brackets and the quotes here"),
    ("&a 1,2", "got the anchor &a; remove it, anchors are not read here"),
    ("1..2 if x", "got the condition 'x'; write VALUES if KEY=VALUE, as in 0.5,0.9 if training.optimizer=momentum, or put text in quotes"),
    ("1 if a!=2", "got the condition 'a!=2'; write VALUES if KEY=VALUE, as in 0.5,0.9 if training.optimizer=momentum, or put text in quotes"),
    ("1 if a=1 and b=2", "got the condition 'a=1 and b=2'; give one key, with its values between commas"),
    ("1 if a=0.5..1", "got the condition 'a=0.5..1'; list its values, a range needs a step here"),
    ("if a=1", "got 'if a=1', no values before the if; write VALUES if KEY=VALUE, as in 0.5,0.9 if training.optimizer=momentum, or put text in quotes"),
    ([], "got an empty list; give at least one value"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "sentence"), UNCLEAR)
def test_what_says_no_values_is_told_in_a_sentence(written, sentence):
    with pytest.raises(Unclear, match=f"^{re.escape(sentence)}$"):
        values_of(written)


@pytest.mark.parametrize("text", ["0-4", "0–4", "0 — 4", "0 to 4", "0...4", "0:4", "0. .4"])
def test_other_spellings_of_a_range_are_understood(text):
    assert meant_range(text) == "0..4"


@pytest.mark.parametrize("text", ["a-b", "2020-01-01", "4", "x4", ""])
def test_other_texts_are_no_range(text):
    assert meant_range(text) is None


# ---- faults of keys and values: the words, and the lines

WRONG = [
    ("training.epochs=0,3", ["command line: training.epochs: got 0; expected an integer >= 1, or auto"]),
    ("training.epochs=3,true,x", ["command line: training.epochs: got true; expected an integer >= 1, or auto", "command line: training.epochs: got 'x'; expected an integer >= 1, or auto"]),
    ("training.epochs=-9..0", [f"command line: training.epochs: got {n}; expected an integer >= 1, or auto" for n in (-9, -8, -7)]),
    ("training.epochs=1..5:0.5", ["command line: training.epochs: got 1.0; expected an integer >= 1, or auto", "command line: training.epochs: got 1.5; expected an integer >= 1, or auto", "command line: training.epochs: got 2.0; expected an integer >= 1, or auto"]),
    ("regularization.lambda=.nan,1", ["command line: regularization.lambda: got .nan; expected a number >= 0"]),
    ("regularization.lambda=.inf,1", ["command line: regularization.lambda: got .inf; expected a number >= 0"]),
    ("regularization.lambda=0-1", ["command line: regularization.lambda: got '0-1'; did you mean the range 0..1?"]),
    ("regularization.keep_prob=0.0..1", ["command line: regularization.keep_prob: got 0.0; expected 0 < keep_prob <= 1 (1 means no dropout)"]),
    ("regularization.patience_epochs=0,3", ["command line: regularization.patience_epochs: got 0; expected an integer >= 1, or null"]),
    ("network.hidden=32,16", [f"command line: network.hidden: got {n}; expected a list of at most 999 widths such as [64, 32], or null; several to try are written [64, 32], [128]" for n in (32, 16)]),
    ("network.activation=relu,tahn", ["command line: network.activation: got 'tahn'; expected one of relu, leaky_relu, tanh, sigmoid, identity; did you mean tanh?"]),
    ("training.epoch=1,2", ["command line: training.epoch: unknown key here; did you mean epochs?"]),
    ("lr=1,2", ["command line: lr: unknown key here; did you mean training.learning_rate?"]),
    ("trails=3", ["command line: trails: unknown key here; did you mean trials?"]),
    ("trials=3", ["command line: trials: no key of a config; write --trials"]),
    ("sampler_seed=3", ["command line: sampler_seed: no key of a config; write --sampler-seed"]),
    ("network=3", ["command line: network: a section, which has no values of its own; vary its keys, such as network.depth, network.width"]),
    ("network.hidden.x=1", ["command line: network.hidden.x: unknown key here; network.hidden takes one whole value, as in network.hidden=VALUE"]),
    ("name=a,b", ["command line: name: names the sweep, and is the same for all; give one name"]),
    ("report=true,false", ["command line: report: changes no training, so there is nothing to compare; give it one value"]),
    ("diagnosis.optimal_error=0,0.1", ["command line: diagnosis.optimal_error: changes no training, so there is nothing to compare; give it one value"]),
    ("seed=0.5,1", ["command line: seed: got 0.5; expected an integer >= 0"]),
    ("seed=0.5..2", ["command line: seed: seeds are listed, not drawn; write seed=0..4 or seed=0,7"]),
    ("seed=1,2 if training.epochs=3", ["command line: seed: seeds are for every setting; leave the condition out"]),
    ("regularization.lambda=0.5..1", ["command line: regularization.lambda: got 0.5..1, all numbers between two, and a grid takes each of its values; give a step (0.5..1:STEP), a number of values (0.5..1:log5), or --trials N to draw from it"]),
    ("training.momentum=0.5,0.9 if training.optmizer=adam", ["command line: training.momentum: its condition names training.optmizer: unknown key here; did you mean optimizer?"]),
    ("training.momentum=0.5,0.9 if training.optimizer=adm", ["command line: training.momentum: its condition on training.optimizer: got 'adm'; expected one of adam, gd, momentum, rmsprop; did you mean adam?"]),
    ("training.momentum=0.5,0.9 if training.optimizer=gd", ["command line: training.momentum: its condition never holds: training.optimizer is 'adam' in the config, and not varied; vary it too, or leave the condition out"]),
    ("training.momentum=0.5,0.9 if seed=1", ["command line: training.momentum: its condition names seed; name another key that is varied"]),
    ("training.momentum=0.5 if training.momentum=0.9", ["command line: training.momentum: its condition names training.momentum; name another key that is varied"]),
]  # fmt: skip


@pytest.mark.parametrize(("word", "lines"), WRONG, ids=[word for word, _ in WRONG])
def test_a_wrong_word_is_told_in_a_sentence(base, word, lines):
    assert problems(base, word) == lines


def test_an_end_of_a_range_at_zero_is_not_said_to_have_a_log_scale(base):
    (line,) = problems(base, "regularization.lambda=0.0..1")
    assert "log" not in line
    assert "(0.0..1:STEP), or --trials" in line


def test_a_word_without_values_is_an_error_of_usage(base):
    with pytest.raises(UsageError, match="got no = in it"):
        read_sweep(base, ["network.width"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"trials": 0}, "--trials: got 0; expected an integer from 1 to 100000"),
        ({"sampler": "tpf"}, "--sampler: got 'tpf'; expected one of sobol, random, tpe"),
        ({"sampler_seed": -1}, "--sampler-seed: got -1; expected an integer >= 0"),
    ],
)
def test_a_wrong_option_is_an_error_of_usage(base, options, sentence):
    with pytest.raises(UsageError, match=f"^{re.escape(sentence)}$"):
        read_sweep(base, ["network.width=4,8"], **options)


def test_a_key_given_twice_is_told(base):
    assert problems(base, "network.width=4,8", "network.width=9") == [
        "command line: network.width: given twice; keep one of them"
    ]


def test_nothing_to_vary_is_told(base):
    (line,) = problems(base, "training.epochs=20")
    assert line.startswith("base.yaml: got nothing to vary; give a key with values")
    (line,) = problems(base, "seed=0..3", trials=4)
    assert line == "base.yaml: got 4 trials of nothing; give a key with values to draw from"


def test_a_sampler_needs_trials(base):
    (line,) = problems(base, "network.width=4,8", sampler="tpe")
    assert line == "base.yaml: --sampler: got tpe without a number of trials; give --trials N, or trials: N"


def test_a_grid_of_too_many_settings_is_refused_and_a_million_is_not(base):
    words = ("training.epochs=1..1000", "network.width=1..1000")
    assert read_sweep(base, words).plan.settings_count == 1_000_000
    (line,) = problems(base, *words, "data.stratify=true,false")
    sentence = "the grid has 2,000,000 settings; expected at most 1,000,000; leave values out, or draw from it with"
    assert line == f"base.yaml: {sentence} --trials 100"


# ---- values that do not fit each other


def test_values_that_do_not_fit_are_told_with_the_setting(base):
    assert problems(base, "data.source=moons,digits", "data.noise=0.1,0.2") == [
        "base.yaml:1: data.samples: not a setting of source digits; leave it out, or use a source that takes it: moons, circles, blobs, classification, regression (with data.source=digits data.noise=0.1)",
        "command line: data.noise: not a setting of source digits; leave it out, or use a source that takes it: moons, circles, regression (with data.source=digits data.noise=0.1)",
    ]


def test_an_unknown_source_is_told_before_anything_is_trained(base):
    (line,) = problems(base, "data.source=circles,circels")
    assert line.startswith("command line: data.source: got 'circels', an unknown source; did you mean circles?")


def test_width_and_hidden_varied_together_are_refused_unless_one_has_a_condition(base):
    (line,) = problems(base, "network.width=8,16", "network.hidden=[4],[5]")
    assert line.startswith("command line: network.width: got 8 together with network.hidden [4]; give one of the two")
    request = read_sweep(base, ["network.hidden=null,[4]", "network.width=8,16 if network.hidden=null"])
    assert request.plan.settings_count == 3


def test_depth_and_width_are_tried_together_where_the_config_has_a_list(tmp_path):
    """Each value alone would clash with the list of the config, which the varied width replaces."""
    path = tmp_path / "c.yaml"
    path.write_text("data: {source: moons}\nnetwork: {hidden: [9, 8]}\n")
    assert read_sweep(path, ["network.depth=2..4", "network.width=5,6"]).plan.settings_count == 6
    (line,) = problems(path, "network.depth=2..4")
    assert line.startswith("c.yaml:2: network.hidden: 2 widths given; network.depth 2 has 1 hidden layer")


def test_each_value_below_a_condition_is_tried_however_far_away_it_is(base):
    words = ["network.activation=relu,tanh", "training.epochs=1..3000"]
    (line,) = problems(base, *words, "regularization.keep_prob=0.5,[0.5,0.5] if network.activation=tanh")
    assert line.startswith("command line: regularization.keep_prob: 2 values given; the network has 1 hidden layer")
    assert line.endswith("(with network.activation=tanh training.epochs=1 regularization....)")


# ---- conditions


def test_a_condition_on_a_key_that_is_not_varied_everywhere_looks_at_the_config(base):
    words = ["training.optimizer=gd,momentum", "training.momentum=0.5,0.9 if training.optimizer=momentum"]
    held = read_sweep(base, [*words, "training.rms_decay=0.8,0.9 if training.momentum=0.9"]).plan
    assert held.settings_count == 2 + 1 + 2  # gd with the config's momentum, 0.9; momentum 0.5; momentum 0.9
    base.write_text(BASE + "training: {momentum: 0.7}\n")
    assert read_sweep(base, [*words, "training.rms_decay=0.8,0.9 if training.momentum=0.9"]).plan.settings_count == 4


def test_a_condition_on_a_key_of_the_config_that_holds_is_left_out(base):
    plan = read_sweep(base, ["training.momentum=0.5,0.9 if training.optimizer=adam,momentum"]).plan
    assert (plan.settings_count, plan.keys[0].only_if) == (2, None)


def test_a_condition_is_met_by_a_fixed_value(base):
    words = ["training.momentum=0.5,0.9 if training.optimizer=momentum", "training.optimizer=momentum"]
    assert read_sweep(base, words).plan.settings_count == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            [
                "training.momentum=0.5,0.9 if training.rms_decay=0.9",
                "training.rms_decay=0.9,0.99 if training.momentum=0.5",
            ],
            "its condition goes in a circle (training.momentum if training.rms_decay if training.momentum); leave one of the conditions out",
        ),
        (
            ["training.momentum=0.5,0.9 if training.optimizer=rmsprop", "training.optimizer=adam,gd"],
            "its condition on training.optimizer names 'rmsprop', which is not among the values to try there",
        ),
        (
            ["training.momentum=0.5,0.9 if training.epochs=3", "training.epochs=2..8:log"],
            "its condition on training.epochs names 3, which is not among the values to try there",
        ),
    ],
)
def test_a_condition_that_cannot_be_is_told(base, words, sentence):
    assert f"command line: training.momentum: {sentence}" in problems(base, *words)


def test_a_condition_on_a_drawn_range_is_told(base):
    words = ["training.momentum=0.5,0.9 if training.epochs=2", "training.epochs=2..8:log"]
    (line,) = problems(base, *words, trials=5)
    assert line.endswith("its condition needs listed values of training.epochs, which is drawn from a range; list them")


def test_a_wrong_key_is_told_once_though_a_condition_names_it(base):
    words = ["training.momentum=0.5,0.9 if training.optimizer=gd", "training.optimizer=gd,x"]
    (line,) = problems(base, *words)
    assert line.startswith("command line: training.optimizer: got 'x'")


# ---- files

SECTION = (
    BASE
    + """sweep:
  regularization.lambda: 0..1:0.3
  training.epoch: 20
  network.width: [8, 0]
  network:
    depth: 2,3
  trials: many
  sampler: sobl
  training.epochs: &a 3
"""
)


def test_every_problem_is_told_at_once_with_file_and_line(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(SECTION.replace("moons", "moon"))
    lines = problems(path, "training.batch_size=0,8", "seed=x")
    assert lines == [
        "own.yaml:1: data.source: got 'moon', an unknown source; did you mean moons? (bundled: digits, breast_cancer, wine, iris, diabetes, moons, circles, blobs, classification, regression; or a path to .csv, .tsv, .xlsx, .parquet, .json, .arff and 20 more)",
        "own.yaml:4: sweep.regularization.lambda: got '0..1:0.3', whose steps of 0.3 miss the end 1; give 0..0.9:0.3, or another step",
        "own.yaml:5: sweep.training.epoch: unknown key here; did you mean epochs?",
        "own.yaml:6: sweep.network.width: got 0; expected an integer from 1 to 100000, or null",
        "own.yaml:7: sweep.network: a section, which has no values of its own; vary its keys, such as network.depth, network.width",
        "own.yaml:9: sweep.trials: got 'many'; expected an integer from 1 to 100000, or null",
        "own.yaml:10: sweep.sampler: got 'sobl'; expected one of sobol, random, tpe, or null; did you mean sobol?",
        "own.yaml:11: sweep.training.epochs: got the anchor &a; remove it, anchors are not read here",
        "command line: training.batch_size: got 0; expected an integer >= 1, full or auto",
        "command line: seed: got 'x'; expected an integer >= 0",
    ]


def test_a_file_may_name_its_config_and_hold_the_sweep_alone(base):
    path = base.parent / "sweeps" / "s.yaml"
    path.parent.mkdir()
    path.write_text(
        "config: ../base.yaml\nsweep: {network.width: '4,8', training.epochs: 3, seed: 1..2, early: true}\n"
    )
    request = read_sweep(path)
    assert Path(request.base.file).samefile(base)
    assert request.base.overrides == ("training.epochs=3",)
    assert [key.key for key in request.plan.keys] == ["network.width"]
    assert (request.plan.seeds, request.early) == ((1, 2), True)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("config: base.yaml\nsweep: 3\n", ["s.yaml:2: sweep: got 3; expected keys and values such as regularization.lambda: 0,0.1,1"]),
        ("config: base.yaml\nseed: 3\nsweep: {seed: '0..2'}\n", ["s.yaml:2: seed: no key here; the config is 'base.yaml', so write the values for it below sweep"]),
        ("config: 3\nsweep: {x: 1}\n", ["s.yaml:1: config: got 3; expected the path of a config, seen from this file", "s.yaml:2: sweep.x: unknown key here; known here: name, seed, data, network, regularization, training, diagnosis, ensemble, bag_fraction, report"]),
        ("config: bose.yaml\nsweep: {seed: '0..2'}\n", ["bose.yaml: no such file; did you mean base.yaml?"]),
        ("config: base.yaml\nsweep: {network.width: '4,8', network.width: 3}\n", ["s.yaml:2: sweep.network.width: given twice, on lines 2 and 2; keep one of them"]),
        ("config: base.yaml\nsweep: {network.hidden: [[4, 4]], network.depth: '4,5'}\n", ["s.yaml:2: sweep.network.hidden: 2 widths given; network.depth 2 has 1 hidden layer; give 1 width or set depth: 3"]),
    ],
)  # fmt: skip
def test_the_problems_of_a_file_that_names_its_config(base, text, lines):
    path = base.parent / "s.yaml"
    path.write_text(text)
    assert [line.replace(f"{base.parent}/", "") for line in problems(path)] == lines


def test_a_value_fixed_in_the_section_is_told_at_its_line(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(BASE + "sweep:\n  data.source: digits\n  data.noise: 0.1\n  seed: 0..2\n")
    assert [line.split(":")[:3] for line in problems(path)] == [
        ["own.yaml", "1", " data.samples"], ["own.yaml", "5", " sweep.data.noise"],
    ]  # fmt: skip


def test_the_command_line_replaces_a_key_of_the_section_and_its_rival(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(BASE + "sweep: {network.hidden: [[4], [5]], training.epochs: '1,2', trials: 3}\n")
    plan = read_sweep(path, ["network.width=7,8", "training.epochs=5"], trials=2).plan
    assert ([key.key for key in plan.keys], plan.trials) == (["network.width"], 2)


# ---- what else reads a config with a section


def test_train_reads_a_config_as_if_it_had_no_section(base):
    path = base.parent / "own.yaml"
    path.write_text(BASE + "sweep: {network.width: '4,8', seed: 0..4, trials: 3}\nname: base\n")
    with_section, without = read_config(path), read_config(base)
    assert with_section.config == without.config
    assert config_sha256(with_section.config.to_dict()) == config_sha256(without.config.to_dict())
    assert "sweep" not in resolved_yaml(with_section)
    assert with_section.origins.keys() == without.origins.keys()


def test_the_command_trains_a_config_with_a_section_to_the_same_parameters(base):
    path = base.parent / "own.yaml"
    path.write_text(BASE + "name: base\nsweep: {network.width: '4,8', seed: 0..4}\n")
    answers = [
        json.loads(dlrun("train", file, "training.epochs=2", "report=false", "--json", cwd=base.parent).stdout)
        for file in (path, base)
    ]
    folders = [base.parent / "runs" / answer["run_id"] for answer in answers]
    hashes = [json.loads((folder / "run.json").read_text())["config_sha256"] for folder in folders]
    assert hashes[0] == hashes[1]
    models = [dict(np.load(folder / "model.npz")) for folder in folders]
    assert models[0].keys() == models[1].keys()
    assert all(np.array_equal(models[0][name], models[1][name]) for name in models[0])


def test_train_tells_the_faults_of_a_section(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(SECTION)
    with pytest.raises(ConfigError, match=r"own\.yaml:5: sweep\.training\.epoch: unknown key here"):
        load_config(path)


def test_train_sends_a_sweep_of_another_config_to_the_verb_that_takes_it(base):
    path = base.parent / "s.yaml"
    path.write_text("config: base.yaml\nsweep: {network.width: '4,8'}\n")
    with pytest.raises(ConfigError, match=r"s\.yaml: holds a sweep of another config; dlrun sweep .*s\.yaml trains it"):
        load_config(path)


def test_the_json_schema_takes_a_section_and_refuses_what_is_no_key_of_it():
    validator = jsonschema.Draft202012Validator(json_schema())
    sweep = {"network.width": "4,8", "network.hidden": [[4], [5]], "seed": "0..4", "trials": 3, "sampler": "tpe"}
    assert validator.is_valid({"data": {"source": "moons"}, "sweep": sweep})
    assert validator.is_valid({"config": "base.yaml", "sweep": sweep})
    assert not validator.is_valid({"config": "base.yaml"})
    assert not validator.is_valid({"data": {"source": "moons"}, "sweep": {"network.widht": "4,8"}})
    assert not validator.is_valid({"data": {"source": "moons"}, "sweep": {"trials": 0}})


def test_a_value_alone_is_held_as_the_whole_config_holds_it():
    data = Config(data={"source": "digits"}).to_dict()
    for path in leaf_paths():
        value = data
        for key in path:
            value = value[key]
        assert as_held(path, value) == value, path
    assert is_same(as_held(("regularization", "lambda"), 1), 1.0)
    assert is_same(as_held(("data", "split", "train"), 1), 1)


# ---- whatever is written, the answer is a plan or an error of ours

PIECES = st.sampled_from(["0", "1", "..", ":", "log", "log3", ",", " if ", "=", "training.optimizer=adam", "adam", "[4]", "null", "'", "{", "-", ".5", "1e-3", "relu", "&a"]) | st.text(max_size=3)  # fmt: skip
KEYS = st.sampled_from([dotted(path) for path in all_paths()]) | st.text(max_size=6)
TEXTS = st.lists(PIECES, max_size=5).map("".join)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def ends_well(path, words=(), **options):
    try:
        read_sweep(path, words, **options)
    except DlrunError as error:
        return bool(str(error)) and "pydantic" not in str(error)
    return True


@QUICK
@given(pairs=st.lists(st.tuples(KEYS, TEXTS), max_size=4), trials=st.none() | st.integers(1, 4))
def test_any_words(base, pairs, trials):
    assert ends_well(base, [f"{key}={text}" for key, text in pairs], trials=trials)


YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@QUICK
@given(section=st.dictionaries(KEYS | st.sampled_from(OPTIONS), YAML, max_size=4) | YAML, config=st.none() | YAML)
def test_any_section(base, section, config):
    path = base.parent / "s.yaml"
    start = BASE if config is None else f"config: {json.dumps(config)}\n"
    path.write_text(f"{start}sweep: {json.dumps(section)}\n")
    assert ends_well(path)


@QUICK
@given(text=st.binary(max_size=40))
def test_any_bytes_below_a_section(base, text):
    path = base.parent / "s.yaml"
    path.write_bytes(BASE.encode() + b"sweep:\n  network.width: " + text)
    assert ends_well(path)
