"""How much better the mean answer of an ensemble is than its members' own answers."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..arrays import Array
from ..diagnosis.members import MembersLook
from ..nn.evaluation import evaluate
from ..nn.parameters import Parameters
from ..nn.predictions import Predictions, predictions
from ..records import BySplit
from ..statistics.paired import compare_losses
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
    weight = dataset.dev.weight
    alone = [errors_of_rows(predictions(network, one, dataset.dev.X, dataset.dev.Y), weight) for one in each]
    found = compare_losses(np.mean(alone, axis=0), errors_of_rows(together["dev"], weight))
    return MembersLook(BySplit(train, dev), found.difference, found.interval)


def errors_of_rows(answered: Predictions, weight: Array | None) -> Array:
    """What each row (m,) adds to the error, whose mean over the rows it is."""
    if answered.targets.dtype == np.int64:
        errors = (answered.answers != answered.targets).astype(np.float64)
    else:
        squares = np.square(answered.targets - np.average(answered.targets, weights=weight))
        errors = np.square(answered.answers - answered.targets) / (np.average(squares, weights=weight) or 1.0)
    return errors if weight is None else np.asarray(errors * (weight / weight.mean()))
