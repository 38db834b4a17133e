"""`python -m tests.benchmarks.scaling`: how dlrun's time a step grows with width, depth, batch and rows.

Each table varies one of them and fits time = c * size^exponent, as the slope between the logarithms. Small sizes are
ruled by the fixed cost of a step, so that the exponent of the upper half stands beside that of all.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import contest, machine
from .contestants import make
from .printed import milliseconds, table
from .shapes import Shape
from .workers import Worker

ROUNDS, SECONDS = 5, 0.2
STEPS = 4  # an epoch, where rows are not what grows


class Axis(NamedTuple):
    """sizes : what is varied. shape(size) : the network and its data. expected : what arithmetic alone would give."""

    sizes: tuple[int, ...]
    shape: Callable[[int], Shape]
    expected: str


def by_width(n: int) -> Shape:
    return Shape(f"width {n}", (64, n, n, n, 10), 128, 128 * STEPS)


def by_depth(layers: int) -> Shape:
    return Shape(f"depth {layers}", (64, *[64] * (layers - 1), 10), 64, 64 * STEPS)


def by_batch(rows: int) -> Shape:
    return Shape(f"batch {rows}", (64, 128, 128, 10), rows, rows * STEPS)


def by_rows(rows: int) -> Shape:
    return Shape(f"rows {rows}", (64, 128, 128, 10), 128, rows)


AXES = {
    "width": Axis((32, 64, 128, 256, 512, 1024), by_width, "2: products and parameters grow with width squared"),
    "depth": Axis((2, 4, 8, 16, 32, 64, 128), by_depth, "1"),
    "batch": Axis((16, 32, 64, 128, 256, 512, 1024), by_batch, "1"),
    "rows": Axis((512, 2048, 8192, 32768, 131072), by_rows, "0: a step does not know how many rows there are"),
}


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    found = machine.facts(machine.pin(options.core))
    measured = {}
    for name in options.axes:
        print(f"{name} ...", file=sys.stderr, flush=True)
        measured[name] = measure(AXES[name], options.rounds, options.seconds)
        print(report(name, measured[name]), end="\n\n")
    print(machine.sentence(found))
    if options.json:
        options.json.write_text(json.dumps({"machine": found, "axes": as_json(measured)}, indent=1) + "\n")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scaling", description=__doc__.split("\n\n")[0])
    parser.add_argument("--axes", nargs="+", choices=list(AXES), default=list(AXES))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="the length of a block")
    parser.add_argument("--core", type=int, help="the core that everything runs on; the last by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there")
    return parser.parse_args(arguments)


def measure(axis: Axis, rounds: int, seconds: float) -> dict[int, contest.Spread]:
    """Seconds a step at each size, the sizes taking turns."""
    shapes = {size: axis.shape(size) for size in axis.sizes}
    workers = {size: Worker(make, "dlrun", shape) for size, shape in shapes.items()}
    steps = {size: shape.steps_an_epoch for size, shape in shapes.items()}
    times = contest.hold(workers, steps, rounds, seconds)
    return {size: contest.spread(t.wall) for size, t in times.items()}


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """The slope of log seconds against log size, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def exponents(times: dict[int, contest.Spread]) -> tuple[float, float]:
    """Of all sizes, and of the upper half of them."""
    sizes, seconds = list(times), [t.median for t in times.values()]
    half = len(sizes) // 2
    return exponent(sizes, seconds), exponent(sizes[half:], seconds[half:])


def report(name: str, times: dict[int, contest.Spread]) -> str:
    rows = [[str(size), *map(milliseconds, (t.median, t.least, t.most))] for size, t in times.items()]
    overall, upper = exponents(times)
    return "\n".join(
        [
            table(f"Time a step against {name}", [name, "ms a step", "least", "most"], rows),
            f"exponent {overall:.2f}, of the upper half {upper:.2f} (arithmetic alone: {AXES[name].expected})",
        ]
    )


def as_json(measured: dict[str, dict[int, contest.Spread]]) -> dict:
    axes = {}
    for name, times in measured.items():
        overall, upper = exponents(times)
        seconds = {str(size): asdict(t) for size, t in times.items()}
        axes[name] = {"seconds_a_step": seconds, "exponent": overall, "exponent_upper_half": upper}
    return axes


if __name__ == "__main__":
    main()
