"""What predictions are worth besides the error: metrics, confusion, and the measure that diagnosis.metric names."""

from collections.abc import Mapping

import numpy as np

from ..arrays import Array
from ..data import Dataset
from ..diagnosis.measured import MeasuredErrors
from ..nn.predictions import Predictions
from ..records import SPLITS, BySplit
from ..statistics.measures import MEASURES
from ..statistics.metrics import Confusion, Metric, class_metrics, confusion_of, number_metrics
from .metric_choice import ERROR
from .predictions import in_own_units


def measured_errors(metric: str, dataset: Dataset, by_split: Mapping[str, Predictions]) -> MeasuredErrors | None:
    """The errors in a measure, of the rows whose outputs are kept; None for the error, and where one is no number."""
    if metric == ERROR or not all(np.isfinite(part.outputs).all() for part in by_split.values()):
        return None
    measure = MEASURES[metric]
    found = {split: measure.of(*_outputs_and_truth(dataset, part)) for split, part in by_split.items()}
    if not all(np.isfinite(one.value) for one in found.values()):
        return None
    return MeasuredErrors(
        metric=metric,
        word=measure.word,
        errors=BySplit(*(found[split].value if split in found else None for split in SPLITS)),
        intervals=BySplit(*(found[split].interval if split in found else None for split in SPLITS)),
        baseline=1.0 if measure.baseline is None else measure.baseline(len(dataset.classes)),
        is_share=measure.is_share,
    )


def metrics_of(dataset: Dataset, by_split: Mapping[str, Predictions]) -> dict[str, dict[str, Metric]] | None:
    """The metrics of dev and test, of the rows whose outputs are kept; None where an output is not finite."""
    judged = _judged(dataset, by_split)
    if judged is None:
        return None
    if dataset.task == "regression":
        return {split: number_metrics(outputs[:, 0], truth) for split, (outputs, truth) in judged.items()}
    return {split: class_metrics(outputs, truth) for split, (outputs, truth) in judged.items()}


def confusions_of(dataset: Dataset, by_split: Mapping[str, Predictions]) -> dict[str, Confusion] | None:
    """The confusion matrices of dev and test, of the same rows; None for a regression, and for many classes."""
    judged = None if dataset.task == "regression" else _judged(dataset, by_split)
    found = {split: confusion_of(*both) for split, both in (judged or {}).items()}
    return {split: confusion for split, confusion in found.items() if confusion is not None} or None


def _judged(dataset: Dataset, by_split: Mapping[str, Predictions]) -> dict[str, tuple[Array, Array]] | None:
    """Outputs and truth of the splits that judge a network; None where an output is not finite."""
    judged: dict[str, tuple[Array, Array]] = {}
    judged |= {split: _outputs_and_truth(dataset, by_split[split]) for split in SPLITS[1:] if split in by_split}
    return judged if all(np.isfinite(outputs).all() for outputs, _ in judged.values()) else None


def _outputs_and_truth(dataset: Dataset, part: Predictions) -> tuple[Array, Array]:
    outputs = in_own_units(dataset, part.outputs.astype(np.float64))
    if dataset.task == "binary":
        outputs = np.hstack([1 - outputs, outputs])
    return outputs, in_own_units(dataset, part.targets[: len(outputs)])
