"""Intervals and sets that hold the truth with a stated probability, whatever the network: split conformal prediction.

Rows that did not train the network (its dev rows) say how far off its answers are. If new rows are like them, an
interval of level 0.9 holds the truth in 90 of 100.
"""

import math

import numpy as np

from ..arrays import Array


def conformal_limit(scores: Array, level: float) -> float:
    """The ceil((n + 1) level)-th smallest of scores (n,); infinite if n is too small for the level.

    A new score is at most this with a probability of at least `level`, and at most level + 1 / (n + 1) without ties.
    Source: Lei et al. 2018, "Distribution-free predictive inference for regression", theorem 2.2.
    """
    place = math.ceil((len(scores) + 1) * level)
    return float(np.sort(scores)[place - 1]) if place <= len(scores) else math.inf


def set_scores(probabilities: Array, y: Array) -> Array:
    """(m,) one less the probability of the true class, of probabilities (m, K).

    Source: Sadinle, Lei and Wasserman 2019, "Least ambiguous set-valued classifiers with bounded error levels". Scores
    by the cumulated probability (Romano, Sesia and Candès 2020) are 1 for every wrong answer of two classes: on adult,
    phoneme, churn and titanic every set then held both. Their randomisation would leave out sure answers by chance.
    """
    return np.asarray(1 - probabilities[np.arange(len(y)), y])


def class_sets(probabilities: Array, limit: float) -> Array:
    """(m, K) booleans: the classes whose score is at most the limit, and always the most probable one.

    So a network that is right more often than the level gives sets of one class that hold the truth more often.
    """
    sets = 1 - probabilities <= limit
    sets[np.arange(len(sets)), probabilities.argmax(axis=1)] = True
    return np.asarray(sets)
