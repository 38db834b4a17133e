"""What a run's own answers to its dev rows say of their labels, and what ordinary learners say out of fold.

The first costs nothing and raises a suspicion; the second takes about a second, and decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..data import Dataset
from ..data.out_of_fold import OutOfFold, best_out_of_fold
from ..data.references import FOLDS, MOST_CELLS, MOST_ROWS
from ..data.target_means import refuse_target_means
from ..diagnosis.label_noise import LabelNoise, with_sentence
from ..errors import DataError
from ..nn.predictions import Predictions
from ..statistics.label_noise import Surest, confident_joint, surest_rows
from .predictions import refuse_in_file

# Asked twice, the answer is the same.
SEED = 0

# With fewer rows than this there are no useful folds, and the surest quarter has too few rows for an interval.
FEWEST_ROWS = 40


@dataclass(frozen=True)
class LookedAt:
    """The rows (m,) of a dataset's source, their inputs (m, n) and classes (m,), and the learner's answers."""

    rows: Array
    y: Array
    classes: tuple[str, ...]
    answered: OutOfFold


def surest_dev_rows(dataset: Dataset, by_split: Mapping[str, Predictions]) -> Surest | None:
    """How many of the dev rows that are answered most surely have another label; None for a regression, of rows with
    weights, and where an answer is not finite.
    """
    if dataset.task == "regression" or dataset.train.weight is not None:
        return None
    outputs = by_split["dev"].outputs.astype(np.float64)
    if dataset.task == "binary":
        outputs = np.hstack([1 - outputs, outputs])
    return surest_rows(outputs, by_split["dev"].targets[: len(outputs)]) if np.isfinite(outputs).all() else None


def checked_labels(dataset: Dataset) -> LabelNoise | None:
    """What learners that did not learn from them say of the labels of train and dev rows; None where none can."""
    try:
        return noise_of(looked_at(dataset, "labels"))
    except DataError:
        return None


def noise_of(looked: LookedAt) -> LabelNoise:
    probabilities, y = looked.answered.probabilities, looked.y
    surest = surest_rows(probabilities, y)
    return with_sentence(
        LabelNoise(
            rows=len(y),
            learner=looked.answered.name,
            error=float((probabilities.argmax(axis=1) != y).mean()),
            surest_rows=surest.rows,
            surest_wrong=surest.wrong,
            share=surest.share,
            interval=surest.interval,
            joint_share=float(1 - np.trace(confident_joint(probabilities, y))),
            is_told=False,
            sentence="",
        ),
        guess_error=float(1 - np.bincount(y).max() / len(y)),
    )


def looked_at(dataset: Dataset, option: str) -> LookedAt:
    """The train and dev rows that a learner answers out of fold, drawn where they are many.

    Classes with fewer rows than there are folds are left out.
    """
    from threadpoolctl import threadpool_limits

    refuse(dataset, option)
    rng, parts = np.random.default_rng(SEED), [dataset.train, dataset.dev]
    y = np.concatenate([np.asarray(part.Y[:]).reshape(-1) for part in parts]).astype(np.int64)
    by_name = dataset.rows_as_arrays()
    rows = np.concatenate([by_name["train"], by_name["dev"]])
    most = min(MOST_ROWS, max(FEWEST_ROWS, MOST_CELLS // dataset.train.X.shape[1]))
    places = np.sort(rng.choice(len(y), most, replace=False)) if len(y) > most else np.arange(len(y))
    counts = np.bincount(y[places], minlength=len(dataset.classes))
    kept = np.flatnonzero(counts >= FOLDS)
    places = places[np.isin(y[places], kept)]
    if len(places) < FEWEST_ROWS or len(kept) < 2:
        raise DataError(
            f"{option}: {len(places)} rows of {len(kept)} classes with {FOLDS} rows or more; it needs {FEWEST_ROWS}"
            " rows of two classes"
        )
    X = np.concatenate([np.asarray(part.X[:]) for part in parts])[places].astype(np.float64)
    codes = np.searchsorted(kept, y[places])
    names = tuple(dataset.classes[at] for at in kept)
    # Small trees are grown slower by threads that wait for each other, on a busy machine several times as slowly.
    with threadpool_limits(1):
        return LookedAt(rows[places], codes, names, best_out_of_fold(X, codes, rng))


def refuse(dataset: Dataset, option: str) -> None:
    """Raises DataError where wrong labels cannot be looked for."""
    refuse_in_file(dataset, option)
    if dataset.task == "regression":
        raise DataError(f"{option}: wrong labels are looked for among classes, and {dataset.target_name!r} is a number")
    if dataset.train.weight is not None:
        raise DataError(f"{option}: the rows have weights, which ordinary learners would not heed")
    refuse_target_means(dataset.preparation, option)
