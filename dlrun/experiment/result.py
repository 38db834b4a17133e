"""The result of a run: what `train --json` prints, result.json holds, and every later verb starts from."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from ..config import Config
from ..diagnosis import Diagnosis, Finding, diagnose, not_finite
from ..nn.evaluation import Evaluation, baseline_error, evaluate
from ..nn.optimizers import penalty_of
from ..nn.parameters import Parameters, weight_decay
from ..nn.predictions import Predictions
from ..records import SPLITS, BySplit, Sizes
from ..store import Result, RunFolder, now
from .evidence import data_findings
from .health import Lines, health_of
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
    lines: Lines,
) -> Result:
    """What came of a training, less the verdict, which `with_verdict` adds; of `folder` the name alone."""
    dataset, config = experiment.dataset, experiment.config
    measured = measure(experiment, outcome.parameters)
    decay = weight_decay(outcome.parameters, config.regularization.lambda_, len(dataset.train.X))
    penalty, is_regression = penalty_of(outcome.parameters, decay), dataset.task == "regression"
    result = Result(
        run_id=folder.id,
        run_dir=str(folder.path),
        name=config.name or folder.id,
        status=outcome.status,
        message=message_of(outcome, config),
        task=dataset.task,
        errors=by_split(measured, lambda e: e.error),
        baseline_error=baseline_error(experiment.network, dataset.train.Y, dataset.dev.Y),
        optimal_error=experiment.optimal.error,
        optimal=experiment.optimal,
        target_error=config.diagnosis.target_error,
        ignore=config.diagnosis.ignore,
        costs=by_split(measured, lambda e: e.loss + penalty),
        losses=by_split(measured, lambda e: e.loss),
        rmse=by_split(measured, lambda e: e.loss**0.5 * dataset.preparation.target_scale) if is_regression else None,
        sizes=Sizes(**{name: len(part.X) for name, part in dataset.splits().items()}),
        epochs=outcome.epochs,
        best_epoch=outcome.best_epoch,
        seconds=outcome.seconds,
        row_summary=row_summary(experiment.network, dataset, predictions),
        warnings=dataset.warnings,
        data_findings=tuple(data_findings(experiment)),
        signal=outcome.signal,
        ended=now(),
    )
    return replace(result, health=tuple(health_of(experiment, result, lines)))


def measure(experiment: Experiment, parameters: Parameters) -> dict[str, Evaluation]:
    # The parameters of a diverged run may be finite and still overflow; the numbers then say so themselves.
    with np.errstate(over="ignore", invalid="ignore"):
        return {
            name: evaluate(experiment.network, parameters, part.X, part.Y)
            for name, part in experiment.dataset.splits().items()
        }


def by_split(measured: Mapping[str, Evaluation], figure: Callable[[Evaluation], float]) -> BySplit[float | None]:
    """One figure for each of train, dev and test; None where there is no such split, or no finite number."""
    return BySplit(*(finite(figure(measured[name])) if name in measured else None for name in SPLITS))


def finite(number: float) -> float | None:
    """The number, or None as JSON has it for one that left the finite ones."""
    return number if math.isfinite(number) else None


def message_of(outcome: Outcome, config: Config) -> str | None:
    """What a person is told about a run that did not finish."""
    if outcome.error is not None:
        smaller = config.training.learning_rate * SMALLER_RATE_FACTOR
        where = f"at epoch {outcome.error.epoch} the {outcome.error.what} of layer {outcome.error.layer}"
        return f"{where} left the finite numbers; try training.learning_rate={smaller:g}"
    if outcome.status == "interrupted":
        kept = f"the best parameters, of epoch {outcome.best_epoch}," if outcome.best_epoch else "the first parameters"
        return f"after {outcome.epochs} epochs; {kept} are kept"
    return None


def with_verdict(result: Result, diagnosis: Diagnosis) -> Result:
    """The result with what it repeats of the diagnosis, for the table at the end of a run."""
    return replace(
        result,
        verdict=diagnosis.verdict,
        sentence=diagnosis.sentence,
        intervals=diagnosis.intervals,
        findings=diagnosis.findings,
    )


def judged(result: Result) -> Diagnosis:
    """The diagnosis of a result, with all findings; results of older runs know less."""
    diagnosis = diagnose(
        result.errors,
        optimal_error=result.optimal or result.optimal_error or None,  # an older run declared it, or left it 0
        baseline_error=result.baseline_error,
        regression=result.task == "regression",
        sizes=result.sizes,
        rows=result.row_summary,
        target_error=result.target_error,
    )
    return replace(diagnosis, findings=findings_of(result, diagnosis.findings))


def findings_of(result: Result, of_errors: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """All findings, what outranks first: of the numbers, of the errors, of the data, of the training.

    Less those of diagnosis.ignore; that the numbers left the finite ones is told in any case.
    """
    first = (not_finite(result.message or ""),) if result.status == "diverged" else ()
    others = (*of_errors, *result.data_findings, *result.health)
    return (*first, *(finding for finding in others if finding.code not in result.ignore))
