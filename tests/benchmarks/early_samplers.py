"""What `--sampler tpe` reaches with `--early` and without: `python -m tests.benchmarks.early_samplers`.

Here each sweep is trained as `dlrun sweep` trains it, since what TPE proposes depends on what was stopped before. One
seed, 48 settings, the tasks of `early`; about four minutes of processor time.
"""

import argparse
import os
import tempfile
from itertools import combinations, product
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from dlrun.executor import Here
from dlrun.records import Change
from dlrun.sweep.asked import Options, sweep_asked
from dlrun.sweep.folder import SweepFolder
from dlrun.sweep.records import TrainingLine
from dlrun.sweep.running import Wishes
from dlrun.sweep.sweeping import run_sweep
from dlrun.sweep.telling import outcome_of_folder

from .early import over_tasks
from .early_courses import CHOSEN_ON, FRESH, PLANS, write_config
from .printed import table

# A sampler, and whether it stops early.
Way = tuple[str, bool]
WAYS: tuple[Way, ...] = tuple(product(("tpe", "sobol"), (True, False)))


class Reached(NamedTuple):
    """Errors of a sweep's winner in points, and the epochs of all its trainings."""

    dev: float
    test: float
    epochs: int


class Silent:
    """Watches nothing."""

    def begun(self, number: int, settings: Change, seed: int) -> None: ...

    def update(self, line: TrainingLine) -> None: ...


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.early_samplers", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--tasks", nargs="+", default=[*CHOSEN_ON, *FRESH], metavar="TASK")
    parser.add_argument("--trials", type=int, default=PLANS["drawn"][1])
    chosen = parser.parse_args(arguments)
    reached = {(name, way): reached_by(name, way, chosen.trials) for name in chosen.tasks for way in WAYS}
    rows = [difference(reached, chosen.tasks, way, base) for way, base in combinations(WAYS, 2)]
    print(table("one way less the other, points, mean over tasks", ("", "dev error", "test error", "epochs"), rows))


def reached_by(name: str, way: Way, trials: int) -> Reached:
    """What a sweep of a task has found, and what it took."""
    with tempfile.TemporaryDirectory() as folder:
        config = write_config(name, Path(folder))
        done = swept(config, *PLANS["drawn"][0], runs_dir=Path(folder), early=way[1], trials=trials, sampler=way[0])
        winner = outcome_of_folder(done).winner
        assert winner is not None
        assert winner.test is not None
        return Reached(100 * winner.dev.mean, 100 * winner.test.mean, sum(line.epochs for line in done.lines()))


def swept(config: Path, *words: str, runs_dir: Path, early: bool, **options: object) -> SweepFolder:
    """A sweep with --light that has been done, in this process."""
    folder = sweep_asked([str(config), *words], Options(early=early, light=True, **options), None).written(runs_dir)
    with Here(1) as here:
        run_sweep(folder, here, Silent(), Wishes())
    return folder


def difference(reached: dict[tuple[str, Way], Reached], tasks: list[str], way: Way, base: Way) -> tuple[str, ...]:
    """A row: how the one way differs from the other, and the epochs that it took of the other's."""
    pairs = [(reached[name, way], reached[name, base]) for name in tasks]
    cells = []
    for field in ("dev", "test"):
        mean, interval = over_tasks([[getattr(own, field) - getattr(its, field)] for own, its in pairs])
        cells.append(f"{mean:.2f}{interval}")
    share = sum(own.epochs / its.epochs for own, its in pairs) / len(pairs)
    return (f"{said(way)} - {said(base)}", *cells, f"{share:.0%}")


def said(way: Way) -> str:
    return f"{way[0]} --early" if way[1] else way[0]


if __name__ == "__main__":
    main()
