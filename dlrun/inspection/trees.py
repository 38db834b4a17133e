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
from ..statistics.paired import Paired, compare_answers, compare_losses, compare_weighted_answers, row_losses
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
    if network.errors.dev is None or "dev_losses" not in network.arrays:
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
        network.errors.dev or 0.0,
        Rows(len(dataset.dev.X), train_rows, train_rows if places is None else len(places)),
        regression=dataset.task == "regression",
    )


def compared(one: Grown, network: ComparedBy, dataset: Dataset, confidence: float) -> Trees:
    """The dev error of an ensemble and its difference from the network's, by weight where rows have weights."""
    truth, weight = np.asarray(dataset.dev.Y[:]).reshape(-1), dataset.dev.weight
    is_regression = dataset.task == "regression"
    losses = row_losses(one.answers, truth.astype(np.float64), weight, regression=is_regression)
    if is_regression:
        paired = compare_losses(losses, shares_unexplained(network, "dev"), confidence)
    else:
        paired = compared_answers(one.answers == truth, network.arrays["dev_correct"], weight, confidence)
    return Trees(one.name, float(losses.mean()), round(one.seconds, 3), paired)


def compared_answers(correct: Array, other: Array, weight: Array | None, confidence: float) -> Paired:
    if weight is None:
        return compare_answers(correct, other, confidence)
    return compare_weighted_answers(correct, other, weight, confidence)
