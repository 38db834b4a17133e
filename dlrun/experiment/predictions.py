"""predictions.npz: what the saved network predicts for each row of train, dev and test.

Comparing two runs, or asking which rows are wrong, starts from it.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from ..arrays import Array
from ..data import Dataset
from ..data.mapped import Piece
from ..errors import DataError
from ..nn.evaluation import pieces
from ..nn.parameters import Parameters
from ..nn.predictions import Predictions, predictions
from ..records import SPLITS
from ..statistics.paired import row_losses
from ..store.disk import mapped
from .prepare import Experiment

# Of training rows that stay in their file, only so many predictions are kept, at about 80 bytes each: memory must not
# grow with the rows. The rows are in random order, and only the interval of a regression's train error needs single
# training rows.
MAPPED_TRAIN_ROWS = 100_000

Empty = Callable[[int, type], Array]


def predict(
    experiment: Experiment, parameters: Parameters, folder: Path | None = None, splits: Collection[str] = SPLITS
) -> dict[str, Predictions]:
    """The predictions for each of these splits that there is. Those of a diverged network may be infinite or NaN.

    folder : gets the arrays of rows that stay in their file, so that memory does not grow with them; None keeps them
        in memory.
    """
    most = {"train": MAPPED_TRAIN_ROWS} if stays_in_file(experiment.dataset) else {}
    empty = empty_in(experiment.dataset, folder)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return {
            name: predictions(experiment.network, parameters, part.X, part.Y, most.get(name), empty)
            for name, part in experiment.dataset.splits().items()
            if name in splits
        }


def empty_in(dataset: Dataset, folder: Path | None) -> Empty:
    """What makes arrays with a number for each row: in memory, or in files of the folder where the rows are in one."""
    return partial(mapped, folder) if folder is not None and stays_in_file(dataset) else np.empty


def dev_losses(experiment: Experiment, answered: Predictions) -> Array:
    """What each dev row (m,) adds to the error, whose mean over the rows it is."""
    dataset = experiment.dataset
    is_regression = dataset.task == "regression"
    return row_losses(answered.answers, answered.targets, dataset.dev.weight, regression=is_regression)


def stays_in_file(dataset: Dataset) -> bool:
    """Whether the rows are memory-mapped, so that only what is kept of each row takes memory."""
    return not isinstance(dataset.train.X, np.ndarray)


def refuse_in_file(dataset: Dataset, option: str) -> None:
    """Raises DataError where an option needs rows in memory."""
    if stays_in_file(dataset):
        raise DataError(f"{option}: the rows stay in their file (data.memory_map); ask it of a file with some of them")


def prediction_arrays(dataset: Dataset, by_split: Mapping[str, Predictions], folder: Path) -> dict[str, np.ndarray]:
    """The arrays of predictions.npz. For each split, with m rows (of train perhaps a part) and K classes:

    <split>_rows (m,) : row numbers in the source.
    <split>_targets (m,) : class indices, or a regression's targets in their own units.
    <split>_outputs (at most nn.predictions.OUTPUT_ROWS, K) : probabilities, one column where there are two classes; or
        the predicted numbers, in the target's own units. Only of the first rows.
    <split>_losses (m,) : data loss in nats, or squared units of the standardised target.
    <split>_correct (m,) : whether the answer is right; not for a regression.
    <split>_weights (m,) : how often the row counts; only where rows have weights.
    """
    arrays: dict[str, np.ndarray] = {}
    empty = empty_in(dataset, folder)
    for name, of_split in by_split.items():
        part, m = dataset.splits()[name], len(of_split.targets)
        arrays[f"{name}_rows"] = row_numbers(part.rows, m, empty)
        arrays[f"{name}_targets"] = in_own_units(dataset, of_split.targets, empty)
        arrays[f"{name}_outputs"] = in_own_units(dataset, of_split.outputs)
        arrays[f"{name}_losses"] = of_split.losses
        if dataset.task != "regression":
            arrays[f"{name}_correct"] = np.equal(of_split.answers, of_split.targets, out=empty(m, np.bool_))
        if part.weight is not None:
            arrays[f"{name}_weights"] = part.weight
    return arrays


def row_numbers(rows: np.ndarray | Piece, m: int, empty: Empty) -> np.ndarray:
    """The first m row numbers of a split; of mapped rows in chunks, since they are computed when they are read."""
    if isinstance(rows, np.ndarray):
        return rows[:m]
    numbers = empty(m, np.int64)
    for chunk in pieces(m):
        numbers[chunk] = rows[chunk]
    return numbers


def in_own_units(dataset: Dataset, values: np.ndarray, empty: Empty | None = None) -> np.ndarray:
    """A regression's standardised numbers in the units of the source, (m,) in `empty` if given; others unchanged."""
    if dataset.task != "regression":
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        if empty is None:
            return dataset.preparation.target_in_own_units(values)
        numbers = empty(len(values), np.float64)
        for chunk in pieces(len(values)):
            numbers[chunk] = dataset.preparation.target_in_own_units(values[chunk])
        return numbers
