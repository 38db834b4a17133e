"""What a run's own answers to its dev rows say of their labels: a look that costs nothing."""

from collections.abc import Mapping

import numpy as np

from ..data import Dataset
from ..nn.predictions import Predictions
from ..statistics.label_noise import Surest, surest_rows


def surest_dev_rows(dataset: Dataset, by_split: Mapping[str, Predictions]) -> Surest | None:
    """How many of the dev rows that are answered most surely have another label; None for a regression, of rows with
    weights, and where an answer is not finite.
    """
    if dataset.task == "regression" or dataset.train.weight is not None:
        return None
    outputs = by_split["dev"].outputs.astype(np.float64)
    if dataset.task == "binary":
        outputs = np.hstack([1 - outputs, outputs])
    return surest_rows(outputs, by_split["dev"].targets[: len(outputs)]) if np.isfinite(outputs).all() else None
