"""What `auto` comes to in data.encoding and in training's epochs, batch_size and threads, once the table is known.

A network learns by steps. An epoch of few rows has few of them, so a fixed number of epochs suits one size of table.
"""

import math
from typing import Literal, NamedTuple

import numpy as np

from ..config import Config
from ..config.words import AUTO, PIECEWISE, STANDARD
from ..data import Dataset
from ..diagnosis.steps import BatchSize, steps_an_epoch
from .threads import auto_threads

# Piecewise inputs are 17 of a number, so that a step of a wider table would take many times as long.
MOST_PIECEWISE = 100

# The rows of a step, and how many steps are wanted in all for so many rows, in no more epochs than these. On 23 tables
# of up to 1,800 training rows (2 seeds) two layers of 256 units on piecewise inputs ended as well after 2,000 steps as
# after 4,000, and 0.7 points worse after 1,000; with 12,000 rows (letter, magic) the error fell for 4,000 to 6,000.
LEAST_BATCH, LARGEST_BATCH = 32, 512
STEPS_WANTED, FOR_ROWS = 2000, 1000
MOST_EPOCHS = 400


class Numbers(NamedTuple):
    """How many epochs are trained, and how many rows a step has."""

    epochs: int
    batch_size: BatchSize


def auto_batch_size(rows: int) -> int:
    """The power of two at or below the root of the rows: 32 below 4,096 rows, 64 for 10,000, 256 for 100,000."""
    power = 1 << (math.isqrt(rows).bit_length() - 1)
    return min(max(power, LEAST_BATCH), LARGEST_BATCH)


def auto_epochs(rows: int, batch_size: BatchSize) -> int:
    """As many epochs as make STEPS_WANTED steps, or more for more rows, by their root; within MOST_EPOCHS."""
    steps = STEPS_WANTED * math.sqrt(max(1.0, rows / FOR_ROWS))
    return min(math.ceil(steps / steps_an_epoch(batch_size, rows)), MOST_EPOCHS)


def auto_encoding(numbers: int, *, are_pictures: bool) -> str:
    """Piecewise inputs where there are some columns of numbers, not too many, and no pixels."""
    return PIECEWISE if 0 < numbers <= MOST_PIECEWISE and not are_pictures else STANDARD


class Table(NamedTuple):
    """What the autos depend on: training rows, columns of numbers, whether they are the pixels of pictures, and the
    network's inputs and outputs.
    """

    rows: int
    numbers: int
    are_pictures: bool
    inputs: int = 1
    outputs: int = 1


def table_of(dataset: Dataset) -> Table:
    """What the autos depend on, of a dataset; rows that stay in their file count as without columns of numbers."""
    numbers = len(dataset.preparation.numeric_columns) if isinstance(dataset.train.X, np.ndarray) else 0
    inputs, outputs = dataset.train.X.shape[1], max(1, len(dataset.classes))
    return Table(len(dataset.train.X), numbers, dataset.image_side is not None, inputs, outputs)


def numbers_of(epochs: int | Literal["auto"], batch_size: BatchSize | Literal["auto"], rows: int) -> Numbers:
    """The numbers that these come to with so many training rows; one that is given stays."""
    size = auto_batch_size(rows) if batch_size == AUTO else batch_size
    return Numbers(auto_epochs(rows, size) if epochs == AUTO else epochs, size)


def autos_of(config: Config) -> tuple[str, ...]:
    """The dotted paths of the keys that are auto and come to something by the table."""
    names = (*Numbers._fields, "threads")
    training = tuple(f"training.{name}" for name in names if getattr(config.training, name) == AUTO)
    return (("data.encoding",) if config.data.encoding == AUTO else ()) + training


def found_by(key: str, rows: int) -> str:
    """By what the number of a key was found, in words."""
    return "by the cores that are idle" if key == "training.threads" else f"with {rows:,} training rows"


def numbered(config: Config, table: Table) -> Config:
    """The config with what auto comes to; itself where nothing is auto.

    Where the epochs are, the best of them is kept, unless the config says otherwise: they are as many as may be needed.
    """
    data, training = config.data, config.training
    if not (autos := autos_of(config)):
        return config
    if data.encoding == AUTO:
        data = data.model_copy(update={"encoding": auto_encoding(table.numbers, are_pictures=table.are_pictures)})
    numbers = numbers_of(training.epochs, training.batch_size, table.rows)._asdict()
    update: dict[str, object] = {name: number for name, number in numbers.items() if f"training.{name}" in autos}
    if training.threads == AUTO:
        widths = (table.inputs, *config.network.hidden_widths(), table.outputs)
        update["threads"] = auto_threads(widths, numbers["batch_size"], table.rows)
    if training.epochs == AUTO and training.keep == AUTO:
        update["keep"] = "best"
    return config.model_copy(update={"data": data, "training": training.model_copy(update=update)})
