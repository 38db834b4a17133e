"""Summarizes the predictions of single rows for the verdict.

The classes, the comparison with the baseline, a regression's intervals: the result keeps these few figures, so that a
run can be diagnosed again without its rows.
"""

from collections.abc import Mapping

import numpy as np

from ..data import Dataset
from ..diagnosis.row_summary import AbsoluteErrors, ClassCount, Duel, RowSummary
from ..nn.evaluation import commonest_answer
from ..nn.network import Network
from ..nn.predictions import Predictions
from ..statistics import tail_share, unexplained_intervals
from .predictions import in_own_units

# A table with more classes is too long for a screen.
MOST_CLASSES = 100


def row_summary(network: Network, dataset: Dataset, by_split: Mapping[str, Predictions]) -> RowSummary:
    """The summary of the predictions for each split; empty for a regression whose losses are not finite."""
    if dataset.task != "regression":
        answer = int(commonest_answer(network, dataset.train.Y))
        return RowSummary(classes=class_counts(dataset, by_split["dev"]), pairs=duel(dataset, by_split["dev"], answer))
    if not all(np.isfinite(part.losses).all() for part in by_split.values()):
        return RowSummary()
    errors = np.abs(in_own_units(dataset, by_split["dev"].answers) - in_own_units(dataset, by_split["dev"].targets))
    return RowSummary(
        intervals=unexplained_intervals({name: (part.losses, part.targets) for name, part in by_split.items()}),
        tail_share=tail_share(by_split["dev"].losses),
        absolute_errors=AbsoluteErrors(float(errors.mean()), float(np.median(errors))),
    )


def class_counts(dataset: Dataset, dev: Predictions) -> tuple[ClassCount, ...] | None:
    """How many dev rows each class has, and how many of them get the right answer."""
    K = len(dataset.classes)
    if K > MOST_CLASSES:
        return None
    rows = np.bincount(dev.targets, minlength=K).tolist()
    right = np.bincount(dev.targets[dev.answers == dev.targets], minlength=K).tolist()
    return tuple(ClassCount(label, m, k) for label, m, k in zip(dataset.classes, rows, right, strict=True))


def duel(dataset: Dataset, dev: Predictions, answer: int) -> Duel:
    """How many dev rows only the network gets right, and how many only `answer`."""
    network, baseline = dev.answers == dev.targets, dev.targets == answer
    return Duel(
        network=int(np.count_nonzero(network & ~baseline)),
        baseline=int(np.count_nonzero(baseline & ~network)),
        answer=dataset.classes[answer],
    )
