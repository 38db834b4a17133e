"""The same values in many dialects are the same data set; and what was once misread of one."""

import numpy as np
import polars as pl
import pytest

from dlrun.data import Reading, read_examples
from dlrun.data.cells import typed
from dlrun.data.cells.number_forms import NumberForm, numbers_of
from tests.dialect_tables import MadeTable, random_table
from tests.dialects import DIALECTS, Dialect, Style, misreads, print_counts, separated, some_dialects, text


@pytest.fixture
def read(tmp_path):
    """Writes bytes or text to a file of this name, and reads it."""

    def run(content, name="t.csv", **options):
        raw = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(raw)
        return read_examples(Reading(name, **options), folder=tmp_path, rng=np.random.default_rng(0))

    return run


def said(examples):
    return " / ".join([*examples.notes, *examples.warnings, *map(str, examples.suspicions)])


def of(examples, name):
    """The raw feature of this name as a list."""
    if name in examples.number_names:
        return examples.numbers[:, examples.number_names.index(name)].tolist()
    at = examples.code_names.index(name)
    return [examples.levels[at][code] if code >= 0 else None for code in examples.codes[:, at]]


def test_there_are_at_least_forty_dialects():
    assert len(DIALECTS) >= 40


# Seeds whose tables hold every kind of column between them; no column of theirs may be read in two ways.
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_table_is_the_same_data_set_in_every_dialect(tmp_path, dialect):
    plain = {"plain": DIALECTS["plain"]}
    assert misreads(2, tmp_path, plain | {dialect: DIALECTS[dialect]}) == []


@pytest.mark.parametrize("seed", [3000, 3001, 3002])
def test_random_tables_in_some_dialects_and_mixed_ones_are_never_misread_in_silence(tmp_path, seed):
    assert [one for one in misreads(seed, tmp_path, some_dialects(seed, 10), mixed=4) if not one.is_told] == []


def test_the_random_tables_hold_every_kind_of_column_and_gaps():
    columns = [column for seed in range(20) for column in random_table(seed).columns]
    kinds = {"number", "whole", "word", "flag", "day", "moment", "code", "text", "class"}
    assert {column.kind for column in columns} == kinds
    assert any(None in column.values for column in columns)


def test_a_reader_that_takes_a_decimal_comma_for_thousands_is_found_out(tmp_path, monkeypatch):
    def wrong(texts, form):
        return numbers_of(texts, form) * (10 if form.decimal == "," else 1)

    monkeypatch.setattr(typed, "numbers_of", wrong)
    found = misreads(2, tmp_path, {"plain": DIALECTS["plain"], "euro": DIALECTS["euro"]})
    assert {(one.dialect, one.column) for one in found} == {("euro", "Höhe über NN")}


def test_a_changed_word_and_a_shifted_day_are_found_out(tmp_path):
    def other(table: MadeTable) -> bytes:
        return separated(table, Style()).replace("Zürich".encode(), b"Bern")

    seed = next(seed for seed in range(200) if any("Zürich" in c.values for c in random_table(seed).columns[:-1]))
    found = misreads(seed, tmp_path, {"plain": DIALECTS["plain"], "other": Dialect(".csv", other)})
    assert [one.is_told for one in found] == [False]
    shifted = misreads(2, tmp_path, {"plain": DIALECTS["plain"], "zone": text(zone_hours=1)})
    assert [(one.column, one.is_told) for one in shifted] == [("col umn", False)]


def test_what_may_be_meant_in_two_ways_is_told_and_counted_so(tmp_path, capsys):
    found = misreads(7, tmp_path, {"plain": DIALECTS["plain"], "thousands": text(thousands=".")})
    print_counts(found, 1, 2, 0)
    assert "misread in silence: 0" in capsys.readouterr().out


@pytest.mark.parametrize("marker", ["n/a", "#N/A", "<NA>"])
def test_what_programs_write_for_nothing_is_missing_in_words_too(read, marker):
    rows = "".join(f"{word},{y}\n" for word in ("red", "blue", marker) for y in (0, 1) for _ in range(5))
    assert of(read("a,y\n" + rows), "a").count(None) == 10


def test_eight_digits_that_are_all_days_are_dates_and_few_such_are_told(read):
    days = [f"2024{month:02}{day:02}" for month in (1, 2, 5) for day in range(1, 29)]
    many = read("d,y\n" + "".join(f"{day},{at % 2}\n" for at, day in enumerate(days)))
    assert many.source_columns[0].kind == "date"
    assert of(many, "d")[0] == 19723
    few = read("d,y\n" + "".join(f"{day},{at % 2}\n" for at, day in enumerate(days[:8] * 4)))
    assert few.source_columns[0].kind == "number"
    assert "column 'd': numbers such as 20240131 may be dates" in said(few)


def test_thousands_by_point_beside_smaller_whole_numbers_are_told_or_settled_by_others(read):
    rows = [("1.234", 0), ("999", 1), ("45.678", 0), ("12", 1)] * 5
    alone = read("a;y\n" + "".join(f"{a};{y}\n" for a, y in rows))
    assert "column 'a': read as numbers with decimal point; they could also be meant" in said(alone)
    beside = read("a;b;y\n" + "".join(f"{a};{y},25;{y}\n" for a, y in rows))
    assert of(beside, "a")[:4] == [1234, 999, 45678, 12]


def test_digits_with_an_exponent_have_no_thousands():
    texts = pl.Series(["1,234e-05", "1,234", "12e3"])
    assert numbers_of(texts, NumberForm(".", ",")).to_list() == [None, 1234, 12000]
    assert numbers_of(texts, NumberForm(",")).to_list() == [1.234e-05, 1.234, 12000]


def test_zeros_before_digits_are_of_codes_but_not_beside_fractions(read):
    rows = "".join(f"{a},{b},{y}\n" for a, b, y in [("1.5", "15", 0), ("05", "05", 1)] * 10)
    examples = read("a,b,y\n" + rows)
    assert (of(examples, "a")[:2], of(examples, "b")[:2]) == ([1.5, 5.0], ["15", "05"])


def test_long_numbers_are_read_again_where_there_are_no_names(read):
    rows = "".join(f"{at}.5,{9007199254740993 + at % 3},{at % 2}\n" for at in range(30))
    assert of(read(rows), "x1")[:2] == ["9007199254740993", "9007199254740994"]


def test_spellings_and_markers_of_words_leave_the_codes_of_the_others(read):
    words = ["True", "TRUE", "NA", "false", "True", ""] * 5
    examples = read("a,y\n" + "".join(f"{word},{at % 2}\n" for at, word in enumerate(words)))
    assert str(of(examples, "a")[:6]) == str([1.0, 1.0, np.nan, 0.0, 1.0, np.nan])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b,y\n" + '1,"May 5, 2001 10:00",2\n2,"June 6, 2002 11:00",3\n' * 9, ("a", "b", "y")),
        ("a\tb,c\ty\n" + "1,5\tx\t0\n2,25\tz\t1\n" * 9 + "3\tx\t0\n", ("a", "b,c", "y")),
        ("A title\na,y\n" + "2024-01-01 10:00,5.5\n2024-02-02 11:00,6\n" * 9, ("a", "y")),
        ("a\ty\n" + "1,5kg\t2,25kg\n3kg\t4,5kg\n" * 9, ("a", "y")),
        ("'a'\t'the \"b\"'\ty\n" + "'x'\t'it''s'\t0\n'z'\t'2'\t1\n" * 9, ("a", 'the "b"', "y")),
    ],
)
def test_the_separator_is_the_one_of_the_names_too(read, text, names):
    assert tuple(column.name for column in read(text).source_columns) == names


def test_a_pound_sign_before_digits_is_no_letter(read):
    raw = "a,y\n" + "£1.50,0\n£22.75,1\n" * 10
    examples = read(raw.encode("cp1252"))
    assert of(examples, "a")[:2] == [1.5, 22.75]


def test_objects_in_an_array_may_hold_what_separates_them(read):
    rows = '[{"a": "x, [1] \\"{", "b": 1, "y": 0},\n {"a": "back\\\\", "b": 2.5, "y": 1}]'.replace("}]", "}")
    text = rows + "," + rows[1:] + "]"
    examples = read(text, "t.json")
    assert of(examples, "a") == ['x, [1] "{', "back\\"] * 2
    assert of(examples, "b") == [1, 2.5] * 2
