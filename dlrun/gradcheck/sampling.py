"""Chooses which parameters to check if there is no time for all: the same number of each tensor, or all it has.

Numbers are equal, not shares: a fault is as likely in a small tensor, so it must not be left out.
"""

import time

import numpy as np

from ..arrays import Array
from .numeric import BlockDifferences
from .problem import Problem

PILOT = 32  # units of a layer, and weights of a unit, that are timed to predict the rest
TIMED_LAYERS = 12  # at most


def tensor_ranges(problem: Problem) -> list[tuple[int, int]]:
    """Start and end of each tensor in the flat vector, in the order of `Parameters.tensors`."""
    sizes = [tensor.size for tensor in problem.parameters.tensors().values()]
    ends = np.cumsum(sizes)
    return [(int(end - size), int(end)) for size, end in zip(sizes, ends, strict=True)]


def seconds_of_layers(problem: Problem, epsilon: float, memory_bytes: int) -> tuple[Array, Array]:
    """For each layer: the seconds that one more unit adds to a call, and those that one more weight of a unit adds.

    Some layers are measured; the layers between them are interpolated.
    """
    blocks = BlockDifferences(problem, memory_bytes)

    def seconds_of(entries: Array) -> float:
        began = time.perf_counter()
        blocks.of(entries, epsilon)
        return time.perf_counter() - began

    ranges, sizes = tensor_ranges(problem), problem.network.sizes
    layers = np.unique(np.linspace(0, problem.network.depth - 1, TIMED_LAYERS).round().astype(int))
    units: list[float] = []
    entries: list[float] = []
    for layer in layers:
        start, (n_in, n_out) = ranges[2 * layer][0], sizes[layer : layer + 2]
        across, along = start + np.arange(min(PILOT, n_out)), start + n_out * np.arange(min(PILOT, n_in))
        seconds_of(across)  # the first call also allocates memory
        for_one, *for_many = (min(seconds_of(some), seconds_of(some)) for some in (across[:1], across, along))
        for added, some, many in zip((units, entries), (across, along), for_many, strict=True):
            added.append(max(many - for_one, 0) / max(len(some) - 1, 1))
    every = np.arange(problem.network.depth)
    return np.interp(every, layers, units), np.interp(every, layers, entries)


def seconds_for(n: int, problem: Problem, a_unit: Array, an_entry: Array) -> float:
    """The seconds for n random parameters of each tensor, or all it has, on as many units as they fall on."""
    total = 0.0
    for (start, end), layer in zip(tensor_ranges(problem), np.repeat(np.arange(len(a_unit)), 2), strict=True):
        n_units, taken = problem.network.sizes[layer + 1], min(n, end - start)
        total += min(taken, n_units) * a_unit[layer] + taken * an_entry[layer]
    return total


def entries_an_equal_number(problem: Problem, a_unit: Array, an_entry: Array, budget: float) -> int:
    """The greatest number n such that min(n, size) entries of each tensor fit the budget; at least 1."""
    low, high = 1, max(end - start for start, end in tensor_ranges(problem))
    while low < high:
        middle = (low + high + 1) // 2
        if seconds_for(middle, problem, a_unit, an_entry) <= budget:
            low = middle
        else:
            high = middle - 1
    return low


def choose_entries(
    problem: Problem, epsilon: float, max_seconds: float | None, memory_bytes: int, rng: np.random.Generator
) -> Array:
    """Sorted flat indices: all, or as many of each tensor as max_seconds allow."""
    everything = np.arange(problem.parameters.flat.size)
    if max_seconds is None:
        return everything
    began = time.perf_counter()
    ranges, seconds = tensor_ranges(problem), seconds_of_layers(problem, epsilon, memory_bytes)
    n = entries_an_equal_number(problem, *seconds, max_seconds - (time.perf_counter() - began))
    if n >= max(end - start for start, end in ranges):
        return everything
    chosen = [rng.choice(np.arange(start, end), min(n, end - start), replace=False) for start, end in ranges]
    return np.sort(np.concatenate(chosen))
