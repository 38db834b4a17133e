"""How sure an error is: intervals for shares of rows, for differences of two.

Stands under the verdict, which asks of an interval only where its ends lie: so each end alone must be right. Every
interval misses on either side in 5 of 100 cases at most; the test of this module counts that exactly.
"""

import numpy as np

# Two-sided, 5% a side: a verdict that leans on one end of an interval is wrong in 5 of 100 cases at most.
CONFIDENCE = 0.90

Interval = tuple[float, float]


def proportion_interval(wrong, n, confidence: float = CONFIDENCE):
    """(lower, upper) of the share behind `wrong` of `n` rows, numbers or arrays of them.

    Source: Clopper and Pearson 1934; the ends are quantiles of beta distributions. Never misses more often than it
    says, at any n and share, unlike the Wald, Wilson and Jeffreys intervals, whose single ends may.
    """
    from scipy.special import betaincinv  # the beta quantile, without the import of all of scipy.stats

    wrong, n, tail = np.asarray(wrong, float), np.asarray(n, float), (1 - confidence) / 2
    lower = np.where(wrong > 0, betaincinv(np.maximum(wrong, 0.5), n - wrong + 1, tail), 0.0)
    upper = np.where(wrong < n, betaincinv(wrong + 1, np.maximum(n - wrong, 0.5), 1 - tail), 1.0)
    return lower, upper


def error_interval(error: float, n: int) -> Interval:
    """The interval of an error (a fraction) measured on n rows."""
    lower, upper = proportion_interval(round(error * n), n)
    return min(float(lower), error), max(float(upper), error)


def difference_interval(p1, interval1, p2, interval2):
    """(lower, upper) of p1 - p2, from the (lower, upper) of each; numbers or arrays.

    Source: Zou and Donner 2008 (MOVER), equation 6; with Wilson's limits it is Newcombe's method 10.
    """
    (l1, u1), (l2, u2), difference = interval1, interval2, p1 - p2
    lower = difference - np.sqrt(np.square(p1 - l1) + np.square(u2 - p2))
    upper = difference + np.sqrt(np.square(u1 - p1) + np.square(p2 - l2))
    return lower, upper
