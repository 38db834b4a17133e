"""Encodings of numbers as ONNX computes them: filled and scaled numbers in, the inputs that are made of them out.

The counterpart of nn/encodings.py, whose numbers it gives to rounding. Nodes are few however many the columns are: all
columns of a word are computed at once.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..data.preparation import FIRST_CODE, Preparation
from ..errors import UsageError
from ..nn.encodings import CLIP, Encoding, mean_shares
from .graph_builder import GraphBuilder


class Columns(NamedTuple):
    """The columns of a word: what was fitted to each, by name (P,); filled numbers x, scaled ones z, doubles [N, P]."""

    encodings: Mapping[str, Encoding]
    x: str
    z: str

    @property
    def kept(self) -> list[Array]:
        """What each keeps."""
        return [encoding.kept for encoding in self.encodings.values()]

    def first(self, value: str) -> "Made":
        """A value [N, P] as the first inputs."""
        return Made(value, [(name, "") for name in self.encodings])

    def further(self, value: str, part: slice = slice(None)) -> "Made":
        """A value [N, k] as this part of the further inputs of each column."""
        named = self.encodings.items()
        return Made(value, [(name, further) for name, own in named for further in own.further_names()[part]])


class Made(NamedTuple):
    """A value [N, k], and what each of its columns (k,) is: an input of a number by its name, "" for the first."""

    value: str
    inputs: list[tuple[str, str]]


def encoded(graph: GraphBuilder, preparation: Preparation, filled: str, scaled: str) -> tuple[str, str]:
    """The first inputs [N, p] and the further ones [N, k] of filled and scaled numbers [N, p]; "" for none.

    Raises UsageError for an encoding without nodes.
    """
    words = dict.fromkeys(encoding.word for encoding in preparation.encodings.values())
    if not words:
        return scaled, ""
    if unknown := [word for word in words if word not in NODES]:
        known = ", ".join(NODES)
        raise UsageError(f"--onnx: no nodes are known for the encoding {unknown[0]}; train with one of {known}")
    made = [Made(scaled, [(name, "") for name in preparation.numeric_columns])]
    for word in words:
        own = {name: encoding for name, encoding in preparation.encodings.items() if encoding.word == word}
        places = [preparation.numeric_columns.index(name) for name in own]
        x, z = (_chosen(graph, value, places, f"{word}: {value}") for value in (filled, scaled))
        made += NODES[word](graph, Columns(own, x, z))
    whole = graph.node("Concat", [one.value for one in made], "all inputs of numbers", axis=1)
    # A first input that comes again replaces the scaled number.
    at = {given: place for place, given in enumerate(given for one in made for given in one.inputs)}
    named = preparation.encodings.items()
    further = [at[name, further] for name, encoding in named for further in encoding.further_names()]
    first = _chosen(graph, whole, [at[name, ""] for name in preparation.numeric_columns], "first inputs")
    return first, _chosen(graph, whole, further, "further inputs") if further else ""


def target_means(graph: GraphBuilder, column: str, means: Array, codes: str) -> str:
    """The inputs [N, k] of a column of words with codes [N, 1], from its table (L + 2, k)."""
    held = graph.constant(f"{column}: mean targets", means)
    first = graph.constant(f"{column}: place of code 0", np.array(FIRST_CODE))
    place = graph.node("Add", [codes, first], f"{column}: place in the table")
    found = graph.node("Gather", [held, place], f"{column}: its row of the table", axis=0)
    shape = graph.constant(f"{column}: shape of mean targets", np.array([-1, means.shape[1]], dtype=np.int64))
    return graph.node("Reshape", [found, shape], f"{column}: mean target")


def _chosen(graph: GraphBuilder, value: str, places: list[int], name: str) -> str:
    """These columns of a value."""
    at = graph.constant(f"places of {name}", np.array(places, dtype=np.int64))
    return graph.node("Gather", [value, at], name, axis=1)


def _robust(graph: GraphBuilder, columns: Columns) -> list[Made]:
    median, factor = np.stack(columns.kept, axis=1)[:, None]
    centred = graph.node("Sub", [columns.x, graph.constant("robust: medians", median)], "robust: less the median")
    scaled = graph.node("Mul", [centred, graph.constant("robust: factors", factor)], "robust: scaled")
    share = graph.node("Div", [scaled, graph.constant("robust: clip", np.array(CLIP))], "robust: share of the clip")
    square = graph.node("Mul", [share, share], "robust: square of the share")
    sum_ = graph.node("Add", [square, graph.constant("robust: one", np.array(1.0))], "robust: one more")
    return [columns.first(graph.node("Div", [scaled, graph.node("Sqrt", [sum_], "robust: root")], "robust"))]


def _quantile(graph: GraphBuilder, columns: Columns) -> list[Made]:
    """Finds the last knot that is not above x by halving, and goes on from there along its slope."""
    size = 2 ** int(np.ceil(np.log2(max(kept.shape[1] for kept in columns.kept))))
    # Behind a column's last knot stand some that no number reaches.
    knots, normal, slopes = np.full((3, len(columns.kept), size), np.inf)
    for at, (x, z) in enumerate(columns.kept):
        knots[at, : len(x)], normal[at, : len(x)] = x, z
        slopes[at, : len(x)] = [*(np.diff(z) / np.diff(x)), 0]
    tables = {"knots": knots, "normal numbers": normal, "slopes": slopes}
    held = {name: graph.constant(f"quantile: {name}", table.ravel()) for name, table in tables.items()}
    least = graph.constant("quantile: first knots", knots[None, :, 0])
    number = graph.node("Max", [columns.x, least], "quantile: not below the knots")
    place = graph.constant("quantile: places of first knots", np.arange(len(knots))[None] * size)
    while size := size // 2:
        step = graph.constant(f"quantile: {size}", np.array(size))
        further = graph.node("Add", [place, step], f"quantile: {size} further")
        knot = graph.node("Gather", [held["knots"], further], f"quantile: knot {size} further")
        is_there = graph.node("GreaterOrEqual", [number, knot], f"quantile: is {size} further")
        place = graph.node("Where", [is_there, further, place], f"quantile: place to {size}")
    knot, value, slope = (graph.node("Gather", [table, place], f"quantile: own {name}") for name, table in held.items())
    beyond = graph.node("Sub", [number, knot], "quantile: beyond its knot")
    rise = graph.node("Mul", [beyond, slope], "quantile: rise")
    return [columns.first(graph.node("Add", [value, rise], "quantile"))]


def _piecewise(graph: GraphBuilder, columns: Columns) -> list[Made]:
    widths = [np.diff(edges) for edges in columns.kept]
    own = np.repeat(np.arange(len(widths)), [len(of_column) for of_column in widths]).tolist()
    number = _chosen(graph, columns.x, own, "piecewise: a number for each bin")
    lows = graph.constant("piecewise: lower edges", np.concatenate([edges[:-1] for edges in columns.kept])[None])
    above = graph.node("Sub", [number, lows], "piecewise: above the edge")
    share = graph.node(
        "Div", [above, graph.constant("piecewise: widths", np.concatenate(widths)[None])], "piecewise: shares"
    )
    ends = [graph.constant(f"piecewise: {end:g}", np.array(end)) for end in (0.0, 1.0)]
    parts = graph.node("Clip", [share, *ends], "piecewise: parts below")
    means = np.concatenate([mean_shares(len(of_column)) for of_column in widths])[None]
    return [columns.further(graph.node("Sub", [parts, graph.constant("piecewise: means", means)], "piecewise"))]


def _periodic(graph: GraphBuilder, columns: Columns) -> list[Made]:
    counts = [len(frequencies) for frequencies in columns.kept]
    own = np.repeat(np.arange(len(counts)), counts).tolist()
    number = _chosen(graph, columns.z, own, "periodic: a number for each frequency")
    turns = graph.constant("periodic: angles of a deviation", 2 * np.pi * np.concatenate(columns.kept)[None])
    angle = graph.node("Mul", [number, turns], "periodic: angles")
    # Each column names its sines first; all columns have equally many.
    half = counts[0]
    waves = (("Sin", slice(None, half)), ("Cos", slice(half, None)))
    return [
        columns.further(graph.node(operator, [angle], f"periodic: {operator.lower()}"), part)
        for operator, part in waves
    ]


# The nodes of each word of nn/encodings.py whose inputs are not only the scaled number.
NODES: Mapping[str, Callable[[GraphBuilder, Columns], list[Made]]] = {
    "robust": _robust,
    "quantile": _quantile,
    "piecewise": _piecewise,
    "periodic": _periodic,
}
