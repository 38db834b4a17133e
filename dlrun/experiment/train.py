"""Trains to an end, whichever it is: finished, interrupted or diverged; and says which parameters to save."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..errors import Diverged
from ..nn.augmentation import Augmenter
from ..nn.parameters import Parameters
from ..nn.training import EpochRecord, Examples, Streams, Trainer
from .checkpointing import Checkpointer
from .interrupts import Stopped
from .prepare import Experiment

Watch = Callable[[EpochRecord], None]


@dataclass(frozen=True)
class Outcome:
    """How training ended: the parameters to keep, and what happened; `signal` is the name of what interrupted it."""

    status: Literal["finished", "interrupted", "diverged"]
    parameters: Parameters
    epochs: int
    best_epoch: int | None
    seconds: float
    error: Diverged | None = None
    signal: str | None = None


def trainer_of(experiment: Experiment) -> Trainer:
    """The trainer of an experiment, at its beginning."""
    train, dev, streams = experiment.dataset.train, experiment.dataset.dev, experiment.streams
    return Trainer(
        experiment.network,
        experiment.parameters,
        Examples(train.X, train.Y),
        Examples(dev.X, dev.Y),
        experiment.plan,
        Streams(streams["batches"], streams["dropout"]),
        augmenter_of(experiment),
    )


def augmenter_of(experiment: Experiment) -> Augmenter | None:
    """What changes each batch, or None where nothing is to change."""
    if not experiment.augmentation.changes_anything():
        return None
    preparation = experiment.dataset.preparation
    return Augmenter(
        experiment.augmentation,
        rng=experiment.streams["augment"],
        side=experiment.dataset.image_side,
        mean=preparation.means,
        scale=preparation.scales,
    )


def train(checkpointer: Checkpointer, watch: Watch = lambda record: None) -> Outcome:
    """Train to the end, or to divergence or an interrupt; `watch` sees each epoch's record as it is written."""
    trainer, error = checkpointer.trainer, None
    status: Literal["finished", "interrupted", "diverged"] = "finished"
    try:
        if not trainer.has_begun():
            checkpointer.write_trace()
        for record in trainer.epochs():
            watch(checkpointer.write_epoch(record))
            checkpointer.write_trace()
            checkpointer.after_epoch()
        checkpointer.after_last()
    except Stopped:
        status = "interrupted"
    except Diverged as divergence:
        status, error = "diverged", divergence
    seen = checkpointer.interrupts.seen
    return Outcome(
        status,
        parameters_to_keep(trainer, status),
        trainer.epochs_done,
        trainer.best_epoch,
        checkpointer.seconds(),
        error,
        seen.name if status == "interrupted" and seen else None,
    )


def parameters_to_keep(trainer: Trainer, status: str) -> Parameters:
    """The last ones of a finished run; the best where early stopping or an interrupt asks; the last good otherwise."""
    stopping_early = trainer.plan.patience_epochs is not None
    if trainer.best is not None and (status == "interrupted" or (status == "finished" and stopping_early)):
        return trainer.best
    return trainer.parameters if status == "finished" else trainer.last_good
