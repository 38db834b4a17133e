"""One check: compares a problem's analytic gradient with its numeric one, tensor by tensor.

The walk through all situations is made of such checks.
"""

from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import CheckFailed
from .judging import (
    LOOK_CLOSER,
    entry_tolerance,
    judgement,
    norm,
    relative_difference,
    suspects_among,
    verdict_of,
    verdict_on,
    worst_entry,
)
from .measuring import SECOND_LOOKS, Measured, confirmed, kinks_off, measure
from .options import CheckOptions, Progress
from .problem import GradientFunction, Problem, shipped_cost, shipped_gradient
from .reports import GradientReport
from .sampling import choose_entries, tensor_ranges
from .tensor_checks import FAIL, PASS, UNVERIFIABLE, TensorCheck

# The shipped cost and the numeric side's form of it are sums of the same terms: they differ only by rounding.
SAME_COST = 1e-9


class Evidence(NamedTuple):
    """What a report is made from: analytic (K,) and measured slopes of the same parameters of a problem."""

    problem: Problem
    analytic: Array
    measured: Measured


def same_cost(shipped: float, numeric: float) -> bool:
    """Whether the two forms of the cost agree; if not, their gradients differ too."""
    return abs(shipped - numeric) <= SAME_COST * max(1.0, abs(numeric))


def check_problem(
    problem: Problem,
    options: CheckOptions | None = None,
    *,
    gradient_function: GradientFunction = shipped_gradient,
    rng: np.random.Generator | None = None,
    progress: Progress | None = None,
) -> GradientReport:
    """Check one problem, as `examine` does."""
    report, _ = examine(
        problem, options or CheckOptions(), gradient_function=gradient_function, rng=rng, progress=progress
    )
    return report


def examine(
    problem: Problem,
    options: CheckOptions,
    *,
    gradient_function: GradientFunction = shipped_gradient,
    rng: np.random.Generator | None = None,
    progress: Progress | None = None,
) -> tuple[GradientReport, Evidence]:
    """Check one problem. gradient_function : the gradient to check, by default the shipped one.

    If a full check would take longer than the options' max_seconds, it draws a sample of each tensor from rng.
    Raises CheckFailed where the cost is not finite, since it then has no slope.
    """
    rng, cost = rng or np.random.default_rng(0), shipped_cost(problem)
    if not np.isfinite(cost):
        net = "-".join(str(size) for size in problem.network.sizes)
        raise CheckFailed(
            f"gradient check of the net {net}: found a cost of {cost}; "
            "scale the inputs or begin with smaller weights, so that it is finite"
        )
    entries = choose_entries(problem, options.epsilon, options.max_seconds, options.memory_bytes, rng)
    analytic = gradient_function(problem).flat[entries]
    measured = measure(problem, entries, options.epsilon, memory_bytes=options.memory_bytes, progress=progress)
    evidence, tensors = Evidence(problem, analytic, measured), []
    for (start, end), (name, tensor) in zip(tensor_ranges(problem), problem.parameters.tensors().items(), strict=True):
        here = np.flatnonzero((entries >= start) & (entries < end))
        tensors.append(check_tensor(evidence, options.memory_bytes, name, tensor.shape, start, here))
    return reported(evidence, tuple(tensors), cost, options.epsilon), evidence


def reported(evidence: Evidence, tensors: tuple[TensorCheck, ...], cost: float, epsilon: float) -> GradientReport:
    """The report on all tensors: fail if the cost or any tensor is wrong; else the verdict of the tensors."""
    problem, measured = evidence.problem, evidence.measured
    verdict = verdict_of(tensor.verdict for tensor in tensors) if same_cost(cost, measured.cost) else FAIL
    smooth = ~measured.kink
    relative = relative_difference(measured.slope[smooth], evidence.analytic[smooth])
    n_parameters, n_checked = problem.parameters.flat.size, sum(tensor.n_checked for tensor in tensors)
    return GradientReport(
        passed=verdict == PASS,
        verdict=verdict,
        relative_difference=relative,
        judgement=judgement(relative),
        epsilon=epsilon,
        n_examples=len(problem.X),
        n_parameters=n_parameters,
        n_checked=n_checked,
        sampled=n_checked < n_parameters,
        n_kinks=sum(tensor.n_kinks for tensor in tensors),
        n_retried=measured.n_retried,
        shipped_cost=cost,
        numeric_cost=measured.cost,
        tensors=tensors,
    )


def check_tensor(
    evidence: Evidence, memory_bytes: int, name: str, shape: tuple[int, ...], start: int, here: Array
) -> TensorCheck:
    """Judge one tensor, which begins at `start`: the measured entries at the positions `here` belong to it."""
    problem, analytic, measured = evidence
    smooth = here[~measured.kink[here]]
    numeric, given, floors = measured.slope[smooth], analytic[smooth], measured.floors[smooth]
    off = np.abs(numeric - given)
    beyond = off / entry_tolerance(numeric, given, floors) if len(smooth) else off
    broken_kinks = kinks_off(measured, analytic, here)
    n_off = int((beyond > 1).sum())
    verdict = verdict_on(numeric, given, floors, n_off=n_off)
    if verdict == FAIL and np.isfinite(off).all():
        suspects = smooth[suspects_among(off, beyond, SECOND_LOOKS)]
        if len(confirmed(problem, measured, analytic, suspects, memory_bytes)) == 0:
            verdict = PASS if norm(floors) <= LOOK_CLOSER * norm(numeric) else UNVERIFIABLE
    if len(smooth) == 0 and len(here):
        verdict = PASS
    verdict = FAIL if len(broken_kinks) else verdict
    candidates = broken_kinks if len(broken_kinks) else (smooth if len(smooth) else here)
    worst = candidates[np.argmax(np.abs(measured.slope[candidates] - analytic[candidates]))]
    relative = relative_difference(numeric, given)
    return TensorCheck(
        name,
        shape,
        relative,
        judgement(relative),
        worst_entry(measured.entries[worst] - start, shape, analytic[worst], measured.slope[worst]),
        verdict,
        n_checked=len(here),
        n_kinks=int(measured.kink[here].sum()),
        n_kinks_off=len(broken_kinks),
        n_off=n_off if verdict == FAIL else 0,
        floor=norm(floors),
    )
