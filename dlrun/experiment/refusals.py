"""What an experiment refuses before it trains, each with the sentence that says what would do."""

import numpy as np

from ..config import LoadedConfig
from ..data import Dataset
from ..errors import ConfigError
from ..machine import require_memory
from ..nn.augmentation import Augmentation
from ..nn.memory import parameter_count, training_bytes
from ..nn.network import Network
from ..nn.training import TrainingPlan

# More widths of a network than this in a sentence are hard to read.
WIDTHS_TOLD = 6


def refuse_too_large(network: Network, plan: TrainingPlan, rows: int, precision: str) -> None:
    """Raises TooLittle where training it would take more memory than there is."""
    batch, shape = min(plan.batch_size or rows, rows), "-".join(map(str, network.sizes[:WIDTHS_TOLD]))
    more = "-..." if len(network.sizes) > WIDTHS_TOLD else ""
    require_memory(
        training_bytes(network, plan.optimizer, batch, np.dtype(precision).itemsize),
        f"training a network {shape}{more} of {parameter_count(network):,} parameters in batches of {batch:,} rows",
        "lower network.width, network.depth or training.batch_size",
    )


def refuse_full_batch_of_mapped_rows(loaded: LoadedConfig) -> None:
    """Raises ConfigError where memory-mapped rows would all be read into one batch."""
    if loaded.config.data.memory_map and loaded.config.training.batch_size == "full":
        raise ConfigError(
            [
                f"{loaded.file}: training.batch_size: got full with data.memory_map, and a full batch needs"
                " every row in memory; give a number such as 1024, or leave data.memory_map out"
            ]
        )


def refuse_moving_no_pixels(loaded: LoadedConfig, augmentation: Augmentation, dataset: Dataset) -> None:
    """Raises ConfigError where augmentation moves pixels and rows are no images."""
    if augmentation.moves_pixels and dataset.image_side is None:
        inputs = dataset.train.X.shape[1]
        raise ConfigError(
            [
                f"{loaded.file}: regularization.augment: shift, rotation, zoom and flip need square images, and the "
                f"source has {inputs} inputs that are none; only augment.noise suits it"
            ]
        )
