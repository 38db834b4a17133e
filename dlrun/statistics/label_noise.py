"""How many labels are wrong, and which rows to look at first, from probabilities of rows that were not learned from.

Two estimates: the share of rows with another label among those that are answered most surely, which asks for one class
no more than another and has an interval; and confident learning (Northcutt, Jiang and Chuang 2021, "Confident learning:
estimating uncertainty in dataset labels"), whose joint names the rows. Where classes overlap the second takes overlap
for noise, so it decides nothing.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .intervals import CONFIDENCE, Interval, proportion_interval

# The share of the rows of each answer that count as most surely answered. Where classes overlap, a good learner's
# answers to this quarter of the rows are hardly ever wrong; with wrong labels they are wrong as often as any.
SUREST = 0.25


@dataclass(frozen=True)
class Surest:
    """How many of the most surely answered `rows` have another label, their share, and its interval."""

    wrong: int
    rows: int
    share: float
    interval: Interval


def surest_rows(probabilities: Array, y: Array) -> Surest:
    """Of probabilities (m, K) and labels y (m,): the quarter of the rows with the highest one, for each answer."""
    answers, sureness = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = rows = 0
    for answer in np.unique(answers):
        of_answer = np.flatnonzero(answers == answer)
        first = of_answer[np.argsort(-sureness[of_answer], kind="stable")[: -int(-SUREST * len(of_answer) // 1)]]
        wrong, rows = wrong + int((y[first] != answer).sum()), rows + len(first)
    lower, upper = proportion_interval(wrong, rows, CONFIDENCE)
    return Surest(wrong, rows, wrong / rows, (float(lower), float(upper)))


def confident_joint(probabilities: Array, y: Array) -> Array:
    """(K, K) shares of the rows by given label and likely label; they sum to 1, each row to its label's share.

    A row counts as likely of the class of its highest probability among those that reach their thresholds; a class's
    threshold is the mean of its probability over the rows that have its label. Source: equations 1 to 3 of the paper.
    """
    classes = probabilities.shape[1]
    counts = np.bincount(y, minlength=classes)
    own = probabilities[np.arange(len(y)), y]
    thresholds = np.bincount(y, own, minlength=classes) / np.maximum(counts, 1) + np.where(counts, 0.0, np.inf)
    reached = np.where(probabilities >= thresholds, probabilities, -1.0)
    likely, is_counted = reached.argmax(axis=1), reached.max(axis=1) >= 0
    joint = np.zeros((classes, classes))
    np.add.at(joint, (y[is_counted], likely[is_counted]), 1)
    sums = joint.sum(axis=1, keepdims=True)
    joint = np.where(sums > 0, joint / np.where(sums > 0, sums, 1), np.eye(classes))
    return joint * counts[:, None] / len(y)


def suspects(probabilities: Array, y: Array, joint: Array) -> tuple[Array, Array]:
    """The rows to look at first and their likely labels, both (s,), the least likely label first.

    Prune by noise rate: of the rows with label i, as many as the joint has with likely label j, those that have the
    largest margin of j over i. A row that two likely labels claim is named with the larger margin.
    """
    m, classes = probabilities.shape
    own = probabilities[np.arange(m), y]
    best, likely = np.full(m, -np.inf), np.full(m, -1)
    for given in range(classes):
        of_label = np.flatnonzero(y == given)
        for other in range(classes):
            count = min(round(float(joint[given, other]) * m), len(of_label))
            if other == given or not count:
                continue
            margins = probabilities[of_label, other] - own[of_label]
            first = np.argsort(-margins, kind="stable")[:count]
            first = first[margins[first] > best[of_label[first]]]
            best[of_label[first]], likely[of_label[first]] = margins[first], other
    rows = np.flatnonzero(likely >= 0)
    rows = rows[np.argsort(-best[rows], kind="stable")]
    return rows, likely[rows]
