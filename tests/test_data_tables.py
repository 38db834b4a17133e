"""Files become columns: separators, quotes, blanks, missing cells, headers; every complaint names its file and line."""

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.data import Reading, read_examples
from dlrun.errors import DataError


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write files, read the first as a source; returns Examples."""
    monkeypatch.chdir(tmp_path)

    def run(files, source=None, **options):
        files = {"t.csv": files} if isinstance(files, str | bytes) else files
        for name, content in files.items():
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return read_examples(
            Reading(source or next(iter(files)), **options), folder=tmp_path, rng=np.random.default_rng(0)
        )

    return run


def columns(examples):
    """Every feature by name, as plain lists; categories as their labels, missing as None."""
    found = {name: examples.numbers[:, at].tolist() for at, name in enumerate(examples.number_names)}
    for at, name in enumerate(examples.code_names):
        found[name] = [examples.levels[at][code] if code >= 0 else None for code in examples.codes[:, at]]
    return found


def labels(examples):
    return [examples.classes[index] for index in examples.y]


PLAIN = "a,b,y\n1,u,no\n2,v,yes\n3,u,yes\n"
SAME = {"a": [1.0, 2.0, 3.0], "b": ["u", "v", "u"]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", PLAIN),
        ("semicolons.csv", PLAIN.replace(",", ";")),
        ("tabs.txt", PLAIN.replace(",", "\t")),
        ("bars.data", PLAIN.replace(",", "|")),
        ("tabs.tsv", PLAIN.replace(",", "\t")),
        ("byte_order_mark.csv", b"\xef\xbb\xbf" + PLAIN.encode()),
        ("carriage_returns.csv", PLAIN.replace("\n", "\r\n")),
        ("old_mac.csv", PLAIN.replace("\n", "\r")),
        ("blank_lines_at_the_end.csv", PLAIN + "\n\n   \n"),
        ("blank_lines_at_the_start.csv", "\n\n" + PLAIN),
        ("blank_line_within.csv", PLAIN.replace("2,v", "\n2,v")),
        ("no_line_end.csv", PLAIN.rstrip("\n")),
        ("blanks_around.csv", "a , b,  y\n 1 , u ,no \n2, v , yes\n3,u,\tyes\n"),
        ("quoted.csv", '"a","b","y"\n"1","u","no"\n2,"v",yes\n3,"u","yes"\n'),
        ("quoted_with_blanks.csv", '"a", "b" ,"y"\n1, "u", "no"\n2, "v" ,yes\n3," u ","yes"  \n'),
    ],
)
def test_the_same_table_is_read_however_it_is_written(read, name, content):
    examples = read({name: content})
    assert columns(examples) == SAME
    assert labels(examples) == ["no", "yes", "yes"]


def test_quoted_text_keeps_its_separators_quotes_and_line_ends(read):
    examples = read('a,b,y\n"x, ""1""",1,0\n"two\nlines",2,1\n')
    assert columns(examples) == {"b": [1.0, 2.0], "a": ['x, "1"', "two\nlines"]}


def test_a_separator_set_by_hand_wins(read):
    assert columns(read("a b,y\n1 2,0\n3 4,1\n", separator=",", header=True)) == {"a b": ["1 2", "3 4"]}


def test_missing_markers_and_nan_are_missing_in_numbers_and_text(read):
    examples = read("a,b,y\n1,u,0\n?,NA,1\n,  ,0\nNaN,null,1\n-nan,w,1\n")
    assert np.isnan(examples.numbers[:, 0]).tolist() == [False, True, True, True, True]
    assert columns(examples)["b"] == ["u", None, None, None, "w"]


def test_a_number_can_be_the_missing_marker(read):
    examples = read("a,y\n1,0\n-999,1\n3,0\n", missing=["-999"])
    np.testing.assert_array_equal(examples.numbers[:, 0], [1, np.nan, 3])


def test_an_empty_cell_is_missing_though_the_list_forgets_it(read):
    np.testing.assert_array_equal(read("a,y\n1,0\n,1\n", missing=["?"]).numbers[:, 0], [1, np.nan])


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("1,2,0\n3,4,1\n", ("x0", "x1")),
        ("A11,6,0\nA12,7,1\n", ("x1", "x0")),
        ("a,b,y\n1,2,0\n3,4,1\n", ("a", "b")),
        # An index column that came without a name, as table libraries write it.
        (",b,y\n1,2,0\n3,4,1\n", ("x0", "b")),
        ("?,b,y\nu,v,no\nw,b,yes\n", ("x0", "x1")),
        # All text: names do not occur again below themselves, data does.
        ("colour,shape,y\nred,round,no\nblue,long,yes\n", ("colour", "shape")),
        ("red,round,no\nblue,long,yes\nred,long,no\n", ("x0", "x1")),
        ("red,red,no\nblue,long,yes\n", ("x0", "x1")),
    ],
)
def test_a_header_is_found_out(read, content, names):
    examples = read(content)
    assert (*examples.number_names, *examples.code_names) == names


def test_header_by_hand_overrules_what_was_found(read):
    assert read("1,2\n3,0\n4,1\n", header=True).number_names == ("1",)
    assert columns(read("a,y\n3,0\n4,1\n", header=False, task="multiclass"))["x0"] == ["a", "3", "4"]


def test_types_by_hand_keep_codes_as_text_and_words_out_of_numbers(read):
    content = "zip,n,y\n007,1,0\n7,2,1\n010,3,1\n"
    assert columns(read(content, categorical=["zip"])) == {"n": [1.0, 2.0, 3.0], "zip": ["007", "7", "010"]}
    assert columns(read(content, categorical=[-2]))["n"] == ["1", "2", "3"]
    assert columns(read(content, numeric=["zip"]))["zip"] == [7.0, 7.0, 10.0]


def test_true_and_false_are_one_number_unless_they_are_named_a_category(read):
    content = "a,y\nTrue,0\nFalse,1\nTrue,1\n"
    assert columns(read(content)) == {"a": [1.0, 0.0, 1.0]}
    assert columns(read(content, categorical=["a"])) == {"a": ["True", "False", "True"]}


def test_parquet_reads_like_the_same_table_in_text(read, tmp_path):
    frame = pl.DataFrame({"a": [1, 2, None], "b": ["u", "?", "u"], "c": [True, False, True], "y": ["no", "yes", "no"]})
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    examples = read({"t.parquet": buffer.getvalue()})
    np.testing.assert_array_equal(examples.numbers[:, 0], [1, 2, np.nan])
    found = columns(examples)
    assert (found["b"], found["c"]) == (["u", None, "u"], [1.0, 0.0, 1.0])
    assert labels(examples) == ["no", "yes", "no"]


def test_dev_and_test_files_are_typed_together_and_may_order_their_columns_otherwise(read):
    files = {"train.csv": "a,b,y\n1,2,0\n3,4,1\n", "dev.csv": "y,b,a\n1,x,5\n", "test.csv": "a,b,y\n7,8,0\n"}
    examples = read(files, dev_source="dev.csv", test_source="test.csv")
    assert columns(examples) == {"a": [1.0, 3.0, 5.0, 7.0], "b": ["2", "4", "x", "8"]}
    assert examples.given.tolist() == [0, 0, 1, 2]


def test_numbers_agree_with_the_standard_library(read):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(200, 3)) * 10.0 ** rng.integers(-8, 8, size=(200, 3))
    text = "".join(",".join(map(repr, row)) + f",{i % 2}\n" for i, row in enumerate(X.tolist()))
    np.testing.assert_array_equal(read(text).numbers, X)


UNEVEN = "give every row as many values, and quote a value that holds the separator"

BAD = [
    (
        "a,b,y\n1,2,0\n1,0\n",
        {},
        "t.csv:3: 2 values where line 1 has 3; " + UNEVEN,
    ),
    (
        "a,b,y\n1,2,0\n\n1,2,3,0\n",
        {},
        "t.csv:4: 4 values where line 1 has 3; " + UNEVEN,
    ),
    (
        'a,b,y\n"1\n1",,0\n"x,x",1\n1,1,\n',
        {},
        "t.csv:4: 2 values where line 1 has 3; " + UNEVEN,
    ),
    ("", {}, "t.csv: the file is empty; expected a table with rows"),
    (b"\xef\xbb\xbf\n", {}, "t.csv: the file is empty; expected a table with rows"),
    ("a,b,y\n", {}, "t.csv: only a header line, no rows of data; expected rows below it"),
    (
        b"a,y\n1,0\n\xc3\xa9,1\n\xe9,1\n",
        {},
        "t.csv:4: byte 0xe9 is not UTF-8 text, but what stands above is; correct it, or set data.charset",
    ),
    (
        "a b c\nno table at all\n",
        {},
        "t.csv: the first line holds one value separated by comma, semicolon, tab or bar; set data.separator to what"
        " the file uses",
    ),
    (
        "a,b\n1,2\n",
        {"separator": ";"},
        "t.csv: the first line holds one value separated by a semicolon; set data.separator to what the file uses",
    ),
    ("a,b\n1,2\n", {"separator": "::"}, "data.separator: got '::'; expected one character, such as ',' or ';'"),
    (
        "a,y\n1,0\n2,1\ninf,0\n",
        {},
        "t.csv:4: column 'a' is inf; a feature must be finite: correct the value, or list its text in data.missing",
    ),
    (
        "a,y\n1,0\n\nx,1\n2,0\n",
        {"numeric": ["a"]},
        "t.csv:4: column 'a' holds 'x', which is no number, but data.numeric names the column; correct the value, list"
        " it in data.missing, or take the column out of data.numeric",
    ),
    (
        "a,y\n1,0\n2,1\n",
        {"numeric": ["a"], "categorical": [0]},
        "data.numeric: 'a' is in data.categorical too; name it in one of them",
    ),
    ("a,y\n1,0\n2,1\n", {"target": "Y"}, "data.target: t.csv has no column 'Y'; did you mean y?"),
    ("age,y\n1,0\n2,1\n", {"drop": ["agee"]}, "data.drop: t.csv has no column 'agee'; did you mean age?"),
    ("a,y\n1,0\n2,1\n", {"categorical": ["q"]}, "data.categorical: t.csv has no column 'q'; its columns are a, y"),
    ("a,y\n1,0\n2,1\n", {"numeric": [7]}, "data.numeric: t.csv has no column number 7; they are numbered 0 to 1"),
    (
        "a,y\n1,0\n2,1\n",
        {"drop": ["y"], "target": "y"},
        "data.drop: 'y' is the target; name another data.target, or take it out of data.drop",
    ),
    ("a,y\n1,0\n2,1\n", {"drop": ["a"]}, "t.csv: no feature columns are left; drop fewer of a, y"),
    (
        "a,b,y\n1,2,0\n2,3,\n3,4,1\n4,5,?\n",
        {"unlabeled": "error"},
        "t.csv: 2 rows have no value in the target 'y', the first at t.csv:3; fill them in, remove the rows, or set"
        " data.unlabeled: drop to leave them out",
    ),
    (
        "a,y\n1,0\n2,0\n",
        {},
        "t.csv: every row has the same target, 'y' is '0'; there is nothing to learn: name another column with"
        " data.target, or add rows of another class",
    ),
    (
        "a,y\n1,5.5\n2,5.5\n",
        {"task": "regression"},
        "t.csv: every row has the same target, 'y' is 5.5; there is nothing to learn: name another column with"
        " data.target, or add rows with another value",
    ),
    (
        "a,y\n1,-2.5e300\n2,5.5\n",
        {},
        "t.csv: the target 'y' has numbers as large as 2.5e+300, whose squares no float holds; express it in other"
        " units, or take its logarithm",
    ),
]


@pytest.mark.parametrize(("content", "options", "message"), BAD)
def test_what_is_wrong_with_a_file_is_said_with_its_place(read, content, options, message):
    with pytest.raises(DataError) as caught:
        read(content, **options)
    assert str(caught.value) == message


def test_a_quote_that_never_ends_is_a_sentence(read):
    with pytest.raises(DataError, match=r"^t\.csv:\d+: "):
        read('a,b,y\n1,2,0\n"1,2,0\n' + "3,4,1\n" * 30_000)


def test_all_short_rows_are_found_by_their_line_among_many(read):
    lines = ["a,b,y"] + ["1,2,0", "3,,1"] * 500
    lines[700] = "1,2"
    with pytest.raises(DataError, match=r"^t\.csv:701: 2 values where line 1 has 3; "):
        read("\n".join(lines))


def test_a_file_of_other_columns_cannot_be_dev(read):
    files = {"train.csv": "a,b,y\n1,2,0\n3,4,1\n", "dev.csv": "a,c,y\n1,2,0\n"}
    with pytest.raises(DataError) as caught:
        read(files, dev_source="dev.csv")
    assert str(caught.value) == (
        "dev.csv: lacks b, which train.csv has; both files need the same columns, and both a header line or neither"
    )


def test_a_row_of_the_second_file_is_named_by_its_own_line(read):
    files = {"train.csv": "a,y\n1,0\n3,1\n", "dev.csv": "a,y\n1,0\n2,\n"}
    with pytest.raises(DataError, match=r"the first at dev\.csv:3; "):
        read(files, dev_source="dev.csv", unlabeled="error")


def test_a_damaged_parquet_file_is_a_sentence(read):
    with pytest.raises(DataError) as caught:
        read({"t.parquet": b"PAR1 and then nothing"})
    assert str(caught.value) == "t.parquet: not a parquet file, or a damaged one; write it anew or give a .csv"


def test_a_missing_file_names_both_places_and_the_nearest_name(tmp_path, monkeypatch):
    here, folder = tmp_path / "here", tmp_path / "configs"
    here.mkdir()
    folder.mkdir()
    (folder / "flowers.csv").write_text("a,y\n")
    monkeypatch.chdir(here)
    with pytest.raises(DataError) as caught:
        read_examples(Reading("flower.csv"), folder=folder, rng=np.random.default_rng(0))
    assert str(caught.value) == f"flower.csv: no such file in {folder} nor in {here}; did you mean flowers.csv?"
    with pytest.raises(DataError) as caught:
        read_examples(Reading("q/zzz.npz"), folder=folder, rng=np.random.default_rng(0))
    assert str(caught.value) == (
        f"q/zzz.npz: no such file in {folder / 'q'} nor in {here / 'q'}; check the path, relative to the config or the"
        " working directory"
    )


def test_the_configs_folder_comes_before_the_working_directory(tmp_path, monkeypatch):
    folder = tmp_path / "configs"
    folder.mkdir()
    (folder / "t.csv").write_text("a,y\n1,0\n2,1\n")
    (tmp_path / "t.csv").write_text("a,y\n5,0\n6,1\n")
    (tmp_path / "u.csv").write_text("a,y\n7,0\n8,1\n")
    monkeypatch.chdir(tmp_path)
    first = {
        name: read_examples(Reading(name), folder=folder, rng=np.random.default_rng(0)).numbers[0, 0]
        for name in ("t.csv", "u.csv")
    }
    assert first == {"t.csv": 1, "u.csv": 7}


def test_a_folder_and_an_unknown_kind_of_file_are_sentences(tmp_path):
    (tmp_path / "d.csv").mkdir()
    for source, message in [
        ("d.csv", "d.csv: is a folder; name a file in it"),
        (
            "t.docx",
            "t.docx: .docx files cannot be read; save it as one of .csv, .tsv, .xlsx, .parquet, .json, .arff and 20"
            " more",
        ),
    ]:
        with pytest.raises(DataError) as caught:
            read_examples(Reading(source), folder=tmp_path, rng=np.random.default_rng(0))
        assert str(caught.value) == message


FLOWERS = Path(__file__).parents[1] / "configs" / "data"


def test_the_tracked_table_of_mixed_columns_reads_as_it_was_made():
    examples = read_examples(
        Reading("flowers.csv", categorical=["zone_code"]), folder=FLOWERS, rng=np.random.default_rng(0)
    )
    assert (examples.m, examples.task, examples.classes) == (300, "binary", ("no", "yes"))
    assert examples.number_names == ("water_litres", "height_cm")
    assert examples.code_names == ("soil", "zone_code", "light")
    assert np.isnan(examples.numbers).sum(axis=0).min() > 0
    assert 'deep "forest" shade' in examples.levels[2]


CELLS = st.sampled_from(
    ["1", "2.5", "a", "", "?", '"q"', ' "b" ', '"', "inf", "é", "\n", "\r\n", ",", ";", ",", ",", "\x00"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=80), st.lists(CELLS, max_size=60).map(lambda cells: "".join(cells))))
def test_any_content_gives_examples_or_a_sentence(read, content):
    try:
        examples = read(content)
    except DataError:
        return
    assert len(examples.numbers) == len(examples.codes) == len(examples.y) == examples.m > 0
