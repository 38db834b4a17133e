"""Successive halving: all settings are trained a little, the better half goes on, and so forth to the end.

Jamieson and Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization". What is decided
depends on the errors alone and not on the time of day, so that a sweep that is resumed decides the same.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .records import TrainingLine

# The share of settings that goes on at each pause, the number of pauses, and the share of the epochs before the last;
# each pause before it comes at SHARE_KEPT of the epochs of the next. Chosen on 12 tasks, and confirmed on 12 others, by
# `python -m tests.benchmarks.early --rules`: the winner's dev error is 0.11 points above that of the full sweep's,
# 90% interval [0.05, 0.17], and 61% of the epochs are saved. A third at a ninth and a third of the epochs saves 72% for
# 0.34 points, half at an eighth, a quarter and a half 68% for 0.18; no rule whose interval ends below 0.2 points saves
# more than 62%. Ranks by dev loss, by the best epoch so far, or by error and loss together are no better, nor is it to
# spare those that paired rows cannot tell from the last that goes on.
SHARE_KEPT = 1 / 2
PAUSES = 3
LAST_PAUSE = 2 / 3

# Fewer settings than this are all trained to their end: there would be nothing to save that is worth the risk.
FEWEST_SETTINGS = 4


class Score(NamedTuple):
    """What settings are ranked by at a pause: the mean dev error over seeds, and the mean dev loss among equals."""

    error: float
    loss: float


# Of a training that diverged or failed.
WORST = Score(math.inf, math.inf)


def score_of(line: TrainingLine) -> Score:
    """The score of a training that has paused or finished."""
    error, loss = line.errors.dev, line.losses.dev
    if line.status not in ("finished", "stopped") or error is None:
        return WORST
    return Score(error, math.inf if loss is None else loss)


def pauses(epochs: int, evaluate_every: int = 1) -> list[int]:
    """The epochs after which a training of so many epochs pauses, each a multiple of `evaluate_every`.

    A short training pauses fewer times, for it is not judged twice by the same errors.
    """
    shares = [LAST_PAUSE * SHARE_KEPT**left for left in reversed(range(PAUSES))]
    at = dict.fromkeys(math.ceil(epochs * share / evaluate_every) * evaluate_every for share in shares)
    return [epoch for epoch in at if 0 < epoch < epochs]


def survivors(scores: Mapping[int, Score]) -> set[int]:
    """The numbers of the settings that go on: the better half, rounded up; of equals, the first in the plan."""
    if len(scores) < FEWEST_SETTINGS:
        return set(scores)
    ranked = sorted(scores, key=lambda number: (scores[number], number))
    return set(ranked[: math.ceil(len(ranked) * SHARE_KEPT)])


def is_among_better(error: float, others: Sequence[float]) -> bool:
    """Whether a setting goes on from a pause that others came to before it, with these errors: asynchronous halving.

    It does in the better half, rounded down, of those that have come so far, and as the best of them. Li et al. 2020,
    "A system for massively parallel hyperparameter tuning"; Optuna's SuccessiveHalvingPruner decides the same.
    """
    ranked = sorted((error, *others))
    return error <= ranked[max(1, int(len(ranked) * SHARE_KEPT)) - 1]


def mean_score(of_seeds: Sequence[Score]) -> Score:
    """The score of a setting over its seeds; the worst if one of them has none."""
    if not of_seeds:
        return WORST
    return Score(
        math.fsum(s.error for s in of_seeds) / len(of_seeds), math.fsum(s.loss for s in of_seeds) / len(of_seeds)
    )
