"""Estimates how long a training of a changed config would take, from how long this run took.

Each item of advice shows this time. A step costs its products, which grow with parameters and rows, and a constant.
"""

from itertools import pairwise

from ..diagnosis.steps import BatchSize, rows_a_step, steps_an_epoch
from ..records import ConfigData
from .case import Facts, hidden_of

# The constant cost of a step, in products: 0.15 ms at 11 million products a millisecond, from the README's table of the
# engine (networks T1, T2 and T4).
PRODUCTS_OF_A_STEP = 1.7e6


def products(config: ConfigData, facts: Facts) -> float:
    """The work of a training, in products of one weight and one row."""
    training = config["training"]
    epochs: int = training["epochs"]
    batch_size: BatchSize = training["batch_size"]
    sizes = (facts.inputs, *hidden_of(config), facts.outputs)
    # The members of an ensemble are trained in the same step.
    members: int = config.get("ensemble", 1)
    parameters = members * sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    steps = epochs * steps_an_epoch(batch_size, facts.train_rows)
    return steps * (PRODUCTS_OF_A_STEP + parameters * rows_a_step(batch_size, facts.train_rows))


def seconds_of(before: ConfigData, after: ConfigData, facts: Facts, epochs_trained: int | None) -> float:
    """Seconds that the config `after` would take, if `before` took `facts.seconds` for the epochs that were trained."""
    planned: int = before["training"]["epochs"]
    seconds_of_all = facts.seconds * planned / max(1, epochs_trained or planned)
    return seconds_of_all * products(after, facts) / products(before, facts)
