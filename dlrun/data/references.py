"""Measures how well ordinary learners do on the same rows; each row is predicted without being learned from.

The diagnosis estimates the optimal error from these errors.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .examples import Dataset
from .hashing import row_hashes

# The most training rows, and cells of them, that the learners see: all learners together then take some seconds.
MOST_ROWS, MOST_CELLS = 4000, 10**6

# The kernel learner takes m^2 kernel evaluations a fold; beyond this it is left out.
MOST_KERNEL_ROWS = 2000

# Numbers of neighbours, from section 2 of the research; never more than half of the rows.
NEIGHBOURS = (1, 3, 5, 9, 15, 25, 51)

FOLDS = 5


class Answered(NamedTuple):
    """A learner's name, and for each row whether it was wrong, or the squared error, (m,) float64."""

    name: str
    losses: Array


class Conflicts(NamedTuple):
    """Rows that stand in the data more than once, and the errors on all rows that no predictor can avoid."""

    errors: int
    rows: int


def reference_rows(dataset: Dataset, rng: np.random.Generator) -> tuple[Array, Array]:
    """X (m, n) and y (m,) of the training rows, without repeated rows, and not more than the limits above.

    A repeated row would be predicted from its own copy, which says nothing about new rows.
    """
    X, y = np.asarray(dataset.train.X[:]), np.asarray(dataset.train.Y[:]).reshape(-1)
    _, first = np.unique(row_hashes(X, y[:, None]), return_index=True)
    most = min(MOST_ROWS, max(FOLDS, MOST_CELLS // X.shape[1]))
    if len(first) > most:
        first = rng.choice(first, most, replace=False)
    first = np.sort(first)
    return X[first].astype(np.float64), y[first] if dataset.classes == () else y[first].astype(np.int64)


def conflicts(dataset: Dataset) -> Conflicts:
    """Errors that rows with equal features and different classes force on any predictor, among train and dev rows.

    In each set of equal rows all classes but the commonest are wrong. Test rows are not used.
    """
    parts = [dataset.train, dataset.dev]
    hashes = np.concatenate([row_hashes(np.asarray(part.X[:])) for part in parts])
    y = np.concatenate([np.asarray(part.Y[:]).reshape(-1) for part in parts]).astype(np.int64)
    groups, group = np.unique(hashes, return_inverse=True)
    # Usually few rows are equal, so only the pairs (set, class) that occur are counted.
    pairs, counts = np.unique(group * (y.max() + 1) + y, return_counts=True)
    commonest = np.zeros(len(groups), dtype=np.int64)
    np.maximum.at(commonest, pairs // (y.max() + 1), counts)
    return Conflicts(int(len(y) - commonest.sum()), len(y))


def answers(X: Array, y: Array, *, regression: bool, rng: np.random.Generator) -> Iterator[Answered]:
    """Each learner's losses on X (m, n) and y (m,), from answers that did not use the row itself or its fold.

    Squared errors are in units of the variance of y, so that their mean is 1 - R².
    """
    unit = float(y.var()) or 1.0

    def losses(answered: Array) -> Array:
        losses_of_rows: Array = (answered - y) ** 2 / unit if regression else (answered != y).astype(np.float64)
        return losses_of_rows

    for k, answered in neighbours_answers(X, y, regression):
        yield Answered(f"{k} nearest neighbour{'s' if k > 1 else ''}", losses(answered))
    # With two classes, one of a single row, the learner without that row's fold would see only one class.
    if not regression and (np.sort(np.bincount(y))[-2:] < (2, FOLDS)).any():
        return
    for name, make in learners(len(X), regression):
        yield Answered(name, losses(out_of_fold(make, X, y, regression, rng)))


def neighbours_answers(X: Array, y: Array, regression: bool) -> Iterator[tuple[int, Array]]:
    """(k, (m,) answers) of the k nearest rows other than the row itself; the lower class wins a tie."""
    from sklearn.neighbors import NearestNeighbors

    counts = [k for k in NEIGHBOURS if k <= len(X) / 2]
    if not counts:
        return
    nearest = NearestNeighbors(n_neighbors=max(counts), algorithm="brute").fit(X).kneighbors(return_distance=False)
    for k in counts:
        near = y[nearest[:, :k]]
        if regression:
            yield k, near.mean(axis=1)
        else:
            votes = (near[:, :, None] == np.arange(y.max() + 1)).sum(axis=1)
            yield k, votes.argmax(axis=1)


def learners(m: int, regression: bool) -> Iterator[tuple[str, Callable[[], object]]]:
    """(name, function that makes it) of the learners fitted fold by fold: a linear one, and a kernel one if cheap."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.svm import SVC, SVR

    if regression:
        yield "ridge regression", lambda: Ridge(alpha=1.0)
    else:
        yield "softmax regression", lambda: LogisticRegression(C=1.0, max_iter=200)
    if m <= MOST_KERNEL_ROWS:
        yield "support vectors, RBF kernel", lambda: SVR() if regression else SVC()


def out_of_fold(make: Callable[[], object], X: Array, y: Array, regression: bool, rng: np.random.Generator) -> Array:
    """(m,) answers, each by a learner fitted to the other folds. Columns are scaled by those folds only."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kind = KFold if regression else StratifiedKFold
    folds = kind(FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))
    with warnings.catch_warnings():
        # A linear learner that stopped early is a slightly weaker reference, but still a valid one.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The least populated class")
        answered: Array = cross_val_predict(make_pipeline(StandardScaler(), make()), X, y, cv=folds)
        return answered
