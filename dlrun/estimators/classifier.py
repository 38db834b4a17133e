"""DenseClassifier: a dense network that tells classes apart, as an estimator of scikit-learn."""

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from ..arrays import Array
from .base import DenseEstimator, Duplicates, KeepProb, Precision


class DenseClassifier(ClassifierMixin, DenseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A dense network that tells classes apart.

    The parameters are the words of a config, with its defaults; `dlrun config` and the README say what each means.

    hidden : units of each hidden layer; () is logistic regression. lambda_ : the L2 penalty. dev : the share of the
    rows, or their number, that are held back to judge by: the dev part. They choose the best epoch where
    `patience_epochs` is set, and the diagnosis is about them. stratify : whether dev keeps the shares of the classes.
    optimal_error, target_error, ignore : what the diagnosis measures against, and findings that it leaves out.
    random_state : the config's seed; anything but an integer draws one.

    Rows are divided as `data.split: {train: 1 - dev, dev: dev}` divides those of a file: at random, every class with
    its share, equal rows together. With `random_state=s`, the weights have the bits that `dlrun train` gives for the
    same rows with `seed: s`. Where a class has too few rows to be in both parts, one row of each class trains, and dev
    is drawn from the others.

    A fit leaves: classes_ (K,), n_features_in_, feature_names_in_ where X has names, parameters_ (W1, b1, ... by
    name), metrics_ (a record an epoch), loss_curve_ (the cost of each epoch), diagnosis_ (the verdict, findings and
    advice; a notebook shows it as a table), n_iter_ (epochs done), best_epoch_, warnings_ (what is odd in the rows).
    """

    classes_: Array

    def __init__(
        self,
        hidden: tuple[int, ...] = (64, 64),
        *,
        activation: str = "relu",
        init: str = "he",
        init_scale: float = 0.01,
        lambda_: float = 0.0,
        keep_prob: KeepProb = 1.0,
        patience_epochs: int | None = None,
        augment: Mapping[str, Any] | None = None,
        optimizer: str = "adam",
        learning_rate: float = 0.001,
        learning_rate_decay: float = 0.0,
        momentum: float = 0.9,
        rms_decay: float = 0.999,
        epsilon: float = 1e-8,
        batch_size: int | Literal["full"] = 64,
        epochs: int = 60,
        evaluate_every: int = 1,
        precision: Precision = "float32",
        trace: bool = True,
        normalize: bool = True,
        dev: float = 0.2,
        stratify: bool = True,
        duplicates: Duplicates | None = None,
        optimal_error: float | Mapping[str, int] | None = None,
        target_error: float | None = None,
        ignore: tuple[str, ...] = (),
        random_state: int | np.random.RandomState | None = None,
    ):
        super().__init__(
            hidden,
            activation=activation,
            init=init,
            init_scale=init_scale,
            lambda_=lambda_,
            keep_prob=keep_prob,
            patience_epochs=patience_epochs,
            augment=augment,
            optimizer=optimizer,
            learning_rate=learning_rate,
            learning_rate_decay=learning_rate_decay,
            momentum=momentum,
            rms_decay=rms_decay,
            epsilon=epsilon,
            batch_size=batch_size,
            epochs=epochs,
            evaluate_every=evaluate_every,
            precision=precision,
            trace=trace,
            normalize=normalize,
            dev=dev,
            duplicates=duplicates,
            optimal_error=optimal_error,
            target_error=target_error,
            ignore=ignore,
            random_state=random_state,
        )
        self.stratify = stratify

    def fit(self, X: Any, y: Any) -> Self:
        """Train on X (m, n) of numbers, NaN where one is missing, and labels y (m,). Raises ValueError."""
        X, y = validate_data(
            self, X, y, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan", ensure_min_samples=2
        )
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        self.classes_, indices = np.unique(y, return_inverse=True)
        labels = tuple(map(str, self.classes_.tolist()))
        if len(labels) < 2:
            raise ValueError(f"y: every row has the same class, {labels[0]!r}; there is nothing to learn")
        return self._fit(X, indices.astype(np.int64), labels, "binary" if len(labels) == 2 else "multiclass")

    def predict_proba(self, X: Any) -> Array:
        """(k, K) the probability of each class of `classes_`, for X (k, n)."""
        return self._outputs(X)

    def predict(self, X: Any) -> Array:
        """(k,) the likeliest label of each row of X (k, n)."""
        outputs = self._outputs(X)
        return np.asarray(self.classes_[outputs.argmax(axis=1)])
