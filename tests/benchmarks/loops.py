"""`python -m tests.benchmarks.loops`: what the compiled loops of the extra `fast` cost, and what they save.

Cost: the first use of a network's loops in a fresh process, made by Numba or loaded from where they were kept. Savings:
an update of the parameters, the activations and the loss, by NumPy's passes and by loops in turn, the fastest of the
rounds of each.
"""

import argparse
import importlib.util
import math
import os
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from . import fresh, machine
from .printed import table
from .shapes import KEEP_PROB, L2_LAMBDA, LEARNING_RATE, SHAPES, Shape

PROCESSES, ROUNDS = 20, 20
SECONDS = 0.02  # of a round

if TYPE_CHECKING:
    from dlrun.nn.network import Workspace


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.loops", description=__doc__.split("\n\n")[0])
    parser.add_argument("--processes", type=int, default=PROCESSES, help="how often loops are made, and loaded")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each update is timed")
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("numba") is None:
        parser.error("Numba is not installed: pip install -e '.[fast]' brings it")
    core = machine.pin()
    header = ["", "wall, s", "processor, s"]
    print(table("The first use of the loops in a process", header, costs(options.processes)), end="\n\n")
    header = ["shape", "numbers", "optimizer", "passes, us", "loop, us", "passes / loop", "saved a number, ns"]
    print(table("An update with an L2 penalty, float32", header, savings(options.rounds)), end="\n\n")
    header = ["shape", "hidden layers", "units x rows", "passes, us", "loops, us", "passes / loops"]
    print(table("ReLU and its masks, float32", header, [relu_saving(one, options.rounds) for one in SHAPES.values()]))
    header = ["shape", "loss, passes, us", "loops, us", "passes / loops"]
    rows = [loss_saving(one, options.rounds) for one in SHAPES.values() if not one.binary]
    print(table("\nSoftmax's loss and its slope, float32", header, rows), end="\n\n")
    print(machine.sentence(machine.facts(core)))


def costs(processes: int) -> list[list[str]]:
    """Medians over fresh processes: making the loops, with an empty cache folder, and loading them."""
    made, loaded = [], []
    for _ in range(processes):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = folder
            made.append(fresh.taken(first_use))
            loaded.append(fresh.taken(first_use))
    clocks = ("wall", "processor")
    return [
        [name, *(f"{median(getattr(one, clock) for one in found):.3f}" for clock in clocks)]
        for name, found in (("made", made), ("loaded", loaded))
    ]


def first_use() -> Callable[[], object]:
    from dlrun.nn import loops

    def use() -> None:
        from dlrun.nn.machine_code import function_of

        for loop in (loops.adam, loops.relu, loops.shift, loops.normalise):
            function_of(loop, "float32")

    return use


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
    times = [*map(in_microseconds, (passes, loop)), f"{passes / loop:.2f}", f"{1e9 * (passes - loop) / size:.2f}"]
    return [shape.name, str(size), name, *times]


def workspaces(shape: Shape) -> list["Workspace"]:
    """Of a step: one that computes by passes, and one that does by loops."""
    from dlrun.nn.network import Network, Workspace

    network = Network(shape.sizes, "relu", "sigmoid" if shape.binary else "softmax", (KEEP_PROB,) * len(shape.hidden))
    made = [Workspace(network, shape.batch) for _ in range(2)]
    for one in made:
        one.draw_masks(np.random.Generator(np.random.SFC64(0)))
        one.logits[:] = np.random.default_rng(0).standard_normal(one.logits.shape)
        for hidden in one.hidden:
            hidden.Z[:] = np.random.default_rng(0).standard_normal(hidden.Z.shape)
    made[1].hasten(math.inf)
    return made


def relu_saving(shape: Shape, rounds: int) -> list[str]:
    from dlrun.nn.activations import ACTIVATIONS
    from dlrun.nn.network import activate

    by_passes, by_loops = workspaces(shape)

    def activations(workspace) -> None:
        for hidden in workspace.hidden:
            activate(ACTIVATIONS["relu"], hidden)

    with np.errstate(over="ignore", invalid="ignore"):  # the passes write over Z
        times = fastest([lambda: activations(by_passes), lambda: activations(by_loops)], rounds)
    units = shape.batch * sum(shape.hidden)
    return [shape.name, str(len(shape.hidden)), str(units), *map(in_microseconds, times), f"{times[0] / times[1]:.2f}"]


def loss_saving(shape: Shape, rounds: int) -> list[str]:
    from dlrun.nn.network import mean_loss

    by_passes, by_loops = workspaces(shape)
    Y = np.random.default_rng(0).integers(0, shape.sizes[-1], shape.batch)
    times = fastest([lambda: mean_loss(by_passes, Y), lambda: mean_loss(by_loops, Y)], rounds)
    return [shape.name, *map(in_microseconds, times), f"{times[0] / times[1]:.2f}"]


def in_microseconds(seconds: float) -> str:
    return f"{1e6 * seconds:.1f}"


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
