"""The figures of a run's page: one function per figure makes SVG from the run's numbers.

Each figure has a description in words for people who cannot see it. `drawing` does the drawing.
"""

import base64
import itertools
import math
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from markupsafe import Markup

from ...arrays import Array
from ...inspection.contents import Plane
from ...nn.trace import LayerLook, TraceLine
from ...nn.training import EpochRecord
from ..text import shown, shown_cost
from .drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    TOP,
    WIDTH,
    Scale,
    Series,
    YAxis,
    axes,
    heat_map,
    histogram,
    line_chart,
    linear_scale,
    percent_text,
    spread,
    svg,
)

# The most rows and columns of a heat map; more could not be told apart.
MOST_LAYERS, MOST_EPOCHS = 40, 40

# The most points of a scatter plot; more would hide each other.
MOST_POINTS = 1000

BINS = 30

# The side of a small picture of a plane, in pixels: three stand beside each other, two on a phone.
SMALL_SIDE = 220

# The lightest shade that is still visible.
FAINTEST = 0.06


def loss_curves(metrics: Sequence[EpochRecord], best_epoch: int | None, *, is_log: bool) -> Markup:
    """Data loss of train and dev against the epoch, and the cost too if there is a penalty."""
    epochs = [line.epoch for line in metrics]
    losses = {"train": [line.train_loss for line in metrics], "dev": [line.dev_loss for line in metrics]}
    series = [Series(split, split, epochs, of_split) for split, of_split in losses.items()]
    label = f"Data loss against epoch. {courses(series, shown_cost)}{best_words(best_epoch)}"
    if any(line.penalty for line in metrics):
        for split, of_split in losses.items():
            costs = [plus(loss, line.penalty) for loss, line in zip(of_split, metrics, strict=True)]
            series.append(Series(f"{split} cost", f"{split} cost", epochs, costs))
    return curves(label, series, YAxis("loss per example", is_log=is_log), best_epoch)


def error_curves(
    metrics: Sequence[EpochRecord], best_epoch: int | None, levels: Mapping[str, float], word: str, *, is_log: bool
) -> Markup:
    """Errors of train and dev against the epoch, with levels such as the optimal error, by name."""
    epochs = [line.epoch for line in metrics]
    series = [
        Series("train", "train", epochs, [line.train_error for line in metrics]),
        Series("dev", "dev", epochs, [line.dev_error for line in metrics]),
    ]
    label = f"{word} against epoch. {courses(series, shown)}{best_words(best_epoch)}"
    ends = [epochs[0], epochs[-1]] if epochs else []
    series += [Series(name, "reference", ends, [level] * len(ends)) for name, level in levels.items()]
    return curves(label, series, YAxis(word, percent_text, is_log), best_epoch)


def curves(label: str, series: Sequence[Series], y_axis: YAxis, best_epoch: int | None) -> Markup:
    """Lines against the epoch, with dots where there are too few epochs for a line, and the best epoch marked."""
    mark = None if best_epoch is None else (best_epoch, f"best {best_epoch}")
    return line_chart(label, series, x_label="epoch", y_axis=y_axis, mark_x=mark, dots=len(series[0].x) < 3)


def plus(loss: float | None, penalty: float | None) -> float | None:
    return None if loss is None or penalty is None else loss + penalty


def courses(series: Sequence[Series], say: Callable[[float], str]) -> str:
    """Where each line begins and ends, in words."""
    phrases = []
    for line in series:
        finite = [y for y in line.y if y is not None and math.isfinite(y)]
        if finite:
            phrases.append(f"{line.name} goes from {say(finite[0])} to {say(finite[-1])}, lowest {say(min(finite))}")
    return "; ".join(phrases) + "." if phrases else "Nothing was measured."


def best_words(best_epoch: int | None) -> str:
    return "" if best_epoch is None else f" The best epoch is {best_epoch}."


def layer_map(
    trace: Sequence[TraceLine], figure: str, title: str, *, is_share: bool
) -> tuple[Markup | None, str] | None:
    """One field of the layers' health against layer and epoch, as (picture, legend of its shades).

    None if nothing was measured; the picture alone is None if all values are 0. A share is its own shade; any other
    figure is shaded by its logarithm, from the smallest to the largest of the run.
    """
    lines = [trace[i] for i in spread(len(trace), MOST_EPOCHS)]
    depth = max((len(line.layers) for line in lines), default=0)
    of_layer = {
        layer: [finite_figure(line.layers[layer], figure) for line in lines] for layer in spread(depth, MOST_LAYERS)
    }
    of_layer = {layer: row for layer, row in of_layer.items() if any(value is not None for value in row)}
    table, numbers = list(of_layer.values()), [lines[0].layers[layer].layer for layer in of_layer]
    measured = [value for row in table for value in row if value is not None]
    if not measured:
        return None
    if not any(measured):
        return None, "None in any layer at any epoch"
    shade, legend = (share_shade, "Shades from 0% to 100%") if is_share else log_shade(measured)
    picture = heat_map(
        f"{title} against layer and epoch. {extremes(table, numbers, is_share)}",
        [[shade(value) for value in row] for row in table],
        columns=[line.epoch for line in lines],
        rows=numbers,
        x_label="epoch",
        y_label="layer",
    )
    return picture, legend


def finite_figure(layer: LayerLook, figure: str) -> float | None:
    """A figure of a layer by its name, or None if it cannot be drawn."""
    value: float | None = getattr(layer, figure)
    return value if value is not None and math.isfinite(value) else None


def share_shade(value: float | None) -> float | None:
    return None if value is None else min(max(value, 0.0), 1.0)


def log_shade(values: Sequence[float]) -> tuple[Callable[[float | None], float | None], str]:
    """A function from a value to its shade by the logarithm, and the legend; 0 has no logarithm and is left empty."""
    positive = [value for value in values if value > 0]
    low, high = min(positive, default=1.0), max(positive, default=1.0)
    width = math.log(high / low) or 1.0

    def shade(value: float | None) -> float | None:
        return None if not value or value < 0 else FAINTEST + (1 - FAINTEST) * math.log(value / low) / width

    return shade, f"Shades from {low:.2g} (faint) to {high:.2g} (full), by the logarithm"


def extremes(table: Sequence[Sequence[float | None]], numbers: Sequence[int], is_share: bool) -> str:
    """The smallest and the largest value of the last epoch, in words."""
    last = [(row[-1], number) for row, number in zip(table, numbers, strict=True) if row[-1] is not None]
    if not last:
        return ""
    say = shown if is_share else "{:.2g}".format
    (low, at_low), (high, at_high) = min(last), max(last)
    return f"At the end it is smallest in layer {at_low}, {say(low)}, and largest in layer {at_high}, {say(high)}."


def weight_histogram(W: Array, number: int) -> Markup:
    """A histogram of the weights of one layer."""
    finite = W[np.isfinite(W)].astype(np.float64)
    counts, edges = np.histogram(finite, bins=BINS) if finite.size else (np.zeros(1, int), np.array([0.0, 1.0]))
    mean, deviation = (finite.mean(), finite.std()) if finite.size else (math.nan, math.nan)
    label = f"Weights of layer {number}: {W.size} of them, mean {mean:.2g}, standard deviation {deviation:.2g}."
    return histogram(label, counts.tolist(), edges.tolist(), x_label="weight")


def residual_histogram(residuals: Array) -> Markup:
    """A histogram of predicted minus true, in the target's units, for a regression."""
    counts, edges = np.histogram(residuals, bins=BINS)
    label = f"Predicted minus true: mean {residuals.mean():.3g}, standard deviation {residuals.std():.3g}."
    return histogram(label, counts.tolist(), edges.tolist(), x_label="predicted minus true", kind="dev")


def predicted_against_true(truth: Array, predicted: Array, target: str) -> Markup:
    """The prediction of each dev example against its target, with the line of perfect predictions."""
    chosen = spread(len(truth), MOST_POINTS)
    truth, predicted = truth[chosen], predicted[chosen]
    both = [*truth.tolist(), *predicted.tolist()]
    x = linear_scale(both, LEFT, WIDTH - 16)
    y = linear_scale(both, HEIGHT - BOTTOM, TOP + 8)
    marks = axes(x, y, f"true {target}", "predicted")
    marks.append(f'<path class="best" d="M{x(x.low):g} {y(x.low):g}L{x(x.high):g} {y(x.high):g}"/>')
    points = zip(truth.tolist(), predicted.tolist(), strict=True)
    marks += [f'<circle class="dot dev faint" cx="{x(a):g}" cy="{y(b):g}" r="3"/>' for a, b in points]
    correlation = np.corrcoef(truth, predicted)[0, 1] if truth.std() and predicted.std() else 0.0
    words = f"Predicted against true for {len(truth)} dev examples; their correlation is {correlation:.2f}."
    return svg(words, marks)


def boundary(
    plane: Plane, points: Array, targets: Array, classes: Sequence[str], names: Sequence[str], split: str
) -> Markup:
    """The region of each class for a network of two inputs, and one split's points on them.

    Each class has its own mark (a disc, a cross, a triangle, ...), so that classes can be told apart without colour.
    """
    size, start = 400, 44
    x = Scale(float(plane.x[0]), float(plane.x[-1]), start, size - 8)
    y = Scale(float(plane.y[0]), float(plane.y[-1]), size - BOTTOM, 20)
    marks = [*regions(plane, x, y), *axes(x, y, *names), *class_points(points, targets, len(classes), x, y)]
    words = f"The regions in which each class is answered, and {len(points)} {split} examples: "
    counts = [f"{int((targets == k).sum())} of class {name}" for k, name in enumerate(classes)]
    return svg(words + ", ".join(counts) + ".", marks, width=size, height=size)


def small_boundary(plane: Plane, points: Array, targets: Array, epoch: int) -> Markup:
    """The same after an epoch, small and without axes: pictures of one run have the same range."""
    x = Scale(float(plane.x[0]), float(plane.x[-1]), 1, SMALL_SIDE - 1)
    y = Scale(float(plane.y[0]), float(plane.y[-1]), SMALL_SIDE - 1, 1)
    classes = plane.margins.shape[2]
    shares = np.bincount(plane.margins.argmax(axis=2).ravel(), minlength=classes) / plane.margins[..., 0].size
    words = f"The regions after epoch {epoch}, as shares of the plane: {', '.join(map(shown, shares.tolist()))}."
    marks = [*regions(plane, x, y), *class_points(points, targets, classes, x, y)]
    return svg(words, marks, width=SMALL_SIDE, height=SMALL_SIDE)


def regions(plane: Plane, x: Scale, y: Scale) -> list[str]:
    """The frame of the plane and the region of each class."""
    width, height = x.end - x.start, y.start - y.end
    marks = [f'<rect class="frame" x="{x.start:g}" y="{y.end:g}" width="{width:g}" height="{height:g}"/>']
    for k in range(plane.margins.shape[2]):
        marks.append(f'<path class="region class{k % 4}" d="{region_path(plane, k, x, y)}"/>')
    return marks


def class_points(points: Array, targets: Array, classes: int, x: Scale, y: Scale) -> list[str]:
    """A path for each class with the marks of its points (m, 2)."""
    marks = []
    for k in range(classes):
        d = "".join(MARKS[k % len(MARKS)].format(x=x(a), y=y(b)) for a, b in points[targets == k].tolist())
        marks.append(f'<path class="point class{k % 4}" d="{d}"/>')
    return marks


# The mark of each class, as a path around (x, y).
MARKS = (
    "M{x} {y}m-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0z",
    "M{x} {y}m-3.2 -3.2l6.4 6.4m0 -6.4l-6.4 6.4",
    "M{x} {y}m0 -3.8l3.6 6.4h-7.2z",
    "M{x} {y}m-3 -3h6v6h-6z",
)


def region_path(plane: Plane, k: int, x: Scale, y: Scale) -> str:
    """The outlines, holes included, of the region where class k is answered."""
    from contourpy import FillType, contour_generator

    margins = plane.margins[:, :, k]
    if not np.isfinite(margins).all():
        return ""
    regions = contour_generator(plane.x, plane.y, margins, fill_type=FillType.OuterOffset)
    rings = [
        points[start:end]
        for points, offsets in zip(*regions.filled(0.0, math.inf), strict=True)
        for start, end in itertools.pairwise(offsets.tolist())
    ]
    return "".join("M" + "L".join(f"{x(a):g} {y(b):g}" for a, b in ring.tolist()) + "Z" for ring in rings)


# What a PNG's header calls a picture of grey levels, and one of red, green and blue.
PNG_GREY, PNG_COLOUR = 0, 2


def image_source(values: Array, low: float, high: float) -> str:
    """A picture (h, w) of grey levels, or (h, w, 3) in colour, from low (black) to high (white), as a data URL."""
    span = (high - low) or 1.0
    levels = np.clip((values - low) / span * 255, 0, 255).round().astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in levels)
    colours = PNG_COLOUR if levels.ndim == 3 else PNG_GREY
    header = struct.pack(">IIBBBBB", levels.shape[1], levels.shape[0], 8, colours, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG file: its length, kind, data and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
