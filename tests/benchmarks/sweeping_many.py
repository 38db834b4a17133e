"""The part `many` of the benchmark of sweeps: up to 100,000 trainings of no work, and what is done around them.

Each step is done in a fresh process, whose peak memory it is. A training that takes no time is worked off by the same
processes, with lines and arrays of the usual size.
"""

import io
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from . import fresh
from .printed import mebibytes, table
from .scaling import exponent

SIZES, WORKERS = (1_000, 10_000, 100_000), (1, 2, 4)
CONFIG = Path(__file__).parents[2] / "configs" / "digits.yaml"

# Settings are a grid of so many values by the rest, each with so many seeds.
WIDTHS, SEEDS = 20, 5

# Rows whose answers are kept.
ROWS = 100

Run = Callable[[], object]


def many(place: Path, sizes: list[int], workers: list[int]) -> dict[str, object]:
    """What each step took at each size; printed as tables of time and of memory."""
    found: dict[str, dict[int, fresh.Taken]] = {}
    for size in sizes:
        folder = Path(str(step(found, "plan", size, plan, place, size)))
        for count in workers:
            if count != workers[0]:
                undo(folder, 0)
            step(found, run_name(count), size, run, folder, count)
        step(found, "resume, nothing to do", size, run, folder, workers[0])
        undo(folder, size // 2)
        step(found, "resume, half to do", size, run, folder, workers[0])
        step(found, "outcome", size, outcome, folder)
        step(found, "table", size, shown, folder)
        step(found, "page", size, page, folder)
    print(report("Seconds of processor time, by trainings", found, lambda one: one.processor, "{:.2f}".format))
    print(report("Seconds by the clock, by trainings", found, lambda one: one.wall, "{:.2f}".format))
    print(report("Peak memory in MiB, by trainings", found, lambda one: one.peak_bytes, mebibytes))
    if len(workers) > 1:
        print(by_workers(found, sizes, workers))
    return {name: {size: one._asdict() for size, one in by_size.items()} for name, by_size in found.items()}


def step(found: dict[str, dict[int, fresh.Taken]], name: str, size: int, *call: Any) -> object:
    """Does one step, notes what it took, and returns its value."""
    print(f"{size:,} trainings, {name} ...", file=sys.stderr, flush=True)
    one = fresh.taken(*call)
    found.setdefault(name, {})[size] = one._replace(value=None)
    return one.value


def report(title: str, found: dict[str, dict[int, fresh.Taken]], of: Callable[[fresh.Taken], float], text: Any) -> str:
    """A table of one figure; with the exponent of its growth and, per training, what the largest adds to the least."""
    rows = []
    for name, by_size in found.items():
        sizes, figures = list(by_size), [of(one) for one in by_size.values()]
        cells = [text(figure) for figure in figures]
        if len(sizes) > 1:
            each = (figures[-1] - figures[-2]) / (sizes[-1] - sizes[-2])
            cells += [f"{exponent(sizes[-2:], figures[-2:]):.2f}", each_text(each)]
        rows.append([name, *cells])
    sizes = [f"{size:,}" for size in next(iter(found.values()))]
    more = ["exponent of the last two", "each beyond"] if len(sizes) > 1 else []
    return table(title, ["", *sizes, *more], rows) + "\n"


def run_name(workers: int) -> str:
    return f"run, {workers} worker{'s' * (workers > 1)}"


def by_workers(found: dict[str, dict[int, fresh.Taken]], sizes: list[int], workers: list[int]) -> str:
    """How the time of a run grows with its processes, which have nothing to do but to take and to give."""
    rows = []
    for size in sizes:
        wall = [found[run_name(count)][size].wall for count in workers]
        rows.append([f"{size:,}", *map("{:.2f}".format, wall), f"{exponent(workers, wall):.2f}"])
    header = ["trainings", *map(str, workers), "exponent"]
    return table("Seconds of a run by the clock, by processes", header, rows) + "\n"


def each_text(each: float) -> str:
    """What one more training costs: bytes, or microseconds."""
    return f"{each:.0f} bytes" if abs(each) > 1 else f"{1e6 * each:.0f} us"


def plan(place: Path, size: int) -> Run:
    """Reads the words, checks them, and writes the plan; returns the sweep's folder."""
    from dlrun.sweep.asked import Options, sweep_asked

    lambdas = size // (WIDTHS * SEEDS)
    words = (
        "network.width=" + ",".join(str(8 + width) for width in range(WIDTHS)),
        "regularization.lambda=" + ",".join(f"{number / lambdas:.6g}" for number in range(lambdas)),
        f"seed=0..{SEEDS - 1}",
    )
    return lambda: sweep_asked([str(CONFIG), *words], Options(light=True), None).written(place / str(size)).path


def run(folder: Path, workers: int) -> Run:
    """Does what is missing of a sweep."""
    from dlrun.executor import Here
    from dlrun.report.sweep_live import SweepDisplay
    from dlrun.sweep.folder import SweepFolder
    from dlrun.sweep.running import Wishes
    from dlrun.sweep.sweeping import run_sweep

    class Idle(Here):
        """Does nothing in place of each training."""

        def each(self, function: Callable[..., Any], tasks: Any) -> Iterator[Any]:
            return super().each(no_work, tasks)

    def work() -> None:
        with Idle(workers) as executor:
            run_sweep(SweepFolder(folder), executor, SweepDisplay(0), Wishes())

    return work


def no_work(base: Any, work: Any) -> Any:
    """What comes back of a training, made up: errors by its setting and its seed, answers that fit no error."""
    from dlrun.records import BySplit
    from dlrun.sweep.records import TrainingLine
    from dlrun.sweep.training import Trained, here

    error = work.settings["regularization.lambda"] / 4 + work.number * 2654435761 % 1000 / 20000
    line = TrainingLine(
        key=work.key,
        number=work.number,
        settings=work.settings,
        seed=work.seed,
        status="finished",
        errors=BySplit(error / 2, error, error),
        losses=BySplit(error / 2, error, error),
        epochs=60,
        seconds=0.123456,
        config_sha256=f"{work.number:064x}",
        data_sha256=f"{0:064x}",
        split_sha256=f"{work.seed:064x}",
        parameters_sha256=f"{work.number:064x}",
    )
    return Trained(line, answers(work.number % 16), here(), "multiclass", split=split() if work.wants_split else None)


@cache
def answers(number: int) -> bytes:
    """The arrays of a training."""
    from dlrun.sweep.arrays import packed

    rng, epochs = np.random.default_rng(number), np.arange(1, 61, dtype=np.int32)
    return packed(
        {
            "dev_answers": rng.integers(2, size=ROWS).astype(np.uint8),
            "dev_losses": rng.random(ROWS, np.float32),
            "epochs": epochs,
            "train_errors": rng.random(len(epochs), np.float32),
            "dev_errors": rng.random(len(epochs), np.float32),
        }
    )


@cache
def split() -> bytes:
    """The arrays of a split."""
    from dlrun.sweep.arrays import packed

    return packed({"dev_rows": np.arange(ROWS), "dev_targets": np.zeros(ROWS, np.int64)})


def undo(folder: Path, kept: int) -> None:
    """Leaves the first lines of a sweep alone, as if it had come so far."""
    lines = (folder / "trainings.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "trainings.jsonl").write_bytes(b"".join(lines[:kept]))


def outcome(folder: Path) -> Run:
    """The outcome from the folder."""
    from dlrun.sweep.folder import SweepFolder
    from dlrun.sweep.telling import outcome_of_folder

    return lambda: outcome_of_folder(SweepFolder(folder)).counts.finished


def shown(folder: Path) -> Run:
    """The table of an outcome that is there; its memory is that of the outcome, too."""
    from rich.console import Console

    from dlrun.report.sweep import show_sweep
    from dlrun.sweep.folder import SweepFolder
    from dlrun.sweep.telling import outcome_of_folder

    found = outcome_of_folder(SweepFolder(folder))
    return lambda: show_sweep(found, Console(file=io.StringIO(), width=120))


def page(folder: Path) -> Run:
    """The page of an outcome that is there, with all that is drawn; its memory is that of the outcome, too."""
    from dlrun.report.page.sweep import sweep_page
    from dlrun.sweep.folder import SweepFolder
    from dlrun.sweep.reading import Reader
    from dlrun.sweep.telling import outcome_of_folder

    found = outcome_of_folder(SweepFolder(folder))
    return lambda: len(sweep_page(found, Reader(SweepFolder(folder)).drawn(found)))
