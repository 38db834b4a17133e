"""What the verdict needs to know of single rows: the classes, the duel with the baseline, a regression's intervals.

Stands between the predictions and the result, which keeps these few figures, so that a run can be diagnosed again
without its rows.
"""

from collections.abc import Mapping

import numpy as np

from ..data import Dataset
from ..nn.evaluation import commonest_answer
from ..nn.network import Network
from ..nn.predictions import Predictions
from ..statistics import tail_share, unexplained_intervals
from .predictions import in_own_units

# A table of more classes is no help on a screen.
MOST_CLASSES = 100


def row_summary(network: Network, dataset: Dataset, found: Mapping[str, Predictions]) -> dict:
    """{classes, pairs, intervals, tail_share, absolute_errors}; None where it does not apply.

    classes : {label, rows, right} of each class, on dev. pairs : {network, baseline, answer}, the dev rows that only
    the one or only the other gets right. The others are a regression's: intervals of train, dev, test and variance,
    the share of the squared dev error in the largest 1%, and the {mean, median} of the absolute one, in target units.
    """
    blank = dict.fromkeys(("classes", "pairs", "intervals", "tail_share", "absolute_errors"))
    if dataset.task != "regression":
        answer = int(commonest_answer(network, dataset.train.Y))
        return blank | {"classes": class_counts(dataset, found["dev"]), "pairs": duel(dataset, found["dev"], answer)}
    if not all(np.isfinite(part.losses).all() for part in found.values()):
        return blank
    errors = np.abs(in_own_units(dataset, found["dev"].answers) - in_own_units(dataset, found["dev"].targets))
    return blank | {
        "intervals": unexplained_intervals({name: (part.losses, part.targets) for name, part in found.items()}),
        "tail_share": tail_share(found["dev"].losses),
        "absolute_errors": {"mean": float(errors.mean()), "median": float(np.median(errors))},
    }


def class_counts(dataset: Dataset, dev: Predictions) -> list[dict] | None:
    """How many dev rows each class has, and how many of them are answered rightly."""
    K = len(dataset.classes)
    if K > MOST_CLASSES:
        return None
    rows = np.bincount(dev.targets, minlength=K).tolist()
    right = np.bincount(dev.targets[dev.answers == dev.targets], minlength=K).tolist()
    return [{"label": label, "rows": m, "right": k} for label, m, k in zip(dataset.classes, rows, right, strict=True)]


def duel(dataset: Dataset, dev: Predictions, answer: int) -> dict:
    """The dev rows that only the network, and that only `answer`, gets right."""
    network, baseline = dev.answers == dev.targets, dev.targets == answer
    alone = (int(np.count_nonzero(one & ~other)) for one, other in ((network, baseline), (baseline, network)))
    return dict(zip(("network", "baseline"), alone, strict=True)) | {"answer": dataset.classes[answer]}
