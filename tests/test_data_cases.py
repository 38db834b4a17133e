"""Small tables as people have them are read as a careful person would read them, and what was chosen is told.

The values are the same in all of them: `a` and `b` are numbers from which the target `y` follows. Each table was made
after a public report of what real files hold.
"""

import bz2
import datetime
import gzip
import io
import json
import lzma

import numpy as np
import polars as pl
import pytest

from dlrun.data import Reading, fit_dataset, read_examples, split_examples
from dlrun.errors import DataError

ROWS = 120
RNG = np.random.default_rng(4)
A = np.round(RNG.normal(50, 20, ROWS), 3)
B = np.round(RNG.normal(0, 2, ROWS), 3)
Y = ((A - 50) / 20 + B + RNG.normal(0, 0.3, ROWS) > 0).astype(int)
A[5] = 44.25  # no three decimals, so that a point can only be a decimal point


def text(columns, separator=",", names=True):
    rows = [separator.join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    return "\n".join([*([separator.join(columns)] if names else []), *rows]) + "\n"


PLAIN = text({"a": A, "b": B, "y": Y})


@pytest.fixture
def read(tmp_path):
    def run(content, name="t.csv", **options):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return read_examples(Reading(name, **options), folder=tmp_path, rng=np.random.default_rng(0))

    return run


def told(examples):
    return "\n".join([*examples.notes, *examples.warnings, *map(str, examples.suspicions)])


def column(examples, name):
    return examples.numbers[:, examples.number_names.index(name)]


def words(examples, name):
    at = examples.code_names.index(name)
    return [examples.levels[at][code] if code >= 0 else None for code in examples.codes[:, at]]


def kind(examples, name):
    return next(column.kind for column in examples.source_columns if column.name == name)


def is_plain(examples):
    """Whether the two numbers and the target are those that were written."""
    same = np.array_equal(examples.numbers, np.column_stack([A, B])) and np.array_equal(examples.y, Y)
    return examples.number_names == ("a", "b") and examples.classes == ("0", "1") and same


def euro(values):
    return [str(value).replace(".", ",") for value in values]


def test_a_decimal_comma_is_found_and_told(read):
    examples = read(text({"a": euro(A), "b": euro(B), "y": Y}, ";"))
    assert is_plain(examples)
    assert "decimal comma" in told(examples)
    assert "'a', 'b'" in told(examples)


def test_numbers_that_could_be_meant_in_two_ways_are_told_with_the_key(read):
    numbers = [f"{n}.{n:03d}" for n in range(100, 100 + ROWS)]
    examples = read(text({"a": numbers, "y": Y}))
    assert column(examples, "a")[0] == 100.1
    assert "data.thousands: '.'" in told(examples)
    assert column(read(text({"a": numbers, "y": Y}), thousands="."), "a")[0] == 100100


def test_whole_numbers_and_a_word_that_looks_like_a_code_are_codes(read):
    code = [f"{100 + n % 40}" for n in range(ROWS - 4)] + ["V12"] * 4
    examples = read(text({"code": code, "b": B, "y": Y}))
    assert words(examples, "code") == code
    assert "'V12' (4) are read as codes" in told(examples)
    assert examples.number_names == ("b",)


def test_spellings_of_true_are_one_class_and_told(read):
    spelled = ["True" if y and n % 3 else "TRUE" if y else "False" for n, y in enumerate(Y)]
    examples = read(text({"a": A, "b": B, "y": spelled}))
    assert examples.classes == ("False", "True")
    assert examples.y.tolist() == Y.tolist()
    assert "'TRUE' as 'True'" in told(examples)


def test_leading_zeros_make_a_code(read):
    codes = [f"{n % 30:05d}" for n in range(ROWS)]
    examples = read(text({"zip": codes, "b": B, "y": Y}))
    assert words(examples, "zip") == codes
    assert "leading zeros" in told(examples)
    assert column(read(text({"zip": codes, "b": B, "y": Y}), numeric=["zip"]), "zip")[7] == 7


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_is_read_in_the_encoding_that_it_has(read, encoding):
    assert is_plain(read(PLAIN.encode(encoding)))


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_packed_text_is_read(read, ending, pack):
    assert is_plain(read(pack(PLAIN.encode()), f"t.csv{ending}"))


def test_dates_become_few_features_and_are_proposed_for_the_order(read):
    start = datetime.date(2022, 1, 1)
    dates = [(start + datetime.timedelta(days=9 * n)).isoformat() for n in range(ROWS)]
    examples = read(text({"when": dates, "b": B, "y": Y}))
    assert kind(examples, "when") == "date"
    assert [name for name in examples.number_names if name != "b"] == [
        "when", "when month sin", "when month cos", "when weekday sin", "when weekday cos",
    ]  # fmt: skip
    np.testing.assert_array_equal(np.diff(column(examples, "when")), 9)
    assert "data.order=when" in told(examples)
    assert read(text({"when": dates, "b": B, "y": Y}), order="when").number_names == ("b",)


def test_days_and_months_that_no_row_tells_apart_are_told(read):
    dates = [f"{1 + n % 12}/{1 + n % 7}/2024" for n in range(ROWS)]
    examples = read(text({"when": dates, "b": B, "y": Y}))
    assert "data.day_first: true" in told(examples)
    other = read(text({"when": dates, "b": B, "y": Y}), day_first=True)
    assert column(other, "when")[8] != column(examples, "when")[8]


def test_percents_and_currencies_are_numbers(read):
    examples = read(text({"a": [f"{a}%" for a in A], "b": [f'"${10000 + b:,.3f}"' for b in B], "y": Y}))
    np.testing.assert_array_equal(column(examples, "a"), A)
    np.testing.assert_allclose(column(examples, "b"), 10000 + B)
    assert "in %" in told(examples)
    assert "in $" in told(examples)


def test_two_columns_of_one_name_are_both_read(read):
    examples = read(PLAIN.replace("a,b,y", "a,a,y"))
    assert examples.number_names == ("a", "a_2")
    assert "named 'a'" in told(examples)


def test_an_index_without_a_name_is_left_out(read):
    examples = read(text({"": range(ROWS), "a": A, "b": B, "y": Y}))
    assert is_plain(examples)
    assert "numbers the rows and was left out" in told(examples)


def test_a_named_column_in_the_order_of_the_rows_is_a_finding(read):
    examples = read(text({"entry": range(7, 7 + ROWS), "b": B, "y": Y}))
    parts = split_examples(examples, rng=np.random.default_rng(0))
    codes = [suspicion.code for suspicion in fit_dataset(examples, parts).suspicions]
    assert "id-column" in codes


def test_uuids_are_left_out_as_ids(read):
    import uuid

    ids = [str(uuid.UUID(int=int(n))) for n in RNG.integers(2**60, size=ROWS)]
    examples = read(text({"key": ids, "b": B, "y": Y}))
    assert kind(examples, "key") == "id"
    assert examples.number_names == ("b",)
    assert examples.code_names == ()


def test_long_whole_numbers_are_never_rounded_into_one_another(read):
    ids = [str(2**60 + n) for n in range(ROWS)]
    examples = read(text({"id": ids, "b": B, "y": Y}))
    assert examples.number_names == ("b",)
    grouped = read(text({"id": [ids[n // 4] for n in range(ROWS)], "b": B, "y": Y}), group="id")
    assert len(np.unique(grouped.group)) == ROWS // 4


def rare_class():
    return text({"a": A, "b": B, "y": ["rare", *map(str, Y[1:])]})


def message_of_split(examples):
    with pytest.raises(DataError) as caught:
        split_examples(examples, rng=np.random.default_rng(0))
    return str(caught.value)


def test_a_class_of_one_row_is_an_error_that_names_the_key(read):
    assert "data.rare_classes: drop" in message_of_split(read(rare_class()))


def test_rare_classes_are_dropped_or_merged_as_asked(read):
    dropped = read(rare_class(), rare_classes="drop")
    assert (dropped.m, dropped.classes, dropped.task) == (ROWS - 1, ("0", "1"), "binary")
    assert "1 rows of classes with fewer than 3 rows ('rare') were left out" in told(dropped)
    y = ["p", "q", "r", *map(str, Y[3:])]
    merged = read(text({"a": A, "y": y}), rare_classes="merge")
    assert merged.classes == ("0", "1", "rare")
    assert (merged.y == 2).sum() == 3
    assert "one class 'rare'" in told(merged)


def test_counts_with_a_rare_one_are_met_with_regression_first(read):
    visits = [12, 11, 10, *(n % 8 for n in range(ROWS - 3))]
    message = message_of_split(read(text({"a": A, "visits": visits})))
    assert message.split("; ")[-1].startswith("set data.task: regression")


def test_types_of_parquet_are_all_used(read):
    start = datetime.datetime(2024, 1, 1)
    frame = pl.DataFrame(
        {
            "d": [start.date() + datetime.timedelta(days=n % 28) for n in range(ROWS)],
            "t": [start + datetime.timedelta(hours=7 * n) for n in range(ROWS)],
            "a": A,
            "dec": pl.Series(B).cast(pl.Decimal(10, 3)),
            "flag": Y == 1,
            "cat": pl.Series(["u", "v", "w", "u"] * (ROWS // 4)).cast(pl.Categorical),
            "y": np.roll(Y, 1),
        }
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    examples = read(buffer.getvalue(), "t.parquet")
    assert {name.split()[0] for name in examples.number_names} == {"d", "t", "a", "dec", "flag"}
    assert "t hour sin" in examples.number_names
    np.testing.assert_allclose(column(examples, "dec"), B)
    np.testing.assert_array_equal(column(examples, "flag"), Y)
    assert examples.code_names == ("cat",)
    assert kind(examples, "flag") == "flag"


def test_a_list_in_parquet_is_left_out_by_name(read):
    buffer = io.BytesIO()
    pl.DataFrame({"a": A, "l": [[1.0, 2.0]] * ROWS, "y": Y}).write_parquet(buffer)
    examples = read(buffer.getvalue(), "t.parquet")
    assert examples.number_names == ("a",)
    assert "'l'" in told(examples)
    assert "data.drop: [l]" in told(examples)


def test_words_for_nothing_among_numbers_are_missing_and_told(read):
    a, b = list(map(str, A)), list(map(str, B))
    a[3] = a[9] = "-"
    b[4], b[8] = "None", "missing"
    examples = read(text({"a": a, "b": b, "y": Y}))
    assert np.flatnonzero(np.isnan(column(examples, "a"))).tolist() == [3, 9]
    assert np.flatnonzero(np.isnan(column(examples, "b"))).tolist() == [4, 8]
    assert "'-' (2) is read as missing" in told(examples)
    assert "'None' (1) and 'missing' (1) are read as missing" in told(examples)


def test_other_words_among_numbers_are_counted_and_both_keys_named(read):
    a = list(map(str, A))
    a[3:7] = ["<5"] * 4
    examples = read(text({"a": a, "b": B, "y": Y}))
    assert np.isnan(column(examples, "a")).sum() == 4
    assert "116 of 120 values are numbers; '<5' (4)" in told(examples)
    assert [suspicion.code for suspicion in examples.suspicions] == ["mixed-column"]
    assert "mixed-column" not in [s.code for s in read(text({"a": a, "y": Y}), missing=["", "<5"]).suspicions]


def test_a_sentinel_is_a_finding_and_stays_a_number(read):
    a = A.copy()
    a[[2, 30]] = -999
    examples = read(text({"a": a, "b": B, "y": Y}))
    assert (column(examples, "a") == -999).sum() == 2
    assert [suspicion.code for suspicion in examples.suspicions] == ["sentinel"]
    assert read(text({"a": a, "b": B, "y": Y}), missing=["", "-999"]).suspicions == ()


@pytest.mark.parametrize("value", [99, 9999, 123456])
def test_a_large_number_that_fits_the_others_is_no_sentinel(read, value):
    a = np.linspace(0, 2 * value, ROWS).round()
    a[[2, 30]] = value
    assert read(text({"a": a, "b": B, "y": Y})).suspicions == ()


@pytest.mark.parametrize(
    ("above", "word"), [("# exported 2024\n# by tool\n", "comment"), ("Sales 2024\n\n", "above"), ("sep=,\n", "")]
)
def test_what_stands_above_the_table_is_left_out(read, above, word):
    examples = read(above + PLAIN)
    assert is_plain(examples)
    assert word in told(examples)


def test_arff_and_json_lines_are_read(read):
    rows = PLAIN.split("\n", 1)[1]
    arff = f"@relation t\n@attribute a numeric\n@attribute b numeric\n@attribute y {{0,1}}\n@data\n{rows}"
    assert is_plain(read(arff, "t.arff"))
    lines = [json.dumps({"a": a, "b": b, "y": int(y)}) for a, b, y in zip(A, B, Y, strict=True)]
    assert is_plain(read("\n".join(lines), "t.jsonl"))
    assert is_plain(read(f"[{','.join(lines)}]", "t.json"))


def test_rows_without_a_label_are_left_out_and_counted(read):
    y = ["", "", *map(str, Y[2:])]
    examples = read(text({"a": A, "b": B, "y": y}))
    assert examples.m == ROWS - 2
    np.testing.assert_array_equal(examples.numbers[:, 0], A[2:])
    assert "2 rows have no value in the target 'y', the first at t.csv:2: left out" in told(examples)
    with pytest.raises(DataError, match=r"2 rows have no value in the target .* set data.unlabeled: drop"):
        read(text({"a": A, "b": B, "y": y}), unlabeled="error")


def test_a_class_called_na_stands_where_no_label_is_missing(read):
    country = ["NA" if y else "ZA" for y in Y]
    examples = read(text({"a": A, "country": country}))
    assert examples.classes == ("NA", "ZA")
    assert "'NA'" in told(examples)
    with_gaps = read(text({"a": A, "country": ["", "BW", "BW", *country[3:]]}))
    assert with_gaps.classes == ("BW", "ZA")
    named = read(text({"a": A, "country": ["BW", "BW", "BW", *country[3:]]}), missing=["NA"])
    assert named.classes == ("BW", "ZA")


def test_words_that_differ_by_case_alone_are_told_and_stay_apart(read):
    colour = ["red", "Red", "blue"] * (ROWS // 3)
    examples = read(text({"colour": colour, "b": B, "y": Y}))
    assert examples.levels == (("Red", "blue", "red"),)
    assert "differ only by case or blanks" in told(examples)


def test_words_have_an_order_only_where_it_is_said(read):
    sizes = ["small", "large", "medium", ""] * (ROWS // 4)
    content = text({"size": sizes, "b": B, "y": Y})
    assert read(content).code_names == ("size",)
    ordered = read(content, ordered=(("small", "medium", "large"),))
    np.testing.assert_array_equal(column(ordered, "size")[:4], [0, 2, 1, np.nan])
    with pytest.raises(DataError, match=r"no column of t\.csv holds only the words low, high"):
        read(content, ordered=(("low", "high"),))


def test_every_column_is_described_as_it_was_read(read):
    examples = read(text({"": range(ROWS), "a": [f"{a}%" for a in A], "c": ["u", "v", ""] * (ROWS // 3), "y": Y}))
    by_name = {column.name: column for column in examples.source_columns}
    assert [column.role for column in examples.source_columns] == ["left out", "feature", "feature", "target"]
    assert [column.kind for column in examples.source_columns] == ["id", "number", "category", "number"]
    assert by_name["a"].form == "in %"
    assert (by_name["a"].low, by_name["a"].high) == (A.min(), A.max())
    assert sum(by_name["a"].counts) == ROWS
    assert by_name["c"].levels == {"u": ROWS // 3, "v": ROWS // 3}
    assert (by_name["c"].missing, by_name["c"].markers) == (ROWS // 3, {"": ROWS // 3})
    assert by_name["a"].examples == tuple(f"{a}%" for a in A[:3])


@pytest.mark.parametrize(("first", "found"), [(4915112345678, True), (123456, False)])
def test_long_whole_numbers_that_all_differ_seem_to_be_ids(read, first, found):
    numbers = first + RNG.permutation(ROWS) * 13
    examples = read(text({"phone": numbers, "b": B, "y": Y}))
    suspicions = fit_dataset(examples, split_examples(examples, rng=np.random.default_rng(0))).suspicions
    assert ("id-column" in [suspicion.code for suspicion in suspicions]) == found


def test_numbers_in_several_units_are_told(read):
    weights = [f"{n} {'kg' if n % 2 else 'lb'}" for n in range(ROWS)]
    assert "numbers in several units (" in told(read(text({"weight": weights, "b": B, "y": Y})))
