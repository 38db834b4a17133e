"""Numbers as people write them are read back as they were, and what is no number stays a word."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data.cells import number_forms
from dlrun.data.cells.numbers import NumberForm, beyond_float, has_leading_zeros, number_form, numbers_of, units_in


def grouped(digits: str, sign: str, *, indian: bool = False) -> str:
    """The digits with a sign between groups: of three, or, in India, of two before the last three."""
    head, last = digits[:-3], digits[-3:]
    size, groups = (2 if indian else 3), []
    while head:
        head, group = head[:-size], head[-size:]
        groups.insert(0, group)
    return sign.join([*groups, last])


def write(
    value: float, form: NumberForm, *, blank: str = "", between: str = "", indian: bool = False, decimals: int = 2
) -> str:
    """A number written in a form; `between` is the character that stands for a blank or an apostrophe."""
    whole, _, fraction = f"{abs(value):.{decimals}f}".partition(".")
    text = grouped(whole, between or form.thousands, indian=indian) if form.thousands else whole
    text += form.decimal + fraction if fraction else ""
    minus = "-" if value < 0 else ""
    if form.unit:
        text = f"{form.unit}{blank}{text}" if form.unit_first else f"{text}{blank}{form.unit}"
    if form.negatives and minus:
        return f"({text})" if form.negatives == "brackets" else f"{text}-"
    return minus + text


# Each way of writing: the form, and how the texts differ within it.
WAYS = {
    "plain": (NumberForm(), {}),
    "decimal comma": (NumberForm(","), {}),
    "thousands by comma": (NumberForm(".", ","), {}),
    "thousands as in India": (NumberForm(".", ","), {"indian": True}),
    "thousands by point": (NumberForm(",", "."), {}),
    "thousands by space": (NumberForm(",", " "), {}),
    "thousands by no-break space": (NumberForm(",", " "), {"between": "\u00a0"}),
    "thousands by narrow space": (NumberForm(".", " "), {"between": "\u202f"}),
    "thousands by thin space": (NumberForm(".", " "), {"between": "\u2009"}),
    "thousands by apostrophe": (NumberForm(".", "'"), {}),
    "thousands by typographic apostrophe": (NumberForm(".", "'"), {"between": "\u2019"}),
    "percent": (NumberForm(unit="%"), {}),
    "percent after a no-break space": (NumberForm(",", unit="%"), {"blank": "\u00a0"}),
    "percent before": (NumberForm(unit="%", unit_first=True), {}),
    "per mille": (NumberForm(unit="\u2030"), {"blank": " "}),
    "dollars": (NumberForm(".", ",", "$", True), {}),
    "dollars in brackets": (NumberForm(".", ",", "$", True, "brackets"), {}),
    "dollars of a country": (NumberForm(unit="US$", unit_first=True), {"blank": " "}),
    "pounds": (NumberForm(unit="£", unit_first=True), {}),
    "euros": (NumberForm(",", ".", "€"), {"blank": " "}),
    "a code before": (NumberForm(".", "'", "CHF", True), {"blank": " "}),
    "a code after": (NumberForm(",", ".", "EUR"), {"blank": "\u00a0"}),
    "rupees": (NumberForm(unit="Rs.", unit_first=True), {"blank": " "}),
    "kilograms": (NumberForm(",", unit="kg"), {"blank": " "}),
    "glued kilograms": (NumberForm(unit="kg"), {}),
    "kilometres": (NumberForm(".", " ", "km"), {"blank": " "}),
    "degrees": (NumberForm(unit="°C"), {"blank": " "}),
    "a quotient": (NumberForm(unit="km/h"), {"blank": " "}),
    "a power": (NumberForm(unit="m²"), {"blank": " "}),
    "micrograms": (NumberForm(unit="µg/m³"), {"blank": " "}),
    "brackets": (NumberForm(".", ",", negatives="brackets"), {}),
    "trailing minus": (NumberForm(",", ".", negatives="trailing"), {}),
}
# Cents are exact beside each other far beyond these; the first and the last make the way of writing plain.
VALUES = st.lists(st.integers(-(10**9), 10**9).map(lambda cents: cents / 100), max_size=8, unique=True).map(
    lambda values: [1234567.25, -0.25, 12.5, *values]
)


@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None, max_examples=8)
@given(values=VALUES)
def test_numbers_in_each_form_are_read_back_as_they_were(way, values):
    form, how = WAYS[way]
    found = number_form(pl.Series([write(value, form, **how) for value in values]))
    assert found is not None
    assert (found.form, found.rival) == (form, None)
    assert found.numbers.to_list() == values


@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None, max_examples=8)
@given(numbers=st.lists(st.integers(-(10**8), 10**8), min_size=1, max_size=6), decimals=st.integers(0, 3))
def test_what_is_read_as_another_number_is_told_by_its_rival(way, numbers, decimals):
    form, how = WAYS[way]
    values = [round(number / 10**decimals, decimals) for number in numbers]
    texts = pl.Series([write(value, form, decimals=decimals, **how) for value in values])
    found = number_form(texts)
    if found is None:  # (5) and 5- may be other things than negative numbers, 612 345 678 a telephone number
        assert form.negatives or form.thousands == " "
    elif found.numbers.to_list() != values:
        assert found.rival is not None
        assert numbers_of(texts, found.rival).to_list() == values


@pytest.mark.parametrize("way", WAYS)
def test_a_form_reads_new_texts_of_its_own_and_no_words(way):
    form, how = WAYS[way]
    texts = [write(-98765.5, form, **how), None, "word", "1.2.3", "12:30", "10-20", "A11", ""]
    assert numbers_of(pl.Series(texts), form).to_list() == [-98765.5] + [None] * 7


def test_a_fault_in_the_way_back_is_seen(monkeypatch):
    form, how = WAYS["thousands by point"]
    monkeypatch.setattr(number_forms, "_replacements", lambda form, written: {".": "", ",": ""})
    assert numbers_of(pl.Series([write(1234.5, form, **how)]), form).to_list() != [1234.5]


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["\u22125", "\u20136", "+7", "- 8"], [-5, -6, 7, -8]),
        (["1e5", "2E-3", ".5", "5.", "inf"], [1e5, 0.002, 0.5, 5, float("inf")]),
        (["1,5E+3", "2,5e\u22121"], [1500, 0.25]),
        (['"5"', "'6'", '" 7 "', "“8”"], [5, 6, 7, 8]),
        (["-$5", "$-6", "$ 7", "8 $", "($9)", "$(1)"], [-5, -6, 7, 8, -9, -1]),
        (["45%", "7 %", "0"], [45, 7, 0]),
        (["12.50- EUR", "3 EUR", "EUR 4-"], [-12.5, 3, -4]),
        (["12-", "3,5", "4,-"], [-12, 3.5, None]),
        (["12 kg", "3.5kg", "0"], [12, 3.5, 0]),
        (["3.5V", "12V"], [3.5, 12]),
        (["12 V", "3 V"], [12, 3]),
        (["1234", "12 345"], [1234, 12345]),
        (["12,34,567", "1,234"], [1234567, 1234]),
        (["00501", "12"], [501, 12]),
    ],
)
def test_signs_quotes_and_units_are_understood(texts, numbers):
    found = number_form(pl.Series(texts))
    assert found is not None
    assert found.numbers.to_list() == numbers


@pytest.mark.parametrize(
    "texts",
    [
        ["A11", "V12", "S3", "H2O"],
        ["11A", "12A", "13A"],
        ["11A", "12B"],
        ["12 kg", "3 lb"],
        ["$5", "7 €"],
        ["Room 12", "Room 13"],
        ["LH 123", "LH 45"],
        ["0x10", "0xff"],
        ["1_000", "2_000"],
        ["12:30", "7:15"],
        ["1.2.3", "10.0.1"],
        ["192.168.1.1", "10.0.0.1"],
        ["10-20", "20-30"],
        ["(1)", "(2)"],
        ["10-", "20-"],
        ["9th", "10th", "11th"],
        ["5 pm", "7 pm"],
        ["+49 170 123 456", "+49 170 123 457"],
        ["612 345 678", "613 345 678"],
        ["2024-01-31", "2024-02-01"],
        ["550e8400-e29b-41d4-a716-446655440000"],
        ["nan", "NaN"],
        ["word", "-", "%", "$", "kg"],
        [],
    ],
    ids=str,
)
def test_codes_times_ranges_and_words_are_no_numbers(texts):
    assert number_form(pl.Series(texts, dtype=pl.String)) is None


def test_few_words_among_numbers_leave_the_others_numbers():
    texts = [str(number) for number in range(100, 140)] + ["V12", "-", "<5", "5 est.", "n/a", "(see below)"]
    found = number_form(pl.Series(texts))
    assert found is not None
    assert found.form == NumberForm()
    assert found.numbers.to_list() == [*map(float, range(100, 140))] + [None] * 6


def test_all_values_decide_and_not_the_first_ones():
    thousands = [f"{whole},{rest:03}" for whole in range(1, 80) for rest in range(100)]
    told = number_form(pl.Series(thousands))
    assert told.form == NumberForm(".", ",")
    assert told.rival == NumberForm(",")
    commas = number_form(pl.Series([*thousands, "1,25"]))
    assert (commas.form, commas.rival) == (NumberForm(","), None)
    assert commas.numbers[-1] == 1.25


@pytest.mark.parametrize(
    ("texts", "form", "rival"),
    [
        (["1.234"], NumberForm(), NumberForm(",", ".")),
        (["1.234", "12", "-45.678"], NumberForm(), NumberForm(",", ".")),
        (["1.234", "0.123"], NumberForm(), None),
        (["1.234", "1.5"], NumberForm(), None),
        (["12", "13"], NumberForm(), None),
        (["1,234"], NumberForm(".", ","), NumberForm(",")),
        (["1,234", "950"], NumberForm(".", ","), NumberForm(",")),
        (["1,234", "12345"], NumberForm(","), NumberForm(".", ",")),
        (["1,234", "950", "V12345"], NumberForm(".", ","), NumberForm(",")),
        (["1,234", "0,123"], NumberForm(","), None),
        (["1,234", "1234,567"], NumberForm(","), None),
        (["1,234", "1,5"], NumberForm(","), None),
        (["1.234,5", "2"], NumberForm(",", "."), None),
        (["$1,234", "$5"], NumberForm(".", ",", "$", True), NumberForm(",", "", "$", True)),
        (["1 234", "12"], NumberForm(".", " "), None),
    ],
    ids=str,
)
def test_what_could_both_be_meant_is_chosen_by_rule_and_the_rival_is_told(texts, form, rival):
    found = number_form(pl.Series(texts))
    assert (found.form, found.rival) == (form, rival)


def test_the_rival_reads_the_same_texts_as_other_numbers():
    texts = pl.Series(["1.234", "2", "x"])
    found = number_form(pl.Series(["1.234", "2"]))
    assert numbers_of(texts, found.form).to_list() == [1.234, 2, None]
    assert numbers_of(texts, found.rival).to_list() == [1234, 2, None]


def test_the_other_columns_decide_where_both_could_be_meant():
    european, american = NumberForm(",", "."), NumberForm(".", ",")
    for text, as_european, as_american in (("1.234", 1234, 1.234), ("1,234", 1.234, 1234)):
        texts = pl.Series([text])
        assert number_form(texts, preferred=european).numbers[0] == as_european
        assert number_form(texts, preferred=american).numbers[0] == as_american
    assert number_form(pl.Series(["0.5"]), preferred=european).numbers[0] == 0.5


@pytest.mark.parametrize(
    ("text", "asked", "number"),
    [
        ("1,234", {"decimal": ","}, 1.234),
        ("1,234", {"decimal": "."}, 1234),
        ("1,234", {"thousands": "none"}, 1.234),
        ("1,234", {"thousands": ","}, 1234),
        ("1.234", {"decimal": ","}, 1234),
        ("1.234", {"thousands": "."}, 1234),
        ("1.234", {"thousands": "none"}, 1.234),
        ("1.5", {"decimal": ","}, None),
        ("1.5", {"thousands": "'"}, 1.5),
        ("12", {"decimal": ",", "thousands": "."}, 12),
        ("12 kg", {"decimal": ","}, 12),
        ("1 234", {"decimal": ",", "thousands": " "}, 1234),
    ],
)
def test_the_signs_asked_for_leave_one_reading(text, asked, number):
    found = number_form(pl.Series([text]), **asked)
    assert (None if found is None else found.numbers[0]) == number
    assert found is None or found.rival is None


def test_a_percentage_and_a_bare_fraction_are_not_mixed():
    found = number_form(pl.Series(["45%", "50%", "55%", "0.45", "0"]))
    assert found.numbers.to_list() == [45, 50, 55, None, 0]


def test_the_units_of_few_are_no_units_of_the_column():
    found = number_form(pl.Series(["5 kg", "5 lb", "6", "7", "8"]))
    assert found.form == NumberForm()
    assert found.numbers.to_list() == [None, None, 6, 7, 8]


def test_units_are_counted():
    assert units_in(pl.Series(["5 kg", "6kg", "7 lb", "8", "A11", "$ 4"])) == {"kg": 2, "lb": 1, "$": 1}


def test_two_units_are_seen_however_rare_the_second_is():
    texts = [f"{number} kg" for number in range(5000)]
    assert number_form(pl.Series(texts)).form.unit == "kg"
    assert number_form(pl.Series([*texts[:777], "5 lb", *texts[777:]])) is None


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (NumberForm(), ""),
        (NumberForm(","), "decimal comma"),
        (NumberForm(".", ","), "decimal point, thousands by comma"),
        (
            NumberForm(",", ".", "%", negatives="brackets"),
            "decimal comma, thousands by point, in %, negative in brackets",
        ),
        (NumberForm(".", " ", negatives="trailing"), "thousands by blank, minus behind the number"),
    ],
    ids=str,
)
def test_a_form_is_told_in_words(form, words):
    assert form.in_words() == words


@pytest.mark.parametrize(("text", "has"), [("00501", True), ("01", True), ("0", False), ("0.5", False), ("10", False)])
def test_leading_zeros_are_those_of_codes(text, has):
    assert has_leading_zeros(pl.Series(["12", text])) is has


@settings(deadline=None)
@given(st.integers(-(2**70), 2**70))
def test_whole_numbers_that_a_float_may_round_are_seen(number):
    assert beyond_float(pl.Series(["12", str(number)])) is (abs(number) > 2**53)


@pytest.mark.parametrize("text", [str(2**53), "0" * 30 + "12", "1.12345678901234567890", "1" * 20 + "x", "1e300"])
def test_numbers_that_are_long_but_not_great_are_left(text):
    assert not beyond_float(pl.Series([text]))


SIGNS = "0123456789.,'\u2019 -+()%$€kgE\u00a0\u2212:/A\""


# No deadline: the first call of polars may take longer than Hypothesis allows.
@settings(deadline=None)
@given(st.lists(st.text(SIGNS, min_size=1, max_size=9), min_size=1, max_size=5))
def test_any_text_is_read_or_left_without_an_error(texts):
    texts = pl.Series(texts).str.strip_chars()
    found = number_form(texts)
    if found is not None:
        assert len(found.numbers) == len(texts)
        assert found.numbers.null_count() < len(texts)
        assert found.numbers.equals(numbers_of(texts, found.form))
        assert found.rival is None or not found.numbers.equals(numbers_of(texts, found.rival))
