"""Draw errors as bars on one scale, so that the avoidable bias and the variance can be seen as distances.

`terminal` prints these lines for a diagnosis. This module only makes text; it does not use a console.
"""

import math

from ..diagnosis import Diagnosis
from ..diagnosis.ills import Ill, Verdict
from ..diagnosis.words import percent, points
from ..records import SPLITS
from ..statistics.intervals import Interval
from .text import LEVEL_STYLES

Line = list[tuple[str, str]]

# The characters of a bar: up to the end of the bar before it, its own distance, the distance that it falls short, and
# the parts of an interval; then the eighths of a cell.
BLOCKS = {"before": "░", "own": "█", "short": "·", "left": "├", "right": "┤", "line": "─", "point": "┼", "both": "│"}
EIGHTHS = " ▏▎▍▌▋▊▉"
ASCII = {"before": ":", "own": "#", "short": ".", "left": "[", "right": "]", "line": "-", "point": "+", "both": "|"}

NAME_WIDTH = len("optimal") + 1

# On a narrower terminal, the name of a distance stands under its bar; on a wider one, bars do not grow further.
BESIDE_WIDTH, WIDEST = 60, 100

# The fewest cells between two ticks, so that their labels stay apart.
TICK_CELLS = 9

# Which error a split is measured from, and what the distance is called.
DISTANCES: dict[str, tuple[str, str, Ill]] = {
    "train": ("optimal", "avoidable bias", "bias"),
    "dev": ("train", "variance", "variance"),
}


def error_bars(diagnosis: Diagnosis, width: int, ascii_only: bool = False) -> list[Line]:
    """The lines of the picture, each a list of (text, style), none wider than `width` (40 or more).

    There is one bar for each of optimal, train, dev and test, beside its error: light up to the error it is measured
    from, solid for the distance, with its interval if the diagnosis has one. A scale stands below. Without a train or
    dev error, and where the terminal has no room for a tick, there are no lines.
    """
    errors: dict[str, float | None] = {"optimal": diagnosis.optimal_error, **dict(diagnosis.errors.items())}
    by_name = {name: error for name, error in errors.items() if error is not None and math.isfinite(error)}
    if not {"train", "dev"} <= by_name.keys() or width < NAME_WIDTH + len("100.0%") + 2 + TICK_CELLS:
        return []
    intervals: dict[str, Interval | None] = {"optimal": diagnosis.intervals.optimal}
    intervals |= {split: diagnosis.intervals.of(split) for split in SPLITS}
    notes = {name: note_of(name, by_name, diagnosis.verdict) for name in by_name}
    width, of_errors = min(width, WIDEST), max(len(percent(error)) for error in by_name.values())
    label_width = NAME_WIDTH + of_errors + 2
    beside = max(len(text) + 2 for text, _ in notes.values()) if width >= BESIDE_WIDTH else 0
    cells = width - label_width - beside
    uppers = [interval[1] for name, interval in intervals.items() if interval and name in by_name]
    largest = max([*by_name.values(), *uppers]) or 1.0
    scale, lines = (cells - 1) / largest, []
    for name, error in by_name.items():
        reference = by_name.get(DISTANCES[name][0] if name in DISTANCES else name, 0.0)
        bar = drawn_bar(error * scale, reference * scale, scaled(intervals[name], scale), ascii_only)
        note, style = notes[name]
        lines.append([(f"{name:{NAME_WIDTH}}{percent(error):>{of_errors}}  ", ""), (bar, style if note else "dim")])
        if note and beside:
            lines[-1].append((f"  {note}", style))
        elif note:
            lines.append([(" " * NAME_WIDTH + note, style)])
    return [*lines, [(" " * label_width + axis(largest, cells), "dim")]]


def note_of(name: str, errors: dict[str, float], verdict: Verdict) -> tuple[str, str]:
    """The text beside a bar, with its style: "9.6 variance, high"; empty for a bar without a distance."""
    if name not in DISTANCES or DISTANCES[name][0] not in errors:
        return "", ""
    reference, called, ill = DISTANCES[name]
    gap, level = points(errors[name] - errors[reference]), verdict.of(ill)
    words = f"{gap} {called}" if level == "withheld" else f"{gap} {called}, {level}"
    return words, LEVEL_STYLES.get(level, "")


def scaled(interval: Interval | None, scale: float) -> Interval | None:
    """An interval in cells."""
    return (interval[0] * scale, interval[1] * scale) if interval else None


def drawn_bar(end: float, reference: float, interval: Interval | None, ascii_only: bool) -> str:
    """One bar of `end` cells, solid from `reference` on; an interval is drawn over it."""
    signs = ASCII if ascii_only else BLOCKS
    start = min(round(reference), round(end))
    row = [signs["before"]] * start + [signs["own"]] * (int(end) - start)
    eighth = round(8 * (end - int(end)))
    if eighth == 8 or (ascii_only and eighth >= 4):
        row.append(signs["own"] if end > reference else signs["before"])
    elif eighth and not ascii_only and end > reference:
        row.append(EIGHTHS[eighth])
    row += [signs["short"]] * (round(reference) - len(row))
    if interval:
        low, high = (int(bound) for bound in interval)
        row += [" "] * (high + 1 - len(row))
        row[low : high + 1] = whisker(low, int(end), high, signs)
    return "".join(row)


def whisker(low: int, point: int, high: int, signs: dict[str, str]) -> list[str]:
    """The cells of an interval from `low` to `high`, both included, with a mark at `point`."""
    if low == high:
        return [signs["both"]]
    row = [signs["left"], *[signs["line"]] * (high - low - 1), signs["right"]]
    if low < point < high:
        row[point - low] = signs["point"]
    return row


def axis(largest: float, cells: int) -> str:
    """The scale below the bars: a percentage at each round step."""
    least = 100 * largest * TICK_CELLS / cells
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    text = ""
    for number in range(int(100 * largest / step + 1e-9) + 1):
        at, label = round(number * step / (100 * largest) * (cells - 1)), f"{number * step:g}%"
        if at + len(label) <= cells:
            text = f"{text:{at}}{label}"
    return text
