"""How many threads multiply matrices while a network trains: what training.threads: auto comes to, and setting it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Literal

from ..diagnosis.steps import BatchSize

# A product of fewer multiplications may be slower on two threads than on one. On two of two cores an epoch of the
# benchmark's T5 (134 million) took 1/1.7 of the time, and of T6 (1,070 million) 1/1.9; of T4 (26 million) 1/1.5 in one
# trial and 1.5 times in the next, beside other work; of T2 and T3 as long.
LEAST_MULTIPLICATIONS = 100_000_000

# Work of other programs, in processors by the last minute's mean, that an idle machine may have.
IDLE_LOAD = 0.5

# Processes that train side by side have it as 1.
MOST_THREADS = "DLRUN_NUM_THREADS"


def auto_threads(widths: Sequence[int], batch_size: BatchSize, rows: int) -> int:
    """The cores that nothing else uses, where the largest product of a step is worth more than one; else 1.

    widths : of all layers, from the inputs to the outputs.
    """
    batch = rows if batch_size == "full" else min(batch_size, rows)
    largest = batch * max(n_in * n_out for n_in, n_out in pairwise(widths))
    return idle_cores() if largest >= LEAST_MULTIPLICATIONS else 1


def idle_cores() -> int:
    """The cores of this process less those that were busy in the last minute, at least 1, at most MOST_THREADS."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        busy = max(0.0, os.getloadavg()[0] - IDLE_LOAD)
    except OSError:  # the system does not say
        busy = 0.0
    most = os.environ.get(MOST_THREADS, "")
    return max(1, min(round(cores - busy), int(most) if most.isdecimal() else cores))


@contextmanager
def product_threads(threads: int | Literal["auto"] | None) -> Iterator[None]:
    """Matrices are multiplied by so many threads in the block; None, or an auto left open, changes nothing."""
    if not isinstance(threads, int):
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads, user_api="blas"):
        yield
