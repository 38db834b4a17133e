"""What a date looks like in a form, and which forms a text may be written in; `dates` decides the form of a column.

A form is a pattern for polars, which `days` parses texts by. A regular expression beside each pattern says which texts
are worth a try, since the parser takes 31.12.24 for the year 24 and the version 1.2.10 for a date.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

# The name of a month or a weekday, also cut short with a point, and a day of the month, also as an ordinal (31st).
NAME = "[A-Za-z]{3,9}[.]?"
DAY = "[0-9]{1,2}(?:st|nd|rd|th)?"


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


# Months without days are dates in these centuries alone: 1234-05 is more likely a number of something.
YEAR = "(?:19|20|21)[0-9]{2}"
TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
DAYS = (
    *_numeric("-"),
    *_numeric("/"),
    *_numeric("."),
    Shape("%Y%m%d", rf"{YEAR}[0-9]{{4}}"),
    *(Shape(f"%d{s}%B{s}%Y", rf"{DAY}{s}{NAME}{s}[0-9]{{4}}") for s in (" ", "-", "/", "")),
    *(Shape(f"%d{s}%B{s}%y", rf"{DAY}{s}{NAME}{s}[0-9]{{2}}") for s in (" ", "-", "/", "")),
    *(Shape(f"%Y{s}%B{s}%d", rf"[0-9]{{4}}{s}{NAME}{s}{DAY}") for s in (" ", "-", "/")),
    Shape("%d. %B %Y", rf"[0-9]{{1,2}}\. {NAME} [0-9]{{4}}"),
    Shape("%d %B, %Y", rf"{DAY} {NAME}, ?[0-9]{{4}}"),
    Shape("%B %d, %Y", rf"{NAME} {DAY}, ?[0-9]{{4}}"),
    *(Shape(f"%B{s}%d{s}%Y", rf"{NAME}{s}{DAY}{s}[0-9]{{4}}") for s in (" ", "-", "/")),
    Shape("%A, %d %B %Y", rf"{NAME}, {DAY} {NAME} [0-9]{{4}}"),
    Shape("%A %d %B %Y", rf"{NAME} {DAY} {NAME} [0-9]{{4}}"),
    Shape("%A, %B %d, %Y", rf"{NAME}, {NAME} {DAY}, ?[0-9]{{4}}"),
)
# What no time of day follows: a month, a quarter or a week, which stand for their first days, and the dates with the
# time of day before the year that C and the network write.
WHOLE = (
    *(Shape(f"%Y{s}%m", rf"{YEAR}{s}[0-9]{{2}}") for s in ("-", "/", "M")),
    *(Shape(f"%m{s}%Y", rf"[0-9]{{1,2}}{s}{YEAR}") for s in ("-", "/")),
    *(Shape(f"%B{s}%Y", rf"{NAME}{s}{YEAR}") for s in (" ", "-", ", ")),
    *(Shape(f"%Y{s}%B", rf"{YEAR}{s}{NAME}") for s in (" ", "-")),
    Shape("%B-%y", rf"{NAME}-[0-9]{{2}}"),
    *(Shape(f"%Y{s}Q%q", rf"{YEAR}{s}Q[1-4]") for s in ("", " ", "-")),
    *(Shape(f"Q%q{s}%Y", rf"Q[1-4]{s}{YEAR}") for s in (" ", "-", "/")),
    *(Shape(f"%G{s}W%V", rf"{YEAR}{s}W[0-9]{{2}}") for s in ("", "-")),
    Shape("%a %b %d %H:%M:%S %Y", rf"{NAME} {NAME} +[0-9]{{1,2}} {TIME} [0-9]{{4}}"),
    Shape("%a %b %d %H:%M:%S %z %Y", rf"{NAME} {NAME} +[0-9]{{1,2}} {TIME} [+-][0-9]{{4}} [0-9]{{4}}"),
)
# What any of them begins with: most texts are no dates, and this is seen at once.
ANY = "|".join(f"(?:{looks})" for _, looks in (*DAYS, *WHOLE))

CLOCK = (
    r"(?P<join>T|, | +|:|)(?P<hours>[0-9]{1,2}):(?P<minutes>[0-9]{2})(?P<seconds>:[0-9]{2})?"
    r"(?P<fraction>[.,][0-9]{1,9})?(?P<half> ?[AaPp][Mm])?(?P<zone> ?(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
COMPACT_CLOCK = "(?P<join>T|)(?P<hours>[0-9]{2})(?P<minutes>[0-9]{2})(?P<seconds>[0-9]{2})?(?P<zone>Z)?"


@dataclass(frozen=True)
class DateForm:
    """How the dates of a column are written.

    pattern : a pattern of polars, by chrono's signs; besides, %q is a quarter, and %,f a comma and decimals.
    has_time : whether it has a time of day. has_zone : whether each text names its zone; its days are those of UTC.
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
        signs = {"%.f": ".25", "%,f": ",25", "%#z": "+00:00", "%z": "+0000", "%q": "4"}
        pattern = re.sub("|".join(map(re.escape, signs)), lambda sign: signs[sign.group()], self.pattern)
        return datetime(2024, 12, 31, 14, 30, 59, tzinfo=UTC).strftime(pattern)


@cache
def _compiled(looks: str) -> re.Pattern[str]:
    """The expression, compiled when a text needs it: a training without dates would wait for fifty of them."""
    return re.compile(looks)


def forms_of(text: str) -> Iterator[tuple[DateForm, str]]:
    """The forms that a text may be written in, each with the regular expression of its texts."""
    is_dated = _compiled(ANY).match(text) is not None
    for pattern, looks in WHOLE if is_dated else ():
        if _compiled(looks).fullmatch(text):
            named = _named(pattern, text)
            yield DateForm(named, "%H" in named, "%z" in named), looks
    for pattern, looks in DAYS if is_dated else ():
        if (day := _compiled(looks).match(text)) is not None:
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
    pattern += f"%{fraction[0]}f" if (fraction := parts.get("fraction")) else ""
    pattern += f"{' ' if half.startswith(' ') else ''}%p" if half else ""
    blank = " " if zone.startswith(" ") else ""
    return pattern + blank + (zone.strip() if zone.strip() in ("UTC", "GMT") else "%#z" if zone else "")
