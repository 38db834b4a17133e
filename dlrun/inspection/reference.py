"""A run's optimal error, bracketed on its own rows: the run's data prepared again, ordinary learners beside it.

Stands beside `resume`, whose way of taking up a run's config and data it shares.
"""

import numpy as np

from ..data.references import answers, conflicts, reference_rows
from ..diagnosis.records import Diagnosis
from ..diagnosis.reference import Reference, reference
from ..errors import DataError
from ..experiment.identity import refuse_changed_data
from ..experiment.prepare import prepare
from ..experiment.resume import own_config
from ..statistics.intervals import Interval, error_interval
from ..store import RunFolder, read_manifest

# The rows and folds of the reference are drawn from here: asked twice, it says the same.
SEED = 0

# Below this there is nothing to divide into folds.
FEWEST_ROWS = 20


def reference_of(diagnosis: Diagnosis, folder: RunFolder, result: dict) -> Reference:
    """The optimal error's bracket, and whether high bias is demonstrated.

    Raises StoreError where the run's config or data changed, DataError where it has too few rows.
    """
    experiment = prepare(own_config(folder, ()))
    refuse_changed_data(folder, read_manifest(folder).identity, experiment)
    dataset, rng = experiment.dataset, np.random.default_rng(SEED)
    is_regression = dataset.task == "regression"
    X, y = reference_rows(dataset, rng)
    if len(X) < FEWEST_ROWS:
        raise DataError(f"--reference: {folder.id} has {len(X)} different training rows; it needs {FEWEST_ROWS}")
    return reference(
        list(answers(X, y, regression=is_regression, rng=rng)),
        None if is_regression else conflicts(dataset),
        train_error=diagnosis.errors.train,
        train_interval=train_interval(diagnosis, result),
        low=diagnosis.thresholds.low,
        high=diagnosis.thresholds.high,
        declared=diagnosis.optimal_error,
        regression=is_regression,
    )


def train_interval(diagnosis: Diagnosis, result: dict) -> Interval:
    """The 90% interval of the train error; a regression's own where the diagnosis has it, else the point."""
    error = diagnosis.errors.train
    if diagnosis.intervals.train:
        return diagnosis.intervals.train
    return (error, error) if diagnosis.regression else error_interval(error, result["sizes"]["train"])
