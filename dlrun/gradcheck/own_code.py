"""The gradient check for a person's own code: any cost of a dict of arrays, or of one array, with its gradient.

Such code gives nothing but numbers. So differences are taken one parameter at a time, a kink shows only as slopes that
differ on its two sides, and hints come only from the gradient's pattern.
"""

import time

import numpy as np

from ..arrays import Array
from .inputs import Arrays, CostFunction, GradientOf, arrays_of, call_cost, gradient_of, require_repeatable
from .judging import (
    EPSILON,
    entry_tolerance,
    judgement,
    norm,
    relative_difference,
    rounding_of_slopes,
    suspects_among,
    verdict_of,
    verdict_on,
    worst_entry,
)
from .measuring import OTHER_STEPS, PERSISTS
from .options import Progress
from .patterns import Clue, patterns_of
from .reports import OwnReport
from .tensor_checks import FAIL, PASS, Hint, TensorCheck, Where

# One-sided slopes of a smooth cost differ by eps J'', so by a tenth at a tenth of the step; at a kink by as much.
KINK_PERSISTS = 0.5
# How many wrong entries are measured again. A gradient that is wrong everywhere needs no more.
SECOND_LOOKS = 500


def place_of(failed: list[TensorCheck]) -> Where | None:
    """Where the worst of the failed arrays is furthest off. Its layer is not known."""
    if not failed:
        return None
    worst, names = max(failed, key=lambda check: check.relative_difference), tuple(check.name for check in failed)
    index, is_matrix = worst.worst.index, len(worst.shape) == 2
    return Where(
        layer=None,
        tensors=names,
        tensor=worst.name,
        index=index,
        unit=None,
        row=index[0] if is_matrix else None,
        column=index[1] if is_matrix else None,
        analytic=worst.worst.analytic,
        numeric=worst.worst.numeric,
        failed=names,
        scope="arrays",
        words=f"off: {', '.join(names)}",
    )


class OwnCost:
    """A cost and its arrays: `at(name, i, h)` is the cost with entry i of an array moved by h."""

    def __init__(self, cost: CostFunction, parameters: Arrays):
        self.arrays, self.single = arrays_of(parameters)
        self.cost = cost
        self.value, self.rounding = require_repeatable(cost, self.arrays, self.single)

    def at(self, name: str, i: int, h: float) -> float:
        flat = self.arrays[name].reshape(-1)
        kept = flat[i]
        flat[i] = kept + h
        try:
            return call_cost(self.cost, self.arrays, self.single)[0]
        finally:
            flat[i] = kept

    def slopes(self, name: str, i: int, h: float) -> tuple[float, float]:
        """One-sided slopes, left and right; their mean is the central difference."""
        above, below = self.at(name, i, h), self.at(name, i, -h)
        return (self.value - below) / h, (above - self.value) / h

    def central(self, name: str, i: int, h: float) -> float:
        return (self.at(name, i, h) - self.at(name, i, -h)) / (2 * h)


def check_gradients(
    cost: CostFunction,
    gradient: GradientOf | Arrays,
    parameters: Arrays,
    *,
    epsilon: float = EPSILON,
    max_seconds: float | None = None,
    rng: np.random.Generator | None = None,
    progress: Progress | None = None,
) -> OwnReport:
    """Check `gradient` against central differences of `cost` at `parameters`.

    cost(parameters) -> a number; gradient(parameters), or the gradient itself -> arrays of the same shapes, under the
    same names or with a d before them (dW1 for W1). If max_seconds is too short for all entries, an equal number of
    each array is sampled from rng. progress(done, total) counts entries. Raises UsageError if either cannot be used.
    """
    own = OwnCost(cost, parameters)
    given = gradient_of(gradient, own.arrays, own.single)
    chosen = choose(own, max_seconds, rng or np.random.default_rng(0))
    total, done = sum(map(len, chosen.values())), 0
    checks: list[TensorCheck] = []
    clues: list[Clue] = []
    numerics: list[Array] = []
    analytics: list[Array] = []
    for name, entries in chosen.items():
        numeric = np.empty(len(entries))
        for k, i in enumerate(entries):
            numeric[k] = own.central(name, i, epsilon)
            done += 1
            if progress is not None:
                progress(done, total)
        analytic = given[name].reshape(-1)[entries]
        check, kinks = judge(own, name, entries, numeric, analytic, epsilon)
        checks.append(check)
        numerics.append(numeric[~kinks])
        analytics.append(analytic[~kinks])
        if check.verdict == FAIL and len(entries) == own.arrays[name].size:
            settled = np.where(kinks, analytic, numeric).reshape(check.shape)
            clues += patterns_of(name, given[name], settled, own.arrays[name])
    clues += place_clues(checks)
    overall = relative_difference(np.concatenate(numerics), np.concatenate(analytics))
    return reported(own, epsilon, overall, tuple(checks), tuple(clue.hint for clue in clues))


def reported(
    own: OwnCost, epsilon: float, overall: float, checks: tuple[TensorCheck, ...], hints: tuple[Hint, ...]
) -> OwnReport:
    """The report on all arrays. overall : the relative difference of all entries together."""
    verdict = verdict_of(check.verdict for check in checks)
    n_parameters = sum(array.size for array in own.arrays.values())
    n_checked = sum(check.n_checked for check in checks)
    return OwnReport(
        passed=verdict == PASS,
        verdict=verdict,
        relative_difference=overall,
        judgement=judgement(overall),
        epsilon=epsilon,
        n_examples=None,
        cost=own.value,
        n_parameters=n_parameters,
        n_checked=n_checked,
        sampled=n_checked < n_parameters,
        n_kinks=sum(check.n_kinks for check in checks),
        tensors=checks,
        where=place_of([check for check in checks if check.verdict == FAIL]),
        hints=hints,
    )


def choose(own: OwnCost, max_seconds: float | None, rng: np.random.Generator) -> dict[str, Array]:
    """The flat indices to check in each array: all, or as many of each as the time allows, at two costs for each."""
    each = max(array.size for array in own.arrays.values())
    if max_seconds is not None:
        name = next(iter(own.arrays))
        began = time.perf_counter()
        own.central(name, 0, EPSILON)
        affordable = max_seconds / max(time.perf_counter() - began, 1e-9)
        sizes = np.array([array.size for array in own.arrays.values()])
        while each > 1 and np.minimum(sizes, each).sum() > affordable:
            each = each * 9 // 10
    return {
        name: np.sort(rng.choice(array.size, min(each, array.size), replace=False))
        for name, array in own.arrays.items()
    }


def judge(
    own: OwnCost, name: str, entries: Array, numeric: Array, analytic: Array, epsilon: float
) -> tuple[TensorCheck, Array]:
    """The check of one array, and which of its entries are at a kink that explains their difference."""
    floors = np.full(len(entries), own.rounding / np.finfo(np.float64).eps) * rounding_of_slopes(own.value, epsilon)
    off = np.abs(numeric - analytic)
    beyond = off / entry_tolerance(numeric, analytic, floors)
    kinks, persists = np.zeros(len(entries), np.bool_), 0
    verdict = verdict_on(numeric, analytic, floors, n_off=int((beyond > 1).sum()))
    if verdict == FAIL:
        for k in suspects_among(off, beyond, SECOND_LOOKS):
            kinks[k] = stands_on_kink(own, name, entries[k], analytic[k], epsilon)
            persists += not kinks[k] and still_off(own, name, entries[k], analytic[k], numeric[k], epsilon)
        verdict = FAIL if persists else PASS
    smooth = np.flatnonzero(~kinks) if not kinks.all() else np.arange(len(entries))
    worst = smooth[np.argmax(off[smooth])]
    shape = own.arrays[name].shape
    relative = relative_difference(numeric[~kinks], analytic[~kinks])
    check = TensorCheck(
        name,
        shape,
        relative,
        judgement(relative),
        worst_entry(entries[worst], shape, analytic[worst], numeric[worst]),
        verdict,
        n_checked=len(entries),
        n_kinks=int(kinks.sum()),
        n_kinks_off=0,
        n_off=int(((beyond > 1) & ~kinks).sum()) if verdict == FAIL else 0,
        floor=norm(floors),
    )
    return check, kinks


def still_off(own: OwnCost, name: str, i: int, analytic: float, numeric: float, epsilon: float) -> bool:
    """Whether the difference of an entry stays at other steps: then the gradient is wrong, not the step."""
    off = abs(numeric - analytic)
    slopes = [own.central(name, i, factor * epsilon) for factor in OTHER_STEPS]
    persists = all(abs(slope - analytic) >= PERSISTS * off for slope in slopes)
    return persists and any(abs(slope - numeric) <= PERSISTS * off for slope in slopes)


def stands_on_kink(own: OwnCost, name: str, i: int, analytic: float, epsilon: float) -> bool:
    """Whether the two one-sided slopes differ as much at a tenth of the step, with the analytic one between them."""
    left, right = own.slopes(name, i, epsilon)
    near_left, near_right = own.slopes(name, i, epsilon / 10)
    room = rounding_of_slopes(own.value, epsilon / 10) * 4 + KINK_PERSISTS * abs(near_right - near_left) / 10
    low, high = min(near_left, near_right) - room, max(near_left, near_right) + room
    return abs(near_right - near_left) > KINK_PERSISTS * abs(right - left) > 4 * room and low <= analytic <= high


def place_clues(checks: list[TensorCheck]) -> list[Clue]:
    """What the failed arrays have in common: that they are biases, or that they are few."""
    failed = [check.name for check in checks if check.verdict == FAIL]
    passed = [check.name for check in checks if check.verdict == PASS]
    clues, evidence = [], f"off: {', '.join(failed)}; right: {', '.join(passed) or 'none'}"
    if failed and passed and all(name.startswith("b") for name in failed):
        words = "only biases are off: the products behind dW use the same dZ, so look at the sums in db"
        clues.append(Clue("only_biases", failed[-1], words, evidence, 1.0, 3))
    elif failed and passed and all(name.startswith("W") for name in failed):
        words = "only weights are off: look at what dW multiplies, and at the penalty"
        clues.append(Clue("only_weights", failed[-1], words, evidence, 1.0, 3))
    return clues
