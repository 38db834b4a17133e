"""The errors of a run in the measure that diagnosis.metric asks for."""

from collections.abc import Mapping

import numpy as np

from ..arrays import Array
from ..data import Dataset
from ..diagnosis.measured import MeasuredErrors
from ..nn.predictions import Predictions
from ..records import SPLITS, BySplit
from ..statistics.measures import MEASURES
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


def _outputs_and_truth(dataset: Dataset, part: Predictions) -> tuple[Array, Array]:
    outputs = in_own_units(dataset, part.outputs.astype(np.float64))
    if dataset.task == "binary":
        outputs = np.hstack([1 - outputs, outputs])
    return outputs, in_own_units(dataset, part.targets[: len(outputs)])
