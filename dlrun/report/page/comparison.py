"""The page of several runs: their table, their curves on shared axes, and the dev error against each key that differs.

Stands beside the page of one run, and draws with the same marks. A letter names a run in the table and in each figure.
"""

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from ...diagnosis.words import error_word
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
    apart,
    axes,
    line_chart,
    linear_scale,
    log_scale,
    percent_text,
    spread,
    svg,
    text_at,
    tick_text,
)

# The order of the columns on a page, which may be a phone's: what decides comes first.
IMPORTANT = ("dev", "difference", "p", "train", "test")

# Lines that can still be told apart: four colours, each whole and dashed.
MOST_LINES = 8
COLOURS = 4

# A key whose numbers span so many times the least is shown on a logarithmic axis.
LOG_SPAN = 20

# A word is written whole below a figure where there are at most so many.
MOST_WORDS = 8


def comparison_parts(comparison: dict, curves: dict[str, list[dict]]) -> dict:
    """What the template shows; `curves` are the metrics of each run, by its id."""
    runs = comparison["runs"]
    letters = {run["run_id"]: letter(number) for number, run in enumerate(runs)}
    titles = headers(comparison)
    order = [*titles[1 : -len(FIGURES)], *IMPORTANT, titles[0]]
    rows = {run["run_id"]: dict(zip(titles, cells_of(run, comparison), strict=True)) for run in runs}
    return {
        "headers": ["", *order],
        "numeric": FIGURES,
        "rows": [[letters[run_id], *(row[title] for title in order)] for run_id, row in rows.items()],
        "legend": legend(comparison),
        "curves": shared_curves(runs, curves, letters),
        "left_out": [letters[run["run_id"]] for run in runs[MOST_LINES:]],
        "keys": [{"name": key, "figure": against_key(key, runs, letters)} for key in comparison["keys"]],
        "count": len(runs),
    }


def letter(number: int) -> str:
    """0 -> "A", 25 -> "Z", 26 -> "AA"."""
    before, last = divmod(number, 26)
    return (letter(before - 1) if before else "") + chr(ord("A") + last)


def shared_curves(runs: Sequence[dict], curves: dict[str, list[dict]], letters: dict[str, str]) -> list[dict]:
    """Dev error, train error and dev loss of the first runs against the epoch, a figure each."""
    word = error_word(any(run["task"] == "regression" for run in runs))
    wanted = (("dev_error", f"Dev {word}"), ("train_error", f"Train {word}"), ("dev_loss", "Dev loss"))
    found = []
    for key, title in wanted:
        series = []
        for number, run in enumerate(runs[:MOST_LINES]):
            lines = curves.get(run["run_id"]) or []
            dashes = " dashed" if number >= COLOURS else ""
            kind, epochs = f"series{number % COLOURS}{dashes}", [line["epoch"] for line in lines]
            series.append(Series(letters[run["run_id"]], kind, epochs, [line.get(key) for line in lines]))
        ends = {one.name: last_known(one.y) for one in series}
        told = ", ".join(f"{name} {value_text(key, value)}" for name, value in ends.items() if value is not None)
        text = percent_text if key.endswith("error") else tick_text
        label = f"{title} against epoch for each run; in the end {told}"
        figure = line_chart(label, series, x_label="epoch", y_label=title.lower(), y_text=text)
        found.append({"title": title, "figure": figure})
    return found


def last_known(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def value_text(key: str, value: float) -> str:
    return shown(value) if key.endswith("error") else tick_text(value)


def against_key(key: str, runs: Sequence[dict], letters: dict[str, str]) -> Markup:
    """Train and dev error against the values of one key: a validation curve where these are numbers.

    A dot is a run, with the interval of its dev error; a line joins the means at each number.
    """
    known = [run for run in runs if run["errors"]["dev"] is not None]
    values = [run["config"][key] for run in known]
    place, ticks, is_number = key_axis(values)
    ends = [bound for run in known for bound in run["intervals"]["dev"] or ()]
    errors = [run["errors"][split] for run in known for split in ("train", "dev")]
    y = linear_scale([*ends, *errors], HEIGHT - BOTTOM, TOP + 8, from_zero=True)
    marks = axes(Scale(0, 1, LEFT, WIDTH - RIGHT), y, key, "error", y_text=percent_text, x_ticks=[])
    marks += [text_at(at, y.start + 17, text, "tick", "middle") for at, text in ticks]
    for split in ("train", "dev"):
        points = [(place(run["config"][key]), y(run["errors"][split])) for run in known]
        if is_number and len(means := mean_points(points)) > 1:
            marks.append(f'<path class="line {split}" d="M{"L".join(f"{x:g} {at:g}" for x, at in means)}"/>')
        marks += [f'<circle class="dot {split}" cx="{x:g}" cy="{at:g}" r="3.5"/>' for x, at in points]
    for run in known:
        if interval := run["intervals"]["dev"]:
            at = place(run["config"][key])
            marks.append(f'<path class="bound" d="M{at:g} {y(interval[0]):g}V{y(interval[1]):g}"/>')
    if known:
        last = max(known, key=lambda run: place(run["config"][key]))
        ends = [(y(last["errors"][split]), Series(split, split, (), ())) for split in ("train", "dev")]
        placed = apart(ends, y.end, y.start + 4)
        marks += [text_at(WIDTH - RIGHT + 8, at + 4, line.name, f"name {line.kind}") for at, line in placed]
    return svg(f"Dev error against {key}. {in_words(key, known, place, letters)}", marks)


def in_words(key: str, runs: Sequence[dict], place: Callable[[object], float], letters: dict[str, str]) -> str:
    """What a figure of dev errors shows, from left to right: "0.1: A 12.3%; 1: B 15.7%"."""
    in_place = sorted(runs, key=lambda run: place(run["config"][key]))
    told = [(plain(run["config"][key]), letters[run["run_id"]], shown(run["errors"]["dev"])) for run in in_place]
    return "; ".join(f"{value}: {name} {error}" for value, name, error in told)


def key_axis(values: Sequence[object]) -> tuple:
    """(value -> x in pixels, [(x, text)] of the ticks, whether the values are numbers).

    Numbers that span much stand on a logarithmic axis, with 0 a step to the left of it; anything else side by side.
    """
    start, end = LEFT + 12, WIDTH - RIGHT - 12
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        positive = [value for value in values if value > 0]
        if positive and min(values) >= 0 and max(positive) >= LOG_SPAN * min(positive):
            zero = 0 in values
            scale = log_scale(positive, start + (40 if zero else 0), end)
            ticks = [(scale(tick), tick_text(tick)) for tick in scale.ticks()] + ([(start, "0")] if zero else [])
            return (lambda value: scale(value) if value > 0 else start), ticks, True
        scale = linear_scale(values, start, end)
        return scale, [(scale(tick), tick_text(tick)) for tick in scale.ticks()], True
    words = sorted({plain(value) for value in values})
    step = (end - start) / max(len(words), 1)
    places = {word: start + (number + 0.5) * step for number, word in enumerate(words)}
    ticks = [(places[words[i]], words[i][:14]) for i in spread(len(words), MOST_WORDS)]
    return (lambda value: places[plain(value)]), ticks, False


def mean_points(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points from left to right, those at one place as their mean."""
    at: dict[float, list[float]] = {}
    for x, y in points:
        at.setdefault(x, []).append(y)
    return [(x, math.fsum(ys) / len(ys)) for x, ys in sorted(at.items())]
