"""The result of a run: what `train --json` prints, result.json holds, and every later verb starts from."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

import numpy as np

from ..config import Config
from ..diagnosis import diagnose, not_finite
from ..nn.evaluation import Evaluation, baseline_error, evaluate
from ..nn.optimizers import penalty_of
from ..nn.parameters import Parameters, weight_decay
from ..nn.predictions import Predictions
from ..store import RunFolder
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
        "optimal": experiment.optimal.to_dict(),
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
        result["rmse"] = parts_of(measured, lambda e: e.loss**0.5 * dataset.preparation.target_scale)
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
    return {key: diagnosis[key] for key in REPEATED}


def diagnosis_of(result: dict, folder: RunFolder) -> dict:
    """The diagnosis of a result, as `diagnose --json` prints it, with the advice that the run's folder allows."""
    return advised(folder, judged(result), result)


def judged(result: dict) -> dict:
    """The diagnosis of a result, less the advice; results of older runs know less."""
    diagnosis = diagnose(
        result["errors"],
        optimal_error=optimal_known(result),
        baseline_error=result["baseline_error"],
        regression=result["task"] == "regression",
        sizes=result.get("sizes"),
        rows=result.get("row_summary"),
        target_error=result.get("target_error"),
    )
    told = {"run_id": result["run_id"], "status": result["status"]} | diagnosis.to_dict()
    return told | {"findings": findings_of(result, told["findings"])}


def optimal_known(result: dict) -> object:
    """The optimal error of a result and how it is known; a run older than that question declared it, or left it 0."""
    return result.get("optimal") or result["optimal_error"] or None


def findings_of(result: dict, of_errors: list[dict]) -> list[dict]:
    """All findings, what outranks first: of the numbers, of the errors, of the data, of the training.

    Less those of diagnosis.ignore; that the numbers left the finite ones is told in any case.
    """
    first = [asdict(not_finite(result["message"]))] if result["status"] == "diverged" else []
    found = [*of_errors, *(result.get("data_findings") or []), *(result.get("health") or [])]
    return [*first, *(finding for finding in found if finding["code"] not in (result.get("ignore") or ()))]
