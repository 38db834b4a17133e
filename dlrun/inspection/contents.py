"""What a report shows of a run: all that its folder contains, and what its network answers all over the plane.

Reports of a run in memory and of one on the disk are made from the same record.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..data import Preparation
from ..experiment.prepare import read_config
from ..model import LOSS_OF_TASK, network_of_arrays
from ..nn.network import predict_logits
from ..store import Arrays, RunContents, RunFolder, read_contents
from .overview import Overview, overview_of

# A network of two inputs is asked at a grid of so many points along each side: one for about two pixels of the picture.
PLANE_POINTS = 120

# How far the plane goes beyond the points, as a share of their range.
MARGIN_SHARE = 0.08


@dataclass(frozen=True)
class Plane:
    """The answers of a network of two inputs on a grid of points: x (g,), y (g,), margins (g, g, K).

    A class's margin is its output less the highest output of the others. The network answers the class whose margin is
    above 0.
    """

    x: Array
    y: Array
    margins: Array


@dataclass(frozen=True)
class PageContents:
    """A run as its page shows it. origins : where each value of its config came from, by dotted path."""

    overview: Overview
    run: RunContents
    origins: Mapping[str, str]
    plane: Plane | None


def contents(folder: RunFolder) -> PageContents:
    """A run, read once and checked against its own checksums.

    Raises StoreError where the run cannot be read, or where a file is not the one that was written.
    """
    run, origins = read_contents(folder), {}
    if run.result:
        origins = read_config(folder.path / "config.yaml", run.manifest.identity.overrides).origins
    return page_contents(run, origins)


def page_contents(run: RunContents, origins: Mapping[str, str]) -> PageContents:
    """The same for a run in memory."""
    overview = overview_of(run.folder, run.manifest, run.status, run.tags, run.ending, run.diagnosis, run.refit)
    return PageContents(overview, run, origins, plane_of(run))


def plane_of(run: RunContents) -> Plane | None:
    """The network's answers on a grid; None for other than two numeric inputs, and for a regression."""
    examples, model, result = run.examples, run.model, run.result
    if not examples or not model or not result or "train_inputs" not in examples or result.task == "regression":
        return None
    preparation = Preparation.from_arrays(model)
    if len(preparation.numeric_columns) != 2:
        return None  # two columns of 0 and 1 span no plane
    points = np.concatenate([examples["train_inputs"], examples["dev_inputs"]]).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    border = MARGIN_SHARE * np.maximum(high - low, 1e-9)
    x, y = (np.linspace(low[i] - border[i], high[i] + border[i], PLANE_POINTS) for i in range(2))
    raw = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    activation = run.manifest.identity.config["network"]["activation"]
    logits = logits_of(model, activation, LOSS_OF_TASK[result.task], preparation.scaled(raw))
    return Plane(x, y, margins_of(logits).reshape(PLANE_POINTS, PLANE_POINTS, -1))


def logits_of(model: Arrays, activation: str, loss: str, X: Array) -> Array:
    """Logits (m, K) of the network whose parameters are in model.npz, in float64."""
    network, parameters = network_of_arrays(model, activation, loss)
    with np.errstate(over="ignore", invalid="ignore"):
        return predict_logits(network, parameters.astype(np.float64), X)


def margins_of(logits: Array) -> Array:
    """The margins (m, K) from logits (m, K): each less the highest of the others. One column gives two classes."""
    if logits.shape[1] == 1:
        return np.hstack([-logits, logits])
    ordered = np.sort(logits, axis=1)
    highest, second = ordered[:, -1:], ordered[:, -2:-1]
    return logits - np.where(logits == highest, second, highest)
