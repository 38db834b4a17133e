"""What a wrong gradient of one tensor looks like beside the right one, from the two arrays alone.

Each pattern takes the analytic and the numeric gradient and says, if it fits, what the analytic one would be: "twice
the numeric one". It needs no network, so it serves a person's own cost as well. A fit is evidence, not proof.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

# A pattern fits if what it leaves unexplained is below this share: far above the 1e-9 of central differences, far
# below the per mille that a coincidence between two different formulas leaves.
FITS = 1e-5
# An entry is wrong on its own if it is off by more than this share of the largest difference in its tensor.
STANDS_OUT = 1e-3


@dataclass(frozen=True)
class Hint:
    """A possible cause, never a certainty. misfit : the relative difference that is left if it were so.

    rank : 0 for a formula that reproduces the gradient, 1 for a pattern with a name, 2 for a pattern, 3 for a place.
    """

    cause: str
    tensor: str
    words: str
    evidence: str
    misfit: float
    rank: int

    def to_dict(self) -> dict:
        told = {"cause": self.cause, "tensor": self.tensor, "words": self.words, "evidence": self.evidence}
        return told | {"misfit": self.misfit}


def misfit(predicted: np.ndarray, analytic: np.ndarray) -> float:
    """||predicted - analytic|| / (||predicted|| + ||analytic||); 0 where both vanish."""
    scale = np.linalg.norm(predicted) + np.linalg.norm(analytic)
    return float(np.linalg.norm(predicted - analytic) / scale) if scale > 0 else 0.0


def coefficient(values: np.ndarray, on: np.ndarray) -> float:
    """Regression through the origin: the c of values = c * on; 0 where `on` vanishes."""
    square = float(np.vdot(on, on))
    return float(np.vdot(on, values)) / square if square > 0 else 0.0


def zero(name, analytic, numeric, named) -> Iterator[Hint]:
    if not analytic.any() and numeric.any():
        evidence = f"every entry of d{name} is 0; the numeric gradient has norm {np.linalg.norm(numeric):.3g}"
        yield Hint("zero", name, f"d{name} is never computed, or never handed on", evidence, 0.0, 1)


def constant_factor(name, analytic, numeric, named) -> Iterator[Hint]:
    """analytic = k * numeric. `named` are numbers that would mean something: {cause: (number, words)}."""
    k = coefficient(analytic, numeric)
    left = misfit(k * numeric, analytic)
    if left > FITS or abs(k - 1) < FITS or not analytic.any():
        return
    evidence = f"d{name} is {k:.6g} times the numeric gradient in all {analytic.size} entries, to {left:.0e}"
    for cause, (number, words) in named.items():
        if abs(k / number - 1) < FITS:
            yield Hint(cause, name, words, evidence, left, 1)
    if analytic.size > 1 or abs(k - round(k)) < FITS or abs(1 / k - round(1 / k)) < FITS:
        yield Hint("factor", name, f"d{name} carries a constant factor of about {k:.4g} too much", evidence, left, 2)


def transposed(name, analytic, numeric, named) -> Iterator[Hint]:
    if numeric.ndim == 2 and numeric.shape[0] == numeric.shape[1] > 1:
        left = misfit(numeric.T, analytic)
        if left < FITS:
            evidence = f"d{name} equals the transpose of the numeric gradient, to {left:.0e}"
            yield Hint("transposed", name, f"d{name} is transposed", evidence, left, 1)


def one_number(name, analytic, numeric, named) -> Iterator[Hint]:
    """All entries equal, where they should not be: summed or averaged over units as well."""
    if analytic.size > 1 and analytic.any() and np.ptp(numeric) > FITS * np.abs(numeric).max():
        spread = float(np.ptp(analytic) / np.abs(analytic).max())
        if spread < FITS:
            words = f"d{name} is one and the same number throughout: summed or averaged over the wrong axis"
            evidence = f"all {analytic.size} entries are {analytic.flat[0]:.6g}; the numeric ones differ"
            yield Hint("wrong_axis", name, words, evidence, spread, 1)


def clipped(name, analytic, numeric, named) -> Iterator[Hint]:
    bound = float(np.abs(analytic).max())
    at_bound = int((np.abs(analytic) > (1 - FITS) * bound).sum())
    left = misfit(np.clip(numeric, -bound, bound), analytic)
    if bound and at_bound > 1 and left < FITS and np.abs(numeric).max() > (1 + FITS) * bound:
        evidence = f"no entry of d{name} is beyond {bound:.6g}, and {at_bound} are right there"
        yield Hint("clipped", name, f"d{name} is clipped before it is compared", evidence, left, 1)


def one_place(name, analytic, numeric, named) -> Iterator[Hint]:
    """The difference sits in one entry, one row or one column, and all else is right."""
    off = np.abs(analytic - numeric)
    where = np.argwhere(off > STANDS_OUT * off.max())
    if off.size < 2 or len(where) == off.size:
        return
    if len(where) == 1:
        index = tuple(int(i) for i in where[0])
        place = f"{name}[{', '.join(map(str, index))}]"
        evidence = f"analytic {analytic[index]:.6g}, numeric {numeric[index]:.6g}; every other entry agrees"
        yield Hint("one_entry", name, f"only the entry {place} is wrong", evidence, 0.0, 1)
    elif numeric.ndim == 2:
        for axis, word in ((0, "row"), (1, "column")):
            lines = np.unique(where[:, axis])
            if len(lines) == 1 and numeric.shape[axis] > 1:
                words = f"only {word} {lines[0]} of {name} is wrong"
                evidence = f"{len(where)} entries are off, all of them in {word} {lines[0]}"
                yield Hint(f"one_{word}", name, words, evidence, 0.0, 1)


PATTERNS: tuple[Callable[..., Iterator[Hint]], ...] = (
    zero,
    constant_factor,
    transposed,
    one_number,
    clipped,
    one_place,
)


def proportional(name: str, theta: np.ndarray, analytic: np.ndarray, numeric: np.ndarray) -> tuple[float, float]:
    """The c of analytic - numeric = c * theta, and the share of the difference that it leaves unexplained."""
    residual = analytic - numeric
    c = coefficient(residual, theta)
    return c, misfit(c * theta, residual)


def patterns_of(
    name: str, analytic: np.ndarray, numeric: np.ndarray, named: Mapping[str, tuple[float, str]] | None = None
) -> list[Hint]:
    """Every pattern that fits a wrong gradient of one tensor, both arrays in the tensor's shape."""
    return [hint for pattern in PATTERNS for hint in pattern(name, analytic, numeric, named or {})]
