"""What a date looks like in a form, which forms a text may be written in, and the days of texts in a form.

`dates` decides the form of a column. A form is a pattern of polars, which parses a million texts in a twentieth of a
second; a regular expression beside each pattern says which texts are worth a try, since the parser takes 31.12.24 for
the year 24 and 10.11.12 for a date wherever it may.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import polars

MICROSECONDS_A_DAY = 24 * 60 * 60 * 1_000_000

# Earlier years come from a pattern that took a number of two digits for a year.
FIRST_YEAR = 1000
# Digits without separators and months without days may be other numbers (20240131 an id, 2010-11 a season): they are
# dates only between these years.
COMPACT_YEARS = (1900, 2100)

NAME = "[A-Za-z]{3,9}"


class Shape(NamedTuple):
    """A pattern of a day, a month or a time, and what it looks like."""

    pattern: str
    looks: str


def _numeric(separator: str) -> list[Shape]:
    """Day, month and year as numbers; a year of two digits last, and with full digits, as versions look like 1.2.10."""
    s, few = re.escape(separator), "[0-9]{1,2}" if separator == "/" else "[0-9]{2}"
    long, short = rf"[0-9]{{1,2}}{s}[0-9]{{1,2}}{s}[0-9]{{4}}", rf"{few}{s}{few}{s}[0-9]{{2}}"
    return [
        Shape(f"%Y{separator}%m{separator}%d", rf"[0-9]{{4}}{s}[0-9]{{1,2}}{s}[0-9]{{1,2}}"),
        Shape(f"%d{separator}%m{separator}%Y", long),
        Shape(f"%m{separator}%d{separator}%Y", long),
        Shape(f"%d{separator}%m{separator}%y", short),
        Shape(f"%m{separator}%d{separator}%y", short),
        Shape(f"%y{separator}%m{separator}%d", short),
    ]


YEAR = "(?:19|20|21)[0-9]{2}"
DAYS = (
    *_numeric("-"),
    *_numeric("/"),
    *_numeric("."),
    Shape("%Y%m%d", rf"{YEAR}[0-9]{{4}}"),
    *(Shape(f"%d{s}%B{s}%Y", rf"[0-9]{{1,2}}{s}{NAME}{s}[0-9]{{4}}") for s in (" ", "-", "/", "")),
    *(Shape(f"%d{s}%B{s}%y", rf"[0-9]{{1,2}}{s}{NAME}{s}[0-9]{{2}}") for s in (" ", "-", "/", "")),
    *(Shape(f"%Y{s}%B{s}%d", rf"[0-9]{{4}}{s}{NAME}{s}[0-9]{{1,2}}") for s in (" ", "-")),
    Shape("%d. %B %Y", rf"[0-9]{{1,2}}\. {NAME} [0-9]{{4}}"),
    Shape("%B %d, %Y", rf"{NAME} [0-9]{{1,2}}, ?[0-9]{{4}}"),
    Shape("%B %d %Y", rf"{NAME} [0-9]{{1,2}} [0-9]{{4}}"),
    Shape("%A, %d %B %Y", rf"{NAME}, [0-9]{{1,2}} {NAME} [0-9]{{4}}"),
    Shape("%A %d %B %Y", rf"{NAME} [0-9]{{1,2}} {NAME} [0-9]{{4}}"),
    Shape("%A, %B %d, %Y", rf"{NAME}, {NAME} [0-9]{{1,2}}, [0-9]{{4}}"),
)
# A month, a quarter or a week stands for its first day; the letters that a clock writes in the middle of a date.
WHOLE = (
    *(Shape(f"%Y{s}%m", rf"{YEAR}{s}[0-9]{{2}}") for s in ("-", "/", "M")),
    *(Shape(f"%m{s}%Y", rf"[0-9]{{1,2}}{s}{YEAR}") for s in ("-", "/")),
    *(Shape(f"%B{s}%Y", rf"{NAME}{s}{YEAR}") for s in (" ", "-")),
    *(Shape(f"%Y{s}%B", rf"{YEAR}{s}{NAME}") for s in (" ", "-")),
    Shape("%B-%y", rf"{NAME}-[0-9]{{2}}"),
    *(Shape(f"%Y{s}Q%q", rf"{YEAR}{s}Q[1-4]") for s in ("", " ", "-")),
    *(Shape(f"Q%q{s}%Y", rf"Q[1-4]{s}{YEAR}") for s in (" ", "-", "/")),
    *(Shape(f"%G{s}W%V", rf"{YEAR}{s}W[0-9]{{2}}") for s in ("", "-")),
    Shape("%a %b %d %H:%M:%S %Y", rf"{NAME} {NAME} +[0-9]{{1,2}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}} [0-9]{{4}}"),
    Shape(
        "%a %b %d %H:%M:%S %z %Y",
        rf"{NAME} {NAME} +[0-9]{{1,2}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}} [+-][0-9]{{4}} [0-9]{{4}}",
    ),
)
CLOCK = (
    r"(?P<join>T|, | +|:|)(?P<hours>[0-9]{1,2}):(?P<minutes>[0-9]{2})(?P<seconds>:[0-9]{2})?"
    r"(?P<fraction>\.[0-9]{1,9})?(?P<half> ?[AaPp][Mm])?(?P<zone> ?(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
COMPACT_CLOCK = "(?P<join>T|)(?P<hours>[0-9]{2})(?P<minutes>[0-9]{2})(?P<seconds>[0-9]{2})?(?P<zone>Z)?"


@dataclass(frozen=True)
class DateForm:
    """How the dates of a column are written.

    pattern : a pattern of polars (chrono's signs, and %q for a quarter). has_time : whether it has a time of day.
    has_zone : whether each text names its zone; the days are then those of UTC.
    """

    pattern: str
    has_time: bool = False
    has_zone: bool = False

    @property
    def has_date(self) -> bool:
        """Whether it has a date, not a time of day alone."""
        return "%Y" in self.pattern or "%y" in self.pattern or "%G" in self.pattern

    @property
    def day_first(self) -> bool | None:
        """Whether the day stands before the month where both are numbers and the year is last; None elsewhere."""
        order = [sign for sign in re.findall("%[a-zA-Z]", self.pattern) if sign in ("%d", "%m", "%y", "%Y")]
        return {"%d%m": True, "%m%d": False}.get("".join(order[:2]))

    def in_words(self) -> str:
        """The form for people, such as "dates such as 31.12.2024, the day first"."""
        of_one = {"%H": "dates and times", "%I": "dates and times", "%d": "dates", "%q": "quarters", "%V": "weeks"}
        kind = next((words for sign, words in of_one.items() if sign in self.pattern), "months")
        told = [f"{kind if self.has_date else 'times'} such as {self._example()}"]
        if self.day_first is not None:
            told.append(f"the {'day' if self.day_first else 'month'} first")
        if "%y" in self.pattern:
            told.append("a year of 00 to 69 after 2000")
        return ", ".join(told) + (", as UTC" if self.has_zone else "")

    def _example(self) -> str:
        signs = {"%.f": ".25", "%#z": "+00:00", "%z": "+0000", "%q": "4"}
        pattern = re.sub("|".join(map(re.escape, signs)), lambda sign: signs[sign.group()], self.pattern)
        return datetime(2024, 12, 31, 14, 30, 59, tzinfo=UTC).strftime(pattern)


def forms_of(text: str) -> Iterator[tuple[DateForm, str]]:
    """The forms that a text may be written in, each with the regular expression of its texts."""
    for pattern, looks in WHOLE:
        if re.fullmatch(looks, text):
            named = _named(pattern, text)
            yield DateForm(named, "%H" in named, "%z" in named), looks
    for pattern, looks in DAYS:
        if (day := re.match(looks, text)) is not None:
            compact = pattern == "%Y%m%d"
            yield from _timed(_named(pattern, text), looks, text[day.end() :], compact=compact)
    if (clock := re.fullmatch(CLOCK, text)) is not None and not clock["join"]:
        yield DateForm(_clock(clock, ":"), has_time=True, has_zone=bool(clock["zone"])), CLOCK


def _timed(pattern: str, looks: str, rest: str, *, compact: bool) -> Iterator[tuple[DateForm, str]]:
    """The form of a day with what stands behind it: nothing, or a time of day."""
    if not rest:
        yield DateForm(pattern), looks
    for clock, sign in ((CLOCK, ":"), (COMPACT_CLOCK, "")) if compact else ((CLOCK, ":"),):
        if (found := re.fullmatch(clock, rest)) is not None and (found["join"] or compact):
            full = pattern + found["join"].replace("  ", " ") + _clock(found, sign)
            yield DateForm(full, has_time=True, has_zone=bool(found["zone"])), looks + clock


def _named(pattern: str, text: str) -> str:
    """The pattern with the short name of a month where no name in the text is longer."""
    return pattern if re.search("[A-Za-z]{4,}", text) else pattern.replace("%B", "%b").replace("%A", "%a")


def _clock(found: re.Match[str], sign: str) -> str:
    """The pattern of a time of day."""
    parts = found.groupdict()
    half, zone = (parts.get("half") or ""), (parts.get("zone") or "")
    pattern = f"%I{sign}%M" if half else f"%H{sign}%M"
    pattern += f"{sign}%S" if parts["seconds"] else ""
    pattern += "%.f" if parts.get("fraction") else ""
    pattern += f"{' ' if half.startswith(' ') else ''}%p" if half else ""
    blank = " " if zone.startswith(" ") else ""
    return pattern + blank + (zone.strip() if zone.strip() in ("UTC", "GMT") else "%#z" if zone else "")


def days_of(texts: "polars.Series", form: DateForm) -> "polars.Series":
    """(m,) Float64: the days since 1970-01-01 00:00 of the stripped texts (m,), null where a text is no such date.

    With a zone the days are those of UTC. A time alone is a fraction of a day.
    """
    import polars as pl

    text, pattern = _for_the_parser(texts, form)
    moment = text.str.to_datetime(pattern, strict=False, exact=True, cache=False, time_unit="us")
    moments = texts.to_frame("text").select("text", us=moment.cast(pl.Int64), year=moment.dt.year())
    compact = form.pattern.startswith("%Y%m%d")
    span = COMPACT_YEARS if compact or "%d" not in pattern else (FIRST_YEAR, 9999)
    valid = pl.col("year").is_between(*span) if form.has_date else pl.lit(True)
    if compact:
        # The parser would take the seven digits of 2024013 for the third of January.
        valid &= pl.col("text").str.contains("^[0-9]{8}(?:T?(?:[0-9]{4}|[0-9]{6}|[0-9]{1,2}:.*)(?:Z|[ ,.+-].*)?)?$")
    days = pl.when(valid).then(pl.col("us") / MICROSECONDS_A_DAY)
    return moments.select(days.alias(texts.name)).to_series()


def _for_the_parser(texts: "polars.Series", form: DateForm) -> "tuple[polars.Expr, str]":
    """The texts and the pattern as polars can read them."""
    import polars as pl

    text, pattern = pl.col("text"), form.pattern
    if "%q" in pattern:
        months = {f"Q{quarter}": f"Q{3 * quarter - 2:02}" for quarter in (1, 2, 3, 4)}
        text, pattern = text.str.replace_many(months), pattern.replace("%q", "%m")
    elif "%V" in pattern:
        text, pattern = text + "-1", pattern + "-%u"
    elif not form.has_date:
        text, pattern = "1970-01-01 " + text, "%Y-%m-%d " + pattern
    if pattern.endswith("%#z") and bool(texts.str.ends_with("Z").all()):
        # All in UTC: without the zone, polars is eight times as fast.
        text, pattern = text.str.strip_suffix("Z"), pattern.removesuffix("%#z")
    return text, pattern


def iso(days: float, has_time: bool) -> str:
    """A day, or a moment to the second, as ISO writes it."""
    moment = datetime(1970, 1, 1, tzinfo=UTC).timestamp() + days * 86400
    when = datetime.fromtimestamp(round(moment), UTC)
    return when.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00") if has_time else when.strftime("%Y-%m-%d")
