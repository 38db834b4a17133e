"""Columns of numbers and columns of dates, with or without a few words among them.

The form is found in a sample of the cells and must then read all of them; where it does not, or where another form
would also do, all different cells decide.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..files import short
from .dates import DateForm, DatesFound, date_form, date_parts, days_of
from .forms import Asked, Cells, ColumnForm
from .markers import is_marker
from .numbers import NumbersFound, beyond_float, has_leading_zeros, number_form, numbers_of, units_in
from .words import counts_of, read_words

if TYPE_CHECKING:
    import polars

# Cells at the beginning, and as many spread over the rest, that suggest a form.
SAMPLE = 1000

# A column with some words is one of numbers if at least this share of its cells is. A judgement: with fewer, the words
# are no slips.
MOSTLY = 0.8

# A word that looks like a code among codes, as V12 among 100 to 139; not `<5`, `ca. 5` or `unknown`.
CODE_WORD = re.compile(r"[A-Za-z]{1,3}[-.]?\d+[A-Za-z]?")

# A column of words is soon known by them: neither a number nor a date has none of these.
DIGIT_OR_INFINITE = r"(?i)\d|inf"

# Eight digits, or fourteen with a time of day, that may be a date.
COMPACT = "^(?:19|20|21)[0-9]{2}[01][0-9][0-3][0-9](?:[0-9]{6})?$"
COMPACT_TOLD = (
    "numbers such as 20240131 may be dates, but so few different ones may look so by chance: write them as 2024-01-31"
    " if they are"
)

PADDED_TOLD = "digits with leading zeros are read as codes, not numbers; name it in data.numeric if they are numbers"

# Words told in a sentence.
WORDS_TOLD = 4


def read_texts(texts: "polars.Series", asked: Asked) -> Cells:
    """A column of stripped texts: numbers if it holds numbers, else dates, else words."""
    if asked.as_text:
        return read_words(texts, asked)
    sample = sample_of(texts, asked)
    if not asked.as_number and not sample.str.contains(DIGIT_OR_INFINITE).any():
        return read_words(texts, asked)
    if not (asked.as_number or asked.is_target) and _look_compact(sample):
        numbers = read_dates(texts, asked, sample) or read_numbers(texts, asked, sample)
        may_be_dates = numbers is not None and numbers.form.kind == "number" and _are_compact(sample)
        if numbers is not None:
            return numbers._replace(notes=(*numbers.notes, COMPACT_TOLD)) if may_be_dates else numbers
    typed = read_numbers(texts, asked, sample) or read_dates(texts, asked, sample)
    return typed or read_words(texts, asked, units_told(sample))


def _look_compact(sample: "polars.Series") -> bool:
    """Whether all cells of a sample are digits that may be dates."""
    return len(sample) > 0 and bool(sample.str.contains(COMPACT).all())


def _are_compact(sample: "polars.Series") -> bool:
    """Whether all of them are days that a calendar has."""
    return not days_of(sample.str.slice(0, 8), DateForm("%Y%m%d")).has_nulls()


def read_numbers(texts: "polars.Series", asked: Asked, sample: "polars.Series") -> Cells | None:
    """The column as numbers; None if it is not one of numbers. `sample` suggests the form, see `sample_of`."""
    found = _number_form(sample, asked)
    if found is None:
        return None
    if not asked.as_number and not found.numbers.has_nulls() and _are_padded(sample, found.numbers):
        return read_words(texts, asked, [PADDED_TOLD])
    numbers = _numbers_of(texts, found)
    words = words_left(texts, numbers)
    if words is None:
        return None
    if found.rival is not None or _number_form(_series(words, asked), asked) is not None:
        found = _number_form(different(texts, asked), asked) or found
        numbers = _numbers_of(texts, found)
        words = words_left(texts, numbers) or {}
    strays = strays_of(words, asked)
    if not is_typed(texts, words, strays, asked):
        return None
    if not asked.as_number and (why := why_codes(texts, numbers, strays)):
        return read_words(texts, asked, [why])
    form = ColumnForm("number", found.form, missing=tuple(word for word in words if word not in strays))
    # Where the other columns settle it, there is nothing to choose.
    is_unsure = found.rival is not None and asked.preferred is None
    notes = strays_told(texts, words, strays, "numbers") + (_rival_number_told(found) if is_unsure else [])
    return Cells(form, numbers, _markers(words, strays), strays, tuple(notes), is_unsure)


def read_dates(texts: "polars.Series", asked: Asked, sample: "polars.Series") -> Cells | None:
    """The column as dates, in days since 1970; None if it is not one of dates. `sample` suggests the form."""
    found = _date_form(sample, asked)
    if found is None:
        return None
    days = days_of(texts, found.form)
    words = words_left(texts, days)
    if words is None:
        return None
    if found.rival is not None or _date_form(_series(words, asked), asked) is not None:
        found = _date_form(different(texts, asked), asked) or found
        days = days_of(texts, found.form)
        words = words_left(texts, days) or {}
    strays = strays_of(words, asked)
    if not is_typed(texts, words, strays, asked):
        return None
    parts = date_parts(days.drop_nulls().to_numpy())
    form = ColumnForm("date", date=found.form, date_parts=parts, missing=tuple(w for w in words if w not in strays))
    notes = [*strays_told(texts, words, strays, "dates"), *_rival_date_told(found)]
    return Cells(form, days, _markers(words, strays), strays, tuple(notes))


def sample_of(texts: "polars.Series", asked: Asked) -> "polars.Series":
    """Some different cells that stand for a value."""
    import polars as pl

    rest = texts.slice(SAMPLE)
    spread = rest.gather_every(max(1, len(rest) // SAMPLE)) if len(rest) else rest
    return different(pl.concat([texts.head(SAMPLE), spread]), asked)


def different(texts: "polars.Series", asked: Asked) -> "polars.Series":
    """The different cells that stand for a value."""
    distinct = texts.drop_nulls().unique(maintain_order=True)
    return distinct.filter(~distinct.str.to_lowercase().is_in(_markers_in_small(asked)))


def _markers_in_small(asked: Asked) -> list[str]:
    from .markers import NO_NUMBER

    return sorted({*NO_NUMBER, *(marker.lower() for marker in asked.missing), ""})


def words_left(texts: "polars.Series", values: "polars.Series") -> dict[str, int] | None:
    """The cells of each text that was not read as a value; None if hardly any was read."""
    if values.null_count() == texts.null_count():
        return {} if values.null_count() < len(texts) else None
    left = texts.filter(values.is_null() & texts.is_not_null())
    if len(left) == len(texts) - texts.null_count():
        return None
    return counts_of(left)


def strays_of(words: Mapping[str, int], asked: Asked) -> dict[str, int]:
    """Those of the words that do not stand for a missing value, with the cells of each."""
    return {word: count for word, count in words.items() if not is_marker(word, asked.missing)}


def is_typed(texts: "polars.Series", words: Mapping[str, int], strays: Mapping[str, int], asked: Asked) -> bool:
    """Whether a column with these words is still one of numbers, or dates. Words of a target are classes."""
    if not strays or asked.as_number:
        return True
    read = len(texts) - texts.null_count() - sum(words.values())
    return not asked.is_target and read >= MOSTLY * (read + sum(strays.values()))


def _are_padded(texts: "polars.Series", numbers: "polars.Series") -> bool:
    """Whether whole numbers are written with leading zeros, as codes are; beside fractions, 05 is a number."""
    return has_leading_zeros(texts) and _are_whole(numbers)


def _are_whole(numbers: "polars.Series") -> bool:
    return not bool((numbers != numbers.floor()).any())


def _are_codes(numbers: "polars.Series", strays: Mapping[str, int]) -> bool:
    """Whether whole numbers and words are codes together."""
    return _are_whole(numbers) and all(CODE_WORD.fullmatch(word) for word in strays)


def why_codes(texts: "polars.Series", numbers: "polars.Series", strays: Mapping[str, int]) -> str:
    """Why a column of digits holds codes rather than numbers; empty if it does not."""
    if strays and _are_codes(numbers, strays):
        return f"whole numbers and {_counted(strays)} are read as codes; name it in data.numeric if they are numbers"
    if _are_padded(texts, numbers):
        return PADDED_TOLD
    if beyond_float(texts) and _are_whole(numbers):
        return "whole numbers beyond 2^53 are read as codes, for numbers so long would be rounded into one another"
    return ""


def _numbers_of(texts: "polars.Series", found: NumbersFound) -> "polars.Series":
    """The cells as numbers; `nan`, which may be meant as one, is a missing value."""
    return numbers_of(texts, found.form).fill_nan(None)


def _number_form(distinct: "polars.Series", asked: Asked) -> NumbersFound | None:
    if not len(distinct):
        return None
    return number_form(
        distinct, decimal=asked.decimal, thousands=asked.thousands, preferred=asked.preferred or asked.likely
    )


def _date_form(distinct: "polars.Series", asked: Asked) -> DatesFound | None:
    return date_form(distinct, day_first=asked.day_first) if len(distinct) else None


def _series(words: Mapping[str, int], asked: Asked) -> "polars.Series":
    import polars as pl

    return different(pl.Series(list(words), dtype=pl.String), asked)


def _markers(words: Mapping[str, int], strays: Mapping[str, int]) -> dict[str, int]:
    return {word: count for word, count in words.items() if word not in strays}


def units_told(sample: "polars.Series") -> list[str]:
    """A sentence where the cells are numbers in several units, which are no numbers of one column."""
    units = units_in(sample) if len(sample) else {}
    if len(units) < 2 or sum(units.values()) < MOSTLY * len(sample):
        return []
    told = ", ".join(list(units)[:WORDS_TOLD])
    return [f"numbers in several units ({told}) are read as words; write them in one unit"]


def strays_told(texts: "polars.Series", words: Mapping[str, int], strays: Mapping[str, int], what: str) -> list[str]:
    """The sentence about words among numbers or dates."""
    if not strays:
        return []
    cells = len(texts) - texts.null_count()
    read = cells - sum(words.values())
    are = "is not and was" if len(strays) == 1 else "are not and were"
    return [
        f"{read} of {cells} values are {what}; {_counted(strays)} {are} read as missing: list the words in"
        " data.missing, or name the column in data.categorical"
    ]


def _counted(words: Mapping[str, int]) -> str:
    told = " and ".join(f"{short(word)} ({count})" for word, count in list(words.items())[:WORDS_TOLD])
    return told + (f" and {len(words) - WORDS_TOLD} more" if len(words) > WORDS_TOLD else "")


def _rival_number_told(found: NumbersFound) -> list[str]:
    if found.rival is None:
        return []
    mine, other = found.form, found.rival
    key = "data.thousands" if other.thousands != mine.thousands and not mine.thousands else "data.decimal"
    sign = other.thousands if key == "data.thousands" else other.decimal
    chosen = mine.in_words() or "decimal point"
    meant = other.in_words() or "decimal point"
    return [f"read as numbers with {chosen}; they could also be meant with {meant}: set {key}: {sign!r} then"]


def _rival_date_told(found: DatesFound) -> list[str]:
    if found.rival is None:
        return []
    day_first = "%d" in found.form.pattern and found.form.pattern.find("%d") < found.form.pattern.find("%m")
    chosen, other = ("day", "month") if day_first else ("month", "day")
    say = str(not day_first).lower()
    return [
        f"dates are read with the {chosen} first; no row tells whether it is the {other}: set data.day_first: {say}"
    ]
