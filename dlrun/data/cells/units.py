"""The unit that stands before or after the numbers of a column: a percent sign, a currency, a measure.

A letter makes no unit of a code: A11, V12, S3 and H2O are words. Before a number only money is a unit, by its sign or
its known code, since `Room 12`, `LH 123` and `Type 2` name things; after a number any short token is.
"""

from typing import TYPE_CHECKING, NamedTuple

from .number_forms import BLANK, BLANKS, NEVER_BARE, SIGN

if TYPE_CHECKING:
    import polars

# The currencies of the forty largest economies by their codes (ISO 4217), and what is written for some of them.
CURRENCIES = (
    "AED|ARS|AUD|BDT|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NGN|NOK|NZD|PHP|PKR"
    r"|PLN|RMB|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR|Rs\.?|Fr\.?|SFr\.?|kr\.?"
)
BEFORE = rf"[A-Z]{{0,3}}\p{{Sc}}|[%\u2030]|{CURRENCIES}"
# A token of at most eight letters, such as "percent" or "minutes", maybe by another: km/h, l/100km, W/m2.
LETTERS = r"[\p{L}°℃℉][\p{L}°²³·]{0,7}"
AFTER = rf"[A-Z]{{0,3}}\p{{Sc}}|[%\u2030]|[cdkm]?m\^?[23]|{LETTERS}(?:/[0-9]*[\p{{L}}³²]{{1,8}}[23]?)?\.?"
DIGITS = rf"(?:[0-9][0-9.,'\u2019{BLANKS}]*|[.,][0-9]+)(?:[eE]{SIGN}?[0-9]+)?"
WITH_UNIT = (
    rf"^\(?{SIGN}?{BLANK}(?P<before>{BEFORE})?{BLANK}\(?{SIGN}?{BLANK}{DIGITS}"
    rf"(?:{SIGN}?{BLANK}(?P<after>{AFTER}))?{BLANK}\)?{SIGN}?$"
)

# Letters after a number that are no unit: ordinals, times of day, exponents cut short, hexadecimal digits.
NO_UNITS = "^(?:st|nd|rd|th|am|pm|AM|PM|e|E|[xX][0-9a-fA-F]+)$"

# A column has a unit if so many of its numbers carry it; the others were given without, such as a 0. Among those that
# carry a unit in one of ten, the other nine are no oversight.
LEAST_SHARE = 0.9
# Below this, texts with units are words in a column of bare numbers.
FEW = 0.5


class Unit(NamedTuple):
    """The unit of a column, "" if none, and whether it mostly stands before the number."""

    text: str
    first: bool


def units_in(texts: "polars.Series") -> dict[str, int]:
    """How many of the texts carry which unit, the most frequent first."""
    counts = _with_units(texts)["unit"].drop_nulls().value_counts(sort=True)
    return dict(counts.iter_rows())


def unit_of(texts: "polars.Series") -> Unit | None:
    """The one unit of these texts; None if none is a number, or if most carry a unit, but not the same one."""
    import polars as pl

    found = _with_units(texts).filter(pl.col("number"))
    if not len(found):
        return None
    carried = found.filter(pl.col("unit").is_not_null())
    if len(carried) < FEW * len(found.filter(~pl.col("zero"))) or not len(carried):
        return Unit("", False)
    units = carried["unit"].unique()
    if len(units) > 1:
        return None
    unit, bare = units[0], found.filter(pl.col("unit").is_null() & ~pl.col("zero"))
    if (unit not in NEVER_BARE and len(bare) > (1 - LEAST_SHARE) * len(found)) or _is_code(carried["text"], unit):
        return Unit("", False)
    return Unit(unit, 2 * int(carried["first"].sum()) > len(carried))


def _is_code(texts: "polars.Series", unit: str) -> bool:
    """Whether a single capital is glued to whole numbers alone: 11A and 12A are words, 3.5V is a number."""
    if not (len(unit) == 1 and unit.isalpha() and unit.isupper()):
        return False
    glued = texts.filter(texts.str.contains(f"[0-9]{unit}"))
    return len(glued) > 0 and not bool(glued.str.contains("[.,]").any())


def _with_units(texts: "polars.Series") -> "polars.DataFrame":
    """Text by text: whether it is a number, with a unit or without; the unit; if that leads; if it is a bare zero."""
    import polars as pl

    text = pl.col("text")
    parts = text.str.extract_groups(WITH_UNIT)
    before, after = parts.struct.field("before"), parts.struct.field("after")
    unit = pl.coalesce(before, after)
    return texts.to_frame("text").select(
        text,
        number=text.str.contains(WITH_UNIT),
        unit=pl.when(~unit.str.contains(NO_UNITS)).then(unit),
        first=before.is_not_null(),
        zero=text.str.contains("^[-+]?0+(?:[.,]0*)?$"),
    )
