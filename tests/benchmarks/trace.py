"""`python -m tests.benchmarks.trace`: what the trace costs, as a share of training time, for the shipped configs.

Each config is trained in memory with its looks timed; the share is that of the looks and their lines of JSON in the
whole, in processor time, the median of the rounds.
"""

import argparse
import time
from pathlib import Path
from statistics import median

from . import machine
from .tables import table

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
    """Of a training: its seconds, those of them that were looks, its epochs, and how many looks."""
    from dlrun.experiment import prepare, read_config
    from dlrun.experiment.prepare import make_trainer
    from dlrun.store import encode

    trainer = make_trainer(prepare(read_config(CONFIGS / f"{name}.yaml", keys)))
    spent, looks = 0.0, 0

    def look() -> None:
        nonlocal spent, looks
        began = time.process_time()
        line = trainer.trace()
        if line:
            encode(line)
            looks += 1
        spent += time.process_time() - began

    began = time.process_time()
    look()
    for _ in trainer.epochs():
        look()
    return time.process_time() - began, spent, trainer.epochs_done, looks


if __name__ == "__main__":
    main()
