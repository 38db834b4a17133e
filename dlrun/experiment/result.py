"""The result of a run: what `train --json` prints, result.json holds, and every later verb starts from."""

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass, replace
from typing import TypeVar

import numpy as np

from ..advice import RunDiagnosis
from ..config import Config
from ..diagnosis import Diagnosis, Finding, Optimal, diagnose, not_finite
from ..diagnosis.row_summary import RowSummary
from ..nn.evaluation import Evaluation, baseline_error, evaluate
from ..nn.optimizers import penalty_of
from ..nn.parameters import Parameters, weight_decay
from ..nn.predictions import Predictions
from ..records import BySplit, Sizes
from ..store import RunFolder
from ..store.codec import from_plain
from .advising import advised
from .evidence import data_findings
from .health import health_of
from .outcome import Outcome
from .prepare import Experiment
from .rows import row_summary

# A learning rate this much smaller is what a diverged run is advised to try.
SMALLER_RATE_FACTOR = 0.1


def summarize(
    experiment: Experiment,
    outcome: Outcome,
    predictions: Mapping[str, Predictions],
    folder: RunFolder,
    metrics: list[dict],
    trace: list[dict],
) -> dict:
    """The result: what `train --json` prints and every later verb starts from; of `folder` the name alone."""
    dataset, config = experiment.dataset, experiment.config
    measured = measure(experiment, outcome.parameters)
    decay = weight_decay(outcome.parameters, config.regularization.lambda_, len(dataset.train.X))
    penalty = penalty_of(outcome.parameters, decay)
    result = {
        "run_id": folder.id,
        "run_dir": str(folder.path),
        "name": config.name or folder.id,
        "status": outcome.status,
        "message": message_of(outcome, config),
        "task": dataset.task,
        "errors": parts_of(measured, lambda e: e.error),
        "baseline_error": baseline_error(experiment.network, dataset.train.Y, dataset.dev.Y),
        "optimal_error": experiment.optimal.error,
        "optimal": experiment.optimal,
        "target_error": config.diagnosis.target_error,
        "ignore": list(config.diagnosis.ignore),
        "costs": parts_of(measured, lambda e: e.loss + penalty),
        "losses": parts_of(measured, lambda e: e.loss),
        "rmse": None,
        "sizes": {name: len(part.X) for name, part in dataset.splits().items()},
        "epochs": outcome.epochs,
        "best_epoch": outcome.best_epoch,
        "seconds": outcome.seconds,
        "row_summary": row_summary(experiment.network, dataset, predictions),
        "warnings": list(dataset.warnings),
        "data_findings": data_findings(experiment),
    }
    if dataset.task == "regression":
        result["rmse"] = parts_of(measured, lambda e: e.loss**0.5 * dataset.target_scale)
    result["health"] = health_of(experiment, result, metrics, trace)
    return result | verdict_of(result)


def measure(experiment: Experiment, parameters: Parameters) -> dict[str, Evaluation]:
    # The parameters of a diverged run may be finite and still overflow; the numbers then say so themselves.
    with np.errstate(over="ignore", invalid="ignore"):
        return {
            name: evaluate(experiment.network, parameters, part.X, part.Y)
            for name, part in experiment.dataset.splits().items()
        }


def parts_of(measured: dict[str, Evaluation], figure: Callable[[Evaluation], float]) -> dict[str, float | None]:
    """One figure for each of train, dev and test; None where there is no such part."""
    return {name: figure(measured[name]) if name in measured else None for name in ("train", "dev", "test")}


def message_of(outcome: Outcome, config: Config) -> str | None:
    """What a person is told about a run that did not finish."""
    if outcome.status == "diverged":
        smaller = config.training.learning_rate * SMALLER_RATE_FACTOR
        where = f"at epoch {outcome.error.epoch} the {outcome.error.what} of layer {outcome.error.layer}"
        return f"{where} left the finite numbers; try training.learning_rate={smaller:g}"
    if outcome.status == "interrupted":
        kept = f"the best parameters, of epoch {outcome.best_epoch}," if outcome.best_epoch else "the first parameters"
        return f"after {outcome.epochs} epochs; {kept} are kept"
    return None


# What of the diagnosis a result repeats, for the table at the end of a run.
REPEATED = ("verdict", "sentence", "intervals", "findings")


def verdict_of(result: dict) -> dict:
    """The verdict of a result, as the result itself holds it."""
    diagnosis = judged(result)
    return {key: getattr(diagnosis, key) for key in REPEATED}


def diagnosis_of(result: dict, folder: RunFolder) -> RunDiagnosis:
    """The diagnosis of a result, as `diagnose --json` prints it, with the advice that the run's folder allows."""
    return advised(folder, judged(result), result)


def judged(result: dict) -> Diagnosis:
    """The diagnosis of a result, with all findings; results of older runs know less."""
    errors, sizes = result["errors"], result.get("sizes")
    diagnosis = diagnose(
        BySplit(errors["train"], errors["dev"], errors.get("test")),
        optimal_error=optimal_known(result),
        baseline_error=result["baseline_error"],
        regression=result["task"] == "regression",
        sizes=Sizes(**sizes) if sizes else None,
        rows=record_of(RowSummary, result.get("row_summary") or {}),
        target_error=result.get("target_error"),
    )
    return replace(diagnosis, findings=findings_of(result, diagnosis.findings))


def optimal_known(result: dict) -> Optimal | float | None:
    """The optimal error of a result and how it is known; a run older than that question declared it, or left it 0."""
    known = result.get("optimal")
    return record_of(Optimal, known) if known else result["optimal_error"] or None


def findings_of(result: dict, of_errors: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """All findings, what outranks first: of the numbers, of the errors, of the data, of the training.

    Less those of diagnosis.ignore; that the numbers left the finite ones is told in any case.
    """
    first = [not_finite(result["message"])] if result["status"] == "diverged" else []
    kept = [record_of(Finding, item) for key in ("data_findings", "health") for item in result.get(key) or []]
    found = [*of_errors, *kept]
    return (*first, *(finding for finding in found if finding.code not in (result.get("ignore") or ())))


R = TypeVar("R")


def record_of(kind: type[R], value: object) -> R:
    """The record itself in a result that has just been made; of one that was read, the record of its plain values."""
    return value if is_dataclass(value) else from_plain(kind, value)
