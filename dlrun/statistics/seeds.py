"""Errors of one setting over several seeds, and the paired comparison of two settings over the same seeds and rows."""

from dataclasses import dataclass

from .intervals import Interval


@dataclass(frozen=True)
class Spread:
    """An error over seeds, a fraction. deviation : the standard deviation over them, None for a single seed.

    interval : of the mean, over seeds and rows, at the confidence of the intervals; None where it is not known.
    """

    mean: float
    deviation: float | None
    interval: Interval | None
    seeds: int


@dataclass(frozen=True)
class SeedsCompared:
    """How a setting's error differs from another's over the same seeds and the same rows of each.

    difference : this error less the other one, a fraction; negative is better. interval : at `confidence`.
    p_value : of no difference, two-sided. seeds, rows : how many were shared; rows are counted once over all seeds.
    """

    difference: float
    interval: Interval
    p_value: float
    confidence: float
    seeds: int
    rows: int
    method: str
