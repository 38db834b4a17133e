"""Two gradients of one tensor in, a verdict out: judged a tensor at a time, since a global norm hides a small tensor.

A tensor fails if it is off by more than the course's middle mark, in its norm or in a single entry, beyond what the
rounding of the cost explains. Where rounding hides the gradient itself, or there is none, nothing is claimed.
"""

from dataclasses import dataclass

import numpy as np

from ..nn.arrays import Array

# Central differences err by eps^2 (truncation) and u/eps (round-off): in float64 the sum is least near 1e-5, where
# correct networks of a few layers show about 1e-10. The course's 1e-7 is three decades up the round-off flank.
EPSILON = 1e-5
# The course's scale: below the first great, below the second fine, below the third look closer.
GREAT, LOOK_CLOSER, LIKELY_BUG = 1e-7, 1e-5, 1e-3
# Rounding of the cost J moves one slope by about u max(1, |J|) / eps. Measured on 4,032 tensors of correct networks:
# four such units a slope are exceeded by 99.9 % never, at most by a factor of 2.2.
FLOOR_ROUNDINGS = 4 * np.finfo(np.float64).eps
# A single entry is looked at against so many floors: far beyond the 2.2 above, far below any fault that matters.
ENTRY_FLOORS = 16
# Where the floor is above this share of a tensor's gradient, agreement to the course's marks cannot be told ...
UNVERIFIABLE_SHARE = 1e-3
# ... but a disagreement this large still can.
PLAIN_FAULT_SHARE = 0.1

# Entries this large beside the largest difference make up a norm.
LARGE_PART = 0.1

PASS, FAIL, VACUOUS, UNVERIFIABLE = "pass", "fail", "vacuous", "unverifiable"


def judgement(relative_difference: float) -> str:
    """The course's words for a relative difference."""
    if relative_difference < GREAT:
        return "great"
    if relative_difference < LOOK_CLOSER:
        return "fine"
    return "look closer" if relative_difference < LIKELY_BUG else "probably a bug"


def relative_difference(numeric: Array, analytic: Array) -> float:
    """||numeric - analytic|| / (||numeric|| + ||analytic||), in the Euclidean norm.

    0 where both vanish; 1, the most there is, where either is not finite.
    """
    scale = np.linalg.norm(numeric) + np.linalg.norm(analytic)
    if not np.isfinite(scale):
        return 1.0
    return float(np.linalg.norm(numeric - analytic) / scale) if scale > 0 else 0.0


def finite_or_none(value: float) -> float | None:
    """The number, or None for one that JSON has no word for."""
    return value if np.isfinite(value) else None


@dataclass(frozen=True)
class TensorCheck:
    """One tensor: its verdict, its relative difference, and the entry where the two gradients differ most.

    n_checked of its entries were compared (fewer than all if sampled); of these n_kinks stood at a kink, apart from the
    relative difference, and n_off are off, each on its own.
    """

    name: str
    shape: tuple[int, ...]
    relative_difference: float
    verdict: str
    worst_index: tuple[int, ...]
    worst_analytic: float
    worst_numeric: float
    n_checked: int
    n_kinks: int = 0
    n_kinks_off: int = 0
    n_off: int = 0
    floor: float = 0.0

    def to_dict(self) -> dict:
        worst = {
            "index": list(self.worst_index),
            "analytic": finite_or_none(self.worst_analytic),
            "numeric": finite_or_none(self.worst_numeric),
        }
        return {
            "name": self.name,
            "shape": list(self.shape),
            "relative_difference": self.relative_difference,
            "judgement": judgement(self.relative_difference),
            "worst": worst,
            "verdict": self.verdict,
            "n_checked": self.n_checked,
            "n_kinks": self.n_kinks,
            "n_kinks_off": self.n_kinks_off,
            "n_off": self.n_off,
            "floor": self.floor,
        }


class JudgedByParts:
    """What a report says as a whole, from its `parts`, each with a verdict."""

    parts: tuple

    @property
    def failed(self) -> list:
        return [part for part in self.parts if part.verdict == FAIL]

    @property
    def verdict(self) -> str:
        """fail if any part failed; pass if any passed and none failed; else unverifiable or vacuous."""
        verdicts = {part.verdict for part in self.parts}
        return next(v for v in (FAIL, PASS, UNVERIFIABLE, VACUOUS) if v in verdicts)

    @property
    def passed(self) -> bool:
        return self.verdict == PASS


def rounding_of_slopes(cost: float, steps: Array) -> Array:
    """The floor of each slope: what rounding alone may move it by, for a cost of this size and its step."""
    return FLOOR_ROUNDINGS * max(1.0, abs(cost)) / steps


def entry_tolerance(numeric: Array, analytic: Array, floors: Array) -> Array:
    """How far each entry may be off: the course's middle mark of itself and of a typical entry, and the floor."""
    typical = np.sqrt(np.mean(np.square(numeric))) if numeric.size else 0.0
    return LOOK_CLOSER * (np.abs(numeric) + np.abs(analytic) + typical) + ENTRY_FLOORS * floors


def suspects_among(off: Array, beyond: Array, most: int) -> Array:
    """Positions of the entries that a failure rests on, the worst first: off by `off`, `beyond` times their tolerance.

    Where none is off on its own, it is the norm that failed, and its largest parts are to answer for it.
    """
    here = np.flatnonzero(beyond > 1 if (beyond > 1).any() else off >= LARGE_PART * off.max())
    return here[np.argsort(-beyond[here], kind="stable")[:most]]


def verdict_on(numeric: Array, analytic: Array, floors: Array, *, n_off: int) -> str:
    """The verdict on the smooth entries of a tensor, flat; n_off of them are off, each on its own."""
    total = np.linalg.norm(numeric) + np.linalg.norm(analytic)
    if not np.isfinite(total):
        return FAIL
    if total == 0:
        return VACUOUS
    off, floor = np.linalg.norm(numeric - analytic), np.linalg.norm(floors)
    if floor > UNVERIFIABLE_SHARE * total:
        return FAIL if off > PLAIN_FAULT_SHARE * total + ENTRY_FLOORS * floor else UNVERIFIABLE
    return FAIL if n_off or off > LOOK_CLOSER * total + floor else PASS
