"""How a recipe ends: the mean of several networks of the config that was kept, trained again on train and dev.

Neither is a choice by the dev rows. What one network has learned by chance, the others have not, so that their mean
errs less (Lakshminarayanan, Pritzel and Blundell 2017 found little more beyond five); and more rows teach more.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..advice.case import changed
from ..advice.records import Advice
from ..records import ConfigData
from ..statistics.acceptance import compare
from ..store import Refit
from .follow import FollowedAdvice, Judged, Train

MEMBERS = 5

# The mean is dropped only where it is surely worse on the dev rows, one-sided at 5%: it is expected to be better, and
# the network that it replaces was chosen by these rows.
SURELY_WORSE_Z = -1.645

ACTION = "average several networks"


@dataclass(frozen=True)
class Finish:
    """The end of a recipe. run_id : what is to be used.

    members : how many networks answer. averaged : the run of their mean, None where there was no time, or where the
    config has an ensemble already. dev_error, miss_z : its error, and the paired test against the run that was kept.
    refit : of the run to use, None where there was no time.
    """

    run_id: str
    members: int
    averaged: str | None
    dev_error: float | None
    miss_z: float | None
    refit: Refit | None


def finish(
    kept: Judged,
    train: Train,
    refit: Callable[[str], Refit],
    seconds_of: Callable[[str], float],
    affordable: Callable[[float | None], bool],
) -> Finish:
    """Averages and refits the run that a recipe has kept, as far as there is time.

    seconds_of : how long a run has taken. Raises as `train` and `refit` do.
    """
    assert kept.run_id is not None, "a recipe's runs have names"
    run_id, members, averaged, dev_error, miss_z = kept.run_id, ensemble_of(kept.config), None, None, None
    seconds = MEMBERS * seconds_of(run_id)
    if members == 1 and affordable(seconds):
        mean = train(changed(kept.config, {"ensemble": MEMBERS}), FollowedAdvice(run_id, item_of(seconds)))
        averaged, dev_error = mean.run_id, mean.diagnosis.errors.dev
        miss_z = compare(kept.answers, mean.answers).miss_z
        if averaged is not None and miss_z > SURELY_WORSE_Z:
            run_id, members = averaged, MEMBERS
    return Finish(
        run_id, members, averaged, dev_error, miss_z, refit(run_id) if affordable(seconds_of(run_id)) else None
    )


def ensemble_of(config: ConfigData) -> int:
    """How many networks a config trains side by side."""
    return int(config.get("ensemble") or 1)


def item_of(seconds: float) -> Advice:
    """The mean of several networks, as an item of advice."""
    return Advice(
        action=ACTION,
        key="ensemble",
        why="one network answers, and what it has learned by chance is told as well",
        change={"ensemble": MEMBERS},
        command=None,
        seconds=seconds,
        expected="a lower dev error, by what averaging takes from the variance",
        about="dev",
        confidence="likely",
        code=None,
    )
