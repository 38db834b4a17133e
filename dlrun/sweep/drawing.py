"""Draws settings: points of the unit cube, by Sobol's sequence or at random, read as values of the keys.

More draws with the same seed begin with the same ones, so that a sweep can be drawn further.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ..config.sweep_schema import Sampler
from ..config.varied import SHOWN_DIGITS, Range
from ..records import Change
from .grid import Grid, PlannedKey, Settings, assigned, canonical

# Points that are made at a time; SciPy wants a power of two.
BLOCK = 256
# So many points in a row that bring nothing new: nearly all settings of keys with listed values have been drawn.
MOST_REPEATS = 100


def drawn_settings(keys: Sequence[PlannedKey], trials: int, sampler: Sampler, seed: int) -> tuple[Change, ...]:
    """So many different settings, or all where there are fewer, in the order in which they are drawn.

    Once hardly any new ones come, the rest of the grid is added in its own order.
    """
    drawn: dict[str, Change] = {}
    repeats = 0
    for point in points(len(keys), sampler, seed):
        if len(drawn) == trials or repeats == MOST_REPEATS:
            break
        setting = setting_at(keys, point)
        before = len(drawn)
        drawn.setdefault(canonical(setting), setting)
        repeats = 0 if len(drawn) > before else repeats + 1
    if not any(key.drawn_from for key in keys):
        grid = Settings(keys, Grid(tuple(key.values for key in keys)))
        for number in range(grid.count):
            if len(drawn) == trials:
                break
            setting = grid.setting(number)
            drawn.setdefault(canonical(setting), setting)
    return tuple(drawn.values())


def points(dimensions: int, sampler: Sampler, seed: int) -> Iterator[np.ndarray]:
    """Points (dimensions,) of [0, 1), without an end.

    sobol: scrambled as by Owen (1998), https://doi.org/10.1006/jcom.1998.0487, which `scipy.stats.qmc` has.
    """
    rng = np.random.Generator(np.random.SFC64(seed))
    if sampler == "random":
        while True:
            yield from rng.random((BLOCK, dimensions))
    from scipy.stats import qmc  # importing it takes half a second

    sequence = qmc.Sobol(dimensions, scramble=True, rng=rng)
    while True:
        yield from sequence.random(BLOCK)


def setting_at(keys: Sequence[PlannedKey], point: np.ndarray) -> Change:
    """The setting of a point (keys,): each key that is set has the value at its coordinate."""
    places = {key.key: place for place, key in enumerate(keys)}
    return assigned(keys, lambda key: value_at(key, float(point[places[key.key]])))


def value_at(key: PlannedKey, share: float) -> object:
    """The value of a key so far along its values, `share` in [0, 1); each value of a list has an equal share."""
    if key.drawn_from is None:
        return key.values[min(int(share * len(key.values)), len(key.values) - 1)]
    return number_at(key.drawn_from, share)


def number_at(ends: Range, share: float) -> int | float:
    """The number so far along a range, to a few digits.

    Whole numbers are rounded from a range that reaches half a number beyond each end, so that no end comes half as
    often as it should.
    """
    low, high = (ends.low - 0.5, ends.high + 0.5) if ends.is_whole else (ends.low, ends.high)
    if ends.is_log:
        number = math.exp((1 - share) * math.log(low) + share * math.log(high))
    else:
        number = (1 - share) * low + share * high
    return number_in(ends, number)


def number_in(ends: Range, number: float) -> int | float:
    """The number of a range that is nearest: a whole one, or one to a few digits.

    The digits are of the number itself on a log scale, and of the range's length where that is finer.
    """
    if ends.is_whole:
        return min(max(round(number), ends.low), ends.high)
    finest = min(ends.high - ends.low, number) if ends.is_log else ends.high - ends.low
    if 0 < finest < math.inf:
        number = round(number, SHOWN_DIGITS - 1 - math.floor(math.log10(finest)))
    return float(min(max(number, ends.low), ends.high))
