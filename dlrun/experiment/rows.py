"""Summarizes the predictions of single rows for the verdict.

The classes, the comparison with the baseline, a regression's intervals: the result keeps these few figures, so that a
run can be diagnosed again without its rows.
"""

from collections.abc import Mapping

import numpy as np

from ..arrays import Array
from ..data import Dataset
from ..diagnosis.classes import unequal_classes
from ..diagnosis.row_summary import AbsoluteErrors, ClassCount, Duel, Order, RowSummary
from ..nn.evaluation import commonest_answer, pieces, totals_of
from ..nn.network import Network
from ..nn.predictions import Predictions
from ..statistics import tail_share, unexplained_intervals
from ..statistics.intervals import effective_rows
from ..statistics.separation import separation
from .predictions import in_own_units, stays_in_file

# A table with more classes is too long for a screen.
MOST_CLASSES = 100

# Of rows that stay in their file, a regression's intervals and its tail are those of the first so many, which are in
# random order: each copy of a number for each row would take memory, and the interval is a thousandth wide by then.
MAPPED_ROWS = 1_000_000


def row_summary(network: Network, dataset: Dataset, by_split: Mapping[str, Predictions]) -> RowSummary:
    """The summary of the predictions for each split; next to empty for a regression whose losses are not finite."""
    weighted = None if dataset.train.weight is None else True
    if dataset.task != "regression":
        answer = int(commonest_answer(network, dataset.train.Y, dataset.train.weight))
        counts, pairs = class_counts(dataset, by_split["dev"]), duel(dataset, by_split["dev"], answer)
        order = order_of(network, dataset, by_split["dev"]) if unequal_classes(counts or ()) else None
        return RowSummary(classes=counts, pairs=pairs, weighted=weighted, order=order)
    if stays_in_file(dataset):
        by_split = {name: part.first(MAPPED_ROWS) for name, part in by_split.items()}
    if not all(np.isfinite(part.losses).all() for part in by_split.values()):
        return RowSummary(weighted=weighted)
    errors = np.abs(in_own_units(dataset, by_split["dev"].answers) - in_own_units(dataset, by_split["dev"].targets))
    return RowSummary(
        intervals=unexplained_intervals({name: columns_of(dataset, name, part) for name, part in by_split.items()}),
        tail_share=tail_share(by_split["dev"].losses, dataset.dev.weight),
        absolute_errors=AbsoluteErrors(float(errors.mean()), float(np.median(errors))),
        weighted=weighted,
    )


def order_of(network: Network, dataset: Dataset, dev: Predictions) -> Order | None:
    """How well the dev rows whose outputs are kept are told apart; None where an output is not finite."""
    outputs = dev.outputs.astype(np.float64)
    if not np.isfinite(outputs).all() or not np.isfinite(dev.losses).all():
        return None
    probabilities = np.hstack([1 - outputs, outputs]) if dataset.task == "binary" else outputs
    found = separation(probabilities, dev.targets[: len(outputs)])
    if found is None:
        return None
    totals = totals_of(network, dataset.train.Y, dataset.train.weight)
    of_prior = -np.log(np.maximum(totals, np.finfo(float).tiny) / totals.sum())[dev.targets]
    means = (float(np.average(losses, weights=dataset.dev.weight)) for losses in (dev.losses, of_prior))
    return Order(found.auc, found.chance, *means)


def columns_of(dataset: Dataset, name: str, part: Predictions) -> tuple[Array, ...]:
    """The squared errors and targets of a split, and its weights where its rows have some."""
    weight = dataset.splits()[name].weight
    return (part.losses, part.targets) if weight is None else (part.losses, part.targets, weight)


def class_counts(dataset: Dataset, dev: Predictions) -> tuple[ClassCount, ...] | None:
    """How many dev rows each class has, and how many of them get the right answer."""
    K = len(dataset.classes)
    if K > MOST_CLASSES:
        return None
    rows, right = np.zeros(K, np.int64), np.zeros(K, np.int64)
    for chunk in pieces(len(dev.targets)):
        targets, answers = dev.targets[chunk], dev.answers[chunk]
        rows += np.bincount(targets, minlength=K)
        right += np.bincount(targets[answers == targets], minlength=K)
    both = zip(dataset.classes, rows.tolist(), right.tolist(), strict=True)
    return tuple(ClassCount(label, m, k) for label, m, k in both)


def duel(dataset: Dataset, dev: Predictions, answer: int) -> Duel:
    """How many dev rows only the network gets right, and how many only `answer`.

    Of weighted rows, as many as all that either gets right say together, shared by weight.
    """
    if dataset.dev.weight is not None:
        network, baseline = dev.answers == dev.targets, dev.targets == answer
        weight = dataset.dev.weight
        counts = shared_counts(weight[network & ~baseline], weight[baseline & ~network])
    else:
        counts = counted_apart(dev, answer)
    return Duel(network=counts[0], baseline=counts[1], answer=dataset.classes[answer])


def counted_apart(dev: Predictions, answer: int) -> tuple[int, int]:
    """How many rows only the network gets right, and how many only `answer`; rows may be more than fit into memory."""
    of_network = of_baseline = 0
    for chunk in pieces(len(dev.targets)):
        network, baseline = dev.answers[chunk] == dev.targets[chunk], dev.targets[chunk] == answer
        of_network += int(np.count_nonzero(network & ~baseline))
        of_baseline += int(np.count_nonzero(baseline & ~network))
    return of_network, of_baseline


def shared_counts(one: Array, other: Array) -> tuple[int, int]:
    """Counts of two sets of rows with these weights, such that a test of counts is as sure as their weights allow."""
    both = np.concatenate([one, other])
    if not both.sum():
        return 0, 0
    rows = effective_rows(both)
    of_one = round(rows * float(one.sum() / both.sum()))
    return of_one, rows - of_one
