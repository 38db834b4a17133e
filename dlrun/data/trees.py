"""Trees grown on a run's own training rows, and what they answer on its dev rows.

On tables, ensembles of trees are what a practitioner would take instead of a network. `diagnosis.trees` says which of
them to take.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from .examples import Dataset, Split

# The most cells of training rows that trees learn from: 50,000 rows of 100 columns took them 93 s on two busy cores,
# most of it the forest's.
MOST_CELLS = 5 * 10**6

# The same every time.
SEED = 0


class Grown(NamedTuple):
    """An ensemble's name, its answers to the dev rows (m,) in the form of Y, and the seconds of learning."""

    name: str
    answers: Array
    seconds: float


def rows_to_learn(train: Split) -> Array | None:
    """The places of the training rows that trees learn from, drawn and in their order; None for all of them."""
    rows, columns = train.X.shape
    most = max(1, MOST_CELLS // columns)
    return None if rows <= most else np.sort(np.random.default_rng(SEED).choice(rows, most, replace=False))


def grown(dataset: Dataset, places: Array | None) -> Iterator[Grown]:
    """Boosted trees and a random forest with the settings that scikit-learn ships; weights of rows count."""
    rows = slice(None) if places is None else places
    train = dataset.train
    X, y = np.asarray(train.X[rows]), np.asarray(train.Y[rows]).reshape(-1)
    weight = None if train.weight is None else train.weight[rows]
    X_dev = np.asarray(dataset.dev.X[:])
    if dataset.task != "regression":
        y = y.astype(np.int64)
    for name, make in ensembles(y, regression=dataset.task == "regression"):
        began, model = time.perf_counter(), make()
        model.fit(X, y, sample_weight=weight)
        seconds = time.perf_counter() - began
        yield Grown(name, model.predict(X_dev), seconds)


def ensembles(y: Array, *, regression: bool) -> Iterator[tuple[str, Callable[[], Any]]]:
    """(name, function that makes it) of each ensemble for the targets y (m,)."""
    from sklearn import ensemble

    if regression:
        yield "HistGradientBoosting", lambda: ensemble.HistGradientBoostingRegressor(random_state=SEED)
        yield "random forest", lambda: ensemble.RandomForestRegressor(random_state=SEED)
        return
    # Boosted trees that stop early hold back a part with every class, which a class of one row cannot have.
    stops = "auto" if np.unique(y, return_counts=True)[1].min() > 1 else False
    yield (
        "HistGradientBoosting",
        lambda: ensemble.HistGradientBoostingClassifier(random_state=SEED, early_stopping=stops),
    )
    yield "random forest", lambda: ensemble.RandomForestClassifier(random_state=SEED)
