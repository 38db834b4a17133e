"""`python -m tests.benchmarks.trace`: what the trace costs, as a share of training time, for the shipped configs.

Each config is trained in memory. The share is that of all the tracer does in the whole, in processor time, the median
of the rounds: making it, the steps it watches, its looks and their lines of JSON, and asking whether one is due.
"""

import argparse
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
    print(table("The trace", ["config", "epochs", "looks", "ms a look", "share of training, %"], rows))
    print(machine.sentence(machine.facts(core)))


def measured(name: str, keys: tuple[str, ...], rounds: int) -> list[str]:
    """A row of the table."""
    found = [seconds_of(name, keys) for _ in range(rounds)]
    epochs, looks = found[0][2:]
    look, share = median(f[1] / looks for f in found), median(f[1] / f[0] for f in found)
    return [" ".join([name, *keys]), str(epochs), str(looks), f"{1e3 * look:.2f}", f"{100 * share:.1f}"]


def seconds_of(name: str, keys: tuple[str, ...]) -> tuple[float, float, int, int]:
    """Of a training: its seconds, those of them that went into the trace, its epochs, and how many looks."""
    from dlrun.experiment import prepare, read_config
    from dlrun.experiment.train import trainer_of
    from dlrun.nn.trace import Tracer
    from dlrun.store import encode
    from dlrun.store.codec import to_plain

    experiment = prepare(read_config(CONFIGS / f"{name}.yaml", keys))
    clock = Clock()
    with patch("dlrun.nn.training.Tracer", clock.timed(Tracer)):
        trainer = trainer_of(experiment)
    for name in ("remember", "watch"):
        setattr(trainer.tracer, name, clock.timed(getattr(trainer.tracer, name)))
    line_of = clock.timed(lambda: (line := trainer.trace()) and encode(to_plain(line)))
    making, began = clock.seconds, time.process_time()
    looks = 1 if line_of() else 0
    for _ in trainer.epochs():
        looks += 1 if line_of() else 0
    seconds = making + time.process_time() - began - clock.price
    return seconds, clock.seconds, trainer.epochs_done, looks


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
