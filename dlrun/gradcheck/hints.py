"""Turns a failed check into hints: where the fault is and what it may be, in words, with evidence, never as certain.

A fault in dJ/dZ of one layer makes that layer and all below it wrong, so the topmost failing layer is examined first.
"""

import numpy as np

from ..arrays import Array
from .check import Evidence, same_cost
from .hypotheses import predictions
from .patterns import FITS, Clue, misfit, patterns_of
from .reports import GradientReport
from .sampling import tensor_ranges
from .tensor_checks import PASS, Where
from .textbook import LOSS_SLOPES, Textbook


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
    index, is_matrix = worst.worst.index, len(worst.worst.index) == 2
    return Where(
        layer,
        tuple(tensor.name for tensor in here),
        worst.name,
        index,
        unit=index[-1],
        row=index[0] if is_matrix else None,
        column=index[-1] if is_matrix else None,
        analytic=worst.worst.analytic,
        numeric=worst.worst.numeric,
        failed=names,
        scope=scope,
        words=words,
    )


def scope_of(failed: tuple[str, ...], layer: int, depth: int, passed: set[str]) -> tuple[str, str]:
    """A word and a sentence that say which tensors fail together."""
    kinds, layers = {name[0] for name in failed}, {layer_of(name) for name in failed}
    if len(failed) == 1:
        return "one_tensor", f"only {failed[0]} is off"
    if kinds == {"W", "b"} and any(name[0] == "W" and layer_of(name) <= layer for name in passed):
        return "several_places", f"{', '.join(failed)} are off, others of the layer and below are right: several places"
    if kinds == {"b"}:
        return "only_biases", "only biases are off: the products behind dW use the same dZ, so look at the sums in db"
    if kinds == {"W"} and depth > 1 and len(layers) == depth:
        return "only_weights", "all weights and no biases are off: look at the penalty, and at what dW multiplies"
    if kinds == {"W"}:
        return "only_weights", "only weights are off, and dZ is right where db is: look at what dW multiplies"
    if len(layers) == 1:
        return "one_layer", f"only layer {layer} is off, and what it passes to the layers below is right"
    if layer == depth and not passed:
        return "all_layers", "every layer is off, from the outputs down: look at the loss's slope"
    return "layer_and_below", f"layer {layer} and below are off, and all above is right: look at dZ of layer {layer}"


def clues_for(evidence: Evidence, report: GradientReport) -> list[Clue]:
    """Clues on the topmost layer that fails, the best first; empty if nothing failed."""
    where = locate(report, evidence.problem.network.depth)
    if where is None:
        return [] if same_cost(report.shipped_cost, report.numeric_cost) else [cost_clue(report)]
    clues = [*formula_clues(evidence, where), *pattern_clues(evidence, where), place_clue(where)]
    return distinct(sorted(clues, key=lambda clue: clue.rank))


def cost_clue(report: GradientReport) -> Clue:
    words = "the cost itself is off: the forward pass or the loss is not what the numeric side takes it for"
    evidence = f"the code's cost is {report.shipped_cost:.12g}, the numeric side's {report.numeric_cost:.12g}"
    return Clue("cost", "", words, evidence, 1.0, 1)


def distinct(clues: list[Clue]) -> list[Clue]:
    """Each cause once for each tensor, with its best evidence."""
    seen: dict[tuple[str, str], Clue] = {}
    for clue in clues:
        seen.setdefault((clue.cause, clue.tensor), clue)
    return list(seen.values())


def place_clue(where: Where) -> Clue:
    evidence = f"off: {', '.join(where.failed)}"
    return Clue(where.scope, where.tensor, where.words, evidence, 1.0, 3)


def layer_views(evidence: Evidence, layer: int) -> list[tuple[str, Array, Array, Array]]:
    """For W and b of a layer: name, tensor, positions among the measured entries, and local indices in the tensor."""
    views, problem = [], evidence.problem
    pairs = zip(problem.parameters.tensors().items(), tensor_ranges(problem), strict=True)
    for (name, tensor), (start, end) in pairs:
        if layer_of(name) == layer:
            entries = evidence.measured.entries
            here = np.flatnonzero((entries >= start) & (entries < end) & ~evidence.measured.kink)
            views.append((name, tensor, here, entries[here] - start))
    return views


def formula_clues(evidence: Evidence, where: Where) -> list[Clue]:
    """Causes whose formula reproduces the analytic gradient of the layer, W and b together."""
    if evidence.problem.network.loss not in LOSS_SLOPES or where.layer is None:
        return []
    (_, _, at_W, in_W), (_, _, at_b, in_b) = layer_views(evidence, where.layer)
    given_W, given_b = evidence.analytic[at_W], evidence.analytic[at_b]
    book, clues = Textbook(evidence.problem), []
    right_W, right_b = book.gradient(where.layer - 1)
    with np.errstate(all="ignore"):
        for cause, words, dW, db in predictions(book, where.layer - 1):
            if misfit(dW, right_W) < FITS and misfit(db, right_b) < FITS:
                continue  # the mistake makes no difference here, so it explains nothing
            left = max(misfit(dW.ravel()[in_W], given_W), misfit(db.ravel()[in_b], given_b))
            if left < FITS:
                names = " and ".join(f"d{name}" for name in where.tensors)
                sentence = f"with this mistake {names} would be what the code gives, to {max(left, 1e-16):.0e}"
                clues.append(Clue(cause, where.tensor, words, sentence, left, 0))
    return clues


def pattern_clues(evidence: Evidence, where: Where) -> list[Clue]:
    """Patterns of each failing tensor by itself: those of the layer, or all of them if there are several faults.

    Only tensors that were measured in every entry: a sample has no rows and columns.
    """
    clues = []
    layers = {layer_of(name) for name in where.failed} if where.scope == "several_places" else {layer_of(where.tensor)}
    for layer in sorted(layers, reverse=True):
        for name, tensor, here, local in layer_views(evidence, layer):
            if name in where.failed and len(local) == tensor.size:
                analytic = evidence.analytic[here].reshape(tensor.shape)
                numeric = evidence.measured.slope[here].reshape(tensor.shape)
                clues += patterns_of(name, analytic, numeric, tensor)
    return clues
