"""DenseRegressor: a dense network that predicts a number, as an estimator of scikit-learn."""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d, validate_data

from ..arrays import Array
from .base import DenseEstimator
from .fitting import Target


class DenseRegressor(RegressorMixin, DenseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A dense network that predicts a number, by squared error.

    The parameters are the words of a config, with its defaults, and what a fit leaves is what DenseClassifier's leaves,
    without classes_. The target is standardised for training and the answers are in its own units. Rows are divided as
    `data.split: {train: 1 - dev, dev: dev}` divides those of a file: at random, equal rows together. With
    `random_state=s`, the weights have the bits that `dlrun train` gives for the same rows with `seed: s`.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on X (m, n) of numbers, NaN where one is missing, and numbers y (m,). Raises ValueError.

        sample_weight (m,) : how often each row counts, in the loss and in the diagnosis; only ratios matter.
        """
        X, y = validate_data(
            self,
            X,
            y,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
            y_numeric=True,
            ensure_min_samples=2,
        )
        X, y, weight = self._counted(X, column_or_1d(y, warn=True).astype(np.float64), sample_weight)
        return self._fit(X, Target(y, "regression", weight=weight))

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch on these rows, going on from the network that there is; see DenseClassifier. Raises ValueError."""
        first = self._begins()
        X, y = validate_data(
            self,
            X,
            y,
            reset=first,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
            y_numeric=True,
        )
        X, y, weight = self._counted(X, column_or_1d(y, warn=True).astype(np.float64), sample_weight, fewest=1)
        return self._partial_fit(X, Target(y, "regression", weight=weight))

    def predict(self, X: Any) -> Array:
        """(k,) the number predicted for each row of X (k, n)."""
        return self._outputs(X)[:, 0]
