"""How a gradient check is made: one record from the command line down to the blocks of differences."""

from collections.abc import Callable
from dataclasses import dataclass

from .judging import EPSILON
from .numeric import MEMORY_BYTES

# Rows for the check: enough to reach every unit, few enough to be quick, and few kinks to step across.
EXAMPLES = 8

AFTER_STEPS = 20  # steps of training before the second look, enough to move every bias off zero

# Called with what is done so far, and with all there is to do.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CheckOptions:
    """How to check: the step, rows and seeds; a time beyond which parameters are sampled; memory for a block.

    max_seconds : of all situations together; None checks every parameter.
    """

    epsilon: float = EPSILON
    examples: int = EXAMPLES
    after_steps: int = AFTER_STEPS
    seeds: int = 1
    max_seconds: float | None = None
    memory_bytes: int = MEMORY_BYTES
