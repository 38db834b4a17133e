"""A run beside trees on its own rows: measured on request, and kept in its folder.

`dlrun diagnose --reference` and `dlrun train --reference` ask for it; the run's page shows what was kept.
"""

from contextlib import suppress
from dataclasses import replace

import numpy as np

from ..arrays import Array
from ..data import Dataset
from ..data.trees import Grown, grown, rows_to_learn
from ..diagnosis.trees import BesideTrees, Rows, Trees, beside_trees, confidence_among
from ..errors import StoreError
from ..experiment import Experiment
from ..experiment.identity import refuse_changed_data
from ..experiment.prepare import prepare
from ..experiment.resume import own_config
from ..statistics.paired import Paired, compare_answers, compare_losses, compare_weighted_answers
from ..store import TREES, RunContents, RunFolder, add_file, read_manifest, status_of
from .comparison import ComparedBy, compared_by, shares_unexplained


def prepared_again(folder: RunFolder) -> Experiment:
    """The run's experiment, prepared from its own config. Raises StoreError where that or the data changed."""
    experiment = prepare(own_config(folder, ()))
    refuse_changed_data(folder, read_manifest(folder).identity, experiment)
    return experiment


def trees_of(folder: RunFolder, experiment: Experiment) -> BesideTrees | None:
    """Trees beside the run's network; of a finished run it is kept in its folder, where that can be written.

    None where the network has no dev error, or its answers were not kept.
    """
    network = compared_by(folder, read_manifest(folder))
    if network.dev_error is None or "dev_losses" not in network.arrays:
        return None
    found = measured(network, experiment.dataset)
    if status_of(folder) == "finished":
        with suppress(StoreError), folder.locked():
            add_file(folder, TREES, found)
    return found


def with_trees(run: RunContents) -> RunContents:
    """A run that has just ended, with trees beside its network if it finished. Raises as `prepared_again`."""
    if run.status != "finished":
        return run
    return replace(run, trees=trees_of(run.folder, prepared_again(run.folder)))


def measured(network: ComparedBy, dataset: Dataset) -> BesideTrees:
    """Trees that learn the training rows, beside a network on the dev rows."""
    places, train_rows = rows_to_learn(dataset.train), len(dataset.train.X)
    ensembles = list(grown(dataset, places))
    confidence = confidence_among(len(ensembles))
    return beside_trees(
        [compared(one, network, dataset, confidence) for one in ensembles],
        network.dev_error or 0.0,
        Rows(len(dataset.dev.X), train_rows, train_rows if places is None else len(places)),
        regression=dataset.task == "regression",
    )


def compared(one: Grown, network: ComparedBy, dataset: Dataset, confidence: float) -> Trees:
    """The dev error of an ensemble and its difference from the network's, by weight where rows have weights."""
    losses, weight = losses_of(one.answers, dataset), dataset.dev.weight
    share = np.ones(len(losses)) if weight is None else weight / weight.mean()
    if dataset.task == "regression":
        own = shares_unexplained(network, "dev", network.dev_error)
        paired = compare_losses(losses * share, own, confidence)
    else:
        paired = compared_answers(losses == 0, network.arrays["dev_correct"], weight, confidence)
    return Trees(one.name, float(np.mean(losses * share)), round(one.seconds, 3), paired)


def compared_answers(correct: Array, other: Array, weight: Array | None, confidence: float) -> Paired:
    if weight is None:
        return compare_answers(correct, other, confidence)
    return compare_weighted_answers(correct, other, weight, confidence)


def losses_of(answers: Array, dataset: Dataset) -> Array:
    """(m,) 1 for a wrong answer; of a regression the squared error over the variance of the dev targets."""
    truth = np.asarray(dataset.dev.Y[:]).reshape(-1)
    if dataset.task != "regression":
        wrong: Array = (answers != truth).astype(np.float64)
        return wrong
    truth, weight = truth.astype(np.float64), dataset.dev.weight
    variance = float(np.average((truth - np.average(truth, weights=weight)) ** 2, weights=weight))
    losses: Array = (answers - truth) ** 2 / (variance or 1.0)
    return losses
