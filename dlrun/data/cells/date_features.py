"""What a network can use of dates: the position in time, and the place in a year, a week and a day where those show.

A place in a cycle is two numbers, the sine and the cosine of its angle, so that December is beside January.
"""

from collections.abc import Sequence

import numpy as np

from ...arrays import Array

# The mean year of the Gregorian calendar, in days.
YEAR = 365.2425
WEEK = 7.0
# 1970-01-01 was a Thursday: three days after the Monday that a week begins with.
MONDAY = 3
# A cycle shows where the days go round it: a year once, a week twice, because one week has each weekday once.
LEAST_SPAN = {"month": 365.0, "weekday": 14.0, "hour": 1.0}


def date_parts(days: Array) -> tuple[str, ...]:
    """Which cycles the days (m,) show, of month, weekday and hour; missing days are NaN.

    The month: days of more than one month, over a year. The weekday: more than one, over two weeks, and not just the
    first days of months. The hour: times of day that differ, over a day, or times of day without a date.
    """
    days = days[np.isfinite(days)]
    if not len(days):
        return ()
    low, high, whole = days.min(), days.max(), np.floor(days)
    times = days - whole
    has_times = bool((times != times[0]).any())
    if has_times and low >= 0 and high < 1:
        return ("hour",)
    # Few days differ where there are many rows.
    span, whole = high - low, np.unique(whole)
    dates = whole.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    shows = {
        "month": len(np.unique(months.astype(int) % 12)) > 1,
        "weekday": len(np.unique((whole + MONDAY) % WEEK)) > 1 and bool((dates != months).any()),
        "hour": has_times,
    }
    return tuple(part for part, shown in shows.items() if shown and span >= LEAST_SPAN[part])


def date_features(name: str, days: Array, parts: Sequence[str]) -> dict[str, Array]:
    """The features of a column of days (m,), each (m,) float64 by its name; NaN where the day is missing.

    `name` itself is the position in time, in days. Each part adds its sine and cosine: the month by the day of the
    year, the weekday in whole days from Monday, the hour by the time of day.
    """
    features = {name: days}
    for part in parts:
        angle = 2 * np.pi * _turn(part, days)
        features[f"{name} {part} sin"] = np.sin(angle)
        features[f"{name} {part} cos"] = np.cos(angle)
    return features


def _turn(part: str, days: Array) -> Array:
    """(m,) how far round its cycle each day is, from 0 to 1."""
    whole = np.floor(days)
    if part == "hour":
        return np.asarray(days - whole)
    if part == "weekday":
        return np.asarray((whole + MONDAY) % WEEK / WEEK)
    known = np.isfinite(days)
    dates = np.where(known, whole, 0).astype("datetime64[D]")
    of_year = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(float)
    return np.where(known, of_year / YEAR, np.nan)
