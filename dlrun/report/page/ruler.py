"""The section of a run's page on bias and variance: errors as bars on one scale, and the distances between them.

The macro `ruler` of the templates draws it.
"""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from ...advice.shown import baseline_words
from ...diagnosis.ills import Level
from ...diagnosis.records import Diagnosis
from ...diagnosis.words import percent, points
from ...inspection import PageContents
from ...records import SPLITS
from ...statistics.intervals import Interval
from ...store import Result
from ..text import shown
from .drawing import even_ticks, percent_text

# The bars, from top to bottom.
Bar = Literal["optimal", "train", "dev", "test"]
BARS: tuple[Bar, ...] = ("optimal", *SPLITS)


class Part(NamedTuple):
    """A part of the ruler: its left end and its width, in percent of the width of the ruler."""

    start: float
    width: float


class ErrorRow(NamedTuple):
    """An error as a bar: its length in percent of the ruler, its interval drawn and as text, and all of it in words."""

    name: Bar
    share: float
    whisker: Part | None
    interval: str | None
    value: str
    rows: int | None
    rmse: float | None
    words: str

    @property
    def kind(self) -> str:
        """The class of the row in the style sheet."""
        return self.name


class GapRow(NamedTuple):
    """The distance between two errors."""

    name: str
    span: Part
    value: str
    words: str
    kind: Literal["gap"] = "gap"


class Tick(NamedTuple):
    """A number below the ruler, and its position, in percent of the width of the ruler."""

    at: float
    text: str


class Errors(NamedTuple):
    """The section.

    word : the name of an error. label : all rows in words. baseline_words : how the baseline answers. optimal : the
    source of the optimal error. advice_on_rows : sentences on how many dev rows would settle a level.
    """

    word: str
    rows: tuple[ErrorRow | GapRow, ...]
    ticks: tuple[Tick, ...]
    label: str
    has_rmse: bool
    baseline: float | None
    baseline_words: str
    confidence: float
    has_intervals: bool
    optimal: str
    advice_on_rows: tuple[str, ...]


def errors(contents: PageContents) -> Errors | None:
    """The section on the errors of a run that has a diagnosis."""
    result, diagnosed = contents.run.result, contents.run.diagnosis
    if result is None or diagnosed is None:
        return None
    diagnosis = diagnosed.diagnosis
    by_bar = errors_by_bar(diagnosis)
    ticks = ruler_ticks([*by_bar.values(), *(end for name in by_bar for end in interval_of(diagnosis, name) or ())])
    rows = ruler_rows(result, diagnosis, by_bar, ticks[-1] or 1.0)
    return Errors(
        word=diagnosis.word,
        rows=rows,
        ticks=tuple(Tick(100 * tick / (ticks[-1] or 1.0), percent_text(tick)) for tick in ticks),
        label="; ".join(row.words for row in rows) + ".",
        has_rmse=result.rmse is not None,
        baseline=diagnosis.baseline_error,
        baseline_words=baseline_words(diagnosis),
        confidence=diagnosis.confidence,
        has_intervals=any(isinstance(row, ErrorRow) and row.interval for row in rows),
        optimal=diagnosis.optimal.sentence,
        advice_on_rows=tuple(needed.sentence for _, needed in diagnosis.dev_rows_needed.items() if needed),
    )


def errors_by_bar(diagnosis: Diagnosis) -> dict[Bar, float]:
    """The errors that have a bar."""
    by_bar: dict[Bar, float | None] = {"optimal": diagnosis.optimal_error}
    by_bar |= dict(diagnosis.errors.items())
    return {name: error for name, error in by_bar.items() if error is not None and math.isfinite(error)}


def interval_of(diagnosis: Diagnosis, name: Bar) -> Interval | None:
    """The interval of an error."""
    intervals = diagnosis.intervals
    by_name = {"optimal": intervals.optimal, "train": intervals.train, "dev": intervals.dev, "test": intervals.test}
    return by_name[name]


def ruler_ticks(values: Sequence[float]) -> list[float]:
    """Round numbers from 0 to beyond all values."""
    high = max([*values, 0.0]) or 0.01
    ticks = even_ticks(0.0, high, 4)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else high
    return ticks if ticks[-1] >= high else [*ticks, round(ticks[-1] + step, 12)]


def ruler_rows(
    result: Result, diagnosis: Diagnosis, by_bar: dict[Bar, float], top: float
) -> tuple[ErrorRow | GapRow, ...]:
    """A bar for each error, and before it its distance from the error that it is measured from.

    by_bar : the errors. top : the error at the right end of the ruler.
    """
    verdict = diagnosis.verdict
    rows: list[ErrorRow | GapRow] = []
    for name, error in by_bar.items():
        if name == "train" and "optimal" in by_bar:
            rows.append(gap_row("avoidable bias", verdict.bias, by_bar["optimal"], error, top))
        if name == "dev" and "train" in by_bar:
            rows.append(gap_row("variance", verdict.variance, by_bar["train"], error, top))
        rows.append(error_row(name, error, result, interval_of(diagnosis, name), top))
    return tuple(rows)


def error_row(name: Bar, error: float, result: Result, interval: Interval | None, top: float) -> ErrorRow:
    """One error."""
    rows = result.sizes.of(name) if result.sizes and name != "optimal" else None
    words = f"{name} error {shown(error)}" + (f" of {rows:,} rows" if rows else "")
    if interval:
        words += f", between {percent(interval[0])} and {percent(interval[1])}"
    return ErrorRow(
        name=name,
        share=max(0.0, 100 * error / top),
        whisker=whisker_of(interval, top) if interval else None,
        interval=f"{percent(interval[0])} to {percent(interval[1])}" if interval else None,
        value=shown(error),
        rows=rows,
        rmse=result.rmse.of(name) if result.rmse and name != "optimal" else None,
        words=words,
    )


def whisker_of(interval: Interval, top: float) -> Part:
    """An interval as it is drawn, cut off at the ends of the ruler."""
    start, end = (max(0.0, 100 * bound / top) for bound in interval)
    return Part(start, min(end, 100.0) - start)


def gap_row(name: str, level: Level, low: float, high: float, top: float) -> GapRow:
    """The distance from one error to the next; either may be the larger."""
    span = Part(100 * max(0.0, min(low, high)) / top, 100 * abs(high - low) / top)
    words = f"{name} {points(high - low)} points"
    return GapRow(name, span, points(high - low), words if level == "withheld" else f"{words}, {level}")
