"""Roles and tasks: which column is the target, what task it asks for, what is no feature, what identifies the data."""

import numpy as np
import pytest

from dlrun.data import Reading, read_examples
from dlrun.errors import DataError


@pytest.fixture
def read(tmp_path):
    """Read a table of these columns; returns Examples."""

    def run(columns, **options):
        lines = [",".join(columns)] + [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
        (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
        return read_examples(Reading("t.csv", **options), folder=tmp_path, rng=np.random.default_rng(0))

    return run


@pytest.fixture
def message(read):
    def run(columns, **options):
        with pytest.raises(DataError) as caught:
            read(columns, **options)
        return str(caught.value)

    return run


A = list(range(30))


@pytest.mark.parametrize(
    ("target", "asked", "task", "classes"),
    [
        (["no", "yes"] * 15, "auto", "binary", ("no", "yes")),
        (["c", "a", "b"] * 10, "auto", "multiclass", ("a", "b", "c")),
        (["True", "False"] * 15, "auto", "binary", ("False", "True")),
        (["1.0", "0.0"] * 15, "auto", "binary", ("0", "1")),
        ([10, 9, 2] * 10, "auto", "multiclass", ("2", "9", "10")),
        ([-1, 1] * 15, "auto", "binary", ("-1", "1")),
        ([0.5, 1.5] * 15, "auto", "regression", ()),
        ([0.5, 1.5] * 15, "binary", "binary", ("0.5", "1.5")),
        ([0, 1] * 15, "multiclass", "multiclass", ("0", "1")),
        ([0, 1] * 15, "regression", "regression", ()),
        ([i % 20 for i in A], "multiclass", "multiclass", None),
        (A, "auto", "regression", ()),
    ],
)
def test_the_task_follows_from_the_target_unless_set(read, target, asked, task, classes):
    if classes is None:
        target, classes = [i % 15 for i in A], tuple(map(str, range(15)))
    examples = read({"a": A, "y": target}, task=asked)
    assert (examples.task, examples.classes) == (task, classes)
    if classes:
        shown = [examples.classes[index] for index in examples.y]
        assert [float(s) if s.strip("-").replace(".", "").isdigit() else s for s in shown] == [
            float(t) if str(t).strip("-").replace(".", "").isdigit() else t for t in target
        ]
    else:
        assert examples.y.tolist() == [float(t) for t in target]


@pytest.mark.parametrize(("distinct", "task"), [(20, "multiclass"), (21, "regression")])
def test_twenty_whole_numbers_are_classes_and_one_more_is_a_quantity(read, distinct, task):
    rows = range(distinct * 3)
    assert read({"a": rows, "y": [i % distinct for i in rows]}).task == task


def test_what_conflicts_with_a_task_by_hand_is_said(message):
    abc = ["a", "b", "c"] * 10
    assert message({"a": A, "y": abc}, task="binary") == (
        "t.csv: data.task is binary but the target 'y' has 3 classes (a, b, c); set data.task: multiclass or auto"
    )
    assert message({"a": A, "y": abc}, task="regression") == (
        "t.csv:2: data.task is regression but the target 'y' holds text ('a'); set data.task: auto, or list the words"
        " for missing values in data.missing"
    )
    names = [f"name {i}" for i in A]
    assert message({"a": A, "y": names}) == (
        "t.csv: the target 'y' has 30 different values in 30 rows, too many for classes; name another column with"
        " data.target, or set data.task: regression if they are numbers"
    )
    assert message({"a": A, "y": [*range(29), "inf"]}, task="regression") == (
        "t.csv:31: the target 'y' is inf; it must be finite: correct it"
    )


def test_a_categorical_target_is_classes_however_many_numbers_it_has(read):
    codes = [100 + i % 10 for i in A]
    assert read({"a": A, "y": codes}, categorical=["y"]).classes == tuple(map(str, range(100, 110)))


@pytest.mark.parametrize(("target", "found"), [(None, "c"), ("b", "b"), (0, "a"), (-2, "b"), (1, "b"), ("c", "c")])
def test_the_target_is_named_or_counted_and_else_the_last(read, target, found):
    examples = read({"a": A, "b": [0, 1] * 15, "c": [1, 0, 1] * 10}, target=target)
    assert examples.target_name == found
    assert set(examples.number_names) == {"a", "b", "c"} - {found}


def test_the_last_column_is_not_the_target_if_it_has_another_role(read):
    columns = {"a": A, "y": [0, 1] * 15, "fold": ["train", "dev", "test"] * 10}
    assert read(columns, split_column="fold").target_name == "y"
    assert read(columns, drop=["fold"]).target_name == "y"


def test_a_number_can_be_a_columns_name(read):
    assert read({"1990": A, "b": A, "y": [0, 1] * 15}, drop=[1990], header=True).number_names == ("b",)


@pytest.mark.parametrize("role", ["split_column", "group", "order"])
def test_a_splitting_column_is_no_feature_and_not_the_target(read, message, role):
    columns = {"a": A, "s": ["train", "dev", "test"] * 10, "y": [0, 1] * 15}
    examples = read(columns, **{role: "s"})
    assert (examples.number_names, examples.code_names, examples.split_by) == (("a",), (), f"{role} s")
    assert message(columns, **{role: "s"}, target="s") == (
        f"data.{role}: 's' is the target; name another data.target, or take it out of data.{role}"
    )


def test_a_split_column_needs_its_words(read, message):
    words = ["TRAIN", "val", "Test"] * 10
    assert read({"s": words, "a": A, "y": [0, 1] * 15}, split_column="s").given.tolist() == [0, 1, 2] * 10
    assert message({"s": ["train", "dev", "holdout"] * 10, "a": A, "y": [0, 1] * 15}, split_column="s") == (
        "data.split_column: column 's' of t.csv holds holdout; expected the words train, dev and test"
    )
    assert message({"s": [0, 1, 2] * 10, "a": A, "y": [0, 1] * 15}, split_column="s") == (
        "data.split_column: column 's' of t.csv holds 0, 1, 2; expected the words train, dev and test"
    )


def test_one_way_of_splitting_at_a_time_and_no_gaps_in_it(message):
    columns = {"a": A, "s": [1, 2, "?"] * 10, "y": [0, 1] * 15}
    assert message(columns, group="s", order="a") == (
        "data.group and data.order: one way of splitting at a time; keep one of them"
    )
    assert message(columns, order="s") == (
        "t.csv:4: column 's' has no value, but data.order needs one in every row; fill it in or remove the row"
    )


def test_files_of_their_own_leave_nothing_to_split_by(tmp_path):
    for name in ("t.csv", "d.csv"):
        (tmp_path / name).write_text("a,g,y\n1,1,0\n2,2,1\n")
    with pytest.raises(DataError) as caught:
        read_examples(Reading("t.csv", dev_source="d.csv", group="g"), folder=tmp_path, rng=np.random.default_rng(0))
    assert str(caught.value) == "data.group: the splits are given as files already; leave data.group out"


def test_columns_without_a_value_are_left_out_and_said(read, message):
    columns = {"a": ["?"] * 30, "b": A, "c": [""] * 30, "y": [0, 1] * 15}
    examples = read(columns)
    assert examples.number_names == ("b",)
    assert examples.warnings == (
        "column 'a' holds no value and was left out",
        "column 'c' holds no value and was left out",
    )
    assert message(columns, drop=["b"]) == (
        "t.csv: no feature column is left that could help (column 'a' holds no value and was left out; column 'c' holds"
        " no value and was left out)"
    )


@pytest.mark.parametrize(
    ("rows", "distinct", "kept"), [(300, 50, True), (300, 51, False), (30, 30, False), (510, 51, True)]
)
def test_text_that_names_rows_is_left_out_unless_asked_for(read, rows, distinct, kept):
    columns = {"t": [f"w{i % distinct}" for i in range(rows)], "a": range(rows), "y": [0, 1] * (rows // 2)}
    examples = read(columns)
    assert examples.code_names == (("t",) if kept else ())
    left_out = [sentence for sentence in examples.warnings if "left out" in sentence]
    assert left_out == (
        []
        if kept
        else [
            f"column 't' holds {distinct} different texts in {rows} rows and was left out: a feature for each could"
            " only learn rows by heart; name it in data.categorical to keep it, in data.drop to silence this"
        ]
    )
    assert read(columns, categorical=["t"]).code_names == ("t",)


def test_a_table_whose_columns_are_pixels_is_pictures(read):
    def pixels(pattern):
        return {pattern.format(i // 4, i % 4, i): [(7 * i + j) % 5 for j in A] for i in range(16)} | {"y": [0, 1] * 15}

    sides = {pattern: read(pixels(pattern)).image_side for pattern in ("pixel{2}", "px_{2}", "{0}x{1}", "column{2}")}
    assert sides == {"pixel{2}": 4, "px_{2}": 4, "{0}x{1}": 4, "column{2}": None}
    assert read(pixels("pixel{2}"), drop=["pixel3"]).image_side is None


def test_the_hash_knows_every_value_name_and_split_and_nothing_else(read):
    columns = {"a": A, "t": ["u", "v", "w"] * 10, "y": [0, 1] * 15}
    first = read(columns).sha256
    assert len(first) == 64
    assert read(columns).sha256 == first
    changed = [
        columns | {"a": [*A[:-1], 99]},
        columns | {"t": ["u", "v", "w"] * 9 + ["u", "v", "u"]},
        columns | {"y": [0, 1] * 14 + [1, 1]},
        {"b": A, **{name: columns[name] for name in "ty"}},
        columns | {"t": ["u", "v", "x"] * 10},
    ]
    hashes = [read(other).sha256 for other in changed] + [first]
    assert len(set(hashes)) == len(hashes)
