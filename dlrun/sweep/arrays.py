"""What a sweep keeps of a training besides its line: answers on the dev rows, its course, its decision boundary.

Small enough for a hundred thousand trainings. Of the rows themselves, only what all trainings on the same split have
in common is kept, once: the `split` arrays.
"""

import io
from collections.abc import Mapping, Sequence

import numpy as np

from ..arrays import Array
from ..experiment import Experiment
from ..nn.evaluation import pieces
from ..nn.network import predict_logits
from ..nn.parameters import Parameters
from ..nn.predictions import predictions
from ..nn.snapshots import layers_of
from ..nn.training import EpochRecord
from ..store.arrays import read_npz, write_npz
from .records import MOST_POINTS

# Places a side of the plane of a decision boundary: the smallest picture of one is about so many pixels wide.
PLANE_SIDE = 48

# The share of the inputs' span that is shown beyond the outermost dev row, on each side.
MARGIN = 0.08

# Of a larger dev set only so many rows are kept, evenly chosen, and always the same of one split: differences between
# settings are then measured on them. Their errors in the line are of all rows.
MOST_DEV_ROWS = 50_000

# More dev rows would cover each other in a small picture.
MOST_DEV_POINTS = 400


def training_arrays(experiment: Experiment, parameters: Parameters, metrics: Sequence[EpochRecord]) -> dict[str, Array]:
    """Of one training:

    dev_answers (m,) : class numbers in the smallest type that holds them; or float32 numbers of the scaled target.
    dev_losses (m,) float32 : data loss. epochs, train_errors, dev_errors (k,) : the course, thinned.
    plane_x, plane_y (n,), plane (n, n) float16 : see `Boundary`, with two inputs alone.
    weights (L, 5) float32, weight_counts (L, BINS) uint16 : of each `LayerWeights` its figures, and its counts.
    """
    dev = experiment.dataset.dev
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a diverged network's numbers may overflow
        places = kept_places(len(dev.X))
        of_dev = predictions(experiment.network, parameters, dev.X[places], dev.Y[places])
        losses = of_dev.losses.astype(np.float32)
        plane = plane_arrays(experiment, parameters) if experiment.dataset.preparation.is_plane else {}
    if experiment.dataset.task == "regression":
        answers = of_dev.answers.astype(np.float32)
    else:
        answers = of_dev.answers.astype(np.min_scalar_type(max(len(experiment.dataset.classes) - 1, 1)))
    return {
        "dev_answers": answers,
        "dev_losses": losses,
        **course_arrays(metrics),
        **plane,
        **weights_arrays(parameters),
    }


def course_arrays(metrics: Sequence[EpochRecord]) -> dict[str, Array]:
    """The errors by epoch, of at most MOST_POINTS epochs that were measured, the first and the last among them."""
    measured = [record for record in metrics if record.dev_error is not None]
    kept = [measured[at] for at in evenly(len(measured), MOST_POINTS)]
    return {
        "epochs": np.array([record.epoch for record in kept], np.int32),
        "train_errors": np.array([record.train_error for record in kept], np.float32),
        "dev_errors": np.array([record.dev_error for record in kept], np.float32),
    }


def weights_arrays(parameters: Parameters) -> dict[str, Array]:
    """How the weights of each layer are spread; nothing where they are not finite."""
    looks = layers_of(parameters) if np.isfinite(parameters.flat).all() else ()
    figures = np.array([look[:-1] for look in looks], np.float32)
    return {"weights": figures, "weight_counts": np.array([look.counts for look in looks], np.uint16)} if looks else {}


def plane_arrays(experiment: Experiment, parameters: Parameters) -> dict[str, Array]:
    """The answers of a network of two inputs over the plane of the dev rows, in the units of the source."""
    dataset, network = experiment.dataset, experiment.network
    inputs = np.asarray(dataset.dev.X[:])
    rows = dataset.preparation.raw(inputs)
    low, high = rows.min(axis=0), rows.max(axis=0)
    reach = (high - low) * MARGIN
    sides = np.linspace(low - reach, high + reach, PLANE_SIDE)
    raw = np.stack(np.meshgrid(sides[:, 0], sides[:, 1]), axis=-1).reshape(-1, 2)
    grid = dataset.preparation.scaled(raw).astype(inputs.dtype)
    logits = np.concatenate([predict_logits(network, parameters, grid[rows]).copy() for rows in pieces(len(grid))])
    if dataset.task == "regression":
        answers = dataset.preparation.target_in_own_units(logits[:, 0].astype(np.float64))
    elif dataset.task == "binary":
        answers = np.exp(-np.logaddexp(0, -logits[:, 0].astype(np.float64)))
    else:
        answers = network.loss_function.predict(logits)
    plane = np.asarray(answers).reshape(PLANE_SIDE, PLANE_SIDE).astype(np.float16)
    return {"plane_x": sides[:, 0].astype(np.float32), "plane_y": sides[:, 1].astype(np.float32), "plane": plane}


def kept_places(m: int) -> slice | Array:
    """The places of the dev rows whose answers are kept; a slice, which copies nothing, where they are all."""
    return slice(None) if m <= MOST_DEV_ROWS else evenly(m, MOST_DEV_ROWS)


def evenly(m: int, most: int) -> Array:
    """At most so many places of m, evenly chosen, the first and the last among them."""
    return np.unique(np.linspace(0, m - 1, min(m, most)).round().astype(np.int64))


def split_arrays(experiment: Experiment) -> dict[str, Array]:
    """Of all trainings on one split:

    dev_rows (m,) : row numbers in the source. dev_targets (m,) : class numbers, or numbers of the scaled target.
    dev_weights (m,) : of weighted rows. points (k, 2), labels (k,), names (2,), classes : of two inputs.
    """
    dataset = experiment.dataset
    dev = dataset.dev
    kept = kept_places(len(dev.X))
    targets = np.asarray(dev.Y[kept]).reshape(-1)
    arrays: dict[str, Array] = {"dev_rows": np.asarray(dev.rows[kept]), "dev_targets": targets}
    if dev.weight is not None:
        arrays["dev_weights"] = dev.weight[kept]
    if dataset.preparation.is_plane:
        drawn = evenly(len(targets), MOST_DEV_POINTS)
        arrays["points"] = dataset.preparation.raw(dev.X[kept][drawn]).astype(np.float32)
        arrays["labels"] = targets[drawn]
        arrays["names"] = np.array(dataset.preparation.raw_names, dtype=np.str_)
        arrays["classes"] = np.array(dataset.classes, dtype=np.str_)
    return arrays


def packed(arrays: Mapping[str, Array]) -> bytes:
    """The arrays as the bytes of an .npz."""
    file = io.BytesIO()
    write_npz(file, arrays)
    return file.getvalue()


def unpacked(data: bytes) -> dict[str, Array]:
    """The arrays of such bytes. Raises ValueError for others."""
    return read_npz(io.BytesIO(data))
