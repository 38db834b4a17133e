"""Bags: the training rows that each member of an ensemble learns from, where these are not all of them.

As in bagging (Breiman 1996), members that learn from other rows err in other ways. A bag is drawn without replacement,
so that a share of 1 is all rows. It becomes weights of the rows, 0 outside of it, so that members still share batches.
"""

import numpy as np
import numpy.typing as npt

from ..arrays import Array


def drawn_bags(classes: Array, members: int, fraction: float, *, rng: np.random.Generator) -> Array:
    """(members, m) booleans, True where a row is in a member's bag.

    classes : (m,) that of each row; of a regression, all equal. Each class gives this fraction of its rows to each
    bag, to the nearest row and at least one: no class is missing in a bag, and all rows of a small class may be in it.
    More members leave the bags of the first ones as they are.
    """
    counts = np.unique(classes, return_counts=True)[1]
    places = np.split(np.argsort(classes, kind="stable"), np.cumsum(counts)[:-1])
    bags = np.zeros((members, len(classes)), np.bool_)
    for bag in bags:
        for rows in places:
            bag[rng.permutation(rows)[: max(1, round(fraction * len(rows)))]] = True
    return bags


def mean_one(weight: Array | None, bags: Array | None, dtype: npt.DTypeLike) -> Array | None:
    """How often each row counts, with a mean of 1, so that a step is as long as one on rows that are all alike.

    weight : (m,) of rows that do not count alike, whatever their mean. bags : (members, m), as `drawn_bags` gives them.
    Returns (m,) without bags, (members, m) with them, and None without either.
    """
    if bags is not None:
        weight = bags * (1.0 if weight is None else weight)
    return None if weight is None else (weight / weight.mean(axis=-1, keepdims=True)).astype(dtype)
