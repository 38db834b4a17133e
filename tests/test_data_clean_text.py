"""The quick way through separated text: it reads what the careful way reads, or leaves the file to it.

A column is numbers there only if nobody could mean anything else by its cells; all others hold them as written.
"""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data import Reading, read_examples
from dlrun.data.readers import separated
from dlrun.data.readers.dialects import layout_of
from dlrun.data.readers.separated import read_text
from dlrun.data.readers.tables import read_tables
from dlrun.data.readers.unpacking import Contents
from dlrun.errors import DataError


def quick(text):
    """The frame of a text that is read at once, or None."""
    raw = text.encode()
    return separated._read_quickly(raw, layout_of(raw, "t.csv", ".csv", Reading("t.csv")), ())


def sheet(text, **options):
    return read_text(Contents("t.csv", Path("t.csv"), ".csv", text.encode()), Reading("t.csv", **options))


def kinds(text, **options):
    return {name: str(kind) for name, kind in sheet(text, **options).frame.schema.items()}


def outcome(path, **options):
    """What reading comes to: the table's parts and the place of each row, or the message."""
    try:
        table = read_tables({"train": (path.name, path)}, Reading(path.name, **options))
    except DataError as problem:
        return str(problem)
    places = [table.place(row) for row in range(min(len(table.numbers), 10))]
    numbers = np.ascontiguousarray(table.numbers, dtype=np.float64)
    # One NaN is as good as another.
    bits = np.where(np.isnan(numbers), np.nan, numbers).tobytes()
    return table.names, table.number_names, bits, table.codes.tolist(), table.code_names, table.levels, places


NUMBERS = ["1", "2.5", "-3e-7", " 4 ", "+5", ".5", "6.", "-0", "007", "1e400", "inf", "Infinity", "nan", '"7"', '" 8"']
GAPS = ["NaN", "NA", "?", "", " ", " NA", '"NA"', "NULL"]
TEXTS = ["a", "True", "1_0", "0x1", "1d5", "1 2", '"a,b"', "'9'", "é", "1,5"]
COLUMNS = (NUMBERS, NUMBERS + GAPS, NUMBERS + TEXTS, TEXTS + GAPS, NUMBERS + GAPS + TEXTS)
LINES = st.tuples(*[st.sampled_from(COLUMNS)] * 2).flatmap(
    lambda pools: st.lists(st.tuples(*map(st.sampled_from, pools)), min_size=1, max_size=6)
)


@settings(max_examples=100, deadline=None)
@given(
    lines=LINES,
    newline=st.sampled_from(["\n", "\r\n", "\n\n"]),
    ends=st.booleans(),
    options=st.sampled_from([{}, {"header": True}, {"header": False}, {"missing": ("", "a")}, {"categorical": (0,)}]),
)
def test_both_ways_come_to_the_same(tmp_path_factory, lines, newline, ends, options):
    path = tmp_path_factory.mktemp("t") / "t.csv"
    text = newline.join(",".join(cells) for cells in [["a", "b"], *lines]) + (newline if ends else "")
    path.write_bytes(text.encode())
    found = outcome(path, **options)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(separated, "_read_quickly", lambda *args: None)
        assert outcome(path, **options) == found


def test_numbers_are_the_same_to_the_last_bit(tmp_path, rng, monkeypatch):
    values = rng.standard_normal((2000, 4)) * 10.0 ** rng.integers(-300, 300, (2000, 4))
    path = tmp_path / "t.csv"
    path.write_text("a,b,c,d\n" + "\n".join(",".join(map(repr, row)) for row in values.tolist()) + "\n")
    found = outcome(path)
    assert found[2] == values.tobytes()
    monkeypatch.setattr(separated, "_read_quickly", lambda *args: None)
    assert outcome(path)[:6] == found[:6]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "1,2\n3,4",
        '"a","b"\r\n1,x\r\n3,"y"\r\n',
        "a,b\nNA,2\n3,4\n",
        "a,b\n,2\n3,4\n",
        "a,b\nx,2\ny,4\n",
    ],
)
def test_clean_files_go_the_quick_way(text):
    assert quick(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3\n",
        "a,b\n1,2\n3,4,5\n",
        "a,b\n1,2\n\n3,4\n",
        "a,b\nx,2\n\ny,4\n",
        'a,b\n1, "2"\n3,4\n',
        'a,b\n1,5" pipe\n3,6" pipe\n',
        'a,b\n1, ""\n3,x\n',
    ],
)
def test_whatever_asks_for_a_rule_or_a_message_is_left_to_the_careful_way(text):
    assert quick(text) is None


def test_a_file_of_text_alone_goes_the_quick_way():
    assert quick("a,b\nx,y\nz,y\n").rows() == [("x", "y"), ("z", "y")]


MANY = "1.5,0\n22,1\n" * 2000


CODES = ["00501", '"00501"', " 00501"]
WORDS = ["9007199254740993", "-9007199254740993", "nan", "inf", "oops", "NA", "7 "]


@pytest.mark.parametrize(
    ("early", "late"),
    [*(("1.5,0\n22,1\n", late) for late in WORDS), *(("1,0\n22,1\n", late) for late in (*CODES, *WORDS))],
)
def test_one_cell_far_below_that_is_no_plain_number_keeps_the_whole_column_as_written(early, late):
    text = "a,y\n" + early * 2000 + late + ",1\n"
    column = sheet(text).frame["a"]
    assert column.dtype == pl.String
    assert [*column[:2], column[-1]] == [*early.replace(",0", "").replace(",1", "").split(), late.strip('"')]


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_code_in_the_last_cell_of_a_file_is_seen(end):
    assert sheet("a,y\n" + "1,2\n22,1\n" * 2000 + "3,00501" + end).frame["y"][-1] == "00501"


@pytest.mark.parametrize("late", ["", "1e3", "007.5", "00501", "9007199254740991", "-0.5", ".5"])
def test_numbers_and_empty_cells_far_below_are_numbers(late):
    column = sheet("a,y\n" + MANY + late + ",1\n").frame["a"]
    assert (column.dtype, column[-1]) == (pl.Float64, float(late) if late else None)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("10023", "10115"), "String"),
        (("1", "10115"), "Float64"),
        (("1", "0"), "Float64"),
        (("1.234", "2.345"), "String"),
        (("1.234", "0.345"), "Float64"),
        (("007", "12"), "String"),
        (("1,5", "2,5"), "String"),
        (("45%", "3%"), "String"),
        (("1234567890123456", "1"), "Float64"),
        (("12345678901234567", "1"), "String"),
        (("", "1.5"), "Float64"),
        (("?", "1.5"), "String"),
        (("1 000", "2 000"), "String"),
    ],
)
def test_only_what_means_one_thing_is_numbers(cells, kind):
    assert kinds("a;y\n" + "".join(f"{cell};0\n" for cell in cells))["a"] == kind


@pytest.mark.parametrize("options", [{"decimal": ","}, {"thousands": "."}, {"missing": ("-999",)}])
def test_all_cells_stay_as_written_where_the_config_gives_numbers_another_meaning(options):
    assert set(kinds("a,y\n1.5,0\n-999,1\n", **options).values()) == {"String"}


def test_labels_of_two_files_stay_as_they_stand_there(tmp_path):
    """What is all numbers in one file and text in the other is text in both: 1.0 must not become 1."""
    (tmp_path / "a.csv").write_text("a,y\n" + "1.0,0\n2.50,1\n" * 20)
    (tmp_path / "b.csv").write_text("a,y\n" + "x,0\n1.0,1\n" * 20)
    examples = read_examples(Reading("a.csv", dev_source="b.csv"), folder=tmp_path, rng=np.random.default_rng(0))
    assert examples.levels == (("1.0", "2.50", "x"),)


def test_a_later_row_is_placed_at_its_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "1,0\n2,1\n" * 20 + "inf,1\n")
    with pytest.raises(DataError, match=r"^t\.csv:42: column 'a' is inf"):
        read_examples(Reading("t.csv"), folder=tmp_path, rng=np.random.default_rng(0))
