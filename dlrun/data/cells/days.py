"""The days of dates: of texts in a form, and of columns that a file itself calls dates, moments or times.

Days are counted from 1970-01-01 00:00 UTC, with the time of day as a fraction.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .date_forms import DateForm

if TYPE_CHECKING:
    import polars

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS_A_DAY = 24 * 60 * 60 * 1_000_000
A_SECOND = {"ms": 1e3, "us": 1e6, "ns": 1e9}

# Earlier years come from a pattern that took a number of two digits for a year.
YEARS = (1000, 9999)
# Digits without separators and months without days may be other numbers (20240131 an id, 2010-11 a season): they are
# dates only between these years.
COMPACT_YEARS = (1900, 2100)

# What follows a compact date, or nothing: the parser alone takes the seven digits of 2024013 for the third of January.
COMPACT = "^[0-9]{8}(?:T?(?:[0-9]{4}|[0-9]{6}|[0-9]{1,2}:.*)(?:Z|[ ,.+-].*)?|[ ,]+[0-9]{1,2}:.*)?$"

# Names as people write them, and as the parser knows them: Sept. 3rd, 2024.
SPOKEN = {r"(?i)\bsept\b": "Sep", r"([A-Za-z])\.": "$1", r"([0-9])(?:st|nd|rd|th)\b": "$1"}

# A fraction of a second and a zone take the parser four times as long as the rest. So many different ones are read
# apart from it, each once; a thousand milliseconds are among these.
FEW_TAILS = 10_000


def days_of(texts: "polars.Series", form: DateForm) -> "polars.Series":
    """(m,) Float64: the days since 1970-01-01 00:00 of the stripped texts (m,), null where a text is no such date.

    With a zone the days are those of UTC. A time alone is a fraction of a day.
    """
    import polars as pl

    dates, pattern = _for_the_parser(texts, form)
    moments = _microseconds(dates, pattern)
    if re.search("%[aAbB]", pattern):
        moments = _where_missing(moments, dates, lambda rest: _parsed(_as_the_parser_knows(rest), pattern))
    if not form.has_date:
        return (moments / MICROSECONDS_A_DAY).alias(texts.name)
    compact = form.pattern.startswith("%Y%m%d")
    first, last = COMPACT_YEARS if compact or "%d" not in pattern else YEARS
    span = [(datetime(*day, tzinfo=UTC) - EPOCH).days * MICROSECONDS_A_DAY for day in ((first, 1, 1), (last, 12, 31))]
    valid = moments.is_between(span[0], span[1] + MICROSECONDS_A_DAY, closed="left")
    if compact:
        valid &= texts.str.contains(COMPACT)
    frame = moments.to_frame("us").with_columns(valid=valid)
    return frame.select(pl.when("valid").then(pl.col("us") / MICROSECONDS_A_DAY).alias(texts.name)).to_series()


def days_of_typed(values: "polars.Series") -> "polars.Series":
    """(m,) Float64: the days of a column (m,) of dates, of moments (in UTC if they have a zone), or of times of day."""
    import polars as pl

    if values.dtype == pl.Date:
        return values.cast(pl.Int32).cast(pl.Float64)
    unit = values.dtype.time_unit if isinstance(values.dtype, pl.Datetime) else "ns"
    return values.cast(pl.Int64) / (24 * 60 * 60 * A_SECOND[unit])


def iso(days: float, has_time: bool) -> str:
    """A day, or a moment to the second, as ISO writes it."""
    moment = EPOCH + timedelta(seconds=round(days * 24 * 60 * 60))
    return moment.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00") if has_time else moment.strftime("%Y-%m-%d")


def _for_the_parser(texts: "polars.Series", form: DateForm) -> "tuple[polars.Series, str]":
    """The texts and the pattern as polars can read them."""
    pattern = form.pattern
    if "%q" in pattern:
        months = {f"Q{quarter}": f"Q{3 * quarter - 2:02}" for quarter in (1, 2, 3, 4)}
        texts, pattern = texts.str.replace_many(months), pattern.replace("%q", "%m")
    elif "%V" in pattern:
        texts, pattern = texts + "-1", pattern + "-%u"
    elif not form.has_date:
        texts, pattern = "1970-01-01 " + texts, "%Y-%m-%d " + pattern
    if "%,f" in pattern:
        texts, pattern = texts.str.replace(",([0-9])", ".$1"), pattern.replace("%,f", "%.f")
    return texts, pattern


def _microseconds(texts: "polars.Series", pattern: str) -> "polars.Series":
    """(m,) Int64 since 1970 UTC; a fraction and a zone at the end of a text of known width are parsed apart."""

    whole = re.fullmatch(r"((?:%[YmdbHMS]|[^%a-zA-Z]|T)*%[MS])((?:%\.f)?(?: ?%#z)?)", pattern)
    if whole is None or not whole[2]:
        return _parsed(texts, pattern)
    width = len(whole[1].replace("%Y", "0000").replace("%b", "Jan"))
    tails = texts.str.slice(width)
    different = tails.unique()
    if len(different) > FEW_TAILS:
        return _parsed(texts, pattern)
    added = _parsed("1970-01-01 00:00:00" + different, "%Y-%m-%d %H:%M:%S" + whole[2])
    moments = _parsed(texts.str.slice(0, width), whole[1]) + tails.replace_strict(different, added)
    return _where_missing(moments, texts, lambda rest: _parsed(rest, pattern))


def _where_missing(
    moments: "polars.Series", texts: "polars.Series", again: "Callable[[polars.Series], polars.Series]"
) -> "polars.Series":
    """The moments, and those of the texts without one as another way reads them."""
    if moments.null_count() == texts.null_count():
        return moments
    read = moments.is_not_null()
    return moments.zip_with(read, again(texts.set(read, None)))


def _as_the_parser_knows(texts: "polars.Series") -> "polars.Series":
    for spoken, known in SPOKEN.items():
        texts = texts.str.replace_all(spoken, known)
    return texts


def _parsed(texts: "polars.Series", pattern: str) -> "polars.Series":
    import polars as pl

    return texts.str.to_datetime(pattern, strict=False, cache=False, time_unit="us").cast(pl.Int64)
