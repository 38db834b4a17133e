"""Whether a network tells classes apart at all, by the order of its probabilities: for classes that are unequal.

Where 4 rows in 100 are positive, the commonest answer errs in 4%, and a network that finds half of them hardly less;
its order of the rows shows what it has learned, whatever the threshold and however sure it is of its answers.
"""

import math
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .ranks import ranks_of


class Separation(NamedTuple):
    """auc : the mean over the classes of the area under the ROC curve of each against all others; 0.5 by chance.

    chance : the probability of one as large or larger if the probabilities had nothing to do with the classes.
    """

    auc: float
    chance: float


def separation(probabilities: Array, y: Array) -> Separation | None:
    """How well probabilities (m, K) order rows by their class y (m,); None unless two classes have rows.

    With r_ik the rank of row i among the probabilities of class k, and weight 1 / (K n_k (m - n_k)), the mean area is a
    sum over the rows of a(i, y_i), with a(i, k) = weight_k r_ik. Over all orders of y it is normal with mean
    sum_ik n_k a(i, k) / m and variance sum_ik n_k d(i, k)^2 / (m - 1), d being a less its row's and column's mean. For
    two classes it is the test of Mann and Whitney, ties included.
    Source: Hoeffding 1951, A combinatorial central limit theorem, theorem 2; Fawcett 2006, section 8, for the mean.
    """
    m, counts = len(y), np.bincount(y, minlength=probabilities.shape[1])
    present = np.flatnonzero(counts)
    if len(present) < 2:
        return None
    n = counts[present].astype(np.float64)
    a = ranks_of(probabilities[:, present]) / (n * (m - n) * len(present))
    own = a[np.arange(m), np.searchsorted(present, y)].sum()
    least = ((n + 1) / 2 / (m - n)).mean()  # of a class whose rows all have the lowest ranks
    of_rows, of_columns = a @ n / m, a.mean(axis=0)
    expected = float(of_rows.sum())
    d = a - of_rows[:, None] - of_columns + expected / m
    deviation = math.sqrt(max(float((np.square(d) @ n).sum()) / (m - 1), 0.0))
    chance = math.erfc((own - expected) / deviation / math.sqrt(2)) / 2 if deviation else 1.0
    return Separation(float(own - least), chance)
