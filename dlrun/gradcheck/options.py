"""The options of a gradient check, as one record that goes from the command line down to the differences."""

from collections.abc import Callable
from dataclasses import dataclass

from .judging import EPSILON
from .numeric import MEMORY_BYTES

# Rows for the check: enough to activate every unit, few enough to be quick and to meet few kinks.
EXAMPLES = 8

AFTER_STEPS = 20  # steps of training before the second check, enough to move every bias away from zero

# Called with the work done so far and the total work.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CheckOptions:
    """How to check: the step, rows and seeds, the time limit, and the memory of a block.

    max_seconds : for all situations together; if it is too short for all parameters, a sample is checked. None checks
    every parameter.
    """

    epsilon: float = EPSILON
    examples: int = EXAMPLES
    after_steps: int = AFTER_STEPS
    seeds: int = 1
    max_seconds: float | None = None
    memory_bytes: int = MEMORY_BYTES
