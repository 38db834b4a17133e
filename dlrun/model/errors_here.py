"""The errors on rows that come with the target, by sums that do not grow with the rows."""

import numpy as np

from ..arrays import Array
from ..data.preparation import MISSING_CODE, UNSEEN_CODE
from ..nn.moments import Moments
from ..statistics.intervals import CONFIDENCE, bootstrap_intervals, error_interval, unexplained_estimate
from .answering import Answers, Promises, holds
from .model import Model
from .records import ErrorsHere

# Rows of a regression from which the interval of its error is computed: beyond these, it is narrower than anyone asks.
ROWS_FOR_INTERVAL = 100_000


def has_target(model: Model, target: Array) -> Array:
    """Which rows (k,) have a target (k,), one that training did not know too."""
    return np.isfinite(target) if model.task == "regression" else target != MISSING_CODE


class Scores:
    """Takes answers and targets a piece at a time; `errors()` tells the errors of all of them."""

    def __init__(self, model: Model, promises: Promises):
        self.model, self.promises = model, promises
        self.rows, self.wrong, self.unknown, self.held = 0, 0, 0, 0
        self.squared, self.absolute, self.targets = 0.0, 0.0, Moments(1)
        self.kept: list[Array] = []

    def add(self, answers: Answers, target: Array) -> None:
        """Takes in the answers of k rows and their target (k,) as `predicting` reads it."""
        known = has_target(self.model, target) & answers.given
        self.held += int(holds(self.model, answers, target, self.promises)[known].sum())
        if self.model.task == "regression":
            self._add_numbers(answers.outputs[known, 0], target[known])
            return
        self.rows += int(known.sum())
        self.unknown += int((target[known] == UNSEEN_CODE).sum())
        self.wrong += int((answers.labels != target)[known].sum())

    def _add_numbers(self, answers: Array, target: Array) -> None:
        distance = answers - target
        self.squared += float(np.square(distance).sum())
        self.absolute += float(np.abs(distance).sum())
        self.targets.add(target[:, None])
        if self.rows < ROWS_FOR_INTERVAL:
            self.kept.append(np.stack([np.square(distance), target], axis=1))
        self.rows += len(target)

    def errors(self) -> ErrorsHere | None:
        """None where no row has a target, or none has a class of training."""
        if not self.rows or self.unknown == self.rows:
            return None
        held = None if self.promises.limit is None else self.held / self.rows
        if self.model.task != "regression":
            error = self.wrong / self.rows
            ends = error_interval(error, self.rows)
            return ErrorsHere(self.rows, error, ends, CONFIDENCE, unknown_class=self.unknown or None, held=held)
        total = float(self.targets.squares[0])
        error = self.squared / total if total else float(self.squared > 0)
        [of_ratio], _ = bootstrap_intervals([np.concatenate(self.kept)[:ROWS_FOR_INTERVAL]], unexplained_estimate)
        of_error = None if of_ratio is None else (max(of_ratio[0], 0.0), of_ratio[1])
        rmse, mae = (self.squared / self.rows) ** 0.5, self.absolute / self.rows
        return ErrorsHere(self.rows, error, of_error, CONFIDENCE, rmse, mae, held=held)
