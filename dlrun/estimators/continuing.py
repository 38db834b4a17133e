"""Training that goes on with each call of `partial_fit`: one epoch over the rows that are given.

Rows of later calls are prepared by the statistics of the first one's, and none are held back.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..arrays import Array
from ..config import Config
from ..data import Dataset, Examples, Parts, Preparation
from ..data.row_weights import row_weights
from ..errors import DlrunError
from ..experiment.auto import Table, numbered
from ..experiment.prepare import (
    augmentation_of,
    first_parameters,
    fitted_dataset,
    network_of,
    random_streams,
    training_plan,
)
from ..nn import training
from ..nn.augmentation import Augmenter
from ..nn.network import Network
from ..nn.parameters import Parameters
from ..nn.training import EpochRecord, Streams, Trainer, TrainingPlan


@dataclass
class Course:
    """A training between two calls. optimizer, steps : of its optimizer; None before the first step."""

    config: Config
    network: Network
    preparation: Preparation
    parameters: Parameters
    streams: dict[str, np.random.Generator]
    optimizer: Array | None = None
    steps: int = 0
    epochs: int = 0


def begun(config: Config, examples: Examples) -> tuple[Course, Dataset]:
    """A training at its beginning, prepared by these rows, and their dataset. Raises ValueError."""
    streams, everything = random_streams(config.seed), np.arange(examples.m)
    try:
        # A dataset needs dev rows; these are the training rows again, and nothing is judged by them.
        dataset = fitted_dataset(config, examples, Parts({"train": everything, "dev": everything}))
    except DlrunError as problem:
        raise ValueError(str(problem)) from None
    network = network_of(config, dataset)
    parameters = first_parameters(config, network, dataset, streams["init"])
    return Course(config, network, dataset.preparation, parameters, streams), dataset


def continued(course: Course, examples: Examples) -> EpochRecord:
    """Train one epoch on these rows. Raises ValueError, and Diverged with the parameters as they were before it."""
    plan = plan_of_one_epoch(course, examples.m)
    rows = training.Examples(*prepared(course, examples))
    # Begun anew, so that members keep their bags where a call has the rows of the one before.
    bags = random_streams(course.config.seed)["bags"]
    streams = Streams(course.streams["batches"], course.streams["dropout"], bags)
    trainer = Trainer(course.network, course.parameters, rows, rows, plan, streams, augmenter_of(course))
    trainer.epochs_done = course.epochs
    if course.optimizer is not None:
        np.copyto(trainer.optimizer.state, course.optimizer)
        trainer.optimizer.steps = course.steps
    try:
        record = next(trainer.epochs())
    finally:
        # The last good ones are those before the epoch where it diverged, else those after it.
        np.copyto(course.parameters.flat, trainer.last_good.flat)
    course.optimizer, course.steps = trainer.optimizer.state, trainer.optimizer.steps
    course.epochs += 1
    return replace(record, dev_loss=None, dev_error=None)


def plan_of_one_epoch(course: Course, rows: int) -> TrainingPlan:
    """How the next epoch is trained, on so many rows: without what needs the number of all epochs, or dev rows."""
    return replace(
        training_plan(numbered(course.config, Table(rows, numbers=0, are_pictures=False))),
        epochs=course.epochs + 1,
        evaluate_every=course.epochs + 1,
        patience_epochs=None,
        schedule="constant",
        warmup_fraction=0.0,
        trace=False,
    )


def prepared(course: Course, examples: Examples) -> tuple[Array, Array, Array | None]:
    """X (m, n), Y in the loss's form and the weights (m,) of the rows. Raises ValueError."""
    dtype, preparation = course.parameters.flat.dtype, course.preparation
    try:
        weight = row_weights(examples, np.arange(examples.m), course.config.training.class_weight)
    except DlrunError as problem:
        raise ValueError(str(problem)) from None
    X = preparation.features(preparation.filled(examples.numbers), examples.codes, dtype)
    return X, preparation.target(examples.y, examples.task, dtype), weight


def augmenter_of(course: Course) -> Augmenter | None:
    """What changes each batch; None where nothing does."""
    augmentation = augmentation_of(course.config)
    if not augmentation.changes_anything():
        return None
    preparation = course.preparation
    rng = course.streams["augment"]
    return Augmenter(augmentation, rng=rng, side=None, mean=preparation.means, scale=preparation.scales)
