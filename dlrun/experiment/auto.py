"""What `auto` comes to in training.batch_size and training.epochs, once the training rows are counted.

A network learns by steps. An epoch of few rows has few of them, so a fixed number of epochs suits one size of table.
"""

import math
from typing import Literal, NamedTuple

from ..config import Config
from ..config.schema import Training
from ..diagnosis.steps import BatchSize, steps_an_epoch

# The rows of a step, and how many steps are wanted in all, in no fewer and no more epochs than these. All are
# placeholders, of a usual size, until known tables have chosen them.
LEAST_BATCH, LARGEST_BATCH = 32, 512
STEPS_WANTED = 2000
FEWEST_EPOCHS, MOST_EPOCHS = 10, 400


class Numbers(NamedTuple):
    """How many epochs are trained, and how many rows a step has."""

    epochs: int
    batch_size: BatchSize


def auto_batch_size(rows: int) -> int:
    """The power of two at or below the root of the rows: 32 below 4,096 rows, 64 for 10,000, 256 for 100,000."""
    power = 1 << (math.isqrt(rows).bit_length() - 1)
    return min(max(power, LEAST_BATCH), LARGEST_BATCH)


def auto_epochs(rows: int, batch_size: BatchSize) -> int:
    """As many epochs as make STEPS_WANTED steps, within limits."""
    return min(max(-(-STEPS_WANTED // steps_an_epoch(batch_size, rows)), FEWEST_EPOCHS), MOST_EPOCHS)


def numbers_of(epochs: int | Literal["auto"], batch_size: BatchSize | Literal["auto"], rows: int) -> Numbers:
    """The numbers that these come to with so many training rows; one that is given stays."""
    size = auto_batch_size(rows) if batch_size == "auto" else batch_size
    return Numbers(auto_epochs(rows, size) if epochs == "auto" else epochs, size)


def autos_of(training: Training) -> tuple[str, ...]:
    """The names of the keys of `training` that are auto and come to a number."""
    return tuple(name for name in Numbers._fields if getattr(training, name) == "auto")


def counted(rows: int) -> str:
    """By what rows a number was found, in words."""
    return f"with {rows:,} training rows"


def numbered(config: Config, rows: int) -> Config:
    """The config with numbers for auto; itself where it has them."""
    training = config.training
    if not (autos := autos_of(training)):
        return config
    numbers = numbers_of(training.epochs, training.batch_size, rows)._asdict()
    update = {name: numbers[name] for name in autos}
    return config.model_copy(update={"training": training.model_copy(update=update)})
