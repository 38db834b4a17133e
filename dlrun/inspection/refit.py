"""Trains a run's network again on the rows of train and dev together, once all choices are made by dev.

It takes as many steps as were best by dev, from the same initial weights (Goodfellow, Bengio and Courville 2016, Deep
Learning, algorithm 7.2). The rows stay prepared by what was fitted on the training rows.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..arrays import Array
from ..data import Dataset
from ..diagnosis.steps import steps_an_epoch
from ..diagnosis.words import points, span
from ..errors import UsageError
from ..experiment import Experiment
from ..experiment.predictions import predict, prediction_arrays, stays_in_file
from ..experiment.result import measure
from ..experiment.train import augmenter_of, keeps_best
from ..nn.training import Examples, Streams, Trainer, TrainingPlan
from ..records import BySplit
from ..statistics.paired import Paired
from ..store import REFIT, REFIT_MODEL, Refit, RunContents, RunFolder, add_arrays, add_file, kept_refit, read_contents
from .comparison import compared_by, paired
from .trees import prepared_again

# The epoch with the lowest of many dev errors is partly luck, which does not come again in another training. So each
# epoch's error is averaged with those of the epochs up to this many times earlier or later. On 23 tables (2 seeds, 60
# measurements on a logarithmic scale up to 2,000 steps) the refit then ended with 17.7% test error on the mean; 18.4%
# without averaging, 17.7% with 1.35, 17.5% with 1.8; by the mean loss, 18.0%. The first epochs have few such
# neighbours, and a network that begins as a linear model is often best there: with two measurements on each side at
# least, refits ended 0.1 points lower (standard error 0.1; 67 measurements), with four 0.2 higher (0.2).
NEIGHBOURS, LEAST_NEIGHBOURS = 1.5, 2

Watch = Callable[[int, int], None]


def refit(folder: RunFolder, watch: Watch = lambda epoch, epochs: None) -> Refit:
    """Train a finished run's network on train and dev, and keep it in the run's folder: it answers from then on.

    watch : gets each epoch, and of how many. A run that has one already is only read. Raises UsageError, StoreError,
    Diverged; the run is then as it was.
    """
    if kept := kept_refit(folder):
        return kept
    contents, experiment = read_contents(folder), prepared_again(folder)
    if contents.status != "finished":
        raise UsageError(f"{folder.id}: {contents.status}; only a finished run is trained again on train and dev")
    if stays_in_file(experiment.dataset):
        raise UsageError(f"{folder.id}: its rows stay in their file (data.memory_map) and cannot be put together")
    began, trainer = time.monotonic(), trainer_of(experiment, contents)
    for record in trainer.epochs():
        watch(record.epoch, trainer.plan.epochs)
    found = judged(trainer, contents, experiment, time.monotonic() - began)
    with folder.locked():
        add_arrays(folder, REFIT_MODEL, trainer.parameters.tensors() | experiment.dataset.preparation.to_arrays())
        add_file(folder, REFIT, found)
    return found


def trainer_of(experiment: Experiment, contents: RunContents) -> Trainer:
    """The trainer of train and dev rows, at its beginning."""
    dataset, streams = experiment.dataset, experiment.streams
    known = known_rows(dataset)
    return Trainer(
        experiment.network,
        experiment.parameters,
        known,
        Examples(dataset.dev.X, dataset.dev.Y, dataset.dev.weight),
        plan_of(experiment.plan, epoch_to_repeat(contents, experiment.plan), len(dataset.train.X), len(known.X)),
        Streams(streams["batches"], streams["dropout"], streams["bags"]),
        augmenter_of(experiment),
    )


def epoch_to_repeat(contents: RunContents, plan: TrainingPlan) -> int:
    """The epoch whose steps are taken again: the last; where the run keeps the best, the best among its neighbours."""
    result = contents.result_required()
    if not keeps_best(plan, result.status):
        return result.kept_epoch or result.epochs
    measured = [
        (line.epoch, line.dev_error, line.dev_loss or 0.0) for line in contents.metrics if line.dev_error is not None
    ]
    epochs, errors, losses = (np.array(values) for values in zip(*measured, strict=True))
    places = np.arange(len(epochs))
    near = [
        (epoch / NEIGHBOURS <= epochs) & (epochs <= epoch * NEIGHBOURS) | (np.abs(places - at) <= LEAST_NEIGHBOURS)
        for at, epoch in enumerate(epochs)
    ]
    means = [(float(errors[these].mean()), float(losses[these].mean())) for these in near]
    return int(epochs[means.index(min(means))])


def known_rows(dataset: Dataset) -> Examples:
    """The rows of train, then those of dev."""
    train, dev = dataset.train, dataset.dev

    def together(one: Array | None, other: Array | None) -> Array | None:
        return None if one is None or other is None else np.concatenate([one, other])

    X, Y = (np.concatenate([np.asarray(one), np.asarray(other)]) for one, other in ((train.X, dev.X), (train.Y, dev.Y)))
    return Examples(X, Y, together(train.weight, dev.weight))


def plan_of(plan: TrainingPlan, epoch: int, train_rows: int, rows: int) -> TrainingPlan:
    """The plan with as many steps on `rows` as at that epoch's end, to the nearest epoch, and no choice on the way."""
    before, now = (steps_an_epoch(plan.batch_size or "full", m) for m in (train_rows, rows))
    epochs = max(1, round(epoch * before / now))
    return replace(plan, epochs=epochs, evaluate_every=epochs, patience_epochs=None, keep="last", trace=False)


def judged(trainer: Trainer, contents: RunContents, experiment: Experiment, seconds: float) -> Refit:
    """What was learned, and how the network does on the test rows beside the run's own."""
    rows, test_error, compared = len(trainer.train.X), None, None
    if experiment.dataset.test is not None:
        test_error = measure(experiment, trainer.parameters, ("test",))["test"].error
        folder = contents.folder.path
        answered = predict(experiment, trainer.parameters, folder, ("test",))
        arrays = prediction_arrays(experiment.dataset, answered, folder)
        before = compared_by(contents.folder, contents.manifest)
        again = replace(before, arrays=arrays, errors=BySplit(None, None, test_error))
        compared = paired(again, before, "test")
    steps = trainer.optimizer.steps
    sentence = sentence_of(rows, steps, compared)
    return Refit(rows, trainer.plan.epochs, steps, round(seconds, 3), test_error, compared, sentence)


def sentence_of(rows: int, steps: int, compared: Paired | None) -> str:
    """What answers from now on, and by how much its test error differs."""
    learned = f"a network that has learned all {rows:,} rows of train and dev, in {steps:,} steps, answers from now on"
    if compared is None:
        return f"{learned}; without test rows its error is not known"
    low, high = compared.interval
    if compared.difference <= 0:
        change = f"{points(-compared.difference)} points {span((-high, -low))} lower"
    else:
        change = f"{points(compared.difference)} points {span((low, high))} higher"
    return f"{learned}; its test error is {change} than before, on the same {compared.rows:,} rows"
