"""The features of a date as ONNX computes them: days in, the sine and cosine of the place in a year, week or day out.

The counterpart of data/cells/date_features.py, whose numbers it gives to rounding.
"""

import numpy as np

from ..data.cells.date_features import MONDAY, WEEK, YEAR
from .graph_builder import GraphBuilder

# The days from 0000-03-01 to 1970-01-01, and the days of 400, 100, 4 and 1 years of the Gregorian calendar. A year that
# begins in March has its leap day at the end, so that whole divisions find it.
# Source: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
EPOCH, FOUR_CENTURIES, CENTURY, FOUR_YEARS, A_YEAR = 719468.0, 146097.0, 36524.0, 1460.0, 365.0
# The days from March to the end of December, and those of January and February in a common year.
TO_NEW_YEAR, TO_MARCH = 306.0, 59.0


class DayArithmetic:
    """Sums and whole divisions of doubles [N, 1], each a node whose name begins with that of the column."""

    def __init__(self, graph: GraphBuilder, column: str):
        self.graph, self.column = graph, column

    def number(self, value: float) -> str:
        return self.graph.constant(f"{value:g}", np.array(float(value)))

    def of(self, operator: str, first: str, second: str | float, name: str) -> str:
        """first + second, first - second and so on."""
        other = second if isinstance(second, str) else self.number(second)
        return self.graph.node(operator, [first, other], f"{self.column}: {name}")

    def floor(self, value: str, name: str) -> str:
        return self.graph.node("Floor", [value], f"{self.column}: {name}")

    def whole(self, first: str, second: float, name: str) -> str:
        """How often `second` goes into `first`, a whole number."""
        return self.floor(self.of("Div", first, second, f"{name}, with a fraction"), name)

    def rest(self, first: str, second: float, name: str) -> str:
        """What is left of `first` then, not negative."""
        times = self.whole(first, second, f"{name}, times")
        return self.of("Sub", first, self.of("Mul", times, second, f"{name}, taken off"), name)


def date_values(graph: GraphBuilder, column: str, days: str, parts: tuple[str, ...]) -> dict[str, str]:
    """The values of a date's features by their names; `days` is a double [N, 1], NaN where it is missing."""
    made, sums = {column: days}, DayArithmetic(graph, column)
    whole = sums.floor(days, "whole days") if parts else ""
    for part in parts:
        turn = TURNS[part](sums, days, whole)
        angle = sums.of("Mul", turn, 2 * np.pi, f"angle of the {part}")
        for name, operator in (("sin", "Sin"), ("cos", "Cos")):
            feature = f"{column} {part} {name}"
            made[feature] = graph.node(operator, [angle], feature)
    return made


def _hour(sums: DayArithmetic, days: str, whole: str) -> str:
    return sums.of("Sub", days, whole, "time of day")


def _weekday(sums: DayArithmetic, days: str, whole: str) -> str:
    since_monday = sums.rest(sums.of("Add", whole, float(MONDAY), "days from a Monday"), WEEK, "weekday")
    return sums.of("Div", since_monday, WEEK, "turn of the week")


def _month(sums: DayArithmetic, days: str, whole: str) -> str:
    """The day of the year, from 0, as a share of a mean year."""
    since = sums.of("Add", whole, EPOCH, "days since 0000-03-01")
    in_era = sums.rest(since, FOUR_CENTURIES, "day of the four centuries")
    leaps = sums.of("Sub", in_era, sums.whole(in_era, FOUR_YEARS, "leap days"), "without leap days")
    regular = sums.of("Add", leaps, sums.whole(in_era, CENTURY, "centuries"), "with centuries")
    last = sums.of("Sub", regular, sums.whole(in_era, FOUR_CENTURIES - 1, "last day"), "without the last day")
    year = sums.whole(last, A_YEAR, "March year")
    before = sums.of("Add", sums.of("Mul", year, A_YEAR, "common days"), sums.whole(year, 4, "fourths"), "with fourths")
    before = sums.of("Sub", before, sums.whole(year, 100, "hundredths"), "days before the March year")
    from_march = sums.of("Sub", in_era, before, "day from March")
    # January and February of a March year belong to the next year, whose leap day lies behind them: the leap day counts
    # in the March year's own number, which is that of the year from March to December.
    is_late = sums.graph.node(
        "GreaterOrEqual", [from_march, sums.number(TO_NEW_YEAR)], f"{sums.column}: is after New Year"
    )
    late = sums.of("Sub", from_march, TO_NEW_YEAR, "day of the year, January and February")
    early = sums.of("Add", from_march, TO_MARCH, "day of the year, from March, without the leap day")
    early = sums.of("Add", early, _leap_day(sums, year), "day of the year, from March")
    day = sums.graph.node("Where", [is_late, late, early], f"{sums.column}: day of the year")
    return sums.of("Div", day, YEAR, "turn of the year")


def _leap_day(sums: DayArithmetic, year: str) -> str:
    """1 in a leap year, else 0: every fourth year, but of the hundredths one in four."""
    shares = {length: sums.rest(year, length, f"year within {length:g}") for length in (4.0, 100.0, 400.0)}
    zero = sums.number(0.0)
    fourth, hundredth, four_hundredth = (
        sums.graph.node("Equal", [shares[length], zero], f"{sums.column}: {name}")
        for length, name in ((4.0, "is a fourth year"), (100.0, "is a hundredth year"), (400.0, "is a 400th year"))
    )
    common = sums.graph.node("Not", [hundredth], f"{sums.column}: is no hundredth year")
    kept = sums.graph.node("Or", [common, four_hundredth], f"{sums.column}: keeps its leap day")
    is_leap = sums.graph.node("And", [fourth, kept], f"{sums.column}: is a leap year")
    return sums.graph.cast(is_leap, np.float64, f"{sums.column}: leap day")


# How far round its cycle a day is, from 0 to 1, by the part of date_features.
TURNS = {"month": _month, "weekday": _weekday, "hour": _hour}
