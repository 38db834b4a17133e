"""Export a run to TensorBoard or MLflow, for people who keep their experiments there.

`dlrun export` uses it. Both packages are optional. An export never overwrites an existing one.
"""

import importlib
import math
import os
import types
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..errors import StoreError, UsageError
from ..nn.training import EpochRecord
from ..store import Result
from .mlflow_model import MODEL_NAME, save_mlflow_model
from .records import leaves
from .text import clean

if TYPE_CHECKING:
    from ..inspection import Overview
    from ..model import Model

# The most metrics and parameters per request, and the longest value: limits of MLflow's REST API.
METRICS_AT_A_TIME, PARAMETERS_AT_A_TIME, VALUE_LENGTH = 1000, 100, 500

# Files of a run folder that are sent as artifacts if they exist.
ARTIFACTS = ("report.html", "config.yaml", "diagnosis.json", "result.json")

# The name of each metric in both programs, by its field.
NAMES = {
    "cost": "cost",
    "loss": "loss/batches",
    "penalty": "penalty",
    "learning_rate": "learning_rate",
    "train_loss": "loss/train",
    "dev_loss": "loss/dev",
    "train_error": "error/train",
    "dev_error": "error/dev",
}

MLFLOW_STATUS = {"finished": "FINISHED", "running": "RUNNING", "interrupted": "KILLED"}


@dataclass(frozen=True)
class Exported:
    """Where a run was exported to, and its name or id there."""

    to: str
    run: str


def export_tensorboard(run: "Overview", epochs: Sequence[EpochRecord], folder: Path) -> Exported:
    """Writes a run's epochs, config, verdict and final errors to `folder`/RUN_ID.

    Raises UsageError without the package, and StoreError if the run is already there or cannot be written.
    """
    writers = optional("tensorboardX", "tensorboard")
    summaries = importlib.import_module("tensorboardX.summary")
    path = folder / run.run_id
    if path.exists():
        raise StoreError(f"{path}: this run has been exported already; remove the folder to do it again")
    began = began_seconds(run)
    parameters = {key: plain(value) for key, value in leaves(run.config).items()} | words_of(run)
    try:
        with writers.SummaryWriter(str(path), write_to_disk=True) as writer:
            for name, value, epoch, at in points_of(epochs, began):
                writer.add_scalar(name, value, epoch, walltime=at)
            last = epochs[-1].epoch if epochs else 0
            for name, value in final_errors(run).items():
                writer.add_scalar(name, value, last, walltime=began)
            for summary in summaries.hparams(parameters, final_errors(run)):
                writer.file_writer.add_summary(summary)
            writer.add_text("verdict", sentence_of(run) or "none", last)
    except OSError as problem:
        raise StoreError(f"{path}: cannot be written ({problem.strerror}); choose another folder") from problem
    return Exported(str(path), run.run_id)


def export_mlflow(run: "Overview", epochs: Sequence[EpochRecord], uri: str, model: "Model | None") -> Exported:
    """Sends a run's config, epochs, verdict, artifacts and model to the tracking store at `uri`.

    model : None for a run without a network to ask. The experiment there has the run's name. Raises UsageError without
    the package, and StoreError if the run is already there or the store cannot be reached or written.
    """
    # MLflow's default of seven retries takes minutes when no server answers.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    # What it says beside its exceptions (bars, advice on Python, colours) is for programmers, and no part of dlrun's.
    with redirect_stderr(StringIO()):
        return exported_to_mlflow(optional("mlflow", "mlflow"), run, epochs, uri, model)


def exported_to_mlflow(
    client_module: types.ModuleType, run: "Overview", epochs: Sequence[EpochRecord], uri: str, model: "Model | None"
) -> Exported:
    """As `export_mlflow`, with the package."""
    try:
        client = client_module.MlflowClient(tracking_uri=uri)
        experiment = experiment_id(client, run.config.get("name") or "dlrun")
        refuse_a_second_time(client, experiment, run.run_id)
        return Exported(uri, send(client, experiment, run, epochs, model))
    except client_module.exceptions.MlflowException as problem:
        raise StoreError(f"MLflow at {uri}: {clean(problem)}") from problem
    except ImportError as absent:  # a package that only this kind of store needs
        raise UsageError(f"MLflow at {uri}: needs {absent.name} too; pip install 'dlrun[mlflow]'") from absent
    except OSError as problem:
        raise StoreError(f"MLflow at {uri}: cannot be reached or written ({clean(problem)})") from problem


def experiment_id(client: Any, name: str) -> str:
    """The id of the experiment of that name, which is created if there is none."""
    experiment = client.get_experiment_by_name(name)
    return str(experiment.experiment_id if experiment else client.create_experiment(name))


def refuse_a_second_time(client: Any, experiment: str, run_id: str) -> None:
    """Raises StoreError if the run has been exported before."""
    there = client.search_runs([experiment], filter_string=f"tags.`dlrun.run_id` = '{run_id}'", max_results=1)
    if there:
        raise StoreError(f"{run_id}: MLflow has it as run {there[0].info.run_id}; delete that one to export it again")


def send(client: Any, experiment: str, run: "Overview", epochs: Sequence[EpochRecord], model: "Model | None") -> str:
    """Creates the run in MLflow and fills it; returns its id there."""
    from mlflow.entities import Metric, Param, RunTag

    began = began_seconds(run)
    last, seconds = (epochs[-1].epoch, epochs[-1].seconds) if epochs else (0, 0.0)
    tags = {"dlrun.run_id": run.run_id, **words_of(run), **{f"tag.{tag}": "true" for tag in run.tags}}
    made = client.create_run(experiment, start_time=int(1000 * began), run_name=run.run_id)
    there: str = made.info.run_id
    points = [Metric(name, value, int(1000 * at), epoch) for name, value, epoch, at in points_of(epochs, began)]
    ended = int(1000 * (began + seconds))
    points += [Metric(name, value, ended, last) for name, value in final_errors(run).items()]
    settings = [Param(key, str(plain(value))[:VALUE_LENGTH]) for key, value in leaves(run.config).items()]
    client.log_batch(there, tags=[RunTag(key, value[:VALUE_LENGTH]) for key, value in tags.items()])
    for start in range(0, len(settings), PARAMETERS_AT_A_TIME):
        client.log_batch(there, params=settings[start : start + PARAMETERS_AT_A_TIME])
    for start in range(0, len(points), METRICS_AT_A_TIME):
        client.log_batch(there, metrics=points[start : start + METRICS_AT_A_TIME])
    for name in ARTIFACTS:
        if (Path(run.run_dir) / name).is_file():
            client.log_artifact(there, str(Path(run.run_dir) / name))
    if model is not None:
        with TemporaryDirectory() as folder:
            client.log_artifacts(there, str(save_mlflow_model(model, Path(folder))), MODEL_NAME)
    client.set_terminated(there, MLFLOW_STATUS.get(run.status, "FAILED"), ended)
    return there


def optional(package: str, extra: str) -> types.ModuleType:
    """Imports an optional package. Raises UsageError, which says how to install it, if it is missing."""
    try:
        return importlib.import_module(package)
    except ImportError as absent:
        missing = f"needs the package {package}, which is not installed; pip install 'dlrun[{extra}]'"
        raise UsageError(f"export --{extra}: {missing}") from absent


def points_of(epochs: Sequence[EpochRecord], began: float) -> Iterator[tuple[str, float, int, float]]:
    """Yields (name, value, epoch, seconds since 1970) of everything that was measured."""
    for record in epochs:
        for field, name in NAMES.items():
            value: float | None = getattr(record, field)
            if value is not None and math.isfinite(value):
                yield name, value, record.epoch, began + record.seconds


def final_errors(run: "Overview") -> dict[str, float]:
    """The errors of the parameters that were kept, by their names in the export."""
    if not isinstance(run.result, Result):
        return {}
    return {f"final_error/{split}": error for split, error in run.result.errors.items() if error is not None}


def words_of(run: "Overview") -> dict[str, str]:
    """The facts about a run that are words: its status, and the verdict."""
    words: dict[str, str] = {"dlrun.status": run.status}
    if run.diagnosis:
        words |= {f"dlrun.{ill}": level for ill, level in run.diagnosis.diagnosis.verdict.items()}
    return words | ({"dlrun.verdict": sentence} if (sentence := sentence_of(run)) else {})


def sentence_of(run: "Overview") -> str | None:
    """The verdict in a sentence."""
    return run.diagnosis.diagnosis.sentence if run.diagnosis else None


def plain(value: object) -> object:
    """A config value as both programs accept it: a number, a boolean, or text."""
    return value if isinstance(value, bool | int | float | str) else str(value)


def began_seconds(run: "Overview") -> float:
    """When the run began, in seconds since 1970."""
    return datetime.fromisoformat(run.sessions[0].began).timestamp()
