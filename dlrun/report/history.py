"""Show what the log of a training elsewhere says, on a terminal: curves, errors, what was found, what to try."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.console import Console

from ..advice.shown import MOST_ADVICE
from ..diagnosis.words import percent
from .health import show_finding
from .terminal import errors_table, show_distances
from .text import UNKNOWN, say, shown_cost

if TYPE_CHECKING:
    from ..advice.curves import Curve
    from ..inspection.histories.judging import HistoryDiagnosis

# Heights of a curve's points, lowest first; and where the terminal has only ASCII.
BLOCKS, ASCII_BLOCKS = "▁▂▃▄▅▆▇█", "_.-=*#"

# The widest picture of a curve, in letters.
WIDEST_CURVE = 40

# Evaluations and epochs, for a number of them.
UNITS = {"epoch": "epochs", "evaluation": "evaluations"}


def show_history(told: "HistoryDiagnosis", console: Console) -> None:
    """The curves as small pictures, then the errors, the findings, the verdict and the advice."""
    count = f"{told.epochs} {UNITS[told.unit] if told.epochs != 1 else told.unit}"
    say(console, (f"history of {told.file}", "bold"), f"  {count}, from {told.kind}", whole=True)
    for name, curve, is_share in (
        ("train loss", told.curves.train_loss, False),
        ("dev loss", told.curves.dev_loss, False),
        ("train error", told.curves.train_error, True),
        ("dev error", told.curves.dev_error, True),
    ):
        if curve:
            say(console, f"  {name:11}  {curve_line(curve, is_share, console.options.ascii_only)}", whole=True)
    for note in told.notes:
        say(console, ("note: ", "yellow"), note)
    if told.diagnosis:
        say(console, f"errors of {told.judged_at}")
        console.print(errors_table(told.diagnosis))
        show_distances(told.diagnosis, console)
    for finding in told.findings:
        show_finding(finding, console)
    sentence = told.diagnosis.sentence if told.diagnosis else told.lacking or ""
    say(console, ("verdict: ", "bold"), (sentence, "bold"))
    if told.diagnosis:
        needed = told.diagnosis.dev_rows_needed
        for outlook in (needed.bias, needed.variance):
            if outlook:
                say(console, outlook.sentence)
    if told.advice:
        say(console, "try:")
    for number, item in enumerate(told.advice[:MOST_ADVICE], start=1):
        say(console, f"  {number}. {item.action}")


def curve_line(curve: "Curve", is_share: bool, ascii_only: bool) -> str:
    """The first value, a picture of all, the last value."""
    measured = [value for value in curve if value is not None and math.isfinite(value)]
    if not measured:
        return UNKNOWN
    shown = percent if is_share else shown_cost
    return f"{shown(measured[0]):>8} {picture(measured, ASCII_BLOCKS if ascii_only else BLOCKS)} {shown(measured[-1])}"


def picture(values: Sequence[float], blocks: str) -> str:
    """A letter for each value, or for each of WIDEST_CURVE groups of them, by the height of their mean."""
    groups = min(len(values), WIDEST_CURVE)
    ends = [round(at * len(values) / groups) for at in range(groups + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(ends)]
    low, high = min(means), max(means)
    scale = (len(blocks) - 1) / (high - low) if high > low else 0.0
    return "".join(blocks[round((mean - low) * scale)] for mean in means)
