"""Whether rows of one group are alike, where a column seems to name groups: by what is wrong of a network's answers."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..data import Dataset
from ..data.examples import Groups, Suspicion
from ..diagnosis.findings import Finding
from ..diagnosis.row_order import groups_finding
from ..nn.predictions import Predictions
from ..statistics.order import together_in_groups
from .row_order import MOST_ROWS, SEED, of_train_and_dev


def with_groups(found: Sequence[Finding], dataset: Dataset, by_split: Mapping[str, Predictions]) -> tuple[Finding, ...]:
    """The findings, where rows of a group are surely alike with that finding instead of the one that they may be."""
    suspected = [one for one in dataset.suspicions if one.groups is not None]
    told = [finding for one in suspected if (finding := of_groups(one, dataset, by_split))]
    if not told:
        return tuple(found)
    return (*told, *(finding for finding in found if finding.code != "groups-in-two-splits"))


def of_groups(suspicion: Suspicion, dataset: Dataset, by_split: Mapping[str, Predictions]) -> Finding | None:
    """The finding that rows of one group are alike; None where shuffled rows are as much so."""
    groups: Groups | None = suspicion.groups
    if groups is None or dataset.train.group is not None:
        return None
    answered, split = of_train_and_dev(dataset, by_split)
    rows, residuals, targets, _ = (array[:MOST_ROWS] for array in answered)
    split = split[:MOST_ROWS]
    if not np.isfinite(residuals).all():
        return None
    numbers = np.eye(len(dataset.classes))[targets] if dataset.task == "multiclass" else targets[:, None]
    answers, of_targets = (
        together_in_groups(values, groups.values[rows], split, np.random.default_rng(SEED))
        for values in (residuals, numbers)
    )
    if answers is None or of_targets is None:
        return None
    return groups_finding(answers, of_targets, groups.column, suspicion.share)
