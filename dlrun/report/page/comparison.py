"""The page of several runs: their table, their curves on shared axes, and the dev error against each key that differs.

`dlrun compare --html` writes it. A letter names each run in the table and in the figures.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from ...diagnosis.words import error_word
from ...inspection.comparison import ComparedRun, Comparison
from ...nn.training import EpochRecord
from ...statistics.intervals import Interval
from ..comparison import FIGURES, cells_of, headers, legend, plain
from ..text import shown
from .drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Scale,
    Series,
    YAxis,
    apart,
    axes,
    line_chart,
    linear_scale,
    percent_text,
    svg,
    text_at,
    tick_text,
)
from .key_axis import KeyAxis, axis_marks, key_axis

# The order of the columns: the deciding ones come first, since a phone shows only these at once.
IMPORTANT = ("dev", "difference", "p", "train", "test")

# The most lines that can be told apart: four colours, each solid and dashed.
MOST_LINES = 8
COLOURS = 4


class Figure(NamedTuple):
    """A figure with its title."""

    title: str
    figure: Markup


def comparison_parts(comparison: Comparison, curves: Mapping[str, Sequence[EpochRecord]]) -> dict[str, object]:
    """The values of the template, by name; `curves` are the metrics of each run, by its id."""
    runs = comparison.runs
    letters = {run.run_id: letter(number) for number, run in enumerate(runs)}
    titles = headers(comparison)
    order = [*titles[1 : -len(FIGURES)], *IMPORTANT, titles[0]]
    rows = {run.run_id: dict(zip(titles, cells_of(run, comparison), strict=True)) for run in runs}
    return {
        "headers": ["", *order],
        "numeric": FIGURES,
        "rows": [[letters[run_id], *(row[title] for title in order)] for run_id, row in rows.items()],
        "legend": legend(comparison),
        "curves": shared_curves(runs, curves, letters),
        "left_out": [letters[run.run_id] for run in runs[MOST_LINES:]],
        "keys": [Figure(key, against_key(key, runs, letters)) for key in comparison.keys],
        "count": len(runs),
    }


def letter(number: int) -> str:
    """0 -> "A", 25 -> "Z", 26 -> "AA"."""
    before, last = divmod(number, 26)
    return (letter(before - 1) if before else "") + chr(ord("A") + last)


def shared_curves(
    runs: Sequence[ComparedRun], curves: Mapping[str, Sequence[EpochRecord]], letters: Mapping[str, str]
) -> list[Figure]:
    """Dev error, train error and dev loss of the first runs against the epoch, one figure each."""
    word = error_word(any(run.task == "regression" for run in runs))
    wanted = (("dev_error", f"Dev {word}"), ("train_error", f"Train {word}"), ("dev_loss", "Dev loss"))
    drawn = []
    for measure, title in wanted:
        series = []
        for number, run in enumerate(runs[:MOST_LINES]):
            lines = curves.get(run.run_id) or ()
            dashes = " dashed" if number >= COLOURS else ""
            kind, epochs = f"series{number % COLOURS}{dashes}", [line.epoch for line in lines]
            series.append(Series(letters[run.run_id], kind, epochs, [getattr(line, measure) for line in lines]))
        ends = {line.name: last_known(line.y) for line in series}
        in_the_end = ", ".join(f"{name} {value_text(measure, end)}" for name, end in ends.items() if end is not None)
        label = f"{title} against epoch for each run; in the end {in_the_end}"
        y_axis = YAxis(title.lower(), percent_text if measure.endswith("error") else tick_text)
        drawn.append(Figure(title, line_chart(label, series, x_label="epoch", y_axis=y_axis)))
    return drawn


def last_known(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def value_text(measure: str, value: float) -> str:
    return shown(value) if measure.endswith("error") else tick_text(value)


class Dot(NamedTuple):
    """A run that has errors, in the figure of one key: its letter, its value of the key, errors and dev interval."""

    letter: str
    value: Any
    train: float
    dev: float
    interval: Interval | None


def dots_of(key: str, runs: Sequence[ComparedRun], letters: Mapping[str, str]) -> list[Dot]:
    """The runs that have errors."""
    return [
        Dot(letters[run.run_id], run.config[key], run.errors.train, run.errors.dev, run.intervals.dev)
        for run in runs
        if run.errors.train is not None and run.errors.dev is not None
    ]


def against_key(key: str, runs: Sequence[ComparedRun], letters: Mapping[str, str]) -> Markup:
    """Train and dev error against the values of one key: a validation curve if these are numbers.

    A dot is a run, with the interval of its dev error; for numbers, a line joins the means at each value.
    """
    dots = dots_of(key, runs, letters)
    axis = key_axis([dot.value for dot in dots])
    ends = [bound for dot in dots for bound in dot.interval or ()]
    errors = [error for dot in dots for error in (dot.train, dot.dev)]
    y = linear_scale([*ends, *errors], HEIGHT - BOTTOM, TOP + 8, from_zero=True)
    marks = axes(Scale(0, 1, LEFT, WIDTH - RIGHT), y, "", "error", y_text=percent_text, x_ticks=[])
    marks += axis_marks(axis, y.start, key)
    xs = [axis.place(dot.value) for dot in dots]
    of_splits = {"train": [y(dot.train) for dot in dots], "dev": [y(dot.dev) for dot in dots]}
    for split, of_split in of_splits.items():
        points = list(zip(xs, of_split, strict=True))
        if axis.is_number and len(means := mean_points(points)) > 1:
            marks.append(f'<path class="line {split}" d="M{"L".join(f"{x:g} {at:g}" for x, at in means)}"/>')
        marks += [f'<circle class="dot {split}" cx="{x:g}" cy="{at:g}" r="3.5"/>' for x, at in points]
    for at, dot in zip(xs, dots, strict=True):
        if dot.interval:
            marks.append(f'<path class="bound" d="M{at:g} {y(dot.interval[0]):g}V{y(dot.interval[1]):g}"/>')
    if dots:
        last = xs.index(max(xs))
        names = apart([(of_split[last], split) for split, of_split in of_splits.items()], y.end, y.start + 4)
        marks += [text_at(WIDTH - RIGHT + 8, at + 4, split, f"name {split}") for at, split in names]
    return svg(f"Dev error against {key}. {in_words(dots, axis)}", marks, height=HEIGHT + axis.extra)


def in_words(dots: Sequence[Dot], axis: KeyAxis) -> str:
    """The dev errors of a figure in words, from left to right: "0.1: A 12.3%; 1: B 15.7%"."""
    from_left = sorted(dots, key=lambda dot: axis.place(dot.value))
    return "; ".join(f"{plain(dot.value)}: {dot.letter} {shown(dot.dev)}" for dot in from_left)


def mean_points(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points from left to right; points with the same x become their mean."""
    at: dict[float, list[float]] = {}
    for x, y in points:
        at.setdefault(x, []).append(y)
    return [(x, math.fsum(ys) / len(ys)) for x, ys in sorted(at.items())]
