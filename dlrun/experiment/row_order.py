"""The residuals of a run in the order of its rows: whether neighbours are answered alike, where the split is random."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..data import Dataset
from ..diagnosis.findings import Finding
from ..diagnosis.row_order import FEWEST_ROWS, row_order_finding
from ..nn.predictions import Predictions
from ..statistics.order import is_sorted_by, neighbours_alike
from .predictions import stays_in_file

# So many rows are looked at, in stretches that are spread over the source: the look is then short beside a training.
MOST_ROWS, STRETCHES = 2000, 4

# With more inputs, how alike rows are costs more than that.
MOST_COLUMNS = 100

# Its own seed, so that no stream of the experiment is used.
SEED = 0


def row_order_findings(dataset: Dataset, by_split: Mapping[str, Predictions]) -> tuple[Finding, ...]:
    """The finding that rows next to each other are alike, if it is one.

    Rows that are split by their order or their groups have that heeded already, those of a memory-mapped file are not
    looked at, and rows that stand by their target are alike by that.
    """
    if not dataset.by_chance or dataset.train.group is not None or stays_in_file(dataset):
        return ()
    answered, split = of_train_and_dev(dataset, by_split)
    order = in_stretches(np.argsort(answered.rows, kind="stable"))
    _, residuals, targets, X = (array[order] for array in answered)
    split = split[order]
    classes = len(dataset.classes) if dataset.task != "regression" else None
    if len(order) < FEWEST_ROWS or not np.isfinite(residuals).all() or is_sorted_by(targets, classes=classes):
        return ()
    finding = row_order_finding(neighbours_alike(residuals, X, split, np.random.default_rng(SEED)))
    return () if finding is None else (finding,)


def in_stretches(order: Array) -> Array:
    """The places (m,) themselves, or of too many some stretches of places that follow each other."""
    if len(order) <= MOST_ROWS:
        return order
    length = MOST_ROWS // STRETCHES
    starts = np.linspace(0, len(order) - length, STRETCHES).round().astype(int)
    return np.concatenate([order[start : start + length] for start in starts])


class Answered(NamedTuple):
    """The row numbers (m,) of a split, residuals (m, k), targets (m,), and inputs (m, n), none where they are many."""

    rows: Array
    residuals: Array
    targets: Array
    X: Array


def of_train_and_dev(dataset: Dataset, by_split: Mapping[str, Predictions]) -> tuple[Answered, Array]:
    """The rows of train and dev whose outputs are kept, train's first, and of which split each is (m,)."""
    parts = [of_split(dataset, name, by_split[name]) for name in ("train", "dev") if name in by_split]
    split = np.concatenate([np.full(len(part.rows), at) for at, part in enumerate(parts)])
    return Answered(*map(np.concatenate, zip(*parts, strict=True))), split


def of_split(dataset: Dataset, name: str, answered: Predictions) -> Answered:
    """The rows of a split whose outputs are kept."""
    outputs, part = answered.outputs.astype(np.float64), dataset.splits()[name]
    m, targets = len(outputs), answered.targets[: len(outputs)]
    truth = np.eye(outputs.shape[1])[targets] if dataset.task == "multiclass" else targets[:, None]
    X = np.asarray(part.X[:m]) if part.X.shape[1] <= MOST_COLUMNS else np.empty((m, 0))
    return Answered(np.asarray(part.rows)[:m], truth - outputs, targets, X)
