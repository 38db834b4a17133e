"""How the weights of each layer are spread at each value of a swept key: a penalty pulls them together."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ...nn.snapshots import LayerWeights
from ...sweep.records import Drawn
from .drawing import LEFT, RIGHT, WIDTH, Scale, svg, text_at
from .heaps import outline, weight_scale

# The height from layer to layer in pixels, and that of the highest bar.
ROW, BAR = 40, 34


def weights_of(drawn: Drawn, numbers: Sequence[int]) -> Mapping[int, Markup]:
    """The pictures of the settings with these numbers whose weights are known, by number.

    A layer has the same scale in all of them, and layers have scales of their own: theirs lie far apart.
    """
    known = {number: drawn.weights[number] for number in numbers if number in drawn.weights}
    by_layer: dict[int, list[LayerWeights]] = {}
    for layers in known.values():
        for layer in layers:
            by_layer.setdefault(layer.layer, []).append(layer)
    scales = {number: weight_scale(layers, LEFT + 4, WIDTH - RIGHT) for number, layers in by_layer.items()}
    return {number: picture_of(layers, scales) for number, layers in known.items()}


def picture_of(layers: Sequence[LayerWeights], scales: Mapping[int, Scale]) -> Markup:
    """The histogram of each layer's weights, the first layer above, with its standard deviation beside."""
    marks = [text_at(2, 10, "layer", "label"), text_at(WIDTH, 10, "weights' std. deviation", "label", "end")]
    for row, layer in enumerate(layers, start=1):
        x, base = scales[layer.layer], 12 + row * ROW
        zero = min(max(x(0.0), x.start), x.end)
        marks.append(f'<path class="grid" d="M{zero:g} {base - BAR:g}V{base:g}"/>')
        marks.append(f'<path class="axis" d="M{x.start:g} {base:g}H{x.end:g}"/>')
        marks.append(f'<path class="heap" d="{outline(layer, x, base, BAR)}"/>')
        marks.append(text_at(LEFT - 6, base, layer.layer, "tick", "end"))
        marks.append(text_at(WIDTH, base, f"{layer.deviation:.3g}", "tick", "end"))
    deviations = ", ".join(f"layer {layer.layer} {layer.deviation:.3g}" for layer in layers)
    label = f"Histograms of the weights of each layer. Their standard deviations: {deviations}."
    return svg(label, marks, height=12 + len(layers) * ROW + 8)
