"""How much better the mean answer of an ensemble is than its members' own answers."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..diagnosis.members import MembersLook
from ..nn.evaluation import evaluate
from ..nn.parameters import Parameters
from ..nn.predictions import Predictions, predictions
from ..records import BySplit
from ..statistics.paired import compare_losses
from .predictions import dev_losses
from .prepare import Experiment


def members_look(
    experiment: Experiment, parameters: Parameters, together: Mapping[str, Predictions]
) -> MembersLook | None:
    """What the members do alone on train and dev; None for one network, and where an answer is not finite.

    together : the predictions of the ensemble, by split.
    """
    if parameters.members == 1 or not np.isfinite(together["dev"].losses).all():
        return None
    network, dataset = replace(experiment.network, members=1), experiment.dataset
    each = [parameters.member(number) for number in range(parameters.members)]
    train, dev = (
        tuple(evaluate(network, one, part.X, part.Y, part.weight).error for one in each)
        for part in (dataset.train, dataset.dev)
    )
    alone = [dev_losses(experiment, predictions(network, one, dataset.dev.X, dataset.dev.Y)) for one in each]
    found = compare_losses(np.mean(alone, axis=0), dev_losses(experiment, together["dev"]))
    share = experiment.plan.bag_fraction
    return MembersLook(BySplit(train, dev), found.difference, found.interval, None if share == 1 else share)
