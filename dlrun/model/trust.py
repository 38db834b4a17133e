"""How far a run's answers can be trusted, by the dev rows that its folder keeps: calibration, intervals, abstention.

Dev rows did not train the network, but they chose its epoch. So each promise is measured on the test rows, where there
are any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..data.reading import Task
from ..errors import UsageError
from ..statistics.calibration import bins_of, calibration_error, softmax, useful_temperature
from ..statistics.conformal import class_sets, conformal_limit, set_scores
from ..statistics.costs import Costs, cheapest_cut, cut_at
from ..statistics.intervals import error_interval, proportion_interval
from ..statistics.selective import selection_for
from .records import Abstention, Calibration, Coverage, Threshold

# Probabilities are kept in float32; one nearer to 0 has no logarithm there.
LEAST_PROBABILITY = 1e-12


@dataclass(frozen=True)
class Kept:
    """The answers that a run keeps of one split: outputs (m, K) as `Model.outputs` gives them, and the truth (m,)."""

    outputs: Array
    truth: Array

    @property
    def answers(self) -> Array:
        """(m,) the most probable class."""
        return np.asarray(self.outputs.argmax(axis=1))

    @property
    def sureness(self) -> Array:
        """(m,) the probability of the answer."""
        return np.asarray(self.outputs.max(axis=1))

    @property
    def right(self) -> Array:
        """(m,) whether the answer is the true class."""
        return np.asarray(self.answers == self.truth)

    def scaled(self, temperature: float) -> "Kept":
        """With the probabilities at this temperature."""
        return self if temperature == 1 else Kept(at_temperature(self.outputs, temperature), self.truth)


@dataclass(frozen=True)
class Trust:
    """The dev rows of a run, and its test rows or None, at the temperature that calibrates them (1: as they are)."""

    task: Task
    dev: Kept
    test: Kept | None
    temperature: float = 1.0
    calibration: Calibration | None = None

    def coverage(self, level: float) -> tuple[float, Coverage]:
        """The limit of the scores for intervals, or sets, that hold the truth with this probability.

        It is the half width of a regression's interval, in the target's own units. Raises UsageError where dev has too
        few rows.
        """
        rows = len(self.dev.truth)
        limit = conformal_limit(self._scores(self.dev), level)
        if not np.isfinite(limit):
            needed = int(np.ceil(level / (1 - level)))
            raise UsageError(
                f"--interval {level:g}: needs at least {needed} dev rows, and the run has {rows}; ask for a lower level"
            )
        if self.test is None:
            return limit, Coverage(level, rows)
        holds = self._holds(self.test, limit)
        count = len(holds)
        ends = proportion_interval(holds.sum(), count)
        return limit, Coverage(level, rows, count, float(holds.mean()), (float(ends[0]), float(ends[1])))

    def _scores(self, kept: Kept) -> Array:
        if self.task == "regression":
            return np.asarray(np.abs(kept.truth - kept.outputs[:, 0]))
        return set_scores(kept.outputs, kept.truth)

    def _holds(self, kept: Kept, limit: float) -> Array:
        if self.task == "regression":
            return np.asarray(self._scores(kept) <= limit)
        return np.asarray(class_sets(kept.outputs, limit)[np.arange(len(kept.truth)), kept.truth])

    def abstention(self, error: float) -> tuple[float, Abstention]:
        """The least probability of an answer that is given, so that the error of those is below `error`.

        Raises UsageError for a regression, and where no part of the dev rows is surely answered so well.
        """
        if self.task == "regression":
            raise UsageError("--abstain: a number is not right or wrong; --interval says how far off it may be")
        selection = selection_for(self.dev.sureness, self.dev.right, error)
        if selection is None:
            rows, wrong = len(self.dev.truth), int((~self.dev.right).sum())
            raise UsageError(
                f"--abstain {error:g}: no part of the {rows} dev rows, of which {wrong} are wrong, has surely so few"
                f" errors; ask for more than {error:g}, or train with more dev rows"
            )
        on_dev = Abstention(error, len(self.dev.truth), selection.share)
        if self.test is None or not (given := self.test.sureness >= selection.threshold).any():
            return selection.threshold, on_dev
        wrong_share = float((~self.test.right[given]).mean())
        count = int(given.sum())
        return selection.threshold, Abstention(
            error, len(self.dev.truth), selection.share, count, wrong_share, error_interval(wrong_share, count)
        )

    def threshold(self, classes: Sequence[str], costs: Costs) -> Threshold:
        """The cheapest threshold of the rarer class on dev. Raises UsageError unless two classes have rows there."""
        if self.task != "binary":
            raise UsageError("--costs: needs two classes; a miss and a false alarm are mistakes about one of two")
        counts = np.bincount(self.dev.truth, minlength=2)
        if not counts.all():
            raise UsageError(f"--costs: all {counts.sum()} dev rows have one class, and say nothing about the other")
        at = int(counts.argmin())
        probability, is_rarer = self.dev.outputs[:, at], self.dev.truth == at
        found, half = cheapest_cut(probability, is_rarer, costs), cut_at(probability, is_rarer, 0.5, costs)
        test = self.test and cut_at(self.test.outputs[:, at], self.test.truth == at, found.threshold, costs)
        return Threshold(
            classes[at],
            found.threshold,
            costs.false_alarm,
            costs.miss,
            len(self.dev.truth),
            found.cost,
            half.cost,
            found.recall,
            found.precision,
            *((len(self.test.truth), test.cost, test.recall, test.precision) if self.test and test else ()),
        )


def trust_of(predictions: Mapping[str, Array], task: Task) -> Trust:
    """From the arrays of predictions.npz."""
    dev, test = _kept(predictions, "dev", task), None
    if "test_outputs" in predictions and len(predictions["test_outputs"]):
        test = _kept(predictions, "test", task)
    if task == "regression":
        return Trust(task, dev, test)
    temperature = useful_temperature(_logs(dev.outputs), dev.truth)
    calibration = _calibration(dev, test, temperature)
    scaled_test = None if test is None else test.scaled(temperature)
    return Trust(task, dev.scaled(temperature), scaled_test, temperature, calibration)


def at_temperature(probabilities: Array, temperature: float) -> Array:
    """(m, K) the probabilities of the same logits divided by the temperature."""
    return softmax(_logs(probabilities) / temperature)


def _logs(probabilities: Array) -> Array:
    return np.log(np.maximum(probabilities, LEAST_PROBABILITY))


def _kept(predictions: Mapping[str, Array], split: str, task: Task) -> Kept:
    outputs = predictions[f"{split}_outputs"].astype(np.float64)
    if task == "binary":
        outputs = np.hstack([1 - outputs, outputs])
    return Kept(outputs, predictions[f"{split}_targets"][: len(outputs)])


def _calibration(dev: Kept, test: Kept | None, temperature: float) -> Calibration:
    """Before and after, on the test rows where there are any: dev rows chose the temperature."""
    judged = dev if test is None else test
    before, after = (bins_of(kept.sureness, kept.right) for kept in (judged, judged.scaled(temperature)))
    return Calibration(
        temperature=temperature,
        dev_rows=len(dev.truth),
        measured_on="dev" if test is None else "test",
        rows=len(judged.truth),
        error_before=calibration_error(before),
        error_after=calibration_error(after),
        before=before,
        after=after,
    )
