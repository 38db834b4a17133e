"""Trains to an end, whichever it is: finished, interrupted or diverged; and says which parameters to save."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..errors import Diverged
from ..nn.augmentation import Augmenter
from ..nn.parameters import Parameters
from ..nn.training import EpochRecord, Examples, Streams, Trainer, TrainingPlan
from .checkpointing import Checkpointer
from .interrupts import Paused, Stopped
from .prepare import Experiment
from .threads import product_threads

Watch = Callable[[EpochRecord], None]
TrainingEnd = Literal["finished", "interrupted", "diverged"]


@dataclass(frozen=True)
class Outcome:
    """How training ended, and the parameters to save.

    kept_epoch : theirs, None before the first. signal : the name of the signal that interrupted it.
    """

    status: TrainingEnd
    parameters: Parameters
    epochs: int
    best_epoch: int | None
    kept_epoch: int | None
    seconds: float
    error: Diverged | None = None
    signal: str | None = None


def trainer_of(experiment: Experiment) -> Trainer:
    """The trainer of an experiment, at its beginning."""
    train, dev, streams = experiment.dataset.train, experiment.dataset.dev, experiment.streams
    return Trainer(
        experiment.network,
        experiment.parameters,
        Examples(train.X, train.Y, train.weight),
        Examples(dev.X, dev.Y, dev.weight),
        experiment.plan,
        Streams(streams["batches"], streams["dropout"], streams["bags"]),
        augmenter_of(experiment),
    )


def augmenter_of(experiment: Experiment) -> Augmenter | None:
    """The augmenter that changes each batch; None where the config asks for no augmentation."""
    if not experiment.augmentation.changes_anything():
        return None
    preparation = experiment.dataset.preparation
    return Augmenter(
        experiment.augmentation,
        rng=experiment.streams["augment"],
        side=experiment.dataset.image_side,
        channels=experiment.dataset.image_channels or 1,
        mean=preparation.means,
        scale=preparation.scales,
    )


def train(checkpointer: Checkpointer, watch: Watch = lambda record: None) -> Outcome:
    """Train to the end, or to divergence or an interrupt; `watch` gets each epoch's record once it is written.

    Raises Paused where the run is to pause, at once if it has come so far already.
    """
    trainer, error = checkpointer.trainer, None
    status: TrainingEnd = "finished"
    if checkpointer.is_to_pause():
        raise Paused
    try:
        with product_threads(checkpointer.threads):
            train_epochs(checkpointer, watch)
    except Stopped:
        status = "interrupted"
    except Diverged as divergence:
        status, error = "diverged", divergence
    first_signal = checkpointer.interrupts.first
    return Outcome(
        status,
        parameters_to_keep(trainer, status),
        trainer.epochs_done,
        trainer.best_epoch,
        epoch_to_keep(trainer, status, error),
        checkpointer.seconds(),
        error,
        first_signal.name if status == "interrupted" and first_signal else None,
    )


def train_epochs(checkpointer: Checkpointer, watch: Watch) -> None:
    """The epochs that are left. Raises Stopped, Paused or Diverged where they end early."""
    trainer = checkpointer.trainer
    if not trainer.has_begun():
        checkpointer.write_trace()
    for record in trainer.epochs():
        watch(checkpointer.write_epoch(record))
        checkpointer.write_trace()
        checkpointer.after_epoch()
    checkpointer.after_last()


def parameters_to_keep(trainer: Trainer, status: TrainingEnd) -> Parameters:
    """Those of the best epoch, or the last: of a finished run as they are, of any other the last at an epoch's end."""
    if trainer.best is not None and keeps_best(trainer.plan, status):
        return trainer.best
    return trainer.parameters if status == "finished" else trainer.last_good


def epoch_to_keep(trainer: Trainer, status: TrainingEnd, error: Diverged | None) -> int | None:
    """The epoch of these; None before the first."""
    last = trainer.epochs_done if error is None else error.epoch - 1
    return (trainer.best_epoch if keeps_best(trainer.plan, status) else None) or last or None


def keeps_best(plan: TrainingPlan, status: str) -> bool:
    """Whether a training that ends so keeps its best epoch's parameters; one that diverged keeps the last finite.

    With keep auto it does after early stopping or an interrupt. status : a TrainingEnd, or one of a sweep.
    """
    if status == "diverged":
        return False
    if plan.keep == "auto":
        return plan.patience_epochs is not None or status == "interrupted"
    return plan.keep == "best"
