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

# A table of more classes is no help on a screen.
MOST_CLASSES = 100


def row_summary(network: Network, dataset: Dataset, found: Mapping[str, Predictions]) -> RowSummary:
    """What the predictions of each split say; nothing of a regression whose losses left the finite numbers."""
    if dataset.task != "regression":
        answer = int(commonest_answer(network, dataset.train.Y))
        return RowSummary(classes=class_counts(dataset, found["dev"]), pairs=duel(dataset, found["dev"], answer))
    if not all(np.isfinite(part.losses).all() for part in found.values()):
        return RowSummary()
    errors = np.abs(in_own_units(dataset, found["dev"].answers) - in_own_units(dataset, found["dev"].targets))
    return RowSummary(
        intervals=unexplained_intervals({name: (part.losses, part.targets) for name, part in found.items()}),
        tail_share=tail_share(found["dev"].losses),
        absolute_errors=AbsoluteErrors(float(errors.mean()), float(np.median(errors))),
    )


def class_counts(dataset: Dataset, dev: Predictions) -> tuple[ClassCount, ...] | None:
    """How many dev rows each class has, and how many of them are answered rightly."""
    K = len(dataset.classes)
    if K > MOST_CLASSES:
        return None
    rows = np.bincount(dev.targets, minlength=K).tolist()
    right = np.bincount(dev.targets[dev.answers == dev.targets], minlength=K).tolist()
    return tuple(ClassCount(label, m, k) for label, m, k in zip(dataset.classes, rows, right, strict=True))


def duel(dataset: Dataset, dev: Predictions, answer: int) -> Duel:
    """The dev rows that only the network, and that only `answer`, gets right."""
    network, baseline = dev.answers == dev.targets, dev.targets == answer
    return Duel(
        network=int(np.count_nonzero(network & ~baseline)),
        baseline=int(np.count_nonzero(baseline & ~network)),
        answer=dataset.classes[answer],
    )
