"""Compiled loops: an optional speed, with the bits of NumPy, for trainings that are long enough to win its cost back.

Numba (the extra `fast`) makes machine code of the loops in `loops`; `machine_code` says how, and where it is kept.
Nothing of this ever fails a training: without the packages, or where they do not work, NumPy does all of it.
"""

import ctypes
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import Array
from .loops import Loop

# What the first use of a network's loops in a process takes, loaded from where they were kept and made: processor time
# on an AMD EPYC with AVX-512, by `python -m tests.benchmarks.loops`.
LOADING_SECONDS, MAKING_SECONDS = 0.04, 1.1

NUMBERS: dict[str, Any] = {"float32": ctypes.c_float, "float64": ctypes.c_double}


def compiled(loop: Loop, dtype: npt.DTypeLike, saved_seconds: float) -> Loop | None:
    """The loop as machine code, for addresses in place of arrays; None where it cannot be had or would not pay.

    saved_seconds : about how much time its use will save.
    """
    if saved_seconds < LOADING_SECONDS:
        return None
    with suppress(Exception):  # packages that are half there fail in many ways; no training stops for its speed
        from . import machine_code  # which takes a while

        precision = np.dtype(dtype).name
        if saved_seconds >= MAKING_SECONDS or machine_code.is_kept(loop, precision):
            return machine_code.function_of(loop, precision)
    return None


def address(numbers: Array) -> int:
    """Where an array without gaps begins in memory. `numbers.ctypes.data` is the same and takes four times as long."""
    return ctypes.addressof(ctypes.c_char.from_buffer(numbers))  # type: ignore[arg-type]  # an array is a buffer


def bound(loop: Loop, *arguments: Array | int) -> Callable[[], None]:
    """A call of a compiled loop with these arrays, which stay where they are in memory, and counts."""
    call = partial(loop, *(one if isinstance(one, int) else address(one) for one in arguments))
    call.arrays = arguments  # type: ignore[attr-defined]  # they live as long as the call
    return call
