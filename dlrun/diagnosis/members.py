"""What the networks of an ensemble do alone, beside what they do together."""

from dataclasses import dataclass

from ..records import BySplit
from ..statistics.intervals import Interval
from .words import percent, points


@dataclass(frozen=True)
class MembersLook:
    """errors : each member's own, of train and dev.

    taken : how far the dev error lies below the mean of the members' own, which is what averaging took from variance;
    interval : of that, at 90%, over the dev rows. Of a regression, both are shares of the dev rows' variance.
    """

    errors: BySplit[tuple[float, ...]]
    taken: float
    interval: Interval

    @property
    def sentence(self) -> str:
        """In words: each member's error on dev, and what their mean is better by."""
        own, (low, high) = self.errors.dev, self.interval
        alone = f"{len(own)} networks with dev errors of {percent(min(own))} to {percent(max(own))} answer together"
        size = f"{points(self.taken)} points [{points(low)}, {points(high)}]"
        if low > 0:
            return f"{alone}; that took {size} of variance"
        return f"{alone}; whether that took variance is not sure: {size} less than each alone"
