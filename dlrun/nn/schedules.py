"""The schedules, one row each: by what the learning rate is multiplied at each step of a training.

Each row is a function from the share of all steps that are done (0 at the first step, below 1 at the last) to a factor
from 0 to 1. A warm-up and `learning_rate_decay` multiply it further.
"""

import math
from collections.abc import Callable

# flat_cosine keeps the full rate for this share of the steps: that of the schedule flat_cos of RealMLP (Holzmüller,
# Grinsztajn and Steinwart 2024), which lets dropout and weight decay fall.
FLAT_SHARE = 0.5


def constant(done: float) -> float:
    """1."""
    return 1.0


def cosine(done: float) -> float:
    """(1 + cos(pi done)) / 2: from 1 to nearly 0. Source: Loshchilov and Hutter 2017, equation 5, without restarts."""
    return 0.5 * (1 + math.cos(math.pi * done))


def flat_cosine(done: float) -> float:
    """1 in the first half, then a cosine over the second."""
    return cosine(max(0.0, done - FLAT_SHARE) / (1 - FLAT_SHARE))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "cosine": cosine,
    "flat_cosine": flat_cosine,
}


def rate_factor(schedule: str, warmup_fraction: float, step: int, total_steps: int) -> float:
    """What the learning rate of a step is multiplied by; steps are counted from 0.

    warmup_fraction : over this share of all steps the rate rises by equal amounts, and reaches all of itself at the
    last of them. The schedule goes on meanwhile: the two multiply.
    """
    risen = (step + 1) / (warmup_fraction * total_steps) if warmup_fraction else 1.0
    return min(1.0, risen) * SCHEDULES[schedule](step / total_steps)
