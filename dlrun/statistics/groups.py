"""Which groups of rows have a higher error than the rest, where many groups are looked at and chance alone names some.

Each group is tested so strictly that in nine of ten sets of groups none is named by chance (Bonferroni).
"""

from collections.abc import Mapping

import numpy as np

from ..arrays import Array
from .intervals import difference_interval, proportion_interval

# The chance that any group is named where none is worse.
CHANCE = 0.1

# Below this, neither test says anything about a group, or about the rest.
FEWEST_ROWS = 10


def groups_to_test(groups: Mapping[str, Array]) -> dict[str, Array]:
    """The groups, masks (m,), that have rows enough inside and outside."""
    counts = {name: int(mask.sum()) for name, mask in groups.items()}
    return {name: groups[name] for name, n in counts.items() if FEWEST_ROWS <= n <= len(groups[name]) - FEWEST_ROWS}


def worse_by_share(wrong: Array, groups: Mapping[str, Array]) -> list[str]:
    """The groups in which the share of `wrong` (m,) rows is surely higher than in the others, the highest share first.

    The lower end of the interval of the difference is above 0.
    """
    if not groups:
        return []
    inside = np.array([[wrong[mask].sum(), mask.sum()] for mask in groups.values()], dtype=float)
    outside = np.array([wrong.sum(), len(wrong)]) - inside
    confidence = 1 - 2 * CHANCE / len(groups)
    shares = [part[:, 0] / part[:, 1] for part in (inside, outside)]
    ends = [proportion_interval(part[:, 0], part[:, 1], confidence) for part in (inside, outside)]
    lower, _ = difference_interval(shares[0], ends[0], shares[1], ends[1])
    return _highest_first(list(groups), lower > 0, shares[0])


def worse_by_rank(errors: Array, groups: Mapping[str, Array]) -> list[str]:
    """The groups whose `errors` (m,) are surely larger than those of the others, the largest mean first.

    By ranks, so that one enormous error decides nothing. Source: Mann and Whitney 1947, with the normal distribution.
    """
    from scipy.special import ndtri  # the normal quantile, without the import of all of scipy.stats

    if not groups:
        return []
    ranks, m = _ranks(errors), len(errors)
    least = float(ndtri(1 - CHANCE / len(groups)))
    sizes = np.array([mask.sum() for mask in groups.values()], dtype=float)
    sums = np.array([ranks[mask].sum() for mask in groups.values()])
    # Ties make the ranks vary less than those of different errors.
    deviations = np.sqrt(sizes * (m - sizes) * ranks.var() / (m - 1))
    distances = sums - sizes * (m + 1) / 2
    is_worse = (deviations > 0) & (distances > least * deviations)
    return _highest_first(list(groups), is_worse, np.array([errors[mask].mean() for mask in groups.values()]))


def _ranks(values: Array) -> Array:
    """The ranks (m,) from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])


def _highest_first(names: list[str], named: Array, values: Array) -> list[str]:
    return [names[at] for at in np.argsort(-values, kind="stable") if named[at]]
