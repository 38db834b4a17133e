"""Which form the numbers of a column are written in, decided by all of its values; and numbers that are rather codes.

The form that reads the most values is taken. Where two read the same values as different numbers (1.234), a rule
chooses, and the other is handed on so that it can be told.
"""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from .number_forms import BLANK, MINUS, THOUSANDS, NumberForm, numbers_of, unquoted, written_in
from .units import Unit, unit_of, units_in

if TYPE_CHECKING:
    import polars

__all__ = ["NumberForm", "NumbersFound", "beyond_float", "has_leading_zeros", "number_form", "numbers_of", "units_in"]

# All ways to write the signs; earlier ones are preferred among those that read the same numbers.
WRITINGS = (
    NumberForm(),
    NumberForm(","),
    NumberForm(".", ","),
    NumberForm(",", "."),
    NumberForm(".", " "),
    NumberForm(",", " "),
    NumberForm(".", "'"),
    NumberForm(",", "'"),
)

# So many values, evenly spread, tell which forms are worth trying on all, and whether there are numbers at all.
SAMPLE = 1000

# Where every value is three groups of three digits, these are telephone numbers, as in Poland or Spain.
TELEPHONE = "^[0-9]{3}[ \u00a0][0-9]{3}[ \u00a0][0-9]{3}$"

# Below this, every whole number is a float64 of its own.
EXACT_IN_FLOAT = str(2**53)


class NumbersFound(NamedTuple):
    """What was found in a column of numbers.

    form : the form that reads the most texts. numbers : (m,) Float64, null where a text is no number in this form.
    rival : another form that reads the same texts, but some as other numbers (`1.234`); None if there is none.
    """

    form: NumberForm
    numbers: "polars.Series"
    rival: NumberForm | None


def number_form(
    texts: "polars.Series",
    *,
    decimal: Literal[".", ","] | None = None,
    thousands: Literal[",", ".", " ", "'", "none"] | None = None,
    preferred: NumberForm | None = None,
) -> NumbersFound | None:
    """The form that reads most of these distinct texts (m,) (stripped, none missing) as numbers; None if it reads none.

    `decimal` and `thousands`, where given, leave only the forms that agree ("none": no sign between thousands; a column
    without such a sign agrees with every one). `preferred` is the form of another column of the file, which must be
    beyond doubt: it decides where two forms are possible. Two different units are no form (see `units_in`).
    """
    forms = [form for form in WRITINGS if _agrees(form, decimal, thousands)]
    if (found := _at_once(texts, forms, preferred)) is not None:
        return None if found.numbers.is_nan().all() else found
    sample = unquoted(texts.gather_every(max(1, len(texts) // SAMPLE)))
    unit = unit_of(sample)
    if unit is None or sample.str.contains(TELEPHONE).all():
        return None
    readable = _readable(sample, forms, unit)
    if not readable:
        return None
    if len(sample) < len(texts):
        texts = unquoted(texts)
        readable = _readable(sample, forms, unit, texts)
    else:
        texts = sample
    found = _best(texts, readable, preferred)
    others = set(units_in(texts.filter(found.numbers.is_null()))) - {unit.text} if unit.text else set()
    return None if others else found


def has_leading_zeros(texts: "polars.Series") -> bool:
    """Whether any text is of digits only, two or more, and begins with 0: a code such as 00501, not a number."""
    return bool(texts.filter(texts.str.starts_with("0")).str.contains("^[0-9]{2,}$").any())


def beyond_float(texts: "polars.Series") -> bool:
    """Whether any text is a whole number beyond 2**53, where a float64 rounds different numbers into one."""
    long = texts.filter(texts.str.len_bytes() >= len(EXACT_IN_FLOAT))
    digits = long.str.extract(r"^[-+]?0*([0-9]{16,})(?:\.0*)?$").drop_nulls()
    return bool(((digits.str.len_bytes() > len(EXACT_IN_FLOAT)) | (digits > EXACT_IN_FLOAT)).any())


def _agrees(form: NumberForm, decimal: str | None, thousands: str | None) -> bool:
    """Whether a form may be meant by the signs asked for; one without a sign between thousands agrees with any."""
    if decimal not in (None, form.decimal) or form.decimal == thousands:
        return False
    return thousands is None or form.thousands in ("", thousands)


def _at_once(texts: "polars.Series", forms: list[NumberForm], preferred: NumberForm | None) -> NumbersFound | None:
    """What is found where polars reads every text as it stands: the common case, without regular expressions."""
    import polars as pl

    numbers = texts.cast(pl.Float64, strict=False)
    if numbers.has_nulls():
        return None
    plain, grouped = NumberForm(), NumberForm(",", ".")
    points = texts.filter(texts.str.contains(".", literal=True))
    if not len(points):
        return NumbersFound(plain, numbers, None)
    if plain not in forms:
        return None
    read = {plain: numbers}
    if grouped in forms and not numbers_of(points.head(SAMPLE), grouped).has_nulls():
        other = numbers_of(texts, grouped)
        read |= {} if other.has_nulls() else {grouped: other}
    return _chosen(read, texts, preferred)


def _readable(
    sample: "polars.Series", forms: list[NumberForm], unit: Unit, texts: "polars.Series | None" = None
) -> dict[NumberForm, bool]:
    """The forms that read any of the sample, with the unit and the marks of all texts, and whether they read all of it.

    Only forms are tried whose signs occur in the texts; a decimal point always is.
    """
    texts = sample if texts is None else texts
    written = written_in(texts) + "\n"
    negatives = _negatives(texts, unit.text, written)

    def occurs(form: NumberForm) -> bool:
        signs = THOUSANDS.get(form.thousands, form.decimal)
        return (form.decimal, form.thousands) == (".", "") or any(sign in written for sign in signs)

    nulls = {}
    for form in [form for form in forms if occurs(form)] or forms[:1]:
        shaped = NumberForm(form.decimal, form.thousands, unit.text, unit.first, negatives)
        nulls[shaped] = numbers_of(sample, shaped).null_count()
    return {form: count == 0 for form, count in nulls.items() if count < len(sample)}


def _negatives(texts: "polars.Series", unit: str, written: str) -> Literal["", "brackets", "trailing"]:
    """How negative numbers are marked besides a leading sign.

    Where every number is a whole one in brackets, or with a dash behind, these mark no sign: (1), (2), or 10-, 20-.
    """
    money = f"(?:{re.escape(unit)})?"
    looks: dict[Literal["brackets", "trailing"], str] = {}
    if "(" in written:
        looks["brackets"] = rf"^{money}{BLANK}\({BLANK}{money}{BLANK}[0-9.,][^()]*\)"
    if any(dash + end in written for dash in MINUS[1:-1] for end in ("\n", unit or "\n", f" {unit}")):
        looks["trailing"] = f"^{money}{BLANK}(?:[0-9.,][^-]*)?[0-9]{BLANK}{MINUS}{BLANK}{money}$"
    for kind, pattern in looks.items():
        if not texts.str.contains(pattern).any():
            continue
        numbers = texts.filter(texts.str.contains("[0-9]"))
        if not numbers.str.contains(rf"^(?:\([0-9]+\)|[0-9]+{MINUS})$").all():
            return kind
    return ""


def _best(texts: "polars.Series", forms: dict[NumberForm, bool], preferred: NumberForm | None) -> NumbersFound:
    """What the form finds that reads the most; `forms` says of each whether it reads the whole sample.

    A form that reads every text ends the search: the forms behind it read the same numbers, or are its rival.
    """
    read: dict[NumberForm, polars.Series] = {}
    for form in sorted(forms, key=lambda form: not forms[form]):
        read[form] = numbers_of(texts, form)
        if not read[form].has_nulls():
            grouped = replace(form, decimal="," if form.decimal == "." else ".", thousands=form.decimal)
            rivals = [grouped] if form.thousands == "" and forms.get(grouped) else []
            read = {form: read[form]} | {rival: numbers_of(texts, rival) for rival in rivals}
            break
    fewest = min(numbers.null_count() for numbers in read.values())
    tied = [form for form in forms if form in read and read[form].null_count() == fewest]
    return _chosen({form: read[form] for form in tied}, texts, preferred)


def _chosen(
    read: "dict[NumberForm, polars.Series]", texts: "polars.Series", preferred: NumberForm | None
) -> NumbersFound:
    """The form to take of those that read equally many texts, in order of preference.

    If two read the same texts as different numbers, the one that agrees with `preferred` is taken. Otherwise a point
    is a decimal point (1.234), as most programs write; a comma stands between thousands (1,234), as most
    people write, unless a value has four digits or more without one (12345).
    """
    first, numbers = next(iter(read.items()))
    rivals = [f for f, other in read.items() if _differ(numbers, other)]
    if not rivals:
        return NumbersFound(first, numbers, None)
    rival = rivals[0]
    if preferred is not None:
        swapped = preferred.decimal != first.decimal
    else:
        swapped = first.decimal == "," and not texts.filter(numbers.is_not_null()).str.contains("[0-9]{4}").any()
    if swapped:
        first, rival = rival, first
    return NumbersFound(first, read[first], rival)


def _differ(numbers: "polars.Series", others: "polars.Series") -> bool:
    """Whether the same texts are read, and some as other numbers."""
    return bool((numbers.is_null() == others.is_null()).all() and (numbers != others).any())
