"""What a report shows of a run: all that its folder contains, and what its network answers all over the plane.

Reports of a run in memory and of one on the disk are made from the same record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..data import Preparation
from ..experiment.prepare import read_config
from ..model import LOSS_OF_TASK, network_of_arrays
from ..nn.network import Network, predict_logits
from ..nn.parameters import Parameters
from ..store import RunContents, RunFolder, read_contents
from .overview import Overview, overview_of

# A network of two inputs is asked at a grid of so many points along each side: one for about two pixels of the picture.
PLANE_POINTS = 120

# At some epochs of the training, where pictures are small and several, so many.
SMALL_PLANE_POINTS, MOST_PLANES = 60, 6

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
    """A run as its page shows it. origins : where each value of its config came from, by dotted path.

    course : what its network answered over the plane after some epochs, by epoch, the kept one among them.
    """

    overview: Overview
    run: RunContents
    origins: Mapping[str, str]
    plane: Plane | None
    course: Mapping[int, Plane]


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
    return PageContents(overview, run, origins, plane_of(run), course_of(run))


class Grid(NamedTuple):
    """Points of a plane: x (g,), y (g,) in the units of the source, and the network's inputs (g * g, n_in) there."""

    x: Array
    y: Array
    inputs: Array

    def plane(self, logits: Array) -> Plane:
        """The plane of these logits (g * g, K)."""
        return Plane(self.x, self.y, margins_of(logits).reshape(len(self.y), len(self.x), -1))


def plane_of(run: RunContents) -> Plane | None:
    """The network's answers on a grid; None for other than two numeric inputs, and for a regression."""
    grid = grid_of(run, PLANE_POINTS)
    if grid is None:
        return None
    network, parameters = network_of(run)
    return grid.plane(logits_of(network, parameters.astype(np.float64), grid.inputs))


def course_of(run: RunContents) -> dict[int, Plane]:
    """The answers after the epochs whose parameters the snapshots keep, and after the kept one; at most MOST_PLANES."""
    by_epoch = {one.epoch: one.parameters for one in run.snapshots if one.parameters is not None}
    grid = grid_of(run, SMALL_PLANE_POINTS) if by_epoch else None
    if grid is None:
        return {}
    network, parameters = network_of(run)
    fitting = {epoch: flat for epoch, flat in by_epoch.items() if flat.shape == parameters.flat.shape}
    if fitting and (kept := run.result_required().kept_epoch):
        fitting[kept] = parameters.flat.copy()
    course, inputs = {}, grid.inputs.astype(parameters.flat.dtype)
    for epoch in sorted(fitting)[-MOST_PLANES:]:
        parameters.flat[:] = fitting[epoch]
        course[epoch] = grid.plane(logits_of(network, parameters, inputs).astype(np.float64))
    return {epoch: plane for epoch, plane in course.items() if np.isfinite(plane.margins).all()}


def grid_of(run: RunContents, points: int) -> Grid | None:
    """So many points along each side of the plane of the examples; None where there is no such plane."""
    examples, model, result = run.examples, run.model, run.result
    if not examples or not model or not result or "train_inputs" not in examples or result.task == "regression":
        return None
    preparation = Preparation.from_arrays(model)
    if len(preparation.numeric_columns) != 2:
        return None  # two columns of 0 and 1 span no plane
    rows = np.concatenate([examples["train_inputs"], examples["dev_inputs"]]).astype(np.float64)
    low, high = rows.min(axis=0), rows.max(axis=0)
    border = MARGIN_SHARE * np.maximum(high - low, 1e-9)
    x, y = (np.linspace(low[i] - border[i], high[i] + border[i], points) for i in range(2))
    raw = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return Grid(x, y, preparation.scaled(raw))


def network_of(run: RunContents) -> tuple[Network, Parameters]:
    """The network of a run that has a model and a result, and its parameters."""
    activation, task = run.manifest.identity.config["network"]["activation"], run.result_required().task
    return network_of_arrays(run.model or {}, activation, LOSS_OF_TASK[task])


def logits_of(network: Network, parameters: Parameters, X: Array) -> Array:
    """Logits (m, K), which may overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        return predict_logits(network, parameters, X)


def margins_of(logits: Array) -> Array:
    """The margins (m, K) from logits (m, K): each less the highest of the others. One column gives two classes."""
    if logits.shape[1] == 1:
        return np.hstack([-logits, logits])
    ordered = np.sort(logits, axis=1)
    highest, second = ordered[:, -1:], ordered[:, -2:-1]
    return logits - np.where(logits == highest, second, highest)
