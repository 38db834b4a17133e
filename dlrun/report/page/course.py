"""How the network came to be what it is: its decision boundary and the spread of its weights, epoch by epoch.

Both sections are made from the snapshots of a run; one without any has neither.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from ...inspection import PageContents
from ...nn.snapshots import LayerWeights, evenly, layer_weights
from ..text import shown
from . import figures
from .drawing import BOTTOM, LEFT, RIGHT, WIDTH, even_ticks, spread, svg, text_at, tick_text
from .heaps import outline, weight_scale

# The most points on a small picture; more would hide each other and its regions.
MOST_POINTS = 120

# The height from heap to heap in pixels, and how many of these the highest bar takes: heaps may reach into each other.
ROW, REACH = 26, 1.35

TICKS = 6


class AtEpoch(NamedTuple):
    """The boundary after an epoch. errors : those of train and dev then, in words, where they were measured."""

    epoch: int
    is_kept: bool
    picture: Markup
    errors: str | None


def boundaries(contents: PageContents) -> list[AtEpoch]:
    """The decision boundary after some epochs, of a network of two inputs, with training points."""
    examples, run = contents.run.examples, contents.run
    if not contents.course or examples is None or len(contents.course) < 2:
        return []
    chosen = spread(len(examples["train_inputs"]), MOST_POINTS)
    points, targets = examples["train_inputs"][chosen], examples["train_targets"][chosen]
    measured = {
        line.epoch: f"train {shown(line.train_error)}, dev {shown(line.dev_error)}"
        for line in run.metrics
        if line.train_error is not None and line.dev_error is not None
    }
    kept = run.result.kept_epoch if run.result else None
    return [
        AtEpoch(epoch, epoch == kept, figures.small_boundary(plane, points, targets, epoch), measured.get(epoch))
        for epoch, plane in contents.course.items()
    ]


class Heap(NamedTuple):
    """The weights of a layer after an epoch. is_kept : whether they are those that the run has kept."""

    epoch: int
    weights: LayerWeights
    is_kept: bool = False


class LayerHeaps(NamedTuple):
    """A layer's weights after some epochs, and the layer in words."""

    title: str
    picture: Markup


class Heaps(NamedTuple):
    """The layers' weights after some epochs. strength : lambda, of the penalty on them. has_kept : see `Heap`."""

    layers: tuple[LayerHeaps, ...]
    strength: str
    has_kept: bool


def heaps(contents: PageContents) -> Heaps | None:
    """How the weights of each layer are spread after some epochs; None without snapshots."""
    run, layers = contents.run, []
    kept = run.result.kept_epoch if run.result else None
    has_kept = False
    for at, layer in enumerate(run.snapshots[0].layers if run.snapshots else ()):
        of_layer = [Heap(one.epoch, one.layers[at]) for one in run.snapshots]
        W = (run.model or {}).get(f"W{layer.layer}")
        if kept is not None and W is not None and np.isfinite(W).all():
            own = layer_weights(layer.layer, evenly(W if W.ndim == 2 else W[0]))  # of an ensemble, the first network's
            of_layer = [heap for heap in of_layer if heap.epoch != kept] + [Heap(kept, own, is_kept=True)]
            has_kept = True
        size = "" if W is None else f", {W.shape[-2]} × {W.shape[-1]}"
        of_layer.sort(key=lambda heap: heap.epoch)
        layers.append(LayerHeaps(f"Layer {layer.layer}{size}", picture_of(layer.layer, of_layer)))
    if not layers:
        return None
    return Heaps(tuple(layers), tick_text(contents.overview.config["regularization"]["lambda"]), has_kept)


def picture_of(number: int, of_layer: Sequence[Heap]) -> Markup:
    """Histograms below each other on one scale, each as high as the others, with the standard deviations beside."""
    top, bottom = round(ROW * REACH) + 12, len(of_layer) * ROW + round(ROW * (REACH - 1)) + 12
    x = weight_scale([heap.weights for heap in of_layer], LEFT + 4, WIDTH - RIGHT)
    marks = [text_at(2, 10, "epoch", "label"), text_at(WIDTH, 10, "std. deviation", "label", "end")]
    for tick in even_ticks(x.low, x.high, TICKS):
        marks.append(f'<path class="grid" d="M{x(tick):g} {top - ROW:g}V{bottom:g}"/>')
        marks.append(text_at(x(tick), bottom + 17, tick_text(tick), "tick", "middle"))
    for row, heap in enumerate(of_layer):
        base, kind = top + row * ROW, "name" if heap.is_kept else "tick"
        marks.append(f'<path class="heap" d="{outline(heap.weights, x, base, ROW * REACH)}"/>')
        marks.append(text_at(LEFT - 6, base, heap.epoch, kind, "end"))
        marks.append(text_at(WIDTH, base, f"{heap.weights.deviation:.3g}", kind, "end"))
    marks.append(text_at((x.start + x.end) / 2, bottom + 35, "weight", "label", "middle"))
    first, last = of_layer[0], of_layer[-1]
    words = (
        f"Histograms of the weights of layer {number} after {len(of_layer)} epochs. Their standard deviation goes from "
        f"{first.weights.deviation:.3g} at epoch {first.epoch} to {last.weights.deviation:.3g} at epoch {last.epoch}."
    )
    return svg(words, marks, height=bottom + BOTTOM)
