"""`python -m tests.benchmarks.overhead`: what the run folder and the progress display cost, beside training alone.

The same experiment is trained with nobody looking, and with each epoch's record written and shown, in turn. The share
is that of the watching in the whole; epochs of 10 ms are about the shortest for which it is promised to stay small.
"""

import argparse
import io
import tempfile
import time
from pathlib import Path

from . import contest, machine
from .printed import table

ROUNDS = 7
CONFIG = Path(__file__).parents[2] / "configs" / "digits.yaml"
# Epochs of 10 to 20 ms on the machines this was written on.
OVERRIDES = ("network.width=256", "training.epochs=40")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.overhead", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    core = machine.pin()
    alone, watched = [], []
    for number in range(rounds + 1):
        pair = epoch_seconds(watching=False), epoch_seconds(watching=True)
        if number > 0:  # the first round fills caches
            alone.append(pair[0])
            watched.append(pair[1])
    shares = [100 * (1 - bare / whole) for bare, whole in zip(alone, watched, strict=True)]
    rows = [
        ["an epoch alone", f"{contest.spread([1e3 * s for s in alone])} ms"],
        ["written and shown", f"{contest.spread([1e3 * s for s in watched])} ms"],
        ["share of the watching", f"{contest.spread(shares)} %"],
    ]
    print(table("Run folder and progress display", ["", "median (least-most)"], rows))
    print(machine.sentence(machine.facts(core)))


def epoch_seconds(*, watching: bool) -> float:
    """Seconds of an epoch, the mean over a training; `watching` writes and shows each."""
    from rich.console import Console

    from dlrun.experiment import prepare, read_config
    from dlrun.experiment.checkpointing import Checkpointer
    from dlrun.experiment.train import train, trainer_of
    from dlrun.report import training_display
    from dlrun.store import create_run

    experiment = prepare(read_config(CONFIG, OVERRIDES))
    epochs = experiment.config.training.epochs
    if not watching:
        return train(Checkpointer(experiment, trainer_of(experiment))).seconds / epochs
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    with tempfile.TemporaryDirectory() as runs_dir, training_display(epochs, screen) as display:
        folder = create_run(Path(runs_dir), "overhead")
        checkpointer = Checkpointer(experiment, trainer_of(experiment), folder)
        started = time.perf_counter()
        train(checkpointer, display.update)
        return (time.perf_counter() - started) / epochs


if __name__ == "__main__":
    main()
