"""A run's optimal error, bracketed on its own rows: the run's data prepared again, ordinary learners beside it.

Stands beside `resume`, whose way of taking up a run's config and data it shares.
"""

import numpy as np

from ..data.references import answers, conflicts, reference_rows
from ..diagnosis.reference import reference
from ..diagnosis.rule import thresholds
from ..errors import DataError
from ..experiment.identity import refuse_changed_data
from ..experiment.prepare import prepare
from ..experiment.resume import own_config
from ..statistics.intervals import error_interval
from ..store import RunFolder, read_manifest

# The rows and folds of the reference are drawn from here: asked twice, it says the same.
SEED = 0

# Below this there is nothing to divide into folds.
FEWEST_ROWS = 20


def with_reference(diagnosis: dict, folder: RunFolder, result: dict) -> dict:
    """The diagnosis with `reference`: the optimal error's bracket, and whether high bias is demonstrated.

    Raises StoreError where the run's config or data changed, DataError where it has too few rows.
    """
    experiment = prepare(own_config(folder, ()))
    refuse_changed_data(folder, read_manifest(folder).identity, experiment)
    dataset, rng = experiment.dataset, np.random.default_rng(SEED)
    is_regression = dataset.task == "regression"
    X, y = reference_rows(dataset, rng)
    if len(X) < FEWEST_ROWS:
        raise DataError(f"--reference: {folder.id} has {len(X)} different training rows; it needs {FEWEST_ROWS}")
    limits = diagnosis.get("thresholds") or thresholds(0.0, diagnosis["baseline_error"], is_regression)._asdict()
    train_error = result["errors"]["train"]
    found = reference(
        list(answers(X, y, regression=is_regression, rng=rng)),
        None if is_regression else conflicts(dataset),
        train_error=train_error,
        train_interval=train_interval(diagnosis, result, is_regression),
        low=limits["low"],
        high=limits["high"],
        declared=diagnosis["optimal_error"],
        regression=is_regression,
    )
    return diagnosis | {"reference": found}


def train_interval(diagnosis: dict, result: dict, is_regression: bool) -> tuple[float, float]:
    """The 90% interval of the train error; a regression's own where the diagnosis has it, else the point."""
    known = (diagnosis.get("intervals") or {}).get("train")
    error = result["errors"]["train"]
    if known:
        return tuple(known)
    return (error, error) if is_regression else error_interval(error, result["sizes"]["train"])
