"""What both estimators share: parameters, the fit, and answers in float64.

Nothing is set in `__init__` but parameters, and a fit leaves names that end in an underscore, as scikit-learn asks.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ..advice.records import RunDiagnosis
from ..arrays import Array
from ..config import Config
from ..data import Dataset
from ..data.reading import Task
from ..errors import Diverged
from ..experiment.prepare import random_streams
from ..model import Model, outputs_of_frame
from ..nn.encodings import STANDARD, Choice
from ..nn.network import Network
from ..nn.parameters import Parameters
from ..nn.training import EpochRecord
from .continuing import Course, begun, continued
from .fitting import KEPT, Target, examples_of, fit
from .settings import config_of

KeepProb = float | tuple[float, ...] | list[float]
Keep = Literal["auto", "best", "last"]
Normalize = bool | Literal["together"]
Precision = Literal["float32", "float64"]
Duplicates = Literal["together", "apart"]

# A seed drawn where `random_state` is no integer is below this, the largest that NumPy's old generator draws.
SEEDS = 2**31 - 1

# As many rows as any `dev` leaves some of.
MANY_ROWS = 2**62


class DenseEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types, so its classes are Any
    """The parameters and the fit of a dense network. Use DenseClassifier or DenseRegressor."""

    # Set by `fit`.
    model_: Model
    n_features_in_: int
    feature_names_in_: Array
    parameters_: dict[str, Array]
    metrics_: tuple[EpochRecord, ...]
    loss_curve_: list[float]
    diagnosis_: RunDiagnosis | None
    n_iter_: int
    best_epoch_: int | None
    warnings_: tuple[str, ...]

    # What `partial_fit` goes on with; None after a fit.
    _course: Course | None

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
        duplicates: Duplicates | None = None,
        optimal_error: float | Mapping[str, int] | None = None,
        target_error: float | None = None,
        metric: str = "error",
        ignore: tuple[str, ...] = (),
        random_state: int | np.random.RandomState | None = None,
    ):
        self.hidden = hidden
        self.activation = activation
        self.init = init
        self.init_scale = init_scale
        self.output_bias = output_bias
        self.lambda_ = lambda_
        self.weight_decay = weight_decay
        self.keep_prob = keep_prob
        self.patience_epochs = patience_epochs
        self.augment = augment
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.schedule = schedule
        self.warmup_fraction = warmup_fraction
        self.momentum = momentum
        self.rms_decay = rms_decay
        self.epsilon = epsilon
        self.batch_size = batch_size
        self.epochs = epochs
        self.evaluate_every = evaluate_every
        self.keep = keep
        self.precision = precision
        self.trace = trace
        self.ensemble = ensemble
        self.bag_fraction = bag_fraction
        self.normalize = normalize
        self.encoding = encoding
        self.dev = dev
        self.duplicates = duplicates
        self.optimal_error = optimal_error
        self.target_error = target_error
        self.metric = metric
        self.ignore = ignore
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        """A missing number is filled in as `dlrun train` does, so NaN is taken; sparse input is not."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Whether it is fitted; the name `lambda_` alone would make it look so."""
        return hasattr(self, "model_")

    def _config(self, rows: int, task: Task) -> Config:
        return config_of(self._words(), rows=rows, seed=self._seed(), task=task)

    def _words(self) -> dict[str, Any]:
        """The parameters as the config has them."""
        words: dict[str, Any] = self.get_params(deep=False)
        return words

    def _seed(self) -> int:
        """The config's seed: an integer as it is, anything else as scikit-learn draws one from it."""
        if isinstance(self.random_state, int | np.integer) and not isinstance(self.random_state, bool):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(SEEDS))

    def _names(self, width: int) -> tuple[str, ...]:
        return tuple(map(str, getattr(self, "feature_names_in_", [f"x{at}" for at in range(width)])))

    def _fit(self, X: Array, target: Target) -> Self:
        """Train on X (m, n), as scikit-learn validated it."""
        fitted = fit(self._config(len(X), target.task), examples_of(X, self._names(X.shape[1]), target))
        dataset, outcome = fitted.experiment.dataset, fitted.outcome
        self._course = None
        self._keep(fitted.experiment.network, outcome.parameters, dataset)
        self.metrics_ = fitted.metrics
        self.loss_curve_ = costs_of(fitted.metrics)
        self.diagnosis_ = fitted.diagnosis
        self.n_iter_, self.best_epoch_ = outcome.epochs, outcome.best_epoch
        if outcome.status == "diverged":
            warnings.warn(f"{fitted.result.message}; {KEPT}", ConvergenceWarning, stacklevel=3)
        return self

    def _begins(self) -> bool:
        """Whether a call of `partial_fit` is the first. Raises ValueError for the network of a run."""
        if hasattr(self, "model_") and self.model_.run_id:
            raise ValueError("partial_fit: goes on with arrays, and this network is that of a run; use dlrun resume")
        return not hasattr(self, "model_")

    def _partial_fit(self, X: Array, target: Target) -> Self:
        """One epoch on X (m, n), going on from the network that there is; the first call prepares and draws one."""
        examples = examples_of(X, self._names(X.shape[1]), target)
        if not hasattr(self, "model_"):
            self._course, dataset = begun(self._config(len(X), target.task), examples)
            self._keep(self._course.network, self._course.parameters, dataset)
            self.metrics_, self.n_iter_, self.best_epoch_ = (), 0, None
        elif self._course is None:
            self._course = self._course_after_fit(target.task)
        course = self._course
        try:
            record = continued(course, examples)
        except Diverged as divergence:
            warnings.warn(f"{divergence}; {KEPT}", ConvergenceWarning, stacklevel=3)
            return self
        self.model_ = replace(self.model_, parameters=course.parameters.astype(np.float64))
        self.parameters_ = {name: tensor.copy() for name, tensor in course.parameters.tensors().items()}
        self.metrics_ = (*self.metrics_, record)
        self.loss_curve_ = costs_of(self.metrics_)
        self.diagnosis_, self.n_iter_, self.best_epoch_ = None, course.epochs, None
        return self

    def _course_after_fit(self, task: Task) -> Course:
        """The training that a fit has ended, with a new optimizer."""
        # No rows are divided, so that any number of them would do.
        config = self._config(MANY_ROWS, task)
        precision = np.dtype(config.training.precision)
        network = replace(self.model_.network, keep_probs=config.keep_probs())
        parameters = self.model_.parameters.astype(precision)
        streams = random_streams(config.seed)
        return Course(config, network, self.model_.preparation, parameters, streams, epochs=self.n_iter_)

    def _counted(self, X: Array, y: Array, sample_weight: Any, fewest: int = 2) -> tuple[Array, Array, Array | None]:
        """The rows whose weight is above 0, and their weights; None where all count alike. Raises ValueError."""
        if sample_weight is None:
            return X, y, None
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        counted = weight > 0
        if counted.sum() < fewest:
            raise ValueError(f"sample_weight: {int(counted.sum())} rows weigh more than 0; expected {fewest} or more")
        return X[counted], y[counted], weight[counted]

    def _keep(self, network: Network, parameters: Parameters, dataset: Dataset) -> None:
        """Set what answers, in float64, so that a row has the same answer in any company."""
        assert dataset.form is not None, "examples of arrays have a form"
        self.model_ = Model(
            "",
            replace(network, keep_probs=()),
            parameters.astype(np.float64),
            dataset.preparation,
            dataset.form,
            dataset.task,
            dataset.classes,
            dataset.target_name,
        )
        self.parameters_ = {name: tensor.copy() for name, tensor in parameters.tensors().items()}
        self.warnings_ = dataset.warnings

    def _outputs(self, X: Any) -> Array:
        """(k, K) float64 probabilities, or (k, 1) numbers in the target's own units."""
        check_is_fitted(self)
        if self.model_.run_id:
            return outputs_of_frame(self.model_, X)
        rows = validate_data(self, X, reset=False, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan")
        return self.model_.outputs_of_numbers(rows)


def costs_of(metrics: Sequence[EpochRecord]) -> list[float]:
    """The cost of each epoch; NaN where it was not finite."""
    return [np.nan if record.cost is None else record.cost for record in metrics]
