"""Calls a function in a fresh process, and measures what it and all processes that it started have taken.

A process each, so that no contestant finds what another one has imported or left in memory.
"""

import multiprocessing
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from .machine import memory


class Taken(NamedTuple):
    """What a call took: seconds by the clock on the wall; of processor time, with processes that have ended; its value.

    peak_bytes : of the process that called, not of those that it started.
    """

    wall: float
    processor: float
    peak_bytes: int
    value: Any


def taken(make: Callable[..., Callable[[], Any]], *arguments: object) -> Taken:
    """What `make(*arguments)()` takes in a fresh process; the call of `make`, with its imports, does not count."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measured, make, arguments).result()


def measured(make: Callable[..., Callable[[], Any]], arguments: tuple[object, ...]) -> Taken:
    """The inside of the fresh process."""
    run = make(*arguments)
    used, began = processor_seconds(), time.perf_counter()
    value = run()
    seconds = time.perf_counter() - began
    return Taken(seconds, processor_seconds() - used, memory()["peak_bytes"], value)


def processor_seconds() -> float:
    """Of this process and of all that it started and waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
