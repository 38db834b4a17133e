"""The number of steps of a training by its batch size, for the health checks and for estimates of time."""

from typing import Literal

# As training.batch_size has it.
BatchSize = int | Literal["full"]


def rows_a_step(batch_size: BatchSize, train_rows: int) -> int:
    return train_rows if batch_size == "full" else min(batch_size, train_rows)


def steps_an_epoch(batch_size: BatchSize, train_rows: int) -> int:
    return -(-train_rows // rows_a_step(batch_size, train_rows))
