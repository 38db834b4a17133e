"""Show results of many trainings: a learning curve, and the sources of the variance.

`dlrun curve` and `dlrun decompose` use it.
"""

from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console

from ..diagnosis.words import error_word
from .text import borderless_table, cell, say, shown

if TYPE_CHECKING:
    from ..search.curve import RunCurve
    from ..search.decompose import BootstrapParts, Decomposition

# The most and the fewest columns of the plot.
WIDEST_PLOT, NARROWEST_PLOT = 48, 12

ANSWER_STYLES = {"yes": "bold green", "a little": "green", "no": "bold yellow"}


class PlotLine(NamedTuple):
    """A line of the plot: a number of rows, the error there with its lowest and highest value, and its mark."""

    rows: int
    error: float
    lower: float
    upper: float
    mark: str


def show_curve(run_curve: "RunCurve", console: Console) -> None:
    """The answer, and the curve: one line per number of rows, with the error on one scale, forecasts last."""
    curve, word = run_curve.curve, error_word(run_curve.task == "regression")
    say(console, ("would twice the data help? ", "bold"), (curve.answer, ANSWER_STYLES.get(curve.answer, "bold")))
    say(console, curve.sentence)
    lines = [PlotLine(point.rows, point.error, point.lowest, point.highest, "o") for point in curve.points]
    lines += [PlotLine(ahead.rows, ahead.error, ahead.lower, ahead.upper, "?") for ahead in curve.forecasts]
    low, high = min(line.lower for line in lines), max(line.upper for line in lines)
    width = max(NARROWEST_PLOT, min(WIDEST_PLOT, console.width - 32))
    table = borderless_table()
    for header in ("rows", f"dev {word}"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column(cell(scale_line(low, high, width)), no_wrap=True)
    for line in lines:
        table.add_row(str(line.rows), shown(line.error), cell(plotted(line, low, high, width)))
    console.print(table)
    say(console, "o measured, lowest to highest of its trainings; ? forecast, with its 90% interval")


def scale_line(low: float, high: float, width: int) -> str:
    """The two ends of the plot's scale."""
    return f"{shown(low)}{shown(high):>{width - len(shown(low))}}"


def plotted(line: PlotLine, low: float, high: float, width: int) -> str:
    """One line of the plot: dashes from `lower` to `upper`, and the mark at the error."""

    def column(error: float) -> int:
        return round((width - 1) * (error - low) / (high - low)) if high > low else 0

    first, last, at = column(line.lower), column(line.upper), column(line.error)
    text = [" "] * first + ["-"] * (last - first + 1)
    text[at] = line.mark
    return "".join(text)


def show_decomposition(decomposition: "Decomposition", console: Console) -> None:
    """The sources of variance, the sentence that compares them, and the sums of the bootstrap if it was run."""
    say(console, (f"variance of {decomposition.run_id}", "bold"), f", on {decomposition.dev_rows} dev rows", whole=True)
    table = borderless_table()
    table.add_column("", no_wrap=True)
    table.add_column("variance", justify="right", no_wrap=True)
    table.add_column("")
    sources = decomposition.sources
    halves, seeds = sources.halves, sources.seeds
    table.add_row("halves", shown(halves.variance), f"other rows and seeds, {halves.pairs} pairs of half the data")
    table.add_row("seeds", shown(seeds.variance), f"the same rows, {seeds.networks} seeds")
    table.add_row("sampling", shown(sources.sampling), "the first minus the second: other rows alone")
    console.print(table)
    say(console, sources.sentence)
    if decomposition.bootstrap:
        show_bootstrap(decomposition.bootstrap, console)


def show_bootstrap(bootstrap: "BootstrapParts", console: Console) -> None:
    """The two sums, each adding up to the loss of the bootstrap networks."""
    say(console, (f"bootstrap, {bootstrap.networks} networks", "bold"))
    parts, domingos = bootstrap.kohavi_wolpert, bootstrap.domingos
    total = f"  bias² {shown(parts.bias)} + variance {shown(parts.variance)} = loss {shown(parts.loss)}"
    say(console, f"{total} (Kohavi and Wolpert, corrected)" if domingos else total)
    if domingos:
        net = f"net variance {shown(domingos.net_variance)}"
        say(console, f"  bias {shown(domingos.bias)} + {net} = loss {shown(domingos.loss)} (Domingos)")
    say(console, f"  trained on all rows: loss {shown(bootstrap.whole_loss)}")
    say(console, f"  {bootstrap.note}")
