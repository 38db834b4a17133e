"""Makes the line of a training: from a run's result, from a training in memory, or from one that pauses."""

from collections.abc import Sequence
from dataclasses import astuple, fields, replace
from typing import Any

import numpy as np

from ..arrays import Array
from ..config import LoadedConfig
from ..experiment import Experiment
from ..experiment.identity import hashes_of, with_numbers
from ..experiment.result import by_split, measure, message_of
from ..experiment.train import Outcome, keeps_best
from ..nn.evaluation import Evaluation
from ..nn.training import EpochRecord
from ..records import NO_ERRORS, SPLITS, BySplit, without_infinities
from ..store import Hashes, Result
from .records import TrainingLine, Work


def with_outcome(
    line: TrainingLine, experiment: Experiment, outcome: Outcome, metrics: Sequence[EpochRecord]
) -> TrainingLine:
    """The line of a training in memory with how it ended."""
    measured = measured_before(outcome, metrics)
    measured |= measure(experiment, outcome.parameters, [name for name in SPLITS if name not in measured])
    line = replace(
        line,
        status="diverged" if outcome.status == "diverged" else "finished",
        message=message_of(outcome, experiment.plan),
        errors=by_split(measured, lambda e: e.error),
        losses=by_split(measured, lambda e: e.loss),
        epochs=outcome.epochs,
        best_epoch=outcome.best_epoch,
        seconds=round(outcome.seconds, 6),
    )
    return without_infinities(line)


def measured_before(outcome: Outcome, metrics: Sequence[EpochRecord]) -> dict[str, Evaluation]:
    """What was measured of the kept parameters during the training; nothing of one that diverged."""
    for record in reversed(metrics) if outcome.status == "finished" else ():
        of_train, of_dev = (record.train_loss, record.train_error), (record.dev_loss, record.dev_error)
        if record.epoch == outcome.kept_epoch and None not in (*of_train, *of_dev):
            return {"train": Evaluation(*of_train), "dev": Evaluation(*of_dev)}  # type: ignore[arg-type]  # no None
    return {}


def with_course(line: TrainingLine, experiment: Experiment, metrics: Sequence[EpochRecord]) -> TrainingLine:
    """The line of a training that would be stopped where it pauses: the errors that its kept parameters have then.

    These are the best so far, or the last that were measured. best_epoch : only where patience is counted from it.
    """
    measured = [record for record in metrics if record.dev_error is not None]
    plan = experiment.plan
    best = min(measured, key=dev_measure, default=None)
    kept = best if keeps_best(plan, "finished") else measured[-1] if measured else None
    return replace(
        line,
        status="stopped",
        errors=NO_ERRORS if kept is None else BySplit(kept.train_error, kept.dev_error),
        losses=NO_ERRORS if kept is None else BySplit(kept.train_loss, kept.dev_loss),
        epochs=len(metrics),
        candidates=max(1, len(measured)) if keeps_best(plan, "finished") else 1,
        best_epoch=best.epoch if best and plan.patience_epochs is not None else None,
        seconds=metrics[-1].seconds if metrics else 0.0,
        planned_epochs=plan.epochs,
    )


def dev_measure(record: EpochRecord) -> tuple[float, float]:
    """What the best epoch is chosen by: the dev error, and among equals the dev loss."""
    error, loss = record.dev_error, record.dev_loss
    return (np.inf if error is None else error, np.inf if loss is None else loss)


def line_of(work: Work, run_id: str | None, hashes: Hashes | None = None) -> TrainingLine:
    """The line of a training as far as it is known before its end; it has failed if no end is added."""
    return TrainingLine(
        key=work.key,
        number=work.number,
        settings=work.settings,
        seed=work.seed,
        status="failed",
        run_id=run_id,
        errors=NO_ERRORS,
        losses=NO_ERRORS,
        config_sha256=hashes.config_sha256 if hashes else None,
        data_sha256=hashes.data_sha256 if hashes else None,
        split_sha256=hashes.split_sha256 if hashes else None,
    )


def with_result(line: TrainingLine, result: Result) -> TrainingLine:
    """The line of a run with its result."""
    return replace(
        line,
        status="diverged" if result.status == "diverged" else "finished",
        message=result.message,
        errors=result.errors,
        losses=result.losses,
        epochs=result.epochs,
        best_epoch=result.best_epoch,
        seconds=round(result.seconds, 6),
    )


def as_array(metrics: Sequence[EpochRecord]) -> Array:
    """(epochs, fields) float64, NaN for None."""
    rows = [[np.nan if value is None else value for value in astuple(record)] for record in metrics]
    return np.array(rows, np.float64).reshape(len(rows), len(fields(EpochRecord)))


def as_metrics(array: Array) -> list[EpochRecord]:
    """The inverse of `as_array`."""
    rows: list[list[Any]] = [[None if np.isnan(value) else value for value in row] for row in array.tolist()]
    return [EpochRecord(int(epoch), *values) for epoch, *values in rows]


def hashes_here(loaded: LoadedConfig, experiment: Experiment) -> Hashes:
    """The hashes of a config, its data and its split."""
    return hashes_of(with_numbers(loaded, experiment).config.to_dict(), experiment.dataset)


def hashes_in(line: TrainingLine) -> Hashes | None:
    """What the ledger knows a training's rows by."""
    if line.config_sha256 is None or line.data_sha256 is None or line.split_sha256 is None:
        return None
    return Hashes(line.config_sha256, line.data_sha256, line.split_sha256)
