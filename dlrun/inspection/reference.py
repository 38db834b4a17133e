"""Bounds of a run's optimal error, from ordinary learners on the run's own rows.

`dlrun diagnose --reference` asks for it, which takes a while: the run's data are prepared again, as `resume` does it.
"""

import numpy as np

from ..data.references import answers, conflicts, reference_rows
from ..data.target_means import refuse_target_means
from ..diagnosis.records import Diagnosis
from ..diagnosis.reference import Reference, TrainError, reference
from ..errors import DataError
from ..experiment import Experiment
from ..statistics.intervals import Interval, error_interval
from ..store import RunFolder

# The seed for the rows and folds of the reference: asked twice, the answer is the same.
SEED = 0

# With fewer rows than this there are no useful folds.
FEWEST_ROWS = 20


def reference_of(diagnosis: Diagnosis, folder: RunFolder, experiment: Experiment) -> Reference:
    """The bounds of the optimal error, and whether high bias is demonstrated.

    experiment : the run's, prepared again. Raises DataError where it has too few rows, or rows with weights.
    """
    if experiment.dataset.train.weight is not None:
        raise DataError(f"--reference: the rows of {folder.id} have weights, which ordinary learners would not heed")
    refuse_target_means(experiment.dataset.preparation, f"--reference: {folder.id}")
    dataset, rng = experiment.dataset, np.random.default_rng(SEED)
    is_regression = dataset.task == "regression"
    X, y = reference_rows(dataset, rng)
    if len(X) < FEWEST_ROWS:
        raise DataError(f"--reference: {folder.id} has {len(X)} different training rows; it needs {FEWEST_ROWS}")
    return reference(
        list(answers(X, y, regression=is_regression, rng=rng)),
        None if is_regression else conflicts(dataset),
        TrainError(diagnosis.errors.train, train_interval(diagnosis, len(dataset.train.X)), diagnosis.thresholds),
        declared=diagnosis.optimal_error,
        regression=is_regression,
    )


def train_interval(diagnosis: Diagnosis, train_rows: int) -> Interval:
    """The 90% interval of the train error; for a regression that of the diagnosis, else the error twice."""
    error = diagnosis.errors.train
    if diagnosis.intervals.train:
        return diagnosis.intervals.train
    return (error, error) if diagnosis.regression else error_interval(error, train_rows)
