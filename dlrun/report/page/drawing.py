"""Draw charts as SVG text: scales, ticks, axes and marks from plain numbers.

The figures of the pages use it. We do not use a plotting library for two reasons. Importing one and drawing a page's
figures took about two seconds; this takes a few milliseconds. And marks that take their colours from the page's style
sheet follow its light and dark schemes, and their text stays text.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from markupsafe import Markup, escape

from ..text import clean

# The size of a figure in pixels; the page scales it to its column. It is small enough to be read on a phone.
WIDTH, HEIGHT = 400, 260
LEFT, RIGHT, TOP, BOTTOM = 50, 66, 14, 40

# The size of a histogram in a line of a table.
SMALL_WIDTH, SMALL_HEIGHT = 112, 28

# A line with more points than this looks the same with fewer.
MOST_POINTS = 300

# The distance to which labels are moved apart if their lines end close to each other.
LABEL_HEIGHT = 15


T = TypeVar("T")

# What is smaller is zero in a picture, and what is larger lies outside: a tenth or twice of it may have no float.
LEAST, MOST = 1e-300, 1e300


class Series(NamedTuple):
    """A line: its name, which is written at its end, its class in the style sheet, and its points.

    y is None where nothing was measured; the line then skips to the next measured point.
    """

    name: str
    kind: str
    x: Sequence[float]
    y: Sequence[float | None]


@dataclass(frozen=True)
class Scale:
    """A scale from numbers to pixels: `low` becomes `start` and `high` becomes `end`; linear or logarithmic."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        at = self.share(value)
        return round(self.start + at * (self.end - self.start), 1)

    def share(self, value: float) -> float:
        """The position of a value between low (0) and high (1); in the middle where these are one to a float."""
        if not self.high > self.low:
            return 0.5
        if self.is_log:
            return (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round numbers from low to high."""
        return log_ticks(self.low, self.high) if self.is_log else even_ticks(self.low, self.high)


def even_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """About this many ticks, which are multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    if not rough > 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [round((first + i) * step, max(12, 12 - math.floor(math.log10(step)))) for i in range(count)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten; with 2 and 5 times these if there are fewer than three; only every n-th if there are too many.

    Between two such numbers, where the scale is nearly linear, round numbers in even steps.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    inside = [power for power in powers if low <= 10.0**power <= high * (1 + 1e-9)]
    if len(inside) >= 3:
        return [10.0**power for power in inside[:: math.ceil(len(inside) / 6)]]
    fine = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    ticks = [tick for tick in fine if low <= tick <= high * (1 + 1e-9)]
    return ticks if len(ticks) > 1 else even_ticks(low, high, 4)


def linear_scale(values: Sequence[float], start: float, end: float, *, from_zero: bool = False) -> Scale:
    """A scale that holds all values, its ends round numbers; a single value stands in the middle."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    low, high = max(min(low, 0.0) if from_zero else low, -MOST), min(high, MOST)
    if high - low < 1e-12 * max(abs(low), abs(high), 1e-12):
        low, high = (0.0, 1.0) if abs(low) + abs(high) < LEAST else (low - abs(low) / 2, high + abs(high) / 2)
    step = (ticks := even_ticks(low, high))[-1] - ticks[-2] if len(even_ticks(low, high)) > 1 else high - low
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, start, end)


def log_scale(values: Sequence[float], start: float, end: float) -> Scale:
    """A logarithmic scale that holds all values above zero."""
    positive = [value for value in values if LEAST < value < MOST]
    low, high = min(positive, default=0.1), max(positive, default=1.0)
    return Scale(low / 1.1, max(high, low * 1.5) * 1.1, start, end, True)


def tick_text(value: float) -> str:
    """A tick as short as it can be: 0.05, 20, 3k, 1e-6."""
    if value == 0:
        return "0"
    size = abs(value)
    if 1e-3 <= size < 1e4:
        return f"{value:.6g}"
    return f"{value:.3g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def percent_text(value: float) -> str:
    """A fraction as a tick of percentages."""
    return f"{tick_text(round(100 * value, 9))}%"


def svg(label: str, marks: Sequence[str], *, width: int = WIDTH, height: int = HEIGHT) -> Markup:
    """A picture of these marks; `label` says in words what it shows."""
    body = "".join(marks)
    return Markup(f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{svg_text(label)}">{body}</svg>')


def svg_text(text: object) -> str:
    """Text from outside, cleaned and escaped for SVG."""
    return str(escape(clean(text)))


def text_at(x: float, y: float, text: object, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{svg_text(text)}</text>'


def axes(
    x: Scale,
    y: Scale,
    x_label: str,
    y_label: str,
    *,
    y_text: Callable[[float], str] = tick_text,
    x_ticks: Sequence[float] | None = None,
) -> list[str]:
    """Grid lines at the ticks of y, ticks below x, and what each axis measures."""
    marks = []
    for tick in y.ticks():
        marks.append(f'<path class="grid" d="M{x.start:g} {y(tick):g}H{x.end:g}"/>')
        marks.append(text_at(x.start - 6, y(tick) + 4, y_text(tick), "tick", "end"))
    for tick in x.ticks() if x_ticks is None else x_ticks:
        marks.append(f'<path class="tickmark" d="M{x(tick):g} {y.start:g}v5"/>')
        marks.append(text_at(x(tick), y.start + 17, tick_text(tick), "tick", "middle"))
    marks.append(f'<path class="axis" d="M{x.start:g} {y.start:g}H{x.end:g}"/>')
    if x_label:
        marks.append(text_at((x.start + x.end) / 2, y.start + 35, x_label, "label", "middle"))
    marks.append(text_at(2, 10, y_label, "label"))
    return marks


class YAxis(NamedTuple):
    """The upright axis of a chart: what it measures, how its ticks are written, and whether it is logarithmic."""

    label: str
    text: Callable[[float], str] = tick_text
    is_log: bool = False


class Line(NamedTuple):
    """A series with only the points that can be drawn."""

    name: str
    kind: str
    points: Sequence[tuple[float, float]]


def line_chart(
    label: str,
    series: Sequence[Series],
    *,
    x_label: str,
    y_axis: YAxis,
    mark_x: tuple[float, str] | None = None,
    dots: bool = False,
) -> Markup:
    """Lines over one pair of axes, each named at its end. `mark_x` is a value of x to mark, and its label.

    On a logarithmic scale, points that are not above zero are left out.
    """
    lines = [Line(s.name, s.kind, points) for s in series if (points := drawn_points(s, y_axis.is_log))]
    xs, ys = [a for line in lines for a, _ in line.points], [b for line in lines for _, b in line.points]
    x_start, x_end = LEFT, WIDTH - RIGHT
    low, high = min(xs, default=0.0), max(xs, default=1.0)
    x = Scale(low, high if high > low else low + 1, x_start, x_end)
    y = (log_scale if y_axis.is_log else linear_scale)(ys, HEIGHT - BOTTOM, TOP + 8)
    x_ticks = even_ticks(x.low, x.high, 4)
    if all(float(value).is_integer() for value in xs):
        x_ticks = [tick for tick in x_ticks if float(tick).is_integer()]  # there is no epoch 1.5
    marks = axes(x, y, x_label, y_axis.label, y_text=y_axis.text, x_ticks=x_ticks)
    if mark_x is not None:
        at = x(mark_x[0])
        marks.append(f'<path class="best" d="M{at:g} {y.start:g}V{y.end:g}"/>')
        is_left = at < (x_start + x_end) / 2
        marks.append(text_at(at + (4 if is_left else -4), y.end + 11, mark_x[1], "tick", "start" if is_left else "end"))
    for line in lines:
        path = "M" + "L".join(f"{x(a):g} {y(b):g}" for a, b in line.points)
        marks.append(f'<path class="line {line.kind}" d="{path}"/>')
        if dots:
            marks += [f'<circle class="dot {line.kind}" cx="{x(a):g}" cy="{y(b):g}" r="3"/>' for a, b in line.points]
    ends = [(y(line.points[-1][1]), line) for line in lines]
    marks += [
        text_at(x_end + 6, at + 4, line.name, f"name {line.kind}") for at, line in apart(ends, y.end, y.start + 4)
    ]
    return svg(label, marks)


def drawn_points(series: Series, is_log: bool) -> list[tuple[float, float]]:
    """The points of a line that can be drawn; evenly chosen ones if there are more than can be seen."""
    finite = [(x, y) for x, y in zip(series.x, series.y, strict=True) if y is not None and math.isfinite(y)]
    drawn = [(x, y) for x, y in finite if y > 0 or not is_log]
    return [drawn[i] for i in spread(len(drawn), MOST_POINTS)]


def apart(ends: Sequence[tuple[float, T]], top: float, bottom: float) -> list[tuple[float, T]]:
    """The labels from top to bottom, moved so that none overlaps the one above and all stay inside.

    ends : the position that each label would have, and what it is the label of.
    """
    placed: list[tuple[float, T]] = []
    for at, labelled in sorted(ends, key=lambda end: end[0]):
        placed.append((max(at, placed[-1][0] + LABEL_HEIGHT if placed else top), labelled))
    for i in range(len(placed) - 1, -1, -1):
        below = placed[i + 1][0] - LABEL_HEIGHT if i + 1 < len(placed) else bottom
        placed[i] = (min(placed[i][0], below), placed[i][1])
    return placed


def histogram(label: str, counts: Sequence[int], edges: Sequence[float], *, x_label: str, kind: str = "") -> Markup:
    """Bars between edges (one more than counts)."""
    x = Scale(edges[0], edges[-1], LEFT, WIDTH - 16)
    y = linear_scale(list(counts), HEIGHT - BOTTOM, TOP + 8, from_zero=True)
    marks = axes(x, y, x_label, "count", x_ticks=even_ticks(x.low, x.high, 4))
    for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True):
        if count:
            top, start = y(count), x(left)
            width = max(x(right) - start - 0.5, 0.5)
            marks.append(
                f'<rect class="bar {kind}" x="{start:g}" y="{top:g}" width="{width:.1f}" height="{y.start - top:.1f}"/>'
            )
    return svg(label, marks)


def small_bars(label: str, counts: Sequence[int], *, touching: bool) -> Markup:
    """Bars without axes, as high as a line of text: parts of a range, which touch, or levels, which stand apart."""
    most, wide = max(counts), SMALL_WIDTH / len(counts)
    marks = [f'<path class="axis" d="M0 {SMALL_HEIGHT}H{SMALL_WIDTH}"/>']
    for i, count in enumerate(counts):
        if count:
            high = max(count / most * (SMALL_HEIGHT - 1), 0.75)  # the least that can be seen
            size = f'width="{wide * (0.94 if touching else 0.7):.2f}" height="{high:.2f}"'
            marks.append(f'<rect class="bar" x="{i * wide:.2f}" y="{SMALL_HEIGHT - high:.2f}" {size}/>')
    return svg(label, marks, width=SMALL_WIDTH, height=SMALL_HEIGHT)


def heat_map(
    label: str,
    shades: Sequence[Sequence[float | None]],
    *,
    columns: Sequence[float],
    rows: Sequence[float],
    x_label: str,
    y_label: str,
) -> Markup:
    """A grid of cells with shades from 0 to 1; row 0 is at the bottom; a cell with None is empty.

    columns, rows : the numbers of the columns and rows; some of them are written beside the grid.
    """
    start, end, bottom, top = LEFT, WIDTH - 16, HEIGHT - BOTTOM, TOP + 8
    wide, high = (end - start) / len(columns), (bottom - top) / len(rows)
    marks = [f'<rect class="frame" x="{start}" y="{top}" width="{end - start}" height="{bottom - top}"/>']
    for i, row in enumerate(shades):
        for j, length, shade in runs_of(row):
            if shade is not None:
                position = f'x="{start + j * wide:.1f}" y="{bottom - (i + 1) * high:.1f}"'
                size = f'width="{length * wide + 0.2:.1f}" height="{high + 0.2:.1f}"'
                marks.append(f'<rect class="cell" {position} {size} fill-opacity="{shade:g}"/>')
    for i in spread(len(rows), 8):
        marks.append(text_at(start - 6, bottom - (i + 0.5) * high + 4, tick_text(rows[i]), "tick", "end"))
    for j in spread(len(columns), 5):
        marks.append(text_at(start + (j + 0.5) * wide, bottom + 17, tick_text(columns[j]), "tick", "middle"))
    marks.append(text_at((start + end) / 2, bottom + 35, x_label, "label", "middle"))
    marks.append(text_at(2, 10, y_label, "label"))
    return svg(label, marks)


def runs_of(row: Sequence[float | None]) -> list[tuple[int, int, float | None]]:
    """Runs of equal neighbours: (index of the first, how many, shade), shades rounded to two decimals."""
    runs: list[tuple[int, int, float | None]] = []
    for j, value in enumerate(row):
        shade = None if value is None else round(value, 2)
        if runs and runs[-1][2] == shade:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1, shade)
        else:
            runs.append((j, 1, shade))
    return runs


def spread(count: int, most: int) -> list[int]:
    """At most `most` numbers of range(count), evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})
