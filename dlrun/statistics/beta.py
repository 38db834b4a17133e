"""The tails of beta and binomial distributions, of one number at a time.

They are scipy.special's, whose import takes as long as two thousand of them: an interval or a sign test at the end of a
training has to be there at once.
"""

import math
from functools import lru_cache

# From here on, five terms of Stirling's series leave less than the rounding of float64.
STIRLING_FROM = 15.0

# Halley's steps triple the digits that are right: after a step of so many standard deviations none is wrong.
LAST_STEP = 1e-5


@lru_cache(maxsize=4096)  # the settings of a sweep have the same few counts of wrong rows
def beta_quantile(a: float, b: float, tail: float) -> tuple[float, float]:
    """x and 1 - x, where a beta distribution has the share `tail`, at most a half, to the left of x; a and b above 0.

    Halley's method on the logarithm of the tail, with log(x / (1 - x)) for unknown: in it the density is log-concave,
    so that no step goes astray. Equal to scipy.special.betaincinv to a relative 1e-15 (a + b), at least 1e-13.
    """
    deviation = math.sqrt(1 / a + 1 / b)
    place = -deviation * math.sqrt(-2 * math.log(2 * tail))  # in log odds from the mean, from a bound of normal tails
    while True:
        x, y, log_density = _point(a, b, place)
        ratio = _tail_over_density(a, b, x)
        excess = log_density + math.log(ratio / tail)
        step = 2 * excess * ratio / (2 - excess * (ratio * (a * y - b * x) - 1))
        place -= step
        if abs(step) <= LAST_STEP * deviation:
            return _point(a, b, place)[:2]


def heads_or_more(heads: int, tosses: int) -> float:
    """The probability that a fair coin shows so many heads or more."""
    if heads <= 0:
        return 1.0
    a, b = float(heads), float(tosses - heads + 1)
    if a < b:  # the other tail is the small one
        return 1 - heads_or_more(tosses - heads + 1, tosses)
    _, _, log_density = _point(a, b, math.log(b / a))
    return math.exp(log_density) * _tail_over_density(a, b, 0.5)


def _point(a: float, b: float, place: float) -> tuple[float, float, float]:
    """x, 1 - x, and the logarithm of x^a (1 - x)^b / B(a, b), at a place in log odds from the mean a / (a + b).

    Powers of x are taken relative to the mean, and the beta function is Stirling's, since the logarithms of gamma
    functions of large numbers cancel all but a few digits.
    """
    mean, rest = a / (a + b), b / (a + b)
    if mean < rest:
        log_y = -math.log1p(mean * math.expm1(place))
        log_x = place + log_y
    else:
        log_x = -math.log1p(rest * math.expm1(-place))
        log_y = log_x - place
    after_stirling = _after_stirling(a + b) - _after_stirling(a) - _after_stirling(b)
    at_mean = 0.5 * math.log(mean * b / (2 * math.pi)) + after_stirling
    return mean * math.exp(log_x), rest * math.exp(log_y), a * log_x + b * log_y + at_mean


def _after_stirling(z: float) -> float:
    """log Gamma(z) less (z - 1/2) log z - z + log(2 pi) / 2. Source: DLMF 5.11.1."""
    if z < STIRLING_FROM:
        return math.lgamma(z) - (z - 0.5) * math.log(z) + z - 0.5 * math.log(2 * math.pi)
    square = 1 / z**2
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - square / 1188) * square) * square) * square) / z


def _tail_over_density(a: float, b: float, x: float) -> float:
    """The share to the left of x divided by x^a (1 - x)^b / B(a, b), for an x below the mean.

    The continued fraction of DLMF 8.17.22, by the method of Lentz; it takes about sqrt(a + b) terms at most.
    """
    above, below = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value, m, factor = below, 0, 0.0
    while abs(factor - 1) > 3e-16:
        m += 1
        at = a + 2 * m
        even, odd = m * (b - m) * x / ((at - 1) * at), -(a + m) * (a + b + m) * x / (at * (at + 1))
        above, below = 1 + even / above, 1 / (1 + even * below)
        value *= above * below
        above, below = 1 + odd / above, 1 / (1 + odd * below)
        factor = above * below
        value *= factor
    return value / a
