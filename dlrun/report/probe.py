"""Show how signals pass through a network: a table with a plot, layer by layer, and a table of all initializers.

`dlrun probe` uses it. Text from outside is cleaned before it is shown.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from .health import show_finding
from .text import UNKNOWN, borderless_table, cell, say

if TYPE_CHECKING:
    from ..inspection.probe import Float32Ends, LayerSignals, ProbeReport

# The most layers that are shown, evenly spread; --json has all.
SHOWN_LAYERS = 20
PLOT_COLUMNS = 20

# The lowest power of ten of the plot, so that an underflow does not squeeze the rest.
FLOOR = -50


def show_probe(report: "ProbeReport", console: Console) -> None:
    """Activations and gradients of each layer for the config's own initializer, then the table of all initializers."""
    rows = report.layers
    say(console, (f"{report.name}", "bold"), f"  {report.activation}, init {report.init}, depth {len(rows)}")
    say(console, f"root mean squares on {report.rows} training rows, (theory), and a and g on a log scale")
    table, (low, high) = borderless_table(), plot_range(rows)
    for header in ("layer", "a: output", "", "by row", "g: dJ/dZ", ""):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column(f"1e{low} to 1e{high}", no_wrap=True)
    for row in some_layers(rows):
        table.add_row(
            str(row.layer),
            number(row.activation),
            f"({number(row.activation_theory)})",
            number(row.row_spread),
            number(row.gradient),
            f"({number(row.gradient_theory)})",
            cell(plotted(row, low, high)),
        )
    console.print(table)
    show_inits(report, console)
    if twenty := report.overfit_twenty:
        say(console, f"twenty rows by heart: error {twenty.error:.1%} on {twenty.rows} rows, {twenty.steps} steps")
        if twenty.finding:
            show_finding(twenty.finding, console)


def show_inits(report: "ProbeReport", console: Console) -> None:
    """One row per initializer: the factor by which a layer multiplies signals, and where float32 ends."""
    say(
        console,
        "the factor of a per layer upwards, of g downwards; the layers after which float32 holds only 0 or infinity",
    )
    table = borderless_table()
    for header in ("init", "a", "", "g", "", "float32"):
        table.add_column(header, justify="left" if header == "init" else "right", no_wrap=True)
    for row in report.inits:
        up, down = row.activation_growth, row.gradient_growth
        own = "bold" if row.init == report.init else ""
        table.add_row(
            cell(row.init, own),
            factor(up.measured),
            f"({factor(up.theory)})",
            factor(down.measured),
            f"({factor(down.theory)})",
            cell(end_of(row.float32)),
        )
    console.print(table)


def end_of(float32: "Float32Ends") -> str:
    """The layers after which the first of the two signals is 0 or infinite: "69 g, seen"."""
    ends = (("a", float32.activation), ("g", float32.gradient))
    reached = [(end.layers, letter, end.seen) for letter, end in ends if end.layers is not None]
    if not reached:
        return "never"
    layers, letter, seen = min(reached)
    return f"{layers} {letter}{', seen' if seen else ''}"


def some_layers(rows: "Sequence[LayerSignals]") -> "Sequence[LayerSignals]":
    """At most SHOWN_LAYERS rows, the first and the last among them."""
    if len(rows) <= SHOWN_LAYERS:
        return rows
    return [rows[i * (len(rows) - 1) // (SHOWN_LAYERS - 1)] for i in range(SHOWN_LAYERS)]


def exponent(value: float | None) -> float | None:
    """The power of ten of a value, or None if it has none."""
    return math.log10(value) if value and math.isfinite(value) else None


def plot_range(rows: "Sequence[LayerSignals]") -> tuple[int, int]:
    """Whole powers of ten around all figures."""
    powers = [e for row in rows for figure in (row.activation, row.gradient) if (e := exponent(figure)) is not None]
    low, high = math.floor(min(powers, default=0)), math.ceil(max(powers, default=0))
    return max(low, FLOOR), max(high, low + 1)


def plotted(row: "LayerSignals", low: int, high: int) -> str:
    """A line of the plot with the two letters at their values; * if both fall on one column."""
    letters = [" "] * (PLOT_COLUMNS + 1)
    for letter, figure in (("a", row.activation), ("g", row.gradient)):
        power = exponent(figure)
        if power is not None:
            at = min(max(round((power - low) / (high - low) * PLOT_COLUMNS), 0), PLOT_COLUMNS)
            letters[at] = letter if letters[at] == " " else "*"
    return "".join(letters).rstrip()


def number(value: float | None) -> str:
    return UNKNOWN if value is None or not math.isfinite(value) else f"{value:.2g}"


def factor(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.3f}"
