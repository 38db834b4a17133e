"""Judges two gradients of one tensor. Each tensor is judged by itself, since a global norm hides a small tensor.

A tensor fails if it is off by more than the course's middle mark, in its norm or in a single entry, and rounding of the
cost does not explain it. If rounding hides the gradient itself, or the gradient is 0, the verdict claims nothing.
"""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from ..arrays import Array
from .tensor_checks import FAIL, PASS, UNVERIFIABLE, VACUOUS, Verdict, Worst

# One step, or one for each slope.
Steps = TypeVar("Steps", float, Array)

# Central differences are off by eps^2 (truncation) and u/eps (round-off): in float64 the sum is least near 1e-5, where
# correct networks of a few layers show about 1e-10. The course's 1e-7 is three decades up the round-off flank.
EPSILON = 1e-5
# The course's scale: below the first great, below the second fine, below the third look closer.
GREAT, LOOK_CLOSER, LIKELY_BUG = 1e-7, 1e-5, 1e-3
# Rounding of the cost J moves one slope by about u max(1, |J|) / eps. Measured on 4,032 tensors of correct networks:
# 99.9 % stay within four such units for each slope, and the worst exceeds them by a factor of 2.2.
FLOOR_ROUNDINGS = 4 * np.finfo(np.float64).eps
# A single entry may be off by this many floors: far more than the 2.2 above, far less than any fault that matters.
ENTRY_FLOORS = 16
# If the floor is above this share of a tensor's gradient, agreement to the course's marks cannot be decided ...
UNVERIFIABLE_SHARE = 1e-3
# ... but a difference this large still counts as a failure.
PLAIN_FAULT_SHARE = 0.1

# Entries above this share of the largest difference make up a norm.
LARGE_PART = 0.1


def judgement(relative_difference: float) -> str:
    """The course's words for a relative difference."""
    if relative_difference < GREAT:
        return "great"
    if relative_difference < LOOK_CLOSER:
        return "fine"
    return "look closer" if relative_difference < LIKELY_BUG else "probably a bug"


def norm(values: Array) -> float:
    """The Euclidean norm, also of values whose squares no float holds, as those of a huge penalty."""
    with np.errstate(over="ignore"):
        plain = float(np.linalg.norm(values))
    most = float(np.abs(values).max(initial=0.0))
    return most * float(np.linalg.norm(values / most)) if np.isinf(plain) and np.isfinite(most) else plain


def relative_difference(numeric: Array, analytic: Array) -> float:
    """||numeric - analytic|| / (||numeric|| + ||analytic||), in the Euclidean norm.

    0 if both are 0; 1, the maximum, if either is not finite.
    """
    scale = norm(numeric) + norm(analytic)
    if not np.isfinite(scale):
        return 1.0
    return float(norm(numeric - analytic) / scale) if scale > 0 else 0.0


def finite_or_none(value: float) -> float | None:
    """The number, or None for one that JSON cannot write."""
    return value if np.isfinite(value) else None


def worst_entry(index: int, shape: tuple[int, ...], analytic: float, numeric: float) -> Worst:
    """The entry at a flat index of a tensor of this shape."""
    places = tuple(int(i) for i in np.unravel_index(index, shape))
    return Worst(places, finite_or_none(float(analytic)), finite_or_none(float(numeric)))


def verdict_of(parts: Iterable[Verdict]) -> Verdict:
    """fail if any part failed; pass if any passed and none failed; else unverifiable or vacuous."""
    verdicts = set(parts)
    return next(verdict for verdict in (FAIL, PASS, UNVERIFIABLE, VACUOUS) if verdict in verdicts)


def rounding_of_slopes(cost: float, steps: Steps) -> Steps:
    """The floor of each slope: how far rounding alone may move it, for a cost of this size and its step."""
    return FLOOR_ROUNDINGS * max(1.0, abs(cost)) / steps


def entry_tolerance(numeric: Array, analytic: Array, floors: Array) -> Array:
    """How far each entry may be off: the course's middle mark times itself and a typical entry, plus the floor."""
    typical = norm(numeric) / np.sqrt(max(1, numeric.size))
    tolerance: Array = LOOK_CLOSER * (np.abs(numeric) + np.abs(analytic) + typical) + ENTRY_FLOORS * floors
    return tolerance


def suspects_among(off: Array, beyond: Array, most: int) -> Array:
    """Positions of the entries that a failure rests on, the worst first: off by `off`, `beyond` times their tolerance.

    If no entry is off by itself, the norm failed, and its largest parts are returned.
    """
    here = np.flatnonzero(beyond > 1 if (beyond > 1).any() else off >= LARGE_PART * off.max())
    suspects: Array = here[np.argsort(-beyond[here], kind="stable")[:most]]
    return suspects


def verdict_on(numeric: Array, analytic: Array, floors: Array, *, n_off: int) -> Verdict:
    """The verdict on the smooth entries of a tensor, flat; n_off of them are off by themselves."""
    total = norm(numeric) + norm(analytic)
    if not np.isfinite(total):
        return FAIL
    if total == 0:
        return VACUOUS
    off, floor = norm(numeric - analytic), norm(floors)
    if floor > UNVERIFIABLE_SHARE * total:
        return FAIL if off > PLAIN_FAULT_SHARE * total + ENTRY_FLOORS * floor else UNVERIFIABLE
    return FAIL if n_off or off > LOOK_CLOSER * total + floor else PASS
