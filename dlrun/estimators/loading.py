"""`dlrun.load`: the network of a run as a fitted estimator, with the preparation of its rows inside."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..data.source_form import SourceForm
from ..errors import StoreError
from ..experiment.identity import BEGAN_BEFORE
from ..model import Model, load_model
from ..places import default_runs_dir
from ..store import RunFolder, find_run, kept_diagnosis, read_manifest, read_result, sound_metrics
from .base import DenseEstimator, costs_of
from .classifier import DenseClassifier
from .regressor import DenseRegressor
from .settings import KEYS, parameters_of


def load(run: str | Path, *, runs_dir: str | Path | None = None) -> DenseClassifier | DenseRegressor:
    """A run's network as a fitted estimator: rows as its source had them in, labels or numbers out.

    run : an id, the beginning of one, a name, `latest` or `best`, or the path of a run's folder. runs_dir : where runs
    are kept, unless in DLRUN_RUNS or `runs`.

    X may be a frame of polars or pandas with the columns of the source, in any order, or an array of its features in
    order. They are prepared as `dlrun predict` prepares them. What the network cannot know is told by a UserWarning.
    Labels are those of the source: numbers where the target held numbers, else text. The answers are computed in
    float64, so the last digits of a probability may differ from those of `dlrun predict`.

    `fit` would train anew, on arrays. Raises StoreError without such a run, UsageError where it has no usable network.
    """
    folder = folder_of(run, runs_dir)
    model, result = load_model(folder), read_result(folder)
    config, (metrics, _) = read_manifest(folder).identity.config, sound_metrics(folder)
    kind = DenseRegressor if model.task == "regression" else DenseClassifier
    former = {word: BEGAN_BEFORE[key] for word, key in KEYS.items() if key in BEGAN_BEFORE}
    estimator = kind(**fitting(kind, former | parameters_of(config)))
    estimator.model_ = replace(model, parameters=model.parameters.astype(np.float64))
    estimator.n_features_in_ = len(model.form.features)
    estimator.feature_names_in_ = np.array(model.form.features_in_order, dtype=object)
    estimator.parameters_ = {name: tensor.copy() for name, tensor in model.parameters.tensors().items()}
    estimator.metrics_ = metrics
    estimator.loss_curve_ = costs_of(metrics)
    estimator.diagnosis_ = kept_diagnosis(folder)
    estimator.n_iter_, estimator.best_epoch_ = result.epochs, result.best_epoch
    estimator.warnings_ = result.warnings
    if isinstance(estimator, DenseClassifier):
        estimator.classes_ = labels_of(model)
    return estimator


def folder_of(run: str | Path, runs_dir: str | Path | None) -> RunFolder:
    """The folder of a run, by its path or by a reference in the runs folder. Raises StoreError."""
    path = Path(run)
    if isinstance(run, Path) or len(path.parts) > 1:
        if not path.is_dir():
            raise StoreError(f"{path}: no such run folder; give its path, or a run's id, name, latest or best")
        return RunFolder(path)
    return find_run(Path(runs_dir or default_runs_dir()), run)


def fitting(kind: type[DenseEstimator], parameters: dict[str, Any]) -> dict[str, Any]:
    """Those that the estimator has. A run with files of its own for dev holds no rows back, an estimator has to."""
    known = kind().get_params()
    return {word: value for word, value in parameters.items() if word in known and (word != "dev" or value)}


def labels_of(model: Model) -> Array:
    """(K,) the classes as the source's target holds them, in the order of the outputs."""
    if is_of_numbers(model.form, model.classes):
        numbers = [float(name) for name in model.classes]
        whole = all(number.is_integer() for number in numbers)
        return np.array(list(map(int, numbers)) if whole else numbers)
    return np.array(model.classes)


def is_of_numbers(form: SourceForm, classes: Sequence[str]) -> bool:
    """Whether the target is a column of numbers that all its classes can be turned back into."""
    if form.form(form.target).kind != "number":
        return False
    try:
        return all(np.isfinite(float(name)) for name in classes)
    except ValueError:
        return False
