"""From arrays to a trained network and its diagnosis: the path of `dlrun train`, without a folder."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..advice.case import Case
from ..advice.course import course_of
from ..advice.records import Advice, RunDiagnosis
from ..arrays import Array
from ..config import Config
from ..data import Dataset, Examples, Parts
from ..data.reading import Task
from ..data.source_form import SourceForm
from ..errors import DlrunError
from ..experiment.advising import advised, facts_of
from ..experiment.checkpointing import Checkpointer
from ..experiment.judge import Lines, judged
from ..experiment.metric_choice import metric_fault
from ..experiment.predictions import predict
from ..experiment.prepare import (
    Experiment,
    augmentation_of,
    declared_optimal,
    experiment_of,
    fitted_dataset,
    parts_of,
    random_streams,
)
from ..experiment.result import summarize
from ..experiment.train import Outcome, train, trainer_of
from ..nn.training import EpochRecord
from ..store import Result, RunFolder
from .settings import SOURCE, call_of

# The name of the target in what is told; y has no other.
TARGET = "y"

# What is said of a training that is over and has no usable network.
KEPT = "the last finite parameters are kept"


@dataclass(frozen=True)
class Fit:
    """A trained network. diagnosis : None where nothing could be judged, as after a training that diverged at once."""

    experiment: Experiment
    outcome: Outcome
    metrics: tuple[EpochRecord, ...]
    result: Result
    diagnosis: RunDiagnosis | None


@dataclass(frozen=True)
class Target:
    """y (m,): indices of `classes`, or float64 numbers without any. weight (m,) : how often each row counts."""

    y: Array
    task: Task
    classes: tuple[str, ...] = ()
    weight: Array | None = None


def examples_of(X: Array, names: tuple[str, ...], target: Target) -> Examples:
    """The examples of numbers X (m, n), NaN where missing, and a target."""
    return Examples(
        shown=SOURCE,
        numbers=X,
        number_names=names,
        codes=np.empty((len(X), 0), dtype=np.int32),
        code_names=(),
        levels=(),
        y=target.y,
        task=target.task,
        classes=target.classes,
        target_name=TARGET,
        sha256="",
        form=SourceForm((*names, TARGET), TARGET, names),
        weight=target.weight,
    )


def fit(config: Config, examples: Examples) -> Fit:
    """Divide, prepare, train and judge, with the bits of `dlrun train` for the same rows. Raises ValueError."""
    streams = random_streams(config.seed)
    refuse_moving_no_pixels(config)
    try:
        dataset = dataset_of(config, examples, streams)
        experiment = experiment_of(config, dataset, streams, declared_optimal(config, Path()))
    except DlrunError as problem:
        raise ValueError(str(problem)) from None
    if fault := metric_fault(config, dataset):
        raise ValueError(f"metric: {fault}")
    checkpointer = Checkpointer(experiment, trainer_of(experiment), keeps_lines=True)
    outcome = train(checkpointer)
    lines = Lines(tuple(checkpointer.metrics), tuple(checkpointer.trace))
    result = summarize(experiment, outcome, predict(experiment, outcome.parameters), RunFolder(Path(SOURCE)), lines)
    return Fit(experiment, outcome, lines.metrics, result, diagnosis_of(experiment, result, lines))


def refuse_moving_no_pixels(config: Config) -> None:
    """Raises ValueError where augmentation moves pixels: rows of numbers are not known to be images."""
    if augmentation_of(config).moves_pixels:
        raise ValueError("augment: shift, rotation, zoom and flip need images, which X does not hold; give noise alone")


def dataset_of(config: Config, examples: Examples, streams: Mapping[str, np.random.Generator]) -> Dataset:
    """The prepared rows, divided as the config says; or so that each class is trained on where that is not possible."""
    few = few_rows_parts(config, examples, streams["split"])
    return fitted_dataset(config, examples, parts_of(config, examples, streams["split"]) if few is None else few)


def few_rows_parts(config: Config, examples: Examples, rng: np.random.Generator) -> Parts[Array] | None:
    """A division of rows that are too few for the usual one; None where they are enough.

    A row of each class trains, and dev is drawn from all other rows, without its shares of the classes.
    """
    m, dev, K = examples.m, config.data.split.dev, len(examples.classes)
    count = round(m * dev) if isinstance(dev, float) else dev
    commonness = np.bincount(examples.y, minlength=K) if K else np.array([m])
    stratified = bool(K) and config.data.stratify
    if count >= max(1, K if stratified else 1) and commonness.min() >= 2 and m - count >= K:
        return None
    shuffled = rng.permutation(m)
    taught = np.unique(examples.y[shuffled], return_index=True)[1] if K else np.zeros(1, dtype=np.int64)
    free = np.delete(shuffled, taught)
    if not len(free):
        raise ValueError(f"y: each of the {m} rows is the only one of its class; give at least one class a second row")
    held = free[: min(max(count, 1), len(free))]
    return Parts(
        {"train": shuffled[~np.isin(shuffled, held)], "dev": np.sort(held)}, "at random, few rows", by_chance=True
    )


def diagnosis_of(experiment: Experiment, result: Result, lines: Lines) -> RunDiagnosis | None:
    """The diagnosis with advice, whose commands are calls of `set_params`."""
    if not result.has_errors:
        return None
    config, facts = experiment.config.to_dict(), facts_of(experiment.dataset.facts, result.seconds)
    case = Case(judged(result), config=config, course=course_of(lines.metrics), facts=facts)
    diagnosed = advised(result, case)
    return replace(diagnosed, run_id=None, advice=tuple(as_call(item, config) for item in diagnosed.advice))


def as_call(item: Advice, config: Mapping[str, object]) -> Advice:
    """The item with the call that carries it out; none where only another config could."""
    return replace(item, command=call_of(item.change, config) if item.change is not None else None)
