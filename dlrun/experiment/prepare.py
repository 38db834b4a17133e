"""From a config to an experiment that is ready to train.

The one place where the config's words become the arguments of the maths. Training, resuming, probing and gradient
checks all begin here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..config import Config, LoadedConfig, Vocabulary, config_from_text, load_config
from ..config.kinds import Encodings
from ..config.schema import Data
from ..config.words import AUTO, STANDARD
from ..data import (
    FILE_SUFFIXES,
    GENERATOR_SETTINGS,
    SOURCE_SETTINGS,
    Dataset,
    Examples,
    Parts,
    Reading,
    Split,
    fit_dataset,
    read_examples,
    read_soft_labels,
    split_examples,
)
from ..data.mapped import MappedExamples, Piece
from ..diagnosis import Judgements, Optimal, optimal_of, optimal_of_soft_labels
from ..diagnosis.explain import codes
from ..errors import ConfigError, DlrunError
from ..model import LOSS_OF_TASK
from ..nn import training
from ..nn.augmentation import Augmentation
from ..nn.evaluation import totals_of
from ..nn.initializers import LINEAR, OUTPUT_BIASES
from ..nn.linear_start import begin_as_linear
from ..nn.network import Network
from ..nn.optimizers import OptimizerSettings
from ..nn.parameters import Parameters, initial_parameters
from ..nn.training import TrainingPlan
from ..records import flattened
from .auto import auto_encoding, autos_of, numbered, table_of
from .metric_choice import metric_fault
from .refusals import refuse_full_batch_of_mapped_rows, refuse_moving_no_pixels, refuse_too_large

# A random stream for each use, all from the one seed. Add new uses at the end, so that the others keep their numbers.
STREAMS = ("source", "split", "init", "batches", "dropout", "augment", "gradcheck", "bags")


@dataclass(frozen=True)
class Experiment:
    """All that a config asks for, ready to train.

    plan, augmentation : how it is trained. parameters : the initial ones. streams : a generator for each use.
    optimal : the optimal error that bias is measured from. config : the config that all this was made from, with the
    numbers that auto comes to.
    """

    config: Config
    dataset: Dataset
    network: Network
    plan: TrainingPlan
    augmentation: Augmentation
    parameters: Parameters
    streams: dict[str, np.random.Generator]
    optimal: Optimal


@dataclass(frozen=True)
class ReadRows:
    """What a config's files hold: its rows, and the declared optimal error."""

    examples: Examples
    optimal: Optimal


@dataclass(frozen=True)
class ReadyData:
    """What the data of a config become, which is the same for all configs that agree in `DATA_KEYS`.

    drawn : the states of the random streams that dividing the rows has left, by name.
    """

    dataset: Dataset
    optimal: Optimal
    drawn: Mapping[str, Mapping[str, Any]]


# The parts of a config that its data depend on.
DATA_KEYS = ("data", "seed", "training.precision", "training.class_weight", "diagnosis.optimal_error")
DATA_STREAMS = ("source", "split")


def read_config(path: Path, overrides: Iterable[str] = ()) -> LoadedConfig:
    """The config at `path` with `key=value` overrides, its source and codes known. Raises ConfigError, UsageError."""
    return load_config(path, overrides, vocabulary=vocabulary())


def read_config_text(text: str, path: Path, overrides: Iterable[str] = ()) -> LoadedConfig:
    """The config that `read_config` would read if the file at `path` held this text. Raises as it does."""
    return config_from_text(text, path, overrides, vocabulary=vocabulary())


def vocabulary() -> Vocabulary:
    """The words that a config is checked against: of sources, of files' endings, and of findings."""
    return Vocabulary(SOURCE_SETTINGS, FILE_SUFFIXES, codes())


def random_streams(seed: int) -> dict[str, np.random.Generator]:
    """A generator for each use, independent of the others. SFC64 is NumPy's fastest, and all that we need."""
    children = np.random.SeedSequence(seed).spawn(len(STREAMS))
    return {name: np.random.Generator(np.random.SFC64(child)) for name, child in zip(STREAMS, children, strict=True)}


def ready_data(loaded: LoadedConfig, read: ReadRows | None = None) -> ReadyData:
    """Read, split and scale the data of a config, of which `read` may be done already. Raises DataError."""
    config, streams, folder = loaded.config, random_streams(loaded.config.seed), Path(loaded.file).parent
    dataset = prepare_data(config, folder, streams, read.examples if read else None)
    drawn = {name: streams[name].bit_generator.state for name in DATA_STREAMS}
    return ReadyData(dataset, read.optimal if read else declared_optimal(config, folder), drawn)


def prepare(loaded: LoadedConfig, ready: Callable[[LoadedConfig], ReadyData] = ready_data) -> Experiment:
    """The experiment of a config, with the network's initial weights drawn. Raises ConfigError, DataError.

    ready : gives the data of the config, perhaps prepared before.
    """
    config, streams = loaded.config, random_streams(loaded.config.seed)
    refuse_full_batch_of_mapped_rows(loaded)
    data = ready(loaded)
    refuse_moving_no_pixels(loaded, augmentation_of(config), data.dataset)
    if fault := metric_fault(config, data.dataset):
        raise ConfigError([f"{loaded.file}: diagnosis.metric: {fault}"])
    for name, state in data.drawn.items():
        streams[name].bit_generator.state = dict(state)
    return experiment_of(config, data.dataset, streams, data.optimal)


def experiment_of(
    config: Config, dataset: Dataset, streams: dict[str, np.random.Generator], optimal: Optimal
) -> Experiment:
    """The experiment on a dataset that is ready, with the network's initial weights drawn, and numbers for auto."""
    config, network = numbered(config, table_of(dataset)), network_of(config, dataset)
    plan = training_plan(config)
    refuse_too_large(network, plan, len(dataset.train.X), config.training.precision)
    return Experiment(
        config,
        dataset,
        network,
        plan,
        augmentation_of(config),
        first_parameters(config, network, dataset, streams["init"]),
        streams,
        optimal,
    )


class AutosFound(NamedTuple):
    """What auto comes to with so many training rows, by dotted key."""

    rows: int
    numbers: Mapping[str, object]


def autos_found(loaded: LoadedConfig) -> AutosFound | None:
    """What the autos of a config come to on its data; None without any, and where the data cannot be read."""
    if not (autos := autos_of(loaded.config)):
        return None
    try:
        table = table_of(ready_data(loaded).dataset)
    except DlrunError:
        return None
    found = flattened(numbered(loaded.config, table).to_dict())
    return AutosFound(table.rows, {key: found[key] for key in autos})


def augmentation_of(config: Config) -> Augmentation:
    """The changes of each batch that the config asks for."""
    return Augmentation(**config.regularization.augment.model_dump())


def network_of(config: Config, dataset: Dataset) -> Network:
    """The network from the dataset's inputs to its answers."""
    n_out = len(dataset.classes) if dataset.task == "multiclass" else 1
    sizes = (dataset.train.X.shape[1], *config.network.hidden_widths(), n_out)
    loss = LOSS_OF_TASK[dataset.task]
    return Network(sizes, config.network.activation, loss, config.keep_probs(), config.ensemble)


def declared_optimal(config: Config, folder: Path) -> Optimal:
    """The optimal error that the config declares; soft labels are read from the config's folder. Raises DataError."""
    declared = config.to_dict()["diagnosis"]["optimal_error"]
    if isinstance(declared, dict) and "soft_labels" in declared:
        return optimal_of_soft_labels(read_soft_labels(declared["soft_labels"], folder))
    return optimal_of(Judgements(**declared) if isinstance(declared, dict) else declared)


def first_parameters(config: Config, network: Network, dataset: Dataset, rng: np.random.Generator) -> Parameters:
    """Initial weights by the config's init, in its precision; the output's bias by its rule on the training rows.

    Rows that stay in their file teach no linear model: there a network begins as it is drawn.
    """
    train = dataset.train
    bias = output_bias(config.network.output_bias, network, train)
    parameters = initial_parameters(
        network.sizes,
        config.network.init,
        rng=rng,
        scale=config.network.init_scale,
        dtype=np.dtype(config.training.precision),
        members=network.members,
        output_bias=bias,
    )
    if config.network.init == LINEAR and isinstance(train.X, np.ndarray):
        rows = training.Examples(dataset.preparation.first_inputs(train.X), train.Y, train.weight)
        begin_as_linear(parameters, network, rows, bias)
    return parameters


def output_bias(rule: str, network: Network, train: Split) -> Array:
    """(n_out,) or (1,), the output's first bias; 0 for a number whose rows count alike, since scaling centred it."""
    bias_of = OUTPUT_BIASES[rule]
    if bias_of is None or (network.loss == "squared" and train.weight is None):
        return np.zeros(1)
    return bias_of(network.loss, totals_of(network, train.Y, train.weight))


def prepare_data(
    config: Config,
    folder: Path,
    streams: dict[str, np.random.Generator],
    examples: Examples | MappedExamples | None = None,
) -> Dataset:
    """The three steps from a source to a Dataset; the first is done already where there are `examples`."""
    if examples is None:
        examples = read_examples(reading_of(config.data), folder=folder, rng=streams["source"])
        if isinstance(examples, Examples):
            examples = replace(examples, gives_features=True)  # nobody else has them
    return fitted_dataset(config, examples, parts_of(config, examples, streams["split"]))


def parts_of(
    config: Config, examples: Examples | MappedExamples, rng: np.random.Generator
) -> Parts[Array] | Parts[Piece]:
    """The rows of each split, as the config divides them. Raises DataError."""
    data = config.data
    split = {part: share for part, share in data.split.model_dump().items() if share}
    return split_examples(examples, rng=rng, split=split, stratify=data.stratify, duplicates=data.duplicates)


def fitted_dataset(config: Config, examples: Examples | MappedExamples, parts: Parts[Array] | Parts[Piece]) -> Dataset:
    """The dataset of these splits, prepared as the config says. Raises DataError."""
    data, dtype = config.data, np.dtype(config.training.precision)
    return fit_dataset(
        examples,
        parts,
        normalize=data.normalize,
        max_levels=data.max_levels,
        encoding=encoding_of(data, examples),
        dtype=dtype,
        class_weight=config.training.class_weight,
    )


def encoding_of(data: Data, examples: Examples | MappedExamples) -> Encodings:
    """How numbers become inputs, with what auto comes to; rows that stay in their file are scaled alone."""
    if data.encoding != AUTO:
        return data.encoding
    if isinstance(examples, MappedExamples):
        return STANDARD
    return auto_encoding(len(examples.number_names), are_pictures=examples.image_side is not None)


def reading_of(data: Data) -> Reading:
    """How the source is read: all keys of `data` except those for splitting and scaling."""
    settings = {name: getattr(data, name) for name in GENERATOR_SETTINGS}
    return Reading(
        source=data.source,
        dev_source=data.dev_source,
        test_source=data.test_source,
        target=data.target,
        header=data.header,
        separator=data.separator,
        drop=data.drop,
        missing=data.missing,
        numeric=data.numeric,
        categorical=data.categorical,
        memory_map=data.memory_map,
        task=data.task,
        split_column=data.split_column,
        group=data.group,
        order=data.order,
        decimal=data.decimal,
        thousands=data.thousands,
        day_first=data.day_first,
        charset=data.charset,
        sheet=data.sheet,
        examples=data.examples,
        ordered=data.ordered,
        max_levels=data.max_levels,
        unlabeled=data.unlabeled,
        rare_classes=data.rare_classes,
        weight=data.weight,
        settings={name: value for name, value in settings.items() if value is not None},
    )


def training_plan(config: Config) -> TrainingPlan:
    """How to train a config that has numbers for auto."""
    training, regularization = config.training, config.regularization
    assert training.epochs != AUTO, "numbered comes before"
    assert training.batch_size != AUTO, "numbered comes before"
    return TrainingPlan(
        epochs=training.epochs,
        batch_size=None if training.batch_size == "full" else training.batch_size,
        optimizer=training.optimizer,
        learning_rate=training.learning_rate,
        learning_rate_decay=training.learning_rate_decay,
        schedule=training.schedule,
        warmup_fraction=training.warmup_fraction,
        l2_lambda=regularization.lambda_,
        weight_decay=regularization.weight_decay,
        evaluate_every=training.evaluate_every,
        patience_epochs=regularization.patience_epochs,
        keep=training.keep,
        settings=OptimizerSettings(training.momentum, training.rms_decay, training.epsilon),
        trace=training.trace,
        bag_fraction=config.bag_fraction,
    )
