"""DenseClassifier: a dense network that tells classes apart, as an estimator of scikit-learn."""

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from ..arrays import Array
from ..nn.encodings import STANDARD, Choice
from .base import DenseEstimator, Duplicates, Keep, KeepProb, Normalize, Precision
from .fitting import Target


class DenseClassifier(ClassifierMixin, DenseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A dense network that tells classes apart.

    The parameters are the words of a config, with its defaults; `dlrun config` and the README say what each means.

    hidden : units of each hidden layer; () is logistic regression. lambda_ : the L2 penalty. dev : the share of the
    rows, or their number, that are held back to judge by: the dev part. They choose the best epoch where
    `patience_epochs` is set or `keep` is best, and the diagnosis is about them. stratify : whether dev keeps the shares
    of the classes.
    class_weight : "balanced", or labels with how often their rows count, in the loss and in the diagnosis.
    optimal_error, target_error, metric, ignore : what the diagnosis measures against and is told in, and findings that
    it leaves out.
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
        output_bias: str = "prior",
        lambda_: float = 0.0,
        weight_decay: float = 0.0,
        keep_prob: KeepProb = 1.0,
        patience_epochs: int | None = None,
        augment: Mapping[str, Any] | None = None,
        optimizer: str = "adam",
        learning_rate: float = 0.001,
        learning_rate_decay: float = 0.0,
        schedule: str = "constant",
        warmup_fraction: float = 0.0,
        momentum: float = 0.9,
        rms_decay: float = 0.999,
        epsilon: float = 1e-8,
        batch_size: int | Literal["full", "auto"] = 64,
        class_weight: Literal["balanced"] | Mapping[Any, float] | None = None,
        epochs: int | Literal["auto"] = 60,
        evaluate_every: int = 1,
        keep: Keep = "auto",
        precision: Precision = "float32",
        trace: bool = True,
        ensemble: int = 1,
        bag_fraction: float = 1.0,
        normalize: Normalize = True,
        encoding: Choice = STANDARD,
        dev: float = 0.2,
        stratify: bool = True,
        duplicates: Duplicates | None = None,
        optimal_error: float | Mapping[str, int] | None = None,
        target_error: float | None = None,
        metric: str = "error",
        ignore: tuple[str, ...] = (),
        random_state: int | np.random.RandomState | None = None,
    ):
        super().__init__(
            hidden,
            activation=activation,
            init=init,
            init_scale=init_scale,
            output_bias=output_bias,
            lambda_=lambda_,
            weight_decay=weight_decay,
            keep_prob=keep_prob,
            patience_epochs=patience_epochs,
            augment=augment,
            optimizer=optimizer,
            learning_rate=learning_rate,
            learning_rate_decay=learning_rate_decay,
            schedule=schedule,
            warmup_fraction=warmup_fraction,
            momentum=momentum,
            rms_decay=rms_decay,
            epsilon=epsilon,
            batch_size=batch_size,
            epochs=epochs,
            evaluate_every=evaluate_every,
            keep=keep,
            precision=precision,
            trace=trace,
            ensemble=ensemble,
            bag_fraction=bag_fraction,
            normalize=normalize,
            encoding=encoding,
            dev=dev,
            duplicates=duplicates,
            optimal_error=optimal_error,
            target_error=target_error,
            metric=metric,
            ignore=ignore,
            random_state=random_state,
        )
        self.stratify = stratify
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on X (m, n) of numbers, NaN where one is missing, and labels y (m,). Raises ValueError.

        sample_weight (m,) : how often each row counts, in the loss and in the diagnosis; only ratios matter.
        """
        X, y = validate_data(
            self, X, y, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan", ensure_min_samples=2
        )
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        X, y, weight = self._counted(X, y, sample_weight)
        self.classes_ = np.unique(y)
        return self._fit(X, self._target(y, weight))

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One epoch on these rows, going on from the network that there is. Raises ValueError.

        The first call needs `classes`, all labels that will ever come. Its rows fit the preparation: how numbers are
        scaled and gaps are filled. No rows are held back, so that there is no diagnosis; `dev`, `stratify`,
        `duplicates`, `patience_epochs`, `epochs`, `keep`, `schedule`, `warmup_fraction` and `class_weight="balanced"`
        concern `fit` alone. Weights are relative to the rows of a call, and so is `lambda_`; bags are drawn from them.
        After a fit it goes on with a new optimizer.
        """
        first = self._begins()
        X, y = validate_data(self, X, y, reset=first, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan")
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        X, y, weight = self._counted(X, y, sample_weight, fewest=1)
        if self.class_weight == "balanced":
            raise ValueError("class_weight: balanced needs all rows at once; partial_fit takes labels with numbers")
        known = getattr(self, "classes_", None) if classes is None else np.unique(classes)
        if known is None:
            raise ValueError("classes: the first call of partial_fit needs all labels that will ever come")
        if not first and not np.array_equal(known, self.classes_):
            raise ValueError(f"classes: got {known.tolist()}, and the first call had {self.classes_.tolist()}")
        self.classes_ = known
        return self._partial_fit(X, self._target(y, weight))

    def _target(self, y: Array, weight: Array | None) -> Target:
        """Labels y (m,) as indices of `classes_`. Raises ValueError for a label that is none of them."""
        indices = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        if (others := self.classes_[indices] != y).any():
            raise ValueError(f"y: label {y[others].tolist()[0]!r} is not one of the classes {self.classes_.tolist()}")
        labels = tuple(map(str, self.classes_.tolist()))
        if len(labels) < 2:
            raise ValueError(f"y: every row has the same class, {labels[0]!r}; there is nothing to learn")
        return Target(indices.astype(np.int64), "binary" if len(labels) == 2 else "multiclass", labels, weight)

    def _words(self) -> dict[str, Any]:
        """The parameters as the config has them: classes by their names."""
        words = super()._words()
        if isinstance(self.class_weight, Mapping):
            words["class_weight"] = {self._name_of(label): factor for label, factor in self.class_weight.items()}
        return words

    def _name_of(self, label: Any) -> str:
        """The name of a class, for 1 and 1.0 alike. Raises ValueError for a label that is none."""
        name = next((str(known) for known in self.classes_.tolist() if known == label), None)
        if name is None:
            raise ValueError(f"class_weight: label {label!r} is not one of the classes {self.classes_.tolist()}")
        return name

    def predict_proba(self, X: Any) -> Array:
        """(k, K) the probability of each class of `classes_`, for X (k, n)."""
        return self._outputs(X)

    def predict(self, X: Any) -> Array:
        """(k,) the likeliest label of each row of X (k, n)."""
        outputs = self._outputs(X)
        return np.asarray(self.classes_[outputs.argmax(axis=1)])
