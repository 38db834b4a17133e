"""How many more dev rows would settle an inconclusive verdict, and how unsure that number is itself.

The number holds for the distance that was measured. The true distance may be another, so the number has a range.
"""

import math

from ..records import Sizes
from ..statistics.intervals import Z_ONE_SIDE, Interval
from .figures import Figures
from .ills import Ill
from .records import RowsNeeded
from .rule import Thresholds

# The 80% point of the normal distribution: with the number of rows given, the chance to settle the verdict is 80%.
Z_POWER = 0.842

# The 90% point of the normal distribution: the true distance lies within this range in 80% of the cases.
Z_RANGE = 1.282

# With fewer dev rows than this, the number is only a lower bound.
FEW_DEV_ROWS = 100

# Where an optimal error that is not exact comes from.
BEHIND = {"human": "judgements behind the optimal error", "soft labels": "soft labels"}


def rows_needed(figures: Figures, ill: Ill, withheld: str | None) -> RowsNeeded | None:
    """What would settle an inconclusive bias or variance; None where it is not inconclusive.

    withheld : why this run may not be called "low", None where it may.
    """
    level = figures.level(ill)
    if level == "low" and withheld:
        return no_number(f"low {ill} is withheld: {withheld}")
    if level != "inconclusive":
        return None
    if ill == "bias":
        rests = [f"the {figures.sizes.train} training rows"] if figures.sizes else []
        rests += [f"the {figures.optimal.n} {BEHIND[figures.optimal.kind]}"] if figures.optimal.n else []
        return no_number(f"no number of dev rows would settle the bias: it rests on {' and '.join(rests)}")
    return for_variance(figures, figures.sizes) if figures.sizes else None


def no_number(sentence: str, at_least: bool = False) -> RowsNeeded:
    """The record where no number of rows would settle it."""
    return RowsNeeded(None, at_least, None, None, sentence)


def for_variance(figures: Figures, sizes: Sizes) -> RowsNeeded:
    """What would settle the variance. low, high : for the distances that are 80% likely, given the measured one."""
    n_dev, limits, gap = sizes.dev, figures.thresholds(), figures.gaps.variance
    spread, train_error = spreads(figures, sizes)
    reach = Z_RANGE * math.hypot(spread / math.sqrt(n_dev), train_error)
    middle = (limits.low + limits.high) / 2
    hardest = min(max(middle, gap - reach), gap + reach)
    easiest = max(gap - reach, gap + reach, key=lambda at: abs(at - middle))
    rows, low, high = (rows_for(at, limits, spread, train_error) for at in (gap, easiest, hardest))
    at_least = n_dev < FEW_DEV_ROWS
    if rows is None:
        few = f"the train error, of {sizes.train} rows, is too unsure itself"
        return no_number(f"no number of dev rows would settle the variance: {few}", at_least)
    about = f"at least {rows}" if at_least else f"about {rows}"
    span = f"could be {low} to {high}" if high else f"could be {low}, or that no number does"
    sentence = f"{about} more dev rows would settle the variance ({span})"
    return RowsNeeded(rows, at_least, low, high, sentence)


def spreads(figures: Figures, sizes: Sizes) -> tuple[float, float]:
    """The standard deviation of a single dev row's part of the error, and the standard error of the train error.

    For a share of rows they come from sqrt(p (1 - p)), where dev's p is at least one row; for a regression and other
    measures, from the intervals.
    """
    errors = figures.errors
    if figures.from_rows:
        train, dev = standard_error(figures.intervals.train), standard_error(figures.intervals.dev)
        return dev * math.sqrt(sizes.dev), train
    p, train = max(errors.dev, 1 / sizes.dev), errors.train
    return math.sqrt(p * (1 - p)), math.sqrt(train * (1 - train) / sizes.train)


def standard_error(interval: Interval | None) -> float:
    return (interval[1] - interval[0]) / (2 * Z_ONE_SIDE) if interval else 0.0


def rows_for(gap: float, limits: Thresholds, spread: float, train_error: float) -> int | None:
    """The rows that settle a distance of `gap` in 80 of 100 cases, rounded up to two digits; None where none do.

    spread² / (delta²/z² - train_error²) + 1/delta, where delta is the distance to the nearer decision: the normal
    sample size, and a term because Clopper and Pearson's interval is wider than a normal one.
    """
    delta = max(limits.high - gap, gap - limits.low)
    room = (delta / (Z_ONE_SIDE + Z_POWER)) ** 2 - train_error**2
    return rounded_up(spread**2 / room + 1 / delta) if room > 0 else None


def rounded_up(number: float) -> int:
    """The number rounded up to two digits: 451 -> 460."""
    unit: int = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return math.ceil(number / unit) * unit
