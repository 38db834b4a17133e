"""The errors of a run in the measure that diagnosis.metric asks for, where that is another than the error itself."""

from dataclasses import dataclass

from ..records import BySplit
from ..statistics.intervals import Interval


@dataclass(frozen=True)
class MeasuredErrors:
    """What bias and variance are told in.

    metric : the word of the config. word : what it is called. errors, intervals : by split, fractions. baseline : its
    value for one answer for all rows. is_share : whether it is a share of that, as 1 - R² is, and has no other scale.
    """

    metric: str
    word: str
    errors: BySplit[float | None]
    intervals: BySplit[Interval | None]
    baseline: float
    is_share: bool
