"""The report of a sweep over epsilons, and its lines of text: the table and the V-curve as a plot.

The fields of a record are the keys of its JSON, in this order. `print(report)` shows the lines.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .tables import table

PLOT_COLUMN = 3  # characters an epsilon
CENTRAL_MARK, ONE_SIDED_MARK, BOTH_MARK = "*", "o", "@"


@dataclass(frozen=True)
class SweepPoint:
    """One epsilon: relative differences of central and one-sided (forward) slopes, without entries at a kink."""

    epsilon: float
    central: float
    one_sided: float
    n_kinks: int


@dataclass(frozen=True)
class Slopes:
    """The slopes of the flanks on a log-log scale; None where a flank is not seen."""

    truncation: float | None
    round_off: float | None
    one_sided: float | None


@dataclass(frozen=True)
class SweepReport:
    """The points from the largest epsilon down, the one of least central difference, and the slopes of the flanks."""

    points: tuple[SweepPoint, ...]
    best_epsilon: float
    n_parameters: int
    n_checked: int
    sampled: bool
    slopes: Slopes

    def __str__(self) -> str:
        return "\n".join(sweep_lines(self))


def sweep_lines(report: SweepReport) -> list[str]:
    """The V-curve: its table, its plot, and the slopes of its flanks."""
    rows = [[f"{p.epsilon:.1e}", f"{p.central:.1e}", f"{p.one_sided:.1e}", str(p.n_kinks)] for p in report.points]
    lines = table(["epsilon", "central", "one-sided", "kinks"], rows, frozenset({0, 1, 2, 3}))
    slopes = report.slopes
    return [
        *lines,
        "",
        *plot_lines(report.points),
        "",
        f"slopes: truncation {exponent(slopes.truncation)} (eps^2: 2), round-off {exponent(slopes.round_off)} "
        f"(1/eps: -1), one-sided {exponent(slopes.one_sided)} (eps: 1)",
        f"least at epsilon {report.best_epsilon:.0e}",
    ]


def exponent(slope: float | None) -> str:
    return "not seen" if slope is None else f"{slope:.2f}"


def plot_lines(points: Sequence[SweepPoint]) -> list[str]:
    """log10 of the relative difference (a row for each decade) against epsilon (a column for each point)."""
    points = sorted(points, key=lambda point: point.epsilon)
    levels = [(decade(point.central), decade(point.one_sided)) for point in points]
    seen = [level for pair in levels for level in pair if level is not None]
    if not seen:
        return ["every difference is 0"]
    lines = []
    for level in range(max(seen), min(seen) - 1, -1):
        marks = [mark(central == level, one_sided == level) for central, one_sided in levels]
        lines.append(f"1e{level:+03d} |" + "".join(m.center(PLOT_COLUMN) for m in marks).rstrip())
    lines.append("      +" + "-" * PLOT_COLUMN * len(points))
    ends = f"{points[0].epsilon:.0e}", f"{points[-1].epsilon:.0e}"
    lines.append("       " + ends[0] + ends[1].rjust(PLOT_COLUMN * len(points) - len(ends[0])))
    return [*lines, f"       epsilon; {CENTRAL_MARK} central, {ONE_SIDED_MARK} one-sided, {BOTH_MARK} both"]


def decade(value: float) -> int | None:
    return round(math.log10(value)) if value > 0 else None


def mark(central: bool, one_sided: bool) -> str:
    if central and one_sided:
        return BOTH_MARK
    return CENTRAL_MARK if central else ONE_SIDED_MARK if one_sided else " "
