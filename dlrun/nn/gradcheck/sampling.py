"""Which parameters to check when there is not time for all: the same number of each tensor, as far as it has them.

Equal numbers rather than equal shares, so that a small tensor, where a fault is as likely, is not passed over.
"""

import time

import numpy as np

from .numeric import BlockDifferences
from .problem import Problem

PILOT = 32  # entries of a layer that are timed to foretell the rest
TIMED_LAYERS = 12  # at most


def tensor_ranges(problem: Problem) -> list[tuple[int, int]]:
    """Start and end of each tensor in the flat vector, in the order of `Parameters.tensors`."""
    sizes = [tensor.size for tensor in problem.parameters.tensors().values()]
    ends = np.cumsum(sizes)
    return [(int(end - size), int(end)) for size, end in zip(sizes, ends, strict=True)]


def seconds_an_entry(problem: Problem, epsilon: float, memory_bytes: int, rng: np.random.Generator) -> np.ndarray:
    """Of each tensor, measured on the weights of some layers: what an entry adds to a call.

    Half of what a call takes for a few entries at least, since the first call also finds memory. A bias costs what a
    weight of its layer does, and the layers in between lie on a line.
    """
    blocks = BlockDifferences(problem, memory_bytes)

    def seconds_of(entries: np.ndarray) -> float:
        began = time.perf_counter()
        blocks.of(entries, epsilon)
        return time.perf_counter() - began

    ranges = tensor_ranges(problem)
    layers = np.unique(np.linspace(0, problem.network.depth - 1, TIMED_LAYERS).round().astype(int))
    seconds = []
    for layer in layers:
        start, end = ranges[2 * layer]
        some = np.sort(rng.choice(np.arange(start, end), min(PILOT, end - start), replace=False))
        many, one = min(seconds_of(some), seconds_of(some)), seconds_of(some[:1])
        seconds.append(max(many - one, many / 2) / len(some))
    return np.repeat(np.interp(np.arange(problem.network.depth), layers, seconds), 2)


def entries_an_equal_number(ranges: list[tuple[int, int]], seconds: np.ndarray, budget: float) -> int:
    """The greatest number n such that min(n, size) entries of each tensor fit the budget; at least 1."""
    sizes = np.array([end - start for start, end in ranges])
    low, high = 1, int(sizes.max())
    while low < high:
        middle = (low + high + 1) // 2
        if float((np.minimum(sizes, middle) * seconds).sum()) <= budget:
            low = middle
        else:
            high = middle - 1
    return low


def choose_entries(
    problem: Problem, epsilon: float, max_seconds: float | None, memory_bytes: int, rng: np.random.Generator
) -> np.ndarray:
    """Sorted flat indices: all, or as many of each tensor as max_seconds allow."""
    everything = np.arange(problem.parameters.flat.size)
    if max_seconds is None:
        return everything
    began = time.perf_counter()
    ranges, seconds = tensor_ranges(problem), seconds_an_entry(problem, epsilon, memory_bytes, rng)
    left = max_seconds - (time.perf_counter() - began)
    n = entries_an_equal_number(ranges, seconds, left)
    if n >= max(end - start for start, end in ranges):
        return everything
    chosen = [rng.choice(np.arange(start, end), min(n, end - start), replace=False) for start, end in ranges]
    return np.sort(np.concatenate(chosen))
