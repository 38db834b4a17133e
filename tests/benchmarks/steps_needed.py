"""`python -m tests.benchmarks.steps_needed`: how many steps healthy networks need, for `diagnosis.pace`.

Healthy configs are trained on the tasks that may choose a threshold, and the train error is measured at numbers of
steps that grow by a quarter. A run needs as many steps as it takes until its train error stays close to that of the
end.
"""

import argparse
import itertools
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from dlrun.diagnosis.pace import HARDLY_ANY, LATE_FALL, STEPS_NEEDED
from dlrun.diagnosis.rule import Thresholds, thresholds
from dlrun.experiment import prepare, read_config
from dlrun.experiment.train import trainer_of
from dlrun.nn.evaluation import baseline_error, evaluate

from .diagnosis.tasks import KNOWN, arrays_of, write_task
from .diagnosis.trainings import base_config, with_changes, write_config
from .printed import table

MOST_STEPS = 4000
LOOKS = sorted({round(10 * 1.25**n) for n in range(28)})
BATCHES = (16, 64, 256, "full")
# Each optimizer with its usual rate, and adam with that of the healthy config.
RULES = (("adam", 0.001), ("adam", 0.005), ("momentum", 0.1), ("rmsprop", 0.001))
WIDTHS = (16, 64)


class Enough(Exception):
    """As many steps as are looked at."""


class Look(NamedTuple):
    """After some steps: the train error, and how much of the loss's fall is still to be seen at the end of it.

    late : the mean loss of the steps so far less the loss now, as a share of the whole fall. Half where it fell evenly.
    """

    error: float
    late: float


def looks_by_steps(config: dict, folder: Path) -> tuple[dict[int, Look], Thresholds]:
    """A look after so many steps; within which distance errors are as good as equal, and from which they are high."""
    experiment = prepare(read_config(write_config(config, folder)))
    trainer, dataset = trainer_of(experiment), experiment.dataset
    first = evaluate(trainer.network, trainer.parameters, *trainer.train).loss
    seen: dict[int, Look] = {}
    losses: list[float] = []
    before = [0.0]

    def look() -> None:
        if trainer.batches_done == 1:
            before[0] = 0.0
        losses.append(trainer.loss_sum - before[0])
        before[0] = trainer.loss_sum
        done = trainer.optimizer.steps
        if done in LOOKS:
            now = evaluate(trainer.network, trainer.parameters, *trainer.train)
            rows = trainer.batch_size
            seen[done] = Look(now.error, (sum(losses) / (done * rows) - now.loss) / (first - now.loss))
        if done >= LOOKS[-1]:
            raise Enough

    trainer.after_step = look
    with suppress(Enough):
        list(trainer.epochs())
    baseline = baseline_error(experiment.network, dataset.train.Y, dataset.dev.Y)
    return seen, thresholds(0.0, baseline, dataset.task == "regression")


def needed(looks: dict[int, Look], near: float) -> int | None:
    """The number of steps from which the train error stays within `near` of the last one; None if only at the end."""
    last = looks[max(looks)].error
    late = [steps for steps, look in looks.items() if look.error > last + near]
    return min((steps for steps in looks if steps > max(late, default=0)), default=None)


def note_gains(gained: dict[str, list[bool]], looks: dict[int, Look], limits: Thresholds) -> None:
    """Whether more steps still lower a train error that is high, by how many were done and how the loss fell."""
    last = looks[max(looks)].error
    for steps, look in looks.items():
        if look.error > limits.high and steps < STEPS_NEEDED:
            late = "late fall" if look.late > LATE_FALL else "early fall"
            group = f"below {HARDLY_ANY}" if steps < HARDLY_ANY else f"below {STEPS_NEEDED}, {late}"
            gained.setdefault(group, []).append(look.error > last + limits.low)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.steps_needed", description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--tasks", default=",".join(KNOWN))
    parser.add_argument("--dump", type=Path, help="a file for all looks")
    chosen = parser.parse_args()
    found: dict[tuple, list[int]] = {}
    gained: dict[str, list[bool]] = {}
    for seed, name in itertools.product(range(chosen.seeds), chosen.tasks.split(",")):
        with tempfile.TemporaryDirectory() as there:
            folder, task = Path(there), KNOWN[name]
            data = write_task(folder, name, arrays_of(name, seed))
            base = base_config({"source": str(data)}, optimal_error=None, regression=task.regression, seed=seed)
            for batch, (optimizer, rate), width in itertools.product(BATCHES, RULES, WIDTHS):
                changes = {
                    "training.batch_size": batch,
                    "training.optimizer": optimizer,
                    "training.learning_rate": rate,
                    "training.epochs": MOST_STEPS,
                    "training.evaluate_every": MOST_STEPS,
                    "network.width": width,
                    "ensemble": 1,
                }
                looks, limits = looks_by_steps(with_changes(base, changes), folder)
                note_gains(gained, looks, limits)
                if chosen.dump:
                    print(
                        json.dumps([name, seed, batch, optimizer, rate, width, limits.low, limits.high, looks]),
                        file=chosen.dump.open("a"),
                    )
                for group in ((name, ""), ("batch", batch), (optimizer, rate), ("width", width), ("all", "")):
                    found.setdefault(group, []).append(needed(looks, limits.low) or MOST_STEPS)
    rows = [
        [*map(str, group), str(len(steps)), *(f"{np.quantile(steps, q):.0f}" for q in (0.05, 0.25, 0.5, 0.75, 0.95))]
        for group, steps in found.items()
    ]
    early = [[name, str(len(of)), f"{np.mean(of):.0%}"] for name, of in gained.items() if of]
    print(table("Looks at which the train error is high", ["after", "looks", "that still gain"], early), end="\n\n")
    print(table("Steps that healthy runs need", ["of", "", "runs", "5%", "25%", "median", "75%", "95%"], rows))


if __name__ == "__main__":
    main()
