"""scikit-learn's contestants, each with the preparation that a practitioner would give it.

Linear models, the MLP and the forest: medians for gaps, with a column that marks them, scaled numbers, and a column for
each category. Boosted trees take gaps and categories as they are. They learn from train and dev rows together.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .rows import Rows

# As many columns of one category as dlrun gives it (data.max_levels), and as many levels as boosted trees can take.
MOST_COLUMNS, MOST_LEVELS = 50, 250

# The search of boosted trees: trials with the shipped settings first, then settings drawn from `drawn_settings`; each
# adds trees until its own tenth of the training rows has not gained for PATIENCE of them.
TRIALS, MOST_TREES, PATIENCE = 16, 1000, 20
HELD_BACK = 0.1


def linear(rows: Rows) -> float:
    """Logistic regression or ridge regression, as shipped."""
    model = Ridge() if rows.is_regression else LogisticRegression(max_iter=1000)
    return answered(rows, make_pipeline(preparation(rows), model), dense(rows))


def mlp(rows: Rows) -> float:
    """scikit-learn's dense network, as shipped; the target of a regression is scaled, as dlrun does it."""
    seed = rows.seed
    scaled = TransformedTargetRegressor(MLPRegressor(random_state=seed), transformer=StandardScaler())
    model = scaled if rows.is_regression else MLPClassifier(random_state=seed)
    return answered(rows, make_pipeline(preparation(rows), model), dense(rows))


def forest(rows: Rows) -> float:
    """A random forest, as shipped."""
    kind = RandomForestRegressor if rows.is_regression else RandomForestClassifier
    return answered(rows, make_pipeline(preparation(rows), kind(random_state=rows.seed)), dense(rows))


def boosting(rows: Rows) -> float:
    """Boosted trees, as shipped."""
    return answered(rows, boosted_trees(rows, {}), with_gaps(rows))


def boosting_tuned(rows: Rows) -> float:
    """Boosted trees with the best of 16 settings by dev error, then by dev loss; that one learns train and dev rows.

    It then grows as many trees as its trial found best on the rows that it held back.
    """
    X, rng = with_gaps(rows), np.random.default_rng([rows.seed, TRIALS])
    trials = []
    for number in range(TRIALS):
        settings = drawn_settings(rng) if number else {}
        model = boosted_trees(rows, settings | stopping(rows))
        model.fit(X[rows.train], rows.y[rows.train])
        trials.append((*dev_score(rows, model, X), number, settings | {"max_iter": int(model.n_iter_)}))
    best: Mapping[str, Any] = min(trials)[-1]
    return answered(rows, boosted_trees(rows, {**best, "early_stopping": False}), X)


def drawn_settings(rng: np.random.Generator) -> dict[str, Any]:
    """A point of the search space of boosted trees."""
    return {
        "learning_rate": float(np.exp(rng.uniform(np.log(0.01), np.log(0.3)))),
        "max_leaf_nodes": int(np.exp(rng.uniform(np.log(8), np.log(129)))),
        "min_samples_leaf": int(np.exp(rng.uniform(np.log(1), np.log(101)))),
        "l2_regularization": float(rng.uniform(0, 10)),
        "max_features": float(rng.uniform(0.3, 1.0)),
    }


def stopping(rows: Rows) -> dict[str, Any]:
    """Early stopping on a part of the training rows; the shipped number of trees where that part would lack a class."""
    y = rows.y[rows.train]
    counts = np.array([len(y)]) if rows.is_regression else np.bincount(y)
    held = int(HELD_BACK * len(y))
    if held < max(10, len(counts)) or counts[counts > 0].min() < 2:
        return {"early_stopping": False}
    return {
        "early_stopping": True,
        "validation_fraction": HELD_BACK,
        "n_iter_no_change": PATIENCE,
        "max_iter": MOST_TREES,
    }


def dev_score(rows: Rows, model: Any, X: np.ndarray) -> tuple[float, float]:
    """Error and loss on the dev rows; the loss decides between equal errors, which few rows often have."""
    error = rows.error_of(model.predict(X[rows.dev]), rows.dev)
    if rows.is_regression:
        return error, error
    known = np.isin(rows.y[rows.dev], model.classes_)
    dev = rows.dev[known]
    return error, float(log_loss(rows.y[dev], model.predict_proba(X[dev]), labels=model.classes_))


def boosted_trees(rows: Rows, settings: Mapping[str, Any]) -> Any:
    kind = HistGradientBoostingRegressor if rows.is_regression else HistGradientBoostingClassifier
    words = np.arange(rows.codes.shape[1]) + rows.numbers.shape[1]
    return kind(random_state=rows.seed, categorical_features=words if len(words) else None, **settings)


def answered(rows: Rows, model: Any, X: np.ndarray) -> float:
    """The test error of a model that learned the known rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of steps that did not converge, and of columns without a value
        model.fit(X[rows.known], rows.y[rows.known])
        return rows.error_of(model.predict(X[rows.test]))


def dense(rows: Rows) -> np.ndarray:
    """(m, p + c): numbers, then categories as whole numbers, which `preparation` takes apart."""
    return np.hstack([rows.numbers, rows.codes])


def with_gaps(rows: Rows) -> np.ndarray:
    """The same for boosted trees: a missing category is a gap, and so are all but the commonest of very many."""
    codes = np.full(rows.codes.shape, np.nan)
    for at, column in enumerate(rows.codes.T):
        levels, counts = np.unique(column[rows.known][column[rows.known] >= 0], return_counts=True)
        for place, level in enumerate(levels[np.argsort(-counts, kind="stable")][:MOST_LEVELS]):
            codes[column == level, at] = place
    return np.hstack([rows.numbers, codes])


def preparation(rows: Rows) -> ColumnTransformer:
    p = rows.numbers.shape[1]
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    words = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST_COLUMNS, sparse_output=False)
    return ColumnTransformer(
        [("numbers", numbers, list(range(p))), ("words", words, list(range(p, p + rows.codes.shape[1])))]
    )
