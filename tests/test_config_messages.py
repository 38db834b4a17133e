"""Every message about a config, word for word: where it is, what was found, what would do."""

# ruff: noqa: E501 (a message stands on one line here, so that a search for its words finds it)

import pytest

from dlrun.config import Vocabulary, config_from_dict, load_config
from dlrun.data import FILE_SUFFIXES
from dlrun.errors import ConfigError, UsageError

# What the data package would hand in: each source's word and the generator settings that it takes.
SOURCES = {
    "digits": frozenset(),
    "iris": frozenset(),
    "moons": frozenset({"samples", "noise"}),
    "circles": frozenset({"samples", "noise", "factor"}),
    "blobs": frozenset({"samples", "classes", "cluster_std"}),
}

GOOD = "data: {source: digits}\n"


def problems(folder, text, *overrides, sources=SOURCES):
    """The problems of a config's text, the folder's name taken off."""
    path = folder / "deep.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides, vocabulary=Vocabulary(sources, FILE_SUFFIXES))
    assert str(caught.value) == "\n".join(caught.value.problems)
    return [problem.replace(f"{folder}/", "") for problem in caught.value.problems]


def below(section, line):
    """A config, sound but for one line below a section; the line is the config's third."""
    return f"{GOOD}{section}:\n  {line}\n"


# One fault below `data: {source: digits}`: the section, its line, and the message without `deep.yaml:3: `.
ONE_FAULT = [
    # unknown keys
    ("network", "keep_prob: 0.5", "network.keep_prob: unknown key here; did you mean regularization.keep_prob?"),
    ("network", "widht: 32", "network.widht: unknown key here; did you mean width?"),
    ("network", "Depth: 3", "network.Depth: unknown key here; did you mean depth?"),
    ("network", "layers: 3", "network.layers: unknown key here; did you mean depth (layers with weights, the output layer included)?"),
    ("network", "hidden_layers: 2", "network.hidden_layers: unknown key here; did you mean hidden (a list of widths; or network.depth, one more than the hidden layers)?"),
    ("network", "units: 2", "network.units: unknown key here; did you mean width?"),
    ("network", "noise: 2", "network.noise: unknown key here; did you mean data.noise or regularization.augment.noise?"),
    ("network", "dropout: 0.5", "network.dropout: unknown key here; did you mean regularization.keep_prob (keep_prob = 1 - rate)?"),
    ("regularization", "dropout: 0.5", "regularization.dropout: unknown key here; did you mean keep_prob (keep_prob = 1 - rate)?"),
    ("regularization", "lambd: 1", "regularization.lambd: unknown key here; did you mean lambda?"),
    ("regularization", "lambda_: 1", "regularization.lambda_: unknown key here; did you mean lambda?"),
    ("regularization", "l2: 1", "regularization.l2: unknown key here; did you mean lambda?"),
    ("training", "weight_decay: 1", "training.weight_decay: unknown key here; did you mean regularization.weight_decay?"),
    ("training", "schedule: cosin", "training.schedule: got 'cosin'; expected one of constant, cosine, flat_cosine; did you mean cosine?"),
    ("training", "keep: lst", "training.keep: got 'lst'; expected one of auto, best, last; did you mean last?"),
    ("training", "warmup_fraction: 1", "training.warmup_fraction: got 1; expected a fraction with 0 <= it < 1"),
    ("training", "learning_rate_decay: 0.1\n  schedule: cosine", "training.learning_rate_decay: got 0.1 together with training.schedule cosine, and both let the rate fall; leave one of the two out"),
    ("training", "lr: 0.1", "training.lr: unknown key here; did you mean learning_rate?"),
    ("training", "batch: 64", "training.batch: unknown key here; did you mean batch_size?"),
    ("training", "validation: 0.2", "training.validation: unknown key here; did you mean data.split.dev?"),
    ("diagnosis", "zzz: 1", "diagnosis.zzz: unknown key here; known here: optimal_error, target_error, metric, ignore"),
    ("diagnosis", '"a\\nb": 1', "diagnosis.a\\nb: unknown key here; known here: optimal_error, target_error, metric, ignore"),
    ("diagnosis", '"": 1', "diagnosis.'': unknown key here; known here: optimal_error, target_error, metric, ignore"),
    # values
    ("regularization", "keep_prob: 1.2", "regularization.keep_prob: got 1.2; expected 0 < keep_prob <= 1 (1 means no dropout)"),
    ("regularization", "keep_prob: [0.9, 0]", "regularization.keep_prob[1]: got 0; expected 0 < keep_prob <= 1 (1 means no dropout)"),
    ("regularization", "keep_prob: {float: 1}", "regularization.keep_prob: got {float: 1}; expected 0 < keep_prob <= 1 (1 means no dropout)"),
    ("regularization", "lambda: -1", "regularization.lambda: got -1; expected a number >= 0"),
    ("regularization", "lambda: yes", "regularization.lambda: got 'yes'; expected a number >= 0"),
    ("regularization", "weight_decay: -1", "regularization.weight_decay: got -1; expected a number >= 0"),
    ("regularization", "weight_decay: 1000", "regularization.weight_decay: got 1000, and at training.learning_rate 0.001 a step would take all of the weights; give a number below 1000.0"),
    ("regularization", "patience_epochs: 0", "regularization.patience_epochs: got 0; expected an integer >= 1, or null"),
    ("regularization", "augment: 3", "regularization.augment: got 3; expected a mapping with keys such as noise, shift_pixels, rotate_degrees"),
    ("regularization", "augment: {zoom_fraction: 1}", "regularization.augment.zoom_fraction: got 1; expected a fraction with 0 <= it < 1"),
    ("regularization", "augment: {rotate_degrees: 181}", "regularization.augment.rotate_degrees: got 181; expected degrees from 0 to 180"),
    ("regularization", "augment: {flip: yes}", "regularization.augment.flip: got 'yes'; expected true or false"),
    ("network", "depth: 0", "network.depth: got 0; expected an integer from 1 to 1000 (layers with weights)"),
    ("network", "depth: true", "network.depth: got true; expected an integer from 1 to 1000 (layers with weights)"),
    ("network", "depth: 3.0", "network.depth: got 3.0; expected an integer from 1 to 1000 (layers with weights)"),
    ("network", 'width: "64"', "network.width: got '64'; expected an integer from 1 to 100000, or null"),
    ("network", "width: 100001", "network.width: got 100001; expected an integer from 1 to 100000, or null"),
    ("network", "width: null", "network.width: got null without network.hidden; give a width such as 64"),
    ("network", "hidden: 64", "network.hidden: got 64; expected a list of at most 999 widths such as [64, 32], or null"),
    ("network", "hidden: [64, 3.5]", "network.hidden[1]: got 3.5; expected an integer from 1 to 100000"),
    ("network", "activation: rleu", "network.activation: got 'rleu'; expected one of relu, leaky_relu, tanh, sigmoid, identity; did you mean relu?"),
    ("network", "activation: 7", "network.activation: got 7; expected one of relu, leaky_relu, tanh, sigmoid, identity"),
    ("network", "init_scale: 0", "network.init_scale: got 0; expected a number > 0"),
    ("training", "optimizer: sgd", "training.optimizer: got 'sgd'; expected one of adam, gd, momentum, rmsprop; did you mean gd?"),
    ("training", "learning_rate: .nan", "training.learning_rate: got .nan; expected a number > 0"),
    ("training", "learning_rate: .inf", "training.learning_rate: got .inf; expected a number > 0"),
    ("training", "learning_rate: 1e999", "training.learning_rate: got .inf; expected a number > 0"),
    ("training", "learning_rate: true", "training.learning_rate: got true; expected a number > 0"),
    ("training", "momentum: 1", "training.momentum: got 1; expected a number with 0 <= it < 1"),
    ("training", "batch_size: ful", "training.batch_size: got 'ful'; expected an integer >= 1, full or auto"),
    ("training", "epochs: aut", "training.epochs: got 'aut'; expected an integer >= 1, or auto"),
    ("training", "batch_size: 0", "training.batch_size: got 0; expected an integer >= 1, full or auto"),
    ("training", "epochs: null", "training.epochs: got null; expected an integer >= 1, or auto"),
    ("diagnosis", "optimal_error: {errors: 30, n: 20}", "diagnosis.optimal_error: got {errors: 30, n: 20}; expected a fraction from 0 to 1, {errors: 30, n: 200} with errors <= n, or {soft_labels: FILE.csv}, or null"),
    ("diagnosis", "optimal_error: {errors: 30}", "diagnosis.optimal_error: got {errors: 30}; expected a fraction from 0 to 1, {errors: 30, n: 200} with errors <= n, or {soft_labels: FILE.csv}, or null"),
    ("diagnosis", "target_error: 5", "diagnosis.target_error: got 5; expected a number from 0 to 1 (a fraction, not a percentage), or null"),
    ("diagnosis", "optimal_error: 3", "diagnosis.optimal_error: got 3; expected a fraction from 0 to 1, {errors: 30, n: 200} with errors <= n, or {soft_labels: FILE.csv}, or null"),
    ("diagnosis", "optimal_error: " + "x" * 99, "diagnosis.optimal_error: got '" + "x" * 56 + "...; expected a fraction from 0 to 1, {errors: 30, n: 200} with errors <= n, or {soft_labels: FILE.csv}, or null"),
    ("diagnosis", 'optimal_error: "\\e[31m"', "diagnosis.optimal_error: got '\\x1b[31m'; expected a fraction from 0 to 1, {errors: 30, n: 200} with errors <= n, or {soft_labels: FILE.csv}, or null"),
    # two keys together
    ("network", "{hidden: [1, 2, 3], depth: 3}", "network.hidden: 3 widths given; network.depth 3 has 2 hidden layers; give 2 widths or set depth: 4"),
    ("network", "{hidden: [1], depth: 1}", "network.hidden: 1 width given; network.depth 1 has 0 hidden layers; give 0 widths or set depth: 2"),
    ("network", "{hidden: [64, 32], width: 16}", "network.width: got 16 together with network.hidden [64, 32]; give one of the two"),
    ("regularization", "keep_prob: [0.5, 0.6, 0.7]", "regularization.keep_prob: 3 values given; the network has 2 hidden layers; give 2 values, or one number for every layer"),
    # the YAML itself, where the rest can still be read
    ("training", "epochs: !!int abc", "training.epochs: got the tag tag:yaml.org,2002:int; remove it, tags are not read here"),
    ("training", "epochs: &here 3", "training.epochs: got the anchor &here; remove it, anchors are not read here"),
    ("training", "epochs: *here", "training.epochs: got the alias *here; write the value out, aliases are not read here"),
    ("training", "<<: {epochs: 3}", "training: got the merge key <<; write the keys out, merging is not read here"),
    ("training", "[1, 2]: 3", "training: got a key that is not a word; expected key: value"),
    ("training", "epochs: " + "9" * 5000, "training.epochs: got a number of 5000 characters; expected at most 100"),
    ("training", 'epochs: "\\ud800"', "training.epochs: got half of a surrogate pair, which is no character; write the character itself"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "line", "expected"), ONE_FAULT)
def test_one_fault_gives_one_message(tmp_path, section, line, expected):
    assert problems(tmp_path, below(section, line)) == [f"deep.yaml:3: {expected}"]


# Faults below `data:`, whose source stands on line 2; the key's line is the third.
DATA_FAULTS = [
    ("split: {train: 0.8, dev: 0.1}", "data.split: ratios sum to 0.9; expected 1 (train 0.8, dev 0.1, test 0)"),
    ("split: {train: 0.8, dev: 0.3, test: 0}", "data.split: ratios sum to 1.1; expected 1 (train 0.8, dev 0.3, test 0)"),
    ("split: {train: 1000, dev: 0.2}", "data.split: got ratios and counts mixed (train 1000, dev 0.2); give ratios that sum to 1, or whole numbers of examples"),
    ("split: {train: 0, dev: 200}", "data.split.train: got 0; give a share > 0"),
    ("split: {dev: 200}", "data.split.train: missing; give a share > 0"),
    ("split: {train: 0.8, test: 0.2}", "data.split.dev: missing; give a share > 0, or a data.dev_source"),
    ("split: {train: 0.8, dev: 0, test: 0.2}", "data.split.dev: got 0; give a share > 0, or a data.dev_source"),
    ("{split: {train: 0.8, dev: 0.2}, dev_source: dev.csv}", "data.split.dev: got 0.2 although data.dev_source is given; leave one of them out"),
    ("split: {train: -0.2, dev: 0.2}", "data.split.train: got -0.2; expected a ratio such as 0.2, or a whole number of examples"),
    ("split: {train: 0.8, val: 0.2}", "data.split.val: unknown key here; did you mean dev?"),
    ("split: 0.8", "data.split: got 0.8; expected a mapping with keys such as train, dev, test"),
    ("noise: 0.3", "data.noise: not a setting of source digits; leave it out, or use a source that takes it: moons, circles"),
    ("cluster_std: 0.3", "data.cluster_std: not a setting of source digits; leave it out, or use a source that takes it: blobs"),
    ("missing: [NA, -999]", "data.missing[1]: got -999; expected text (in quotes if it looks like a number or null)"),
    ("drop: id", "data.drop: got 'id'; expected a list of columns such as [id, date]"),
    ("target: 1.5", "data.target: got 1.5; expected a column's name (text) or position (an integer), or null"),
    ("task: regresion", "data.task: got 'regresion'; expected one of auto, binary, multiclass, regression; did you mean regression?"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), DATA_FAULTS)
def test_one_fault_of_the_data_gives_one_message(tmp_path, line, expected):
    if line.startswith("{"):
        text = f"\n\ndata: {{source: digits, {line[1:]}\n"
    else:
        text = f"data:\n  source: digits\n  {line}\n"
    assert problems(tmp_path, text) == [f"deep.yaml:3: {expected}"]


SOURCE_FAULTS = [
    ("digts", "got 'digts', an unknown source; did you mean digits? (bundled: digits, iris, moons, circles, blobs; or a path to .csv, .tsv, .xlsx, .parquet, .json, .arff and 20 more)"),
    ("zzz.doc", "got 'zzz.doc', an unknown source; give one of those here (bundled: digits, iris, moons, circles, blobs; or a path to .csv, .tsv, .xlsx, .parquet, .json, .arff and 20 more)"),
    ("0", "got 0; expected the name of a bundled set such as digits, a path to a table, openml:NAME or an OpenML number"),
    ("true", "got true; expected the name of a bundled set such as digits, a path to a table, openml:NAME or an OpenML number"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), SOURCE_FAULTS)
def test_an_unknown_source_names_the_known_ones(tmp_path, source, expected):
    assert problems(tmp_path, f"data: {{source: {source}}}\n") == [f"deep.yaml:1: data.source: {expected}"]


@pytest.mark.parametrize("source", ["digits", "openml:61", "OpenML:mnist_784", "61", "a/b.CSV", "x.parquet", "y.npz"])
def test_known_sources_numbers_and_tables_pass(tmp_path, source):
    path = tmp_path / "good.yaml"
    path.write_text(f"data: {{source: {source}}}\n")
    assert str(load_config(path, vocabulary=Vocabulary(SOURCES, FILE_SUFFIXES)).config.data.source) == source


def test_a_generator_takes_its_own_settings_and_no_others(tmp_path):
    text = "data: {source: circles, noise: 0.1, factor: 0.5, samples: null, classes: 3}\n"
    assert problems(tmp_path, text) == [
        "deep.yaml:1: data.classes: not a setting of source circles; leave it out, or use a source that takes it: blobs"
    ]


# Texts that are no config at all.
WHOLE_FILES = [
    ("", "deep.yaml: data.source: missing; give a bundled set such as digits, or a path to a .csv"),
    ("# nothing but a remark\n", "deep.yaml: data.source: missing; give a bundled set such as digits, or a path to a .csv"),
    ("data:\n", "deep.yaml: data.source: missing; give a bundled set such as digits, or a path to a .csv"),
    ("seed: 3\ndata: {task: auto}\n", "deep.yaml: data.source: missing; give a bundled set such as digits, or a path to a .csv"),
    ("- 1\n- 2\n", "deep.yaml:1: got [1, 2]; expected keys and values such as data: {source: digits}; dlrun init TABLE writes a config"),
    ("hello", "deep.yaml:1: got 'hello'; expected keys and values such as data: {source: digits}; dlrun init TABLE writes a config"),
    ("data: 3\n", "deep.yaml:1: data: got 3; expected a mapping with keys such as source, dev_source, test_source"),
    ("seed: 1\n---\nseed: 2\n", "deep.yaml:2: got a second document; keep one and remove the ---"),
    ("seed: 1\ndata:\n\tsource: x\n", "deep.yaml:3: got a tab; indent with spaces"),
    ("seed: 1\ndata: [1\n", "deep.yaml:3: not YAML (expected ',' or ']', but got '<stream end>'); check the indentation, the brackets and the quotes here"),
    ("[" * 5000, "deep.yaml:1: got values nested more than 32 deep; a config needs 4 levels at most"),
    ("a: " * 40, "deep.yaml:1: not YAML (mapping values are not allowed here); check the indentation, the brackets and the quotes here"),
    (b"seed: 1\nname: \xff\n", "deep.yaml:2: got the byte 0xff, which is not UTF-8; save it as UTF-8"),
    ("seed: 1\n".encode("utf-16"), "deep.yaml:1: got the byte 0xff, which is not UTF-8; save it as UTF-8"),
    (b"seed: 1\nname: a\x00b\n", "deep.yaml:2: got the control character U+0000; remove it"),
    ('name: "\\UFFFFFFFF"\n', 'deep.yaml: got an escape such as "\\U00110000" that is no character; write the character itself'),
    (b"#" * (1 << 20) + b"#", "deep.yaml: got more than 1048576 bytes; a config has at most 1 MiB"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WHOLE_FILES, ids=range(len(WHOLE_FILES)))
def test_a_text_that_is_no_config_gives_one_message(tmp_path, text, expected):
    assert problems(tmp_path, text) == [expected]


def test_keys_given_twice_are_named_with_both_lines(tmp_path):
    text = "data: {source: digits}\ntraining:\n  epochs: 3\n  optimizer: gd\n  epochs: 4\n"
    assert problems(tmp_path, text) == ["deep.yaml:5: training.epochs: given twice, on lines 3 and 5; keep one of them"]


def test_a_dotted_key_in_the_file_is_told_where_to_stand(tmp_path):
    assert problems(tmp_path, GOOD + "network.depth: 4\n") == [
        "deep.yaml:2: network.depth: unknown key here; write depth below network, a key in the file has no dots"
    ]


def test_a_bad_name_says_what_a_name_is(tmp_path):
    expected = "1 to 64 letters, digits, dots, dashes or underscores, a letter or digit first, or null"
    assert problems(tmp_path, GOOD + "name: ../x\n") == [f"deep.yaml:2: name: got '../x'; expected {expected}"]


def test_all_problems_come_at_once_sorted_by_line_with_the_command_line_last(tmp_path):
    text = (
        "network:\n  widht: 3\n  hidden: [1, 2, 3]\n  depth: 2\ntraining:\n  epochs: 0\n  epochs: 4\n"
        "regularization: *missing\ndata:\n  source: digts\n  split: {train: 0.5, dev: 0.4}\n"
    )
    found = problems(tmp_path, text, "network.init_scale=-1", "seed=1.5")
    assert found == [
        "deep.yaml:2: network.widht: unknown key here; did you mean width?",
        "deep.yaml:3: network.hidden: 3 widths given; network.depth 2 has 1 hidden layer; give 1 width or set depth: 4",
        "deep.yaml:6: training.epochs: got 0; expected an integer >= 1, or auto",
        "deep.yaml:7: training.epochs: given twice, on lines 6 and 7; keep one of them",
        "deep.yaml:8: regularization: got the alias *missing; write the value out, aliases are not read here",
        f"deep.yaml:10: data.source: {SOURCE_FAULTS[0][1]}",
        "deep.yaml:11: data.split: ratios sum to 0.9; expected 1 (train 0.5, dev 0.4, test 0)",
        "command line: seed: got 1.5; expected an integer >= 0",
        "command line: network.init_scale: got -1; expected a number > 0",
    ]


def test_a_check_of_two_keys_waits_until_each_is_sound(tmp_path):
    text = GOOD + "network: {hidden: [1, 2.5, 3], depth: 2}\nregularization: {keep_prob: [0.5]}\n"
    assert problems(tmp_path, text) == ["deep.yaml:2: network.hidden[1]: got 2.5; expected an integer from 1 to 100000"]


OVERRIDE_FAULTS = [
    ("network.depth=0", "command line: network.depth: got 0; expected an integer from 1 to 1000 (layers with weights)"),
    ("lr=0.1", "command line: lr: unknown key here; did you mean training.learning_rate?"),
    ("netwrok.depth=2", "command line: netwrok: unknown key here; did you mean network?"),
    ("network.hidden.0=5", "command line: network.hidden.0: unknown key here; network.hidden takes one whole value, as in network.hidden=VALUE"),
    ("network=3", "command line: network: got 3; expected a mapping with keys such as depth, width, hidden"),
    ("network.hidden=[3", "command line: network.hidden: not YAML (expected ',' or ']', but got '<stream end>'); check the indentation, the brackets and the quotes here"),
    ("network={depth: 1, depth: 2}", "command line: network.depth: given twice, on lines 1 and 1; keep one of them"),
    ("training.epochs=", "command line: training.epochs: got null; expected an integer >= 1, or auto"),
    ("name=\udc80", "command line: name: got the control character U+DC80; remove it"),
    ("data.split.train=0.8", "command line: data.split.dev: missing; give a share > 0, or a data.dev_source"),
]  # fmt: skip


@pytest.mark.parametrize(("override", "expected"), OVERRIDE_FAULTS)
def test_faults_of_overrides_are_placed_on_the_command_line(tmp_path, override, expected):
    assert problems(tmp_path, GOOD, override) == [expected]


def test_a_file_fault_above_an_override_is_still_reported(tmp_path):
    assert problems(tmp_path, GOOD + "network: 3\n", "network.depth=2") == [
        "deep.yaml:2: network: got 3; expected a mapping with keys such as depth, width, hidden"
    ]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("epochs", "override epochs: got no = in it; write key=value, as in training.epochs=30"),
        ("=3", "override =3: got an empty key before the =; write key=value, as in training.epochs=30"),
        ("training..epochs=3", "override training..epochs=3: got an empty key before the =; write key=value, as in training.epochs=30"),
        ("a\nb", "override a\\nb: got no = in it; write key=value, as in training.epochs=30"),
    ],
)  # fmt: skip
def test_an_override_that_is_no_override_is_a_usage_error(tmp_path, override, expected):
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    with pytest.raises(UsageError) as caught:
        load_config(path, [override])
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("bag_fraction: 0", ["got 0; expected 0 < bag_fraction <= 1 (1 means all training rows)"]),
        ("bag_fraction: 80%\nensemble: 5", ["got '80%'; expected 0 < bag_fraction <= 1 (1 means all training rows)"]),
        (
            "bag_fraction: 0.8",
            [
                "got 0.8 with ensemble 1, and one network learns from all training rows; set ensemble: 5, or leave"
                " bag_fraction out"
            ],
        ),
        (
            "bag_fraction: 0.8\ndata: {source: digits, memory_map: true}\nensemble: 5",
            ["got 0.8 with data.memory_map, and bags are drawn from rows in memory; leave one of the two out"],
        ),
    ],
)
def test_bags_need_an_ensemble_and_rows_in_memory(keys, expected, tmp_path):
    text = keys if "data:" in keys else f"{keys}\n{GOOD}"
    assert problems(tmp_path, text) == [f"deep.yaml:1: bag_fraction: {told}" for told in expected]


def test_a_faulty_ensemble_is_no_reason_to_complain_of_bags(tmp_path):
    told = problems(tmp_path, f"ensemble: 0\nbag_fraction: 0.8\n{GOOD}")
    assert told == ["deep.yaml:1: ensemble: got 0; expected an integer >= 1"]


def test_plain_data_is_checked_like_a_file():
    with pytest.raises(ConfigError) as caught:
        config_from_dict({"data": {"source": "digits"}, "network": {"depth": 0}, 3: 4})
    assert caught.value.problems == [
        "config: network.depth: got 0; expected an integer from 1 to 1000 (layers with weights)",
        "config: 3: unknown key here; known here: name, seed, data, network, regularization, training, diagnosis, ensemble, bag_fraction, report",
    ]
    with pytest.raises(ConfigError, match=r"^config: got \[\]; expected keys and values such as data"):
        config_from_dict([])


# Missing and unreadable files.


def refusal_of(path, folder):
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_missing_file_is_answered_with_one_of_a_close_name(tmp_path):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "digits.yaml").write_text(GOOD)
    hint = "no such file; did you mean configs/digits.yaml?"
    assert refusal_of(tmp_path / "configs" / "digts.yaml", tmp_path) == f"configs/digts.yaml: {hint}"
    assert refusal_of(tmp_path / "digits", tmp_path) == f"digits: {hint}"
    assert refusal_of(tmp_path / "q.yaml", tmp_path) == "q.yaml: no such file; give the path of a YAML file"
    assert refusal_of(tmp_path / "no" / "q.yaml", tmp_path) == "no/q.yaml: no such file; give the path of a YAML file"


def test_a_folder_is_answered_with_its_files(tmp_path):
    (tmp_path / "configs").mkdir()
    assert refusal_of(tmp_path / "configs", tmp_path) == "configs: got a folder; give a YAML file"
    (tmp_path / "configs" / "digits.yml").write_text(GOOD)
    assert refusal_of(tmp_path / "configs", tmp_path) == "configs: got a folder; give one of its files: digits.yml"


def test_an_unreadable_file_says_why(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    assert refusal_of("a\0b", tmp_path) == "a\\x00b: cannot be read (embedded null byte); give the path of a YAML file"
    long = refusal_of("x" * 5000, tmp_path)
    assert long == f"{'x' * 5000}: cannot be read (File name too long); give the path of a YAML file"
    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert refusal_of("a.yaml", tmp_path) == "a.yaml: got no permission to read it; give yourself read access"
