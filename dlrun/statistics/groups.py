"""Which groups of rows have another error than the rest, where many groups are looked at and chance alone names some.

Each group is tested so strictly that in nine of ten sets of groups none is named by chance (Bonferroni).
"""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Literal

import numpy as np

from ..arrays import Array
from .intervals import difference_interval, proportion_interval
from .ranks import ranks_of

Side = Literal["above", "below"]

# Rows (m,) that are in a group, by its name.
Masks = Mapping[str, Array]

# The chance that any group is named where none is worse.
CHANCE = 0.1

# Below this, neither test says anything about a group, or about the rest.
FEWEST_ROWS = 10


def groups_to_test(groups: Masks) -> dict[str, Array]:
    """The groups, masks (m,), that have rows enough inside and outside."""
    counts = {name: int(mask.sum()) for name, mask in groups.items()}
    return {name: groups[name] for name, n in counts.items() if FEWEST_ROWS <= n <= len(groups[name]) - FEWEST_ROWS}


def worse_by_share(wrong: Array, groups: Masks) -> list[str]:
    """The groups in which the share of `wrong` (m,) rows is surely higher than in the others, the highest share first.

    The lower end of the interval of the difference is above 0.
    """
    if not groups:
        return []
    shares, lower, _ = _share_gaps(wrong, groups, CHANCE / len(groups))
    return _highest_first(list(groups), lower > 0, shares)


def worse_by_rank(errors: Array, groups: Masks) -> list[str]:
    """The groups whose `errors` (m,) are surely larger than those of the others, the largest mean first.

    By ranks, so that one enormous error decides nothing. Source: Mann and Whitney 1947, with the normal distribution.
    """
    if not groups:
        return []
    is_worse = _rank_distances(errors, groups) > NormalDist().inv_cdf(1 - CHANCE / len(groups))
    return _highest_first(list(groups), is_worse, np.array([errors[mask].mean() for mask in groups.values()]))


def sides_by_share(wrong: Array, groups: Masks) -> dict[str, Side]:
    """The groups in which the share of `wrong` (m,) rows surely differs from that of the others, and to which side."""
    if not groups:
        return {}
    _, lower, upper = _share_gaps(wrong, groups, CHANCE / (2 * len(groups)))
    return _sides(groups, lower > 0, upper < 0)


def sides_by_rank(errors: Array, groups: Masks) -> dict[str, Side]:
    """The groups whose `errors` (m,) surely differ from those of the others, by ranks, and to which side."""
    if not groups:
        return {}
    distances, least = _rank_distances(errors, groups), NormalDist().inv_cdf(1 - CHANCE / (2 * len(groups)))
    return _sides(groups, distances > least, distances < -least)


def _sides(groups: Masks, above: Array, below: Array) -> dict[str, Side]:
    found: dict[str, Side] = {}
    for name, is_above, is_below in zip(groups, above, below, strict=True):
        if is_above or is_below:
            found[name] = "above" if is_above else "below"
    return found


def _share_gaps(wrong: Array, groups: Masks, tail: float) -> tuple[Array, Array, Array]:
    """The share in each group (g,), and the ends of its difference to the share of the other rows."""
    inside = np.array([[wrong[mask].sum(), mask.sum()] for mask in groups.values()], dtype=float)
    outside = np.array([wrong.sum(), len(wrong)]) - inside
    shares = [part[:, 0] / part[:, 1] for part in (inside, outside)]
    ends = [proportion_interval(part[:, 0], part[:, 1], 1 - 2 * tail) for part in (inside, outside)]
    lower, upper = difference_interval(shares[0], ends[0], shares[1], ends[1])
    return shares[0], lower, upper


def _rank_distances(errors: Array, groups: Masks) -> Array:
    """(g,) how far the sum of each group's ranks is from that of equal groups, in standard deviations."""
    ranks, m = ranks_of(errors), len(errors)
    sizes = np.array([mask.sum() for mask in groups.values()], dtype=float)
    sums = np.array([ranks[mask].sum() for mask in groups.values()])
    # Ties make the ranks vary less than those of different errors.
    deviations = np.sqrt(sizes * (m - sizes) * ranks.var() / (m - 1))
    distances = sums - sizes * (m + 1) / 2
    return np.asarray(np.where(deviations > 0, distances / np.where(deviations > 0, deviations, 1), 0.0))


def _highest_first(names: list[str], named: Array, values: Array) -> list[str]:
    return [names[at] for at in np.argsort(-values, kind="stable") if named[at]]
