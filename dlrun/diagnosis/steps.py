"""Steps of a training by its batch size: the history of a run and the cost of another one count by them."""


def rows_a_step(batch_size: int | str, train_rows: int) -> int:
    """batch_size : as training.batch_size has it."""
    return train_rows if batch_size == "full" else min(batch_size, train_rows)


def steps_an_epoch(batch_size: int | str, train_rows: int) -> int:
    return -(-train_rows // rows_a_step(batch_size, train_rows))
