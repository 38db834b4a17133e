"""From a failed check to where the fault is and what it looks like: in words, with evidence, never as a certainty.

A fault in dJ/dZ of one layer spoils that layer and all below it, so the topmost layer that fails is looked at first.
"""

from dataclasses import dataclass

import numpy as np

from .check import GradientReport
from .hypotheses import predictions
from .judging import PASS, finite_or_none
from .patterns import FITS, Hint, misfit, patterns_of
from .problem import Problem
from .sampling import tensor_ranges
from .textbook import LOSS_SLOPES, Textbook


@dataclass(frozen=True)
class Where:
    """The place of a fault. layer counts from 1, the topmost that fails; scope says how the others stand to it."""

    layer: int
    tensors: tuple[str, ...]
    tensor: str
    index: tuple[int, ...]
    analytic: float
    numeric: float
    failed: tuple[str, ...]
    scope: str
    words: str

    def to_dict(self) -> dict:
        return {
            "layer": self.layer,
            "tensors": list(self.tensors),
            "tensor": self.tensor,
            "index": list(self.index),
            "unit": self.index[-1],
            "row": self.index[0] if len(self.index) == 2 else None,
            "column": self.index[-1] if len(self.index) == 2 else None,
            "analytic": finite_or_none(self.analytic),
            "numeric": finite_or_none(self.numeric),
            "failed": list(self.failed),
            "scope": self.scope,
            "words": self.words,
        }


def layer_of(name: str) -> int:
    return int(name[1:])


def locate(report: GradientReport, depth: int) -> Where | None:
    """Where a failed check points to, or None if no tensor failed."""
    failed = report.failed
    if not failed:
        return None
    layer = max(layer_of(tensor.name) for tensor in failed)
    here = [tensor for tensor in failed if layer_of(tensor.name) == layer]
    worst = max(here, key=lambda tensor: tensor.relative_difference)
    names = tuple(tensor.name for tensor in failed)
    scope, words = scope_of(names, layer, depth, {t.name for t in report.tensors if t.verdict == PASS})
    return Where(
        layer,
        tuple(tensor.name for tensor in here),
        worst.name,
        worst.worst_index,
        worst.worst_analytic,
        worst.worst_numeric,
        names,
        scope,
        words,
    )


def scope_of(failed: tuple[str, ...], layer: int, depth: int, passed: set[str]) -> tuple[str, str]:
    """A word and a sentence on which tensors fail together."""
    kinds, layers = {name[0] for name in failed}, {layer_of(name) for name in failed}
    if len(failed) == 1:
        return "one_tensor", f"only {failed[0]} is off"
    if kinds == {"W", "b"} and any(name[0] == "W" and layer_of(name) <= layer for name in passed):
        return "several_places", f"{', '.join(failed)} are off and others beside and below are right: several places"
    if kinds == {"b"}:
        return "only_biases", "only biases are off: the products behind dW use the same dZ, so look at the sums in db"
    if kinds == {"W"} and depth > 1 and len(layers) == depth:
        return "only_weights", "all weights and no biases are off: look at the penalty, and at what dW multiplies"
    if kinds == {"W"}:
        return "only_weights", "only weights are off, and dZ is right where db is: look at what dW multiplies"
    if len(layers) == 1:
        return "one_layer", f"only layer {layer} is off, and what it hands on to the layers below is right"
    if layer == depth and not passed:
        return "all_layers", "every layer is off, from the outputs down: look at the loss's slope"
    return "layer_and_below", f"layer {layer} and below are off, and all above is right: look at dZ of layer {layer}"


def hints_for(problem: Problem, report: GradientReport) -> list[Hint]:
    """Hints on the topmost layer that fails, the best first; empty if nothing failed."""
    where = locate(report, problem.network.depth)
    if where is None:
        return [] if report.same_cost else [cost_hint(report)]
    hints = [*formula_hints(problem, report, where), *pattern_hints(problem, report, where), place_hint(where)]
    return distinct(sorted(hints, key=lambda hint: hint.rank))


def cost_hint(report: GradientReport) -> Hint:
    words = "the cost itself is off: the forward pass or the loss is not what the numeric side takes it for"
    evidence = f"the code's cost is {report.shipped_cost:.12g}, the numeric side's {report.numeric_cost:.12g}"
    return Hint("cost", "", words, evidence, 1.0, 1)


def distinct(hints: list[Hint]) -> list[Hint]:
    """Each cause once a tensor, its best evidence kept."""
    seen: dict[tuple[str, str], Hint] = {}
    for hint in hints:
        seen.setdefault((hint.cause, hint.tensor), hint)
    return list(seen.values())


def place_hint(where: Where) -> Hint:
    evidence = f"off: {', '.join(where.failed)}"
    return Hint(where.scope, where.tensor, where.words, evidence, 1.0, 3)


def layer_views(problem: Problem, report: GradientReport, layer: int):
    """Of W and b of a layer: name, positions among the measured entries, and local indices in the tensor."""
    views = []
    pairs = zip(problem.parameters.tensors().items(), tensor_ranges(problem), strict=True)
    for (name, tensor), (start, end) in pairs:
        if layer_of(name) == layer:
            entries = report.measured.entries
            here = np.flatnonzero((entries >= start) & (entries < end) & ~report.measured.kink)
            views.append((name, tensor, here, entries[here] - start))
    return views


def formula_hints(problem: Problem, report: GradientReport, where: Where) -> list[Hint]:
    """Causes whose formula reproduces the analytic gradient of the layer, W and b together."""
    if problem.network.loss not in LOSS_SLOPES:
        return []
    (_, _, at_W, in_W), (_, _, at_b, in_b) = layer_views(problem, report, where.layer)
    given_W, given_b = report.analytic[at_W], report.analytic[at_b]
    book, hints = Textbook(problem), []
    right_W, right_b = book.gradient(where.layer - 1)
    with np.errstate(all="ignore"):
        for cause, words, dW, db in predictions(book, where.layer - 1):
            if misfit(dW, right_W) < FITS and misfit(db, right_b) < FITS:
                continue  # here it makes no difference, so it explains none
            left = max(misfit(dW.ravel()[in_W], given_W), misfit(db.ravel()[in_b], given_b))
            if left < FITS:
                names = " and ".join(f"d{name}" for name in where.tensors)
                evidence = f"so reckoned, {names} would be as the code has it, to {max(left, 1e-16):.0e}"
                hints.append(Hint(cause, where.tensor, words, evidence, left, 0))
    return hints


def pattern_hints(problem: Problem, report: GradientReport, where: Where) -> list[Hint]:
    """Patterns of failing tensors, taken singly: of the layer, or of all where their faults are several.

    Only of tensors that were measured entry by entry: a sample has no rows and columns.
    """
    hints = []
    layers = {layer_of(name) for name in where.failed} if where.scope == "several_places" else {where.layer}
    for layer in sorted(layers, reverse=True):
        for name, tensor, here, local in layer_views(problem, report, layer):
            if name in where.failed and len(local) == tensor.size:
                analytic = report.analytic[here].reshape(tensor.shape)
                numeric = report.measured.slope[here].reshape(tensor.shape)
                hints += patterns_of(name, analytic, numeric, tensor)
    return hints
