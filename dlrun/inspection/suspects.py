"""Labels that may be wrong, looked for among a config's train and dev rows: `dlrun data CONFIG --suspects`.

Test rows are left out: what is done because of them would be chosen by them.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..arrays import Array
from ..config.schema import Config
from ..data import Dataset
from ..data.out_of_fold import OutOfFold, best_out_of_fold
from ..data.reader import places_of_rows
from ..data.references import FOLDS, MOST_CELLS, MOST_ROWS
from ..data.target_means import refuse_target_means
from ..diagnosis.label_noise import LabelNoise, Suspect, Suspects, with_sentence
from ..errors import DataError, StoreError
from ..experiment import Experiment
from ..experiment.prepare import prepare_data, random_streams, reading_of
from ..statistics.label_noise import confident_joint, surest_rows, suspects
from ..store import LABELS, RunFolder, add_file, status_of

# Asked twice, the answer is the same.
SEED = 0

# With fewer rows than this there are no useful folds, and the surest quarter has too few rows for an interval.
FEWEST_ROWS = 40

# The rows that a run keeps; more are not looked through at once.
MOST_KEPT = 30


@dataclass(frozen=True)
class LookedAt:
    """The rows (m,) of a dataset's source, their inputs (m, n) and classes (m,), and the learner's answers."""

    rows: Array
    y: Array
    classes: tuple[str, ...]
    answered: OutOfFold


def suspects_of_config(config: Config, folder: Path) -> Suspects:
    """The suspects of a config's data, with the places of their rows. Raises DataError."""
    found = suspects_of(prepare_data(config, folder, random_streams(config.seed)), "--suspects")
    place = places_of_rows(reading_of(config.data), folder=folder, rng=random_streams(config.seed)["source"])
    return replace(found, rows=tuple(replace(row, place=place(row.row - 1)) for row in found.rows))


def suspects_of(dataset: Dataset, option: str) -> Suspects:
    """The suspects of a dataset; `option` asked for them. Raises DataError."""
    looked = looked_at(dataset, option)
    probabilities, y = looked.answered.probabilities, looked.y
    found, likely = suspects(probabilities, y, confident_joint(probabilities, y))
    return Suspects(noise_of(looked), tuple(suspect(looked, *pair) for pair in zip(found, likely, strict=True)))


def suspect(looked: LookedAt, at: int, likely: int) -> Suspect:
    given, probabilities = int(looked.y[at]), looked.answered.probabilities[at]
    return Suspect(
        row=int(looked.rows[at]) + 1,
        given=looked.classes[given],
        likely=looked.classes[likely],
        probability=round(float(probabilities[likely]), 4),
        of_given=round(float(probabilities[given]), 4),
    )


def labels_of(folder: RunFolder, experiment: Experiment) -> Suspects | None:
    """The suspects of a run, the first of them; of a finished run they are kept in its folder, if that can be written.

    None where wrong labels cannot be looked for.
    """
    try:
        found = suspects_of(experiment.dataset, "--reference")
    except DataError:
        return None
    found = replace(found, rows=found.rows[:MOST_KEPT])
    if status_of(folder) == "finished":
        with suppress(StoreError), folder.locked():
            add_file(folder, LABELS, found)
    return found


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
        )
    )


def looked_at(dataset: Dataset, option: str) -> LookedAt:
    """The train and dev rows that a learner answers out of fold, drawn where they are many.

    Classes with fewer rows than there are folds are left out.
    """
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
    return LookedAt(rows[places], codes, names, best_out_of_fold(X, codes, rng))


def refuse(dataset: Dataset, option: str) -> None:
    """Raises DataError where wrong labels cannot be looked for."""
    if dataset.task == "regression":
        raise DataError(f"{option}: wrong labels are looked for among classes, and {dataset.target_name!r} is a number")
    if dataset.train.weight is not None:
        raise DataError(f"{option}: the rows have weights, which ordinary learners would not heed")
    refuse_target_means(dataset.preparation, option)
