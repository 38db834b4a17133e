"""Training to an end, whichever it is: finished, interrupted or diverged, and the parameters to keep from it."""

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import Diverged
from ..nn.parameters import Parameters
from ..nn.training import EpochRecord, Trainer
from .interrupts import Stopped
from .keeper import Keeper
from .prepare import Experiment, make_trainer


@dataclass
class Outcome:
    """How training ended: the parameters to keep, and what happened; `signal` is the name of what interrupted it."""

    status: str
    parameters: Parameters
    epochs: int
    best_epoch: int | None
    seconds: float
    error: Diverged | None = None
    signal: str | None = None


def train(
    experiment: Experiment, record_epoch: Callable[[EpochRecord, float], None], keeper: Keeper | None = None
) -> Outcome:
    """Train to the end, or to divergence or an interrupt; `record_epoch` sees each epoch and the seconds so far."""
    keeper = keeper or Keeper(experiment, make_trainer(experiment))
    trainer = keeper.trainer
    status, error = "finished", None
    try:
        if not trainer.has_begun():
            keeper.keep_trace()
        for record in trainer.epochs():
            record_epoch(record, keeper.seconds())
            keeper.keep_trace()
            keeper.after_epoch()
        keeper.after_last()
    except Stopped:
        status = "interrupted"
    except Diverged as divergence:
        status, error = "diverged", divergence
    return Outcome(
        status,
        parameters_to_keep(trainer, status),
        trainer.epochs_done,
        trainer.best_epoch,
        keeper.seconds(),
        error,
        keeper.interrupts.seen.name if status == "interrupted" else None,
    )


def parameters_to_keep(trainer: Trainer, status: str) -> Parameters:
    """The last ones of a finished run; the best where early stopping or an interrupt asks; the last good otherwise."""
    stopping_early = trainer.plan.patience_epochs is not None
    if trainer.best is not None and (status == "interrupted" or (status == "finished" and stopping_early)):
        return trainer.best
    return trainer.parameters if status == "finished" else trainer.last_good
