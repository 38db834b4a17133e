"""`python -m tests.benchmarks.trace`: what trace and snapshots cost, as shares of training time, for shipped configs.

Each config is trained in memory. The share is that of all the tracer does in the whole, in processor time, the median
of the rounds: making it, the steps it watches, its looks and their lines of JSON, and asking whether one is due. That
of the snapshots has all they take: asking for one, copying and counting weights, and the bytes of their file.
"""

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from unittest.mock import patch

from . import machine
from .printed import table

CONFIGS = Path(__file__).parents[2] / "configs"
CASES = (
    ("digits", ()),
    ("digits", ("network.width=256",)),
    ("digits", ("training.batch_size=full",)),
    ("breast_cancer", ()),
    ("wine", ()),
    ("diabetes", ()),
    ("moons_overfit", ()),
    ("moons_underfit", ()),
    ("circles_he", ()),
    ("vanishing_150", ()),
    ("vanishing_150", ("training.epochs=20",)),
)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.trace", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args(arguments).rounds
    core = machine.pin()
    rows = [measured(name, keys, rounds) for name, keys in CASES]
    headers = ["config", "epochs", "looks", "ms a look", "share, %", "snapshots, kB", "ms", "share, %"]
    print(table("The trace, and the snapshots", headers, rows))
    print(machine.sentence(machine.facts(core)))


def measured(name: str, keys: tuple[str, ...], rounds: int) -> list[str]:
    """A row of the table."""
    found = [seconds_of(name, keys) for _ in range(rounds)]
    epochs, looks, size = found[0][3:]
    look, share = median(f[1] / looks for f in found), median(f[1] / f[0] for f in found)
    snapshots, of_them = median(f[2] for f in found), median(f[2] / (f[0] - f[1]) for f in found)
    of_trace = [str(epochs), str(looks), f"{1e3 * look:.2f}", f"{100 * share:.1f}"]
    return [" ".join([name, *keys]), *of_trace, f"{size / 1e3:.0f}", f"{1e3 * snapshots:.2f}", f"{100 * of_them:.2f}"]


def seconds_of(name: str, keys: tuple[str, ...]) -> tuple[float, float, float, int, int, int]:
    """Of a training: its seconds, those of them that went into the trace, and those that snapshots take besides; its
    epochs, how many looks, and the bytes of the snapshots."""
    from dlrun.experiment import prepare, read_config
    from dlrun.experiment.checkpointing import taker_of
    from dlrun.experiment.train import trainer_of
    from dlrun.nn.snapshots import as_arrays
    from dlrun.nn.trace import Tracer
    from dlrun.store import encode
    from dlrun.store.arrays import write_npz
    from dlrun.store.codec import to_plain

    experiment = prepare(read_config(CONFIGS / f"{name}.yaml", keys))
    clock = Clock()
    with patch("dlrun.nn.training.Tracer", clock.timed(Tracer)):
        trainer = trainer_of(experiment)
    for name in ("remember", "watch"):
        setattr(trainer.tracer, name, clock.timed(getattr(trainer.tracer, name)))
    line_of = clock.timed(lambda: (line := trainer.trace()) and encode(to_plain(line)))
    taker, file, own = taker_of(experiment), io.BytesIO(), Clock()
    take = own.timed(lambda: taker.take(trainer.epochs_done, trainer.parameters))
    making, began = clock.seconds, time.process_time()
    looks = 1 if line_of() else 0
    take()
    for _ in trainer.epochs():
        looks += 1 if line_of() else 0
        take()
    own.timed(lambda: write_npz(file, as_arrays(taker.all())))()
    seconds = making + time.process_time() - began - clock.price - own.price - own.seconds
    return seconds, clock.seconds, own.seconds, trainer.epochs_done, looks, len(file.getvalue())


class Clock:
    """Processor time of the functions it is given, without its own: epochs of 50 us would feel it.

    seconds : of all of them so far. price : what looking at the clock has taken, by as many looks at nothing.
    """

    def __init__(self):
        self.seconds, self.price = 0.0, 0.0

    def timed(self, function: Callable) -> Callable:
        def call(*arguments, **named):
            before = time.process_time()
            began = time.process_time()
            value = function(*arguments, **named)
            ended = time.process_time()
            self.seconds += (ended - began) - (began - before)
            self.price += 2 * (began - before)
            return value

        return call


if __name__ == "__main__":
    main()
