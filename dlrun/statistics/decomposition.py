"""Splits the error into bias and variance, from the answers of several networks on the same rows.

The verdict calls a gap between two errors "variance". Here variance has its statistical meaning: how much the answers
vary with other training rows or another seed. Bias + variance = loss, exactly.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..arrays import Array


@dataclass(frozen=True)
class Parts:
    """Means over the rows: loss = bias + variance."""

    loss: float
    bias: float
    variance: float

    def over(self, scale: float) -> "Parts":
        """The parts in units of `scale`."""
        return Parts(self.loss / scale, self.bias / scale, self.variance / scale)


def disagreement_variance(answers: Array, other_answers: Array, *, regression: bool) -> float:
    """Half of how much two networks disagree, a mean over their answers (m,) each.

    For classes P(differ) / 2 = (1 - sum_c p_c^2) / 2, Kohavi and Wolpert's variance; for numbers E(a - b)^2 / 2, the
    variance. Both are exact in expectation for two networks drawn independently from one distribution.
    """
    if regression:
        return float(np.mean(np.square(answers - other_answers)) / 2)
    return float(np.mean(answers != other_answers) / 2)


def pairwise_variance(answers: Array, *, regression: bool) -> float:
    """The mean disagreement variance of all pairs of networks; answers (networks, m)."""
    pairs = combinations(answers, 2)
    return float(np.mean([disagreement_variance(a, b, regression=regression) for a, b in pairs]))


def frequencies(answers: Array, classes: int) -> Array:
    """(m, classes): the share of networks that give each answer; answers (networks, m) in range(classes)."""
    return np.stack([np.mean(answers == c, axis=0) for c in range(classes)], axis=1)


def kohavi_wolpert(answers: Array, targets: Array, classes: int) -> Parts:
    """Bias² and variance of 0-1 loss, corrected for the number of networks; the labels are taken as noise-free.

    bias² = 1/2 sum_c (1[y = c] - p_c)², variance = 1/2 (1 - sum_c p_c²), from the shares p of B networks. These shares
    are noisy themselves: variance * B/(B-1) and bias² - variance/(B-1) are unbiased. Source: Kohavi and Wolpert 1996.
    """
    networks, shares = len(answers), frequencies(answers, classes)
    hits = np.eye(classes)[targets]
    bias = float(np.mean(np.square(hits - shares).sum(axis=1)) / 2)
    variance = float(np.mean(1 - np.square(shares).sum(axis=1)) / 2)
    return corrected(float(np.mean(answers != targets)), bias, variance, networks)


def squared_parts(answers: Array, targets: Array) -> Parts:
    """Bias² and variance of squared error, corrected in the same way; answers (networks, m), targets (m,)."""
    bias = float(np.mean(np.square(answers.mean(axis=0) - targets)))
    variance = float(np.mean(answers.var(axis=0)))
    return corrected(float(np.mean(np.square(answers - targets))), bias, variance, len(answers))


def corrected(loss: float, bias: float, variance: float, networks: int) -> Parts:
    """Plug-in parts made unbiased: the mean of a few networks still varies, which is no bias."""
    return Parts(loss, bias - variance / (networks - 1), variance * networks / (networks - 1))


@dataclass(frozen=True)
class Domingos:
    """loss = bias + net_variance, and net_variance = unbiased_variance - biased_gain.

    bias : where the main answer, the commonest of the networks, is wrong. variance : how often an answer is not the
    main one. net_variance : what that costs; on rows whose main answer is wrong, another answer may be right.
    """

    loss: float
    bias: float
    variance: float
    net_variance: float
    unbiased_variance: float
    biased_gain: float


def domingos(answers: Array, targets: Array, classes: int) -> Domingos:
    """Domingos's parts of 0-1 loss, the labels taken as noise-free; of two equally common answers the lowest is main.

    Source: Domingos 2000. With B(x) = 1[main != y] and V(x) = P(answer != main), a row costs V where B = 0, and where
    B = 1 it gains P(answer = y), which for two classes is V again.
    """
    shares = frequencies(answers, classes)
    rows = np.arange(len(targets))
    main = shares.argmax(axis=1)
    is_biased = main != targets
    varies = 1 - shares[rows, main]
    unbiased_variance = float(np.mean(np.where(is_biased, 0, varies)))
    biased_gain = float(np.mean(np.where(is_biased, shares[rows, targets], 0)))
    return Domingos(
        loss=float(np.mean(answers != targets)),
        bias=float(np.mean(is_biased)),
        variance=float(np.mean(varies)),
        net_variance=unbiased_variance - biased_gain,
        unbiased_variance=unbiased_variance,
        biased_gain=biased_gain,
    )
