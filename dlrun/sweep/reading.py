"""Reads what a sweep has kept of its trainings: errors by row for the tests, curves and boundaries for the page."""

import numpy as np

from ..arrays import Array
from ..nn.snapshots import LayerWeights
from ..statistics.paired import variance_of
from ..statistics.seeds import RowErrors
from .folder import SweepFolder
from .grid import canonical
from .records import Boundary, Drawn, SweepOutcome, TrainingLine, TrainingPath

# A page with the curves of more trainings than this would take megabytes, and they would hide each other.
MOST_PATHS = 2000

# So many settings have their decision boundary drawn, the first ones of the outcome: the best.
MOST_BOUNDARIES = 64


class Reader:
    """Reads the arrays of a sweep's trainings; those of a split are read once."""

    def __init__(self, folder: SweepFolder):
        self.folder = folder
        self.splits: dict[str | None, dict[str, Array] | None] = {}

    def split_of(self, line: TrainingLine) -> dict[str, Array] | None:
        """The arrays of the split of a training."""
        if line.split_sha256 not in self.splits:
            self.splits[line.split_sha256] = self.folder.split_of(line)
        return self.splits[line.split_sha256]

    def row_errors(self, line: TrainingLine) -> RowErrors | None:
        """A training's errors on its dev rows; None where they were not kept, or are damaged."""
        arrays, split = self.folder.arrays_of(line), self.split_of(line)
        if arrays is None or split is None or len(arrays.get("dev_answers", ())) != len(split["dev_rows"]):
            return None
        weights, targets = split.get("dev_weights"), split["dev_targets"]
        if arrays["dev_answers"].dtype.kind == "f":
            own = targets.astype(np.float64)
            losses = arrays["dev_losses"] / variance_of(own, weights)
            return RowErrors(line.seed, split["dev_rows"], losses, weights, own)
        return RowErrors(line.seed, split["dev_rows"], arrays["dev_answers"] != targets, weights)

    def drawn(self, outcome: SweepOutcome) -> Drawn:
        """The curves of the trainings and the boundaries of the best settings, as far as they were kept."""
        numbers = {canonical(setting.settings): setting.number for setting in outcome.settings}
        shown = {setting.number for setting in outcome.settings[:MOST_BOUNDARIES]}
        paths: list[TrainingPath] = []
        boundaries: dict[int, Boundary] = {}
        weights: dict[int, tuple[LayerWeights, ...]] = {}
        split: dict[str, Array] | None = None
        for line in self.folder.lines():
            number = numbers.get(canonical(line.settings))
            is_shown = number in shown and line.seed == outcome.seeds[0]
            if number is None or not (is_shown or len(paths) < MOST_PATHS):
                continue
            arrays = self.folder.arrays_of(line) or {}
            if len(paths) < MOST_PATHS and len(arrays.get("epochs", ())):
                paths.append(path_of(number, line, arrays))
            if "weights" in arrays and is_shown:
                weights[number] = weights_of(arrays)
            if "plane" in arrays and is_shown:
                boundaries[number] = boundary_of(number, line, arrays)
                split = split or self.split_of(line)
        points = split if split is not None and "points" in split else None
        return Drawn(
            paths=tuple(paths),
            boundaries=boundaries,
            weights=weights,
            points=points["points"] if points else None,
            labels=points["labels"] if points else None,
            input_names=tuple(map(str, points["names"])) if points else (),
            classes=tuple(map(str, points["classes"])) if points else (),
        )


def path_of(number: int, line: TrainingLine, arrays: dict[str, Array]) -> TrainingPath:
    """The course of a training."""
    return TrainingPath(number, line.seed, arrays["epochs"], arrays["train_errors"], arrays["dev_errors"])


def boundary_of(number: int, line: TrainingLine, arrays: dict[str, Array]) -> Boundary:
    """The answers of a training over the plane."""
    answers = arrays["plane"].astype(np.float64)
    return Boundary(number, line.seed, arrays["plane_x"], arrays["plane_y"], answers)


def weights_of(arrays: dict[str, Array]) -> tuple[LayerWeights, ...]:
    """How the weights of each layer of a training are spread."""
    looks = zip(arrays["weights"].tolist(), arrays["weight_counts"].astype(np.int32), strict=True)
    return tuple(
        LayerWeights(int(number), mean, deviation, low, high, counts)
        for (number, mean, deviation, low, high), counts in looks
    )
