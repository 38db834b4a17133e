"""What the networks of an ensemble do alone, beside what they do together."""

from dataclasses import dataclass

from ..records import BySplit, omitted
from ..statistics.intervals import Interval
from .words import percent, points


@dataclass(frozen=True)
class MembersLook:
    """errors : each member's own, of train and dev.

    taken : how far the dev error lies below the mean of the members' own, which is what averaging took from variance;
    interval : of that, at 90%, over the dev rows. Of a regression, both are shares of the dev rows' variance.
    bag_fraction : the share of the training rows that each learned from; None for all of them.
    """

    errors: BySplit[tuple[float, ...]]
    taken: float
    interval: Interval
    bag_fraction: float | None = omitted()

    @property
    def sentence(self) -> str:
        """In words: each member's error on dev, and what their mean is better by."""
        own, (low, high) = self.errors.dev, self.interval
        bags = "" if self.bag_fraction is None else f", each from {100 * self.bag_fraction:g}% of the training rows,"
        errors = f"{percent(min(own))} to {percent(max(own))}"
        alone = f"{len(own)} networks with dev errors of {errors}{bags} answer together"
        size = f"{points(self.taken)} points [{points(low)}, {points(high)}]"
        if low > 0:
            return f"{alone}; that took {size} of variance"
        return f"{alone}; whether that took variance is not sure: {size} less than each alone"
