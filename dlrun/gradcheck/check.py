"""One check: a problem's analytic gradient against its numeric one, tensor by tensor. All else is built from this."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..errors import CheckFailed
from ..nn.arrays import Array
from ..nn.network import Network
from ..nn.parameters import Parameters
from .judging import (
    EPSILON,
    FAIL,
    LOOK_CLOSER,
    PASS,
    UNVERIFIABLE,
    JudgedByParts,
    TensorCheck,
    entry_tolerance,
    judgement,
    relative_difference,
    suspects_among,
    verdict_on,
)
from .measuring import SECOND_LOOKS, Measured, confirmed, kinks_off, measure
from .numeric import MEMORY_BYTES
from .problem import GradientFunction, Problem, shipped_cost, shipped_gradient
from .sampling import choose_entries, tensor_ranges

# The shipped cost and the numeric side's own form of it are sums of the same terms: they differ by rounding.
SAME_COST = 1e-9


@dataclass(frozen=True)
class GradientReport(JudgedByParts):
    """The whole network, and each tensor. `analytic` and `measured` are the evidence, for hints; not in the dict.

    shipped_cost, numeric_cost : the cost at the point by the code under check, and as the numeric side writes it.
    """

    relative_difference: float
    epsilon: float
    n_examples: int
    n_parameters: int
    tensors: tuple[TensorCheck, ...]
    shipped_cost: float
    numeric_cost: float
    n_retried: int
    analytic: Array = field(repr=False)
    measured: Measured = field(repr=False)

    @property
    def same_cost(self) -> bool:
        """Whether the two forms of the cost agree; if not, the gradient of the one is not that of the other."""
        return abs(self.shipped_cost - self.numeric_cost) <= SAME_COST * max(1.0, abs(self.numeric_cost))

    @property
    def parts(self) -> tuple[TensorCheck, ...]:
        return self.tensors

    @property
    def verdict(self) -> str:
        """fail if the cost or any tensor is off; else as the tensors have it."""
        return super().verdict if self.same_cost else FAIL

    @property
    def n_checked(self) -> int:
        return sum(tensor.n_checked for tensor in self.tensors)

    @property
    def n_kinks(self) -> int:
        return sum(tensor.n_kinks for tensor in self.tensors)

    def to_dict(self) -> dict:
        return {
            "passed": self.passed,
            "verdict": self.verdict,
            "relative_difference": self.relative_difference,
            "judgement": judgement(self.relative_difference),
            "epsilon": self.epsilon,
            "n_examples": self.n_examples,
            "n_parameters": self.n_parameters,
            "n_checked": self.n_checked,
            "sampled": self.n_checked < self.n_parameters,
            "n_kinks": self.n_kinks,
            "n_retried": self.n_retried,
            "shipped_cost": self.shipped_cost,
            "numeric_cost": self.numeric_cost,
            "tensors": [tensor.to_dict() for tensor in self.tensors],
        }


def check_network(
    network: Network,
    parameters: Parameters,
    X: Array,
    Y: Array,
    *,
    l2_lambda: float = 0.0,
    epsilon: float = EPSILON,
    mask_rng: np.random.Generator | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GradientReport:
    """Check the gradient of the cost, penalty included, at these parameters on the rows of X (m, n_in).

    mask_rng : where keep_probs are below 1, the masks are drawn from it once and stay as they are throughout.
    progress : called with the number of parameters checked so far, and of all.
    """
    drops = any(keep < 1 for keep in network.keep_probs)
    if mask_rng is None and drops:
        raise ValueError("a network with dropout needs mask_rng, which draws the masks that are then kept")
    mask_seed = int(mask_rng.integers(2**63)) if drops else None
    return check_problem(
        Problem(network, parameters, X, Y, l2_lambda, mask_seed=mask_seed), epsilon=epsilon, progress=progress
    )


def check_problem(
    problem: Problem,
    *,
    epsilon: float = EPSILON,
    gradient_function: GradientFunction = shipped_gradient,
    max_seconds: float | None = None,
    memory_bytes: int = MEMORY_BYTES,
    rng: np.random.Generator | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GradientReport:
    """Check one problem. gradient_function : what is under check, the shipped one unless given.

    max_seconds : beyond it, a sample of each tensor is checked, drawn from rng; None checks every parameter.
    Raises CheckFailed where the cost is not finite, since it then has no slope.
    """
    rng, cost = rng or np.random.default_rng(0), shipped_cost(problem)
    if not np.isfinite(cost):
        net = "-".join(str(size) for size in problem.network.sizes)
        raise CheckFailed(
            f"gradient check of the net {net}: found a cost of {cost}; "
            "scale the inputs or begin with smaller weights, so that it is finite"
        )
    entries = choose_entries(problem, epsilon, max_seconds, memory_bytes, rng)
    analytic = gradient_function(problem).flat[entries]
    measured = measure(problem, entries, epsilon, memory_bytes=memory_bytes, progress=progress)
    tensors = []
    for (start, end), (name, tensor) in zip(tensor_ranges(problem), problem.parameters.tensors().items(), strict=True):
        here = np.flatnonzero((entries >= start) & (entries < end))
        tensors.append(check_tensor(problem, name, tensor.shape, start, here, analytic, measured, memory_bytes))
    smooth = ~measured.kink
    return GradientReport(
        relative_difference(measured.slope[smooth], analytic[smooth]),
        epsilon,
        len(problem.X),
        problem.parameters.flat.size,
        tuple(tensors),
        cost,
        measured.cost,
        measured.n_retried,
        analytic,
        measured,
    )


def check_tensor(problem, name, shape, start, here, analytic, measured, memory_bytes) -> TensorCheck:
    """Judge the positions `here` of the measured entries, which are the tensor that begins at `start`."""
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
            verdict = PASS if np.linalg.norm(floors) <= LOOK_CLOSER * np.linalg.norm(numeric) else UNVERIFIABLE
    if len(smooth) == 0 and len(here):
        verdict = PASS
    verdict = FAIL if len(broken_kinks) else verdict
    candidates = broken_kinks if len(broken_kinks) else (smooth if len(smooth) else here)
    worst = candidates[np.argmax(np.abs(measured.slope[candidates] - analytic[candidates]))]
    index = tuple(int(i) for i in np.unravel_index(measured.entries[worst] - start, shape))
    return TensorCheck(
        name,
        tuple(shape),
        relative_difference(numeric, given),
        verdict,
        index,
        float(analytic[worst]),
        float(measured.slope[worst]),
        n_checked=len(here),
        n_kinks=int(measured.kink[here].sum()),
        n_kinks_off=len(broken_kinks),
        n_off=n_off if verdict == FAIL else 0,
        floor=float(np.linalg.norm(floors)),
    )
