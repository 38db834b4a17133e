"""The errors on rows that come with the target, by sums that do not grow with the rows."""

import numpy as np

from ..arrays import Array
from ..data.preparation import UNSEEN_CODE
from ..nn.moments import Moments
from ..statistics.intervals import CONFIDENCE, bootstrap_intervals, error_interval, unexplained_estimate
from .model import Model
from .records import ErrorsHere

# Rows of a regression from which the interval of its error is computed: beyond these, it is narrower than anyone asks.
ROWS_FOR_INTERVAL = 100_000


class Scores:
    """Takes outputs and targets a piece at a time; `errors()` tells the errors of all of them."""

    def __init__(self, model: Model):
        self.model = model
        self.rows, self.wrong, self.unknown = 0, 0, 0
        self.squared, self.absolute, self.targets = 0.0, 0.0, Moments(1)
        self.kept: list[Array] = []

    def add(self, outputs: Array, target: Array) -> None:
        """Takes in outputs (k, K) and the target (k,) as `predicting` reads it."""
        if self.model.task == "regression":
            self._add_numbers(outputs[:, 0], target)
            return
        known = (target >= 0) | (target == UNSEEN_CODE)
        self.rows += int(known.sum())
        self.unknown += int((target == UNSEEN_CODE).sum())
        self.wrong += int((outputs.argmax(axis=1) != target)[known].sum())

    def _add_numbers(self, answers: Array, target: Array) -> None:
        known = np.isfinite(target)
        answers, target = answers[known], target[known]
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
        if self.model.task != "regression":
            error = self.wrong / self.rows
            interval = error_interval(error, self.rows)
            return ErrorsHere(self.rows, error, interval, CONFIDENCE, unknown_class=self.unknown or None)
        total = float(self.targets.squares[0])
        error = self.squared / total if total else float(self.squared > 0)
        [ends], _ = bootstrap_intervals([np.concatenate(self.kept)[:ROWS_FOR_INTERVAL]], unexplained_estimate)
        of_error = None if ends is None else (max(ends[0], 0.0), ends[1])
        rmse, mae = (self.squared / self.rows) ** 0.5, self.absolute / self.rows
        return ErrorsHere(self.rows, error, of_error, CONFIDENCE, rmse, mae)
