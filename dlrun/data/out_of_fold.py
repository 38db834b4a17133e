"""Probabilities of each row's classes by ordinary learners that did not learn from it.

None is good at every table, so those of the two with the lowest log loss are taken, and their mean: where both are sure
of one answer, it is hardly ever wrong.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from .references import FOLDS, MOST_KERNEL_ROWS

# A learner that is sure and wrong once should not lose for that alone.
LEAST_PROBABILITY = 1e-3

NEIGHBOURS = 15

# Small boosted trees, and few: as many as are good on a thousand rows, and no longer than the forest. With more classes
# than MOST_BOOSTED, each of which has trees of its own, they take several times as long.
ROUNDS, LEAVES, MOST_BOOSTED = 60, 15, 5

BEST = 2


class OutOfFold(NamedTuple):
    """The name of a learner or of several, probabilities (m, K) of rows not learned from, and their log loss."""

    name: str
    probabilities: Array
    loss: float


def best_out_of_fold(X: Array, y: Array, rng: np.random.Generator) -> OutOfFold:
    """Of inputs X (m, n) and classes y (m,), each of which has a row in every fold."""
    seed = int(rng.integers(2**31))
    all_of_them = [answered(name, make, X, y, seed) for name, make in learners(len(X), len(np.unique(y)), seed)]
    best = sorted(all_of_them, key=lambda one: one.loss)[:BEST]
    probabilities = np.mean([one.probabilities for one in best], axis=0)
    return OutOfFold(" and ".join(one.name for one in best), probabilities, loss_of(probabilities, y))


def loss_of(probabilities: Array, y: Array) -> float:
    """The mean log loss of probabilities (m, K) of classes y (m,), none counted as less than LEAST_PROBABILITY."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(y)), y], LEAST_PROBABILITY)).mean())


def learners(m: int, classes: int, seed: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """(name, function that makes it) for m rows; boosted trees and the kernel learner where they are cheap."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC

    yield "softmax regression", lambda: LogisticRegression(C=1.0, max_iter=200)
    yield f"{NEIGHBOURS} nearest neighbours", lambda: KNeighborsClassifier(min(NEIGHBOURS, m // 2))
    yield "random forest", lambda: RandomForestClassifier(min_samples_leaf=2, random_state=seed)
    if classes <= MOST_BOOSTED:
        boosted = {"max_iter": ROUNDS, "max_leaf_nodes": LEAVES, "random_state": seed}
        yield "HistGradientBoosting", lambda: HistGradientBoostingClassifier(**boosted)
    if m <= MOST_KERNEL_ROWS:
        yield "support vectors, RBF kernel", SVC


def answered(name: str, make: Callable[[], Any], X: Array, y: Array, seed: int) -> OutOfFold:
    """A learner's answers out of fold; columns are scaled by the other folds alone."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folds, learner = StratifiedKFold(FOLDS, shuffle=True, random_state=seed), make_pipeline(StandardScaler(), make())
    method = "predict_proba" if hasattr(learner, "predict_proba") else "decision_function"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = np.asarray(cross_val_predict(learner, X, y, cv=folds, method=method))
    probabilities = found if method == "predict_proba" else of_scores(found)
    return OutOfFold(name, probabilities, loss_of(probabilities, y))


def of_scores(scores: Array) -> Array:
    """Probabilities (m, K) in the order of a learner's scores, (m, K) or for two classes (m,): their softmax."""
    both = np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores
    raised = np.exp(both - both.max(axis=1, keepdims=True))
    shares: Array = raised / raised.sum(axis=1, keepdims=True)
    return shares
