"""Patterns of a wrong gradient of one tensor, compared with the right one, from the two arrays alone.

Each pattern takes the analytic and the numeric gradient and says, if it fits, what the analytic one is: "twice the
numeric one". Patterns need no network, so they also serve a person's own cost. A fit is evidence, not proof.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .tensor_checks import Hint

# A pattern fits if the unexplained share is below this: far above the 1e-9 of central differences, far below the 1e-3
# that two different formulas differ by when they agree by chance.
FITS = 1e-5
# An entry counts as wrong if it is off by more than this share of the largest difference in its tensor.
STANDS_OUT = 1e-3


@dataclass(frozen=True)
class Clue:
    """What a hint is made of. rank : 0 for a formula that reproduces the gradient, 1 for a pattern with a name, 2 for
    a pattern, 3 for a place."""

    cause: str
    tensor: str
    words: str
    evidence: str
    misfit: float
    rank: int

    @property
    def hint(self) -> Hint:
        return Hint(self.cause, self.tensor, self.words, self.evidence, self.misfit)


def misfit(predicted: Array, analytic: Array) -> float:
    """||predicted - analytic|| / (||predicted|| + ||analytic||); 0 if both are 0, inf if not finite."""
    scale = np.linalg.norm(predicted) + np.linalg.norm(analytic)
    if not np.isfinite(scale):
        return float("inf")
    return float(np.linalg.norm(predicted - analytic) / scale) if scale > 0 else 0.0


def coefficient(values: Array, on: Array) -> float:
    """Regression through the origin: the c of values = c * on; 0 where `on` is 0."""
    square = float(np.vdot(on, on))
    return float(np.vdot(on, values)) / square if square > 0 else 0.0


def zero(name: str, analytic: Array, numeric: Array) -> Iterator[Clue]:
    if not analytic.any() and numeric.any():
        evidence = f"every entry of d{name} is 0; the numeric gradient has norm {np.linalg.norm(numeric):.3g}"
        yield Clue("zero", name, f"d{name} is never computed, or never returned", evidence, 0.0, 1)


def constant_factor(name: str, analytic: Array, numeric: Array) -> Iterator[Clue]:
    """analytic = k * numeric. A single entry is always a multiple, so there k must be an integer or 1 / an integer."""
    k = coefficient(analytic, numeric)
    left = misfit(k * numeric, analytic)
    if left > FITS or abs(k - 1) < FITS or not analytic.any():
        return
    evidence = f"d{name} is {k:.6g} times the numeric gradient in all {analytic.size} entries, to {left:.0e}"
    if analytic.size > 1 or abs(k - round(k)) < FITS or abs(1 / k - round(1 / k)) < FITS:
        yield Clue("factor", name, f"d{name} is {k:.4g} times what it should be", evidence, left, 2)


def transposed(name: str, analytic: Array, numeric: Array) -> Iterator[Clue]:
    if numeric.ndim == 2 and numeric.shape[0] == numeric.shape[1] > 1:
        left = misfit(numeric.T, analytic)
        if left < FITS:
            evidence = f"d{name} equals the transpose of the numeric gradient, to {left:.0e}"
            yield Clue("transposed", name, f"d{name} is transposed", evidence, left, 1)


def one_number(name: str, analytic: Array, numeric: Array) -> Iterator[Clue]:
    """All entries equal, where they should not be: summed or averaged over units as well."""
    if analytic.size > 1 and analytic.any() and np.ptp(numeric) > FITS * np.abs(numeric).max():
        spread = float(np.ptp(analytic) / np.abs(analytic).max())
        if spread < FITS:
            words = f"d{name} is one and the same number throughout: summed or averaged over the wrong axis"
            evidence = f"all {analytic.size} entries are {analytic.flat[0]:.6g}; the numeric ones differ"
            yield Clue("wrong_axis", name, words, evidence, spread, 1)


def clipped(name: str, analytic: Array, numeric: Array) -> Iterator[Clue]:
    bound = float(np.abs(analytic).max())
    at_bound = int((np.abs(analytic) > (1 - FITS) * bound).sum())
    left = misfit(np.clip(numeric, -bound, bound), analytic)
    if bound and at_bound > 1 and left < FITS and np.abs(numeric).max() > (1 + FITS) * bound:
        evidence = f"no entry of d{name} is beyond {bound:.6g}, and {at_bound} are right there"
        yield Clue("clipped", name, f"d{name} is clipped before it is compared", evidence, left, 1)


def one_place(name: str, analytic: Array, numeric: Array) -> Iterator[Clue]:
    """The difference sits in one entry, one row or one column, and all else is right."""
    off = np.abs(analytic - numeric)
    stands_out = off > STANDS_OUT * off.max()
    where = np.argwhere(stands_out)
    if not numeric[~stands_out].any():
        return  # all other entries are 0, so nothing shows that they are right
    if len(where) == 1:
        index = tuple(int(i) for i in where[0])
        place = f"{name}[{', '.join(map(str, index))}]"
        evidence = f"analytic {analytic[index]:.6g}, numeric {numeric[index]:.6g}; every other entry agrees"
        yield Clue("one_entry", name, f"only the entry {place} is wrong", evidence, 0.0, 1)
    elif numeric.ndim == 2:
        for axis, word in ((0, "row"), (1, "column")):
            lines = np.unique(where[:, axis])
            if len(lines) == 1 and numeric.shape[axis] > 1:
                words = f"only {word} {lines[0]} of {name} is wrong"
                evidence = f"{len(where)} entries are off, all of them in {word} {lines[0]}"
                yield Clue(f"one_{word}", name, words, evidence, 0.0, 1)


PATTERNS: tuple[Callable[[str, Array, Array], Iterator[Clue]], ...] = (
    zero,
    constant_factor,
    transposed,
    one_number,
    clipped,
    one_place,
)


def proportional(name: str, analytic: Array, numeric: Array, theta: Array) -> Iterator[Clue]:
    """analytic - numeric = c * theta: a penalty's slope that is missing, counted twice, or put where none belongs."""
    residual = analytic - numeric
    c = coefficient(residual, theta)
    left = misfit(c * theta, residual)
    if theta.size > 1 and c and left < FITS:
        lacks = f"d{name} lacks a term of {-c:.4g} * {name}: a penalty's slope is missing or too small"
        exceeds = f"d{name} has a term of {c:.4g} * {name} too much: a penalty's slope is doubled or misplaced"
        evidence = f"analytic - numeric is {c:.6g} * {name} in every entry, to {left:.0e}"
        yield Clue("penalty", name, lacks if c < 0 else exceeds, evidence, left, 1)


def patterns_of(name: str, analytic: Array, numeric: Array, theta: Array | None = None) -> list[Clue]:
    """Every pattern that fits a wrong gradient of one tensor, arrays in its shape; theta is the tensor itself."""
    if not np.isfinite(analytic).all():
        bad = int((~np.isfinite(analytic)).sum())
        evidence = f"{bad} of {analytic.size} entries are nan or inf; the numeric ones are finite"
        return [Clue("not_finite", name, f"d{name} overflows, or divides by zero", evidence, 0.0, 1)]
    clues = [clue for pattern in PATTERNS for clue in pattern(name, analytic, numeric)]
    if theta is not None:
        clues += proportional(name, analytic, numeric, theta)
    return sorted(clues, key=lambda clue: clue.rank)
