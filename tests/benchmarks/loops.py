"""`python -m tests.benchmarks.loops`: what the compiled loops of the extra `fast` cost, and what they save.

Cost: the first use of a loop in a fresh process, made by Numba or loaded from where it was kept. Savings: an update of
the parameters by NumPy's passes and by the loop, in turn, the fastest of the rounds of each.
"""

import argparse
import math
import os
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median

import numpy as np

from . import fresh, machine
from .printed import table
from .shapes import L2_LAMBDA, LEARNING_RATE, SHAPES, Shape

PROCESSES, ROUNDS = 20, 20
SECONDS = 0.02  # of a round


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.loops", description=__doc__.split("\n\n")[0])
    parser.add_argument("--processes", type=int, default=PROCESSES, help="how often a loop is made, and loaded")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each update is timed")
    options = parser.parse_args(arguments)
    core = machine.pin()
    print(table("The first use of a loop in a process", ["", "seconds"], costs(options.processes)), end="\n\n")
    header = ["shape", "numbers", "optimizer", "passes, us", "loop, us", "passes / loop", "saved a number, ns"]
    print(table("An update with an L2 penalty, float32", header, savings(options.rounds)), end="\n\n")
    print(machine.sentence(machine.facts(core)))


def costs(processes: int) -> list[list[str]]:
    """Medians over fresh processes: making a loop, with an empty cache folder, and loading it."""
    made, loaded = [], []
    for _ in range(processes):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = folder
            made.append(fresh.taken(first_use).wall)
            loaded.append(fresh.taken(first_use).wall)
    return [["made", f"{median(made):.3f}"], ["loaded", f"{median(loaded):.3f}"]]


def first_use() -> Callable[[], object]:
    from dlrun.nn import loops
    from dlrun.nn.machine_code import function_of

    return lambda: function_of(loops.adam, "float32") and None


def savings(rounds: int) -> list[list[str]]:
    """A row for each shape and optimizer."""
    from dlrun.nn.optimizers import OPTIMIZERS

    shapes = [shape for shape in SHAPES.values() if shape.name != "T6"]  # it has the parameters of T5
    return [saving(shape, name, rounds) for shape in shapes for name in OPTIMIZERS]


def saving(shape: Shape, name: str, rounds: int) -> list[str]:
    from dlrun.nn.optimizers import Optimizer
    from dlrun.nn.parameters import Parameters, initial_parameters, l2_slope

    size = sum((n_in + 1) * n_out for n_in, n_out in pairwise(shape.sizes))
    gradient = Parameters(shape.sizes)
    gradient.flat[:] = np.random.default_rng(0).standard_normal(size)
    steps = []
    for is_hastened in (False, True):
        parameters = initial_parameters(shape.sizes, "he", rng=np.random.default_rng(1))
        optimizer = Optimizer(name, parameters, l2_slope(parameters, L2_LAMBDA, shape.rows))
        if is_hastened:
            optimizer.hasten(math.inf)
        steps.append(lambda o=optimizer, p=parameters: o.step(p, gradient, LEARNING_RATE))
    passes, loop = fastest(steps, rounds)
    times = [f"{1e6 * passes:.1f}", f"{1e6 * loop:.1f}", f"{passes / loop:.2f}", f"{1e9 * (passes - loop) / size:.2f}"]
    return [shape.name, str(size), name, *times]


def fastest(calls: list[Callable[[], object]], rounds: int) -> list[float]:
    """Seconds of a call of each, in turn: the fastest of the rounds."""
    began = time.perf_counter()
    calls[0]()
    count = max(1, round(SECONDS / (time.perf_counter() - began)))
    least = [float("inf")] * len(calls)
    for _ in range(rounds):
        for number, call in enumerate(calls):
            began = time.perf_counter()
            for _ in range(count):
                call()
            least[number] = min(least[number], (time.perf_counter() - began) / count)
    return least


if __name__ == "__main__":
    main()
