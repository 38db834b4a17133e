"""The result of a run: `train --json` prints it, result.json contains it, and every later verb starts from it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np

from ..data import Dataset
from ..diagnosis import Diagnosis, Finding
from ..diagnosis.records import WEIGHTED
from ..nn.evaluation import Evaluation, baseline_error, evaluate
from ..nn.optimizers import penalty_of
from ..nn.parameters import Parameters, l2_slope
from ..nn.predictions import Predictions
from ..nn.training import TrainingPlan
from ..records import SPLITS, BySplit, Sizes, without_infinities
from ..statistics.intervals import effective_rows
from ..store import Result, RunFolder, now
from .flawless import with_no_dev_errors
from .group_look import with_groups
from .judge import Lines, data_findings, training_findings
from .label_look import surest_dev_rows
from .measuring import confusions_of, measured_errors, metrics_of
from .members import members_look
from .prepare import Experiment
from .row_order import row_order_findings
from .rows import row_summary
from .train import Outcome, keeps_best

# The message of a diverged run advises the learning rate times this.
SMALLER_RATE_FACTOR = 0.1


def summarize(
    experiment: Experiment,
    outcome: Outcome,
    predictions: Mapping[str, Predictions],
    folder: RunFolder,
    lines: Lines,
) -> Result:
    """The result of a training, without the verdict, which `with_verdict` adds; of `folder`, only the path is used."""
    dataset, config = experiment.dataset, experiment.config
    measured = measure(experiment, outcome.parameters)
    slope = l2_slope(outcome.parameters, experiment.plan.l2_lambda, len(dataset.train.X))
    penalty, is_regression = penalty_of(outcome.parameters, slope), dataset.task == "regression"
    result = Result(
        run_id=folder.id,
        run_dir=str(folder.path),
        name=config.name or folder.id,
        status=outcome.status,
        message=message_of(outcome, experiment.plan),
        task=dataset.task,
        errors=by_split(measured, lambda e: e.error),
        baseline_error=baseline_error(
            experiment.network, dataset.train.Y, dataset.dev.Y, dataset.train.weight, dataset.dev.weight
        ),
        optimal_error=experiment.optimal.error,
        optimal=experiment.optimal,
        target_error=config.diagnosis.target_error,
        ignore=config.diagnosis.ignore,
        costs=by_split(measured, lambda e: e.loss + penalty),
        losses=by_split(measured, lambda e: e.loss),
        rmse=by_split(measured, lambda e: e.loss**0.5 * dataset.preparation.target_scale) if is_regression else None,
        sizes=Sizes(**{name: len(part.X) for name, part in dataset.splits().items()}),
        effective_sizes=effective_sizes(dataset, predictions),
        epochs=outcome.epochs,
        best_epoch=outcome.best_epoch,
        kept_epoch=outcome.kept_epoch,
        seconds=outcome.seconds,
        row_summary=replace(
            row_summary(experiment.network, dataset, predictions),
            measured=measured_errors(config.diagnosis.metric, dataset, predictions),
        ),
        metrics=metrics_of(dataset, predictions),
        confusion=confusions_of(dataset, predictions),
        surest=surest_dev_rows(dataset, predictions),
        members=members_look(experiment, outcome.parameters, predictions),
        warnings=dataset.warnings,
        data_findings=found_of_data(experiment, predictions, measured),
        signal=outcome.signal,
        ended=now(),
    )
    result = without_infinities(result)
    return replace(result, health=training_findings(experiment, result, lines))


def found_of_data(
    experiment: Experiment, predictions: Mapping[str, Predictions], measured: Mapping[str, Evaluation]
) -> tuple[Finding, ...]:
    """Findings about the data: by themselves, then by what the network answers."""
    dataset = experiment.dataset
    of_data = with_no_dev_errors(data_findings(experiment), experiment, measured["dev"].error)
    return with_groups((*of_data, *row_order_findings(dataset, predictions)), dataset, predictions)


def measure(experiment: Experiment, parameters: Parameters, splits: Collection[str] = SPLITS) -> dict[str, Evaluation]:
    """Loss and error on each of these splits that there is."""
    # The parameters of a diverged run may be finite and still overflow; the result then contains infinite numbers.
    with np.errstate(over="ignore", invalid="ignore"):
        return {
            name: evaluate(experiment.network, parameters, part.X, part.Y, part.weight)
            for name, part in experiment.dataset.splits().items()
            if name in splits
        }


def effective_sizes(dataset: Dataset, predictions: Mapping[str, Predictions]) -> Sizes | None:
    """How many rows that all count alike say as much as those of each split; None where they do count alike."""
    if dataset.train.weight is None:
        return None
    rows = {}
    for name, part in dataset.splits().items():
        wrong = None if dataset.task == "regression" else predictions[name].answers != predictions[name].targets
        if part.weight is not None:
            rows[name] = effective_rows(part.weight, wrong)
    return Sizes(**rows)


def notes_of(result: Result) -> list[str]:
    """What averaging did in an ensemble, and what weights of rows do to the figures; nothing where there are none."""
    return [*([result.members.sentence] if result.members else []), *weight_notes(result.effective_sizes)]


def weight_notes(rows: Sizes | None) -> list[str]:
    """A sentence on what weights of rows do to the figures; none where all rows count alike."""
    if rows is None:
        return []
    counted = ", ".join(f"{split} {rows.of(split)}" for split in SPLITS if rows.of(split) is not None)
    return [f"{WEIGHTED}: {counted}"]


def by_split(measured: Mapping[str, Evaluation], figure: Callable[[Evaluation], float]) -> BySplit[float | None]:
    """One figure for each of train, dev and test; None where there is no such split."""
    return BySplit(*(figure(measured[name]) if name in measured else None for name in SPLITS))


def message_of(outcome: Outcome, plan: TrainingPlan) -> str | None:
    """The message about a run that did not finish."""
    if outcome.error is not None:
        smaller = plan.learning_rate * SMALLER_RATE_FACTOR
        where = f"at epoch {outcome.error.epoch} the {outcome.error.what} of layer {outcome.error.layer}"
        return f"{where} left the finite numbers; try training.learning_rate={smaller:g}"
    if outcome.status == "interrupted":
        which = "best" if keeps_best(plan, outcome.status) and outcome.best_epoch else "last"
        parameters = f"{which} parameters, of epoch {outcome.kept_epoch}," if outcome.kept_epoch else "first parameters"
        return f"after {outcome.epochs} epochs; the {parameters} are kept"
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
