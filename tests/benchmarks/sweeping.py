"""`python -m tests.benchmarks.sweeping`: many trainings by `dlrun sweep`, beside the engine alone and scikit-learn.

digits : 64 trainings of configs/digits.yaml, beside `train_variants` and GridSearchCV in two processes.
short : 1,000 trainings of 0.02 s, as a share of what two processes could do if a training were all of the work.
many : up to 100,000 trainings of no work (`sweeping_many`): how time and memory grow.

Contestants take turns, each in a fresh process on the same two cores. Processor seconds suffer less from other work.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from . import contest, fresh, machine, sweeping_many
from .printed import table

PARTS = ("digits", "short", "many")
ROUNDS = 5
CORES = 2
ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "digits.yaml"

# The bars: of `digits`, how many times as long as the engine alone, and seconds beyond; how many times as fast as
# GridSearchCV. Of `short`, the share.
TIMES, BEYOND_SECONDS, FASTER, SHARE = 1.25, 2.0, 3.0, 0.8

EPOCHS = 20
LAMBDAS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
KEEP_PROBS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0)
DIGITS = (
    f"training.epochs={EPOCHS}",
    f"regularization.lambda={','.join(map(str, LAMBDAS))}",
    f"regularization.keep_prob={','.join(map(str, KEEP_PROBS))}",
)

GRID_SEARCH = "GridSearchCV(MLPClassifier)"

# Like GridSearchCV, which measures each network once, at its end.
AT_THE_END = (*DIGITS, f"training.evaluate_every={EPOCHS}")

# A training of `short`: its epochs are chosen such that it takes so long alone.
SHORT_SECONDS = 0.02
SHORT = ("network.width=64",)
DRAWN = "regularization.lambda=1e-3..1:log"
TRAININGS = 1000
BARE_TRAININGS = 100

Run = Callable[[], object]


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    pin()
    found = machine.facts(None)
    measured: dict[str, object] = {}
    with tempfile.TemporaryDirectory(dir=options.dir) as place:
        if "digits" in options.parts:
            measured["digits"] = digits(Path(place), options.rounds)
        if "short" in options.parts:
            measured["short"] = short(Path(place), options.rounds, options.trainings)
        if "many" in options.parts:
            measured["many"] = sweeping_many.many(Path(place), options.sizes, options.workers)
    print(machine.sentence(found))
    if options.json:
        options.json.write_text(json.dumps({"machine": found} | measured, indent=1) + "\n", encoding="utf-8")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sweeping", description=__doc__.split("\n\n")[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each contestant is timed")
    parser.add_argument("--trainings", type=int, default=TRAININGS, help="of the part short")
    parser.add_argument("--sizes", type=int, nargs="+", default=sweeping_many.SIZES, help="trainings of the part many")
    parser.add_argument("--workers", type=int, nargs="+", default=sweeping_many.WORKERS, help="of the part many")
    parser.add_argument("--dir", type=Path, help="where the runs are made; by default where temporary files are")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there")
    options = parser.parse_args(arguments)
    options.parts = options.parts or list(PARTS)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"{', '.join(sorted(unknown))}: not among {', '.join(PARTS)}")
    return options


def pin() -> None:
    """Holds this process, and those it will start, to two cores and to one thread of linear algebra each."""
    os.environ.update(machine.ONE_THREAD | {"PYTHONPATH": str(ROOT)})
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:CORES]))


# Part digits


def digits(place: Path, rounds: int) -> dict[str, list[fresh.Taken]]:
    """What each contestant took, round by round; printed as a table with the bars."""
    contestants: dict[str, tuple[object, ...]] = {
        "train_variants": (variants,),
        "sweep --light": (sweep_here, place, DIGITS, True),
        "sweep --light, measured at the end": (sweep_here, place, AT_THE_END, True),
        "sweep": (sweep_here, place, DIGITS, False),
        "dlrun sweep --light, whole command": (command, place, DIGITS, True),
        "dlrun sweep, whole command": (command, place, DIGITS, False),
        GRID_SEARCH: (grid_search, "float64"),
        f"{GRID_SEARCH}, float32": (grid_search, "float32"),
    }
    measured = in_turns(contestants, rounds)
    engine = [one.wall for one in measured["train_variants"]]
    grid = [one.wall for one in measured[GRID_SEARCH]]
    rows = []
    for name, found in measured.items():
        wall = [one.wall for one in found]
        bar = [own / (TIMES * its + BEYOND_SECONDS) for own, its in zip(wall, engine, strict=True)]
        faster = [its / own for own, its in zip(wall, grid, strict=True)]
        processor = contest.spread([one.processor for one in found])
        ratio = contest.spread([own / its for own, its in zip(wall, engine, strict=True)])
        rows.append([name, *map(str, (contest.spread(wall), processor, ratio, *map(contest.spread, (bar, faster))))])
    bars = f"of {TIMES} x + {BEYOND_SECONDS:g} s"
    header = ["", "wall, s", "processor, s", "x train_variants", bars, "GridSearchCV / own"]
    print(table(f"{len(LAMBDAS) * len(KEEP_PROBS)} trainings of digits, {EPOCHS} epochs, 2 processes", header, rows))
    print(f"the bars: at most 1 {bars}, and {FASTER:g} times as fast as GridSearchCV\n")
    return measured


def in_turns(contestants: dict[str, tuple[object, ...]], rounds: int) -> dict[str, list[fresh.Taken]]:
    """What each contestant took, round by round, after one round to fill the file cache."""
    measured: dict[str, list[fresh.Taken]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, call in contestants.items():
            print(f"round {number}, {name} ...", file=sys.stderr, flush=True)
            found = fresh.taken(*call)
            if number > 0:
                measured[name].append(found)
    return measured


def variants() -> Run:
    """The engine alone: as many trainings of one experiment, its data prepared before."""
    from dlrun.experiment import prepare, read_config
    from dlrun.search.trainings import Variant, train_variants

    experiment = prepare(read_config(CONFIG, DIGITS[:1]))
    each = [Variant(seed=seed) for seed in range(len(LAMBDAS) * len(KEEP_PROBS))]
    return lambda: len(train_variants(experiment, each, processes=CORES))


def sweep_here(place: Path, words: tuple[str, ...], light: bool, trials: int | None = None) -> Run:
    """A sweep from its words to its outcome, in this process and two more."""
    from dlrun.executor import Here
    from dlrun.report.sweep_live import SweepDisplay
    from dlrun.sweep.asked import Options, sweep_asked
    from dlrun.sweep.running import Wishes
    from dlrun.sweep.sweeping import run_sweep
    from dlrun.sweep.telling import outcome_of_folder

    def run() -> int:
        with tempfile.TemporaryDirectory(dir=place) as runs_dir:
            folder = sweep_asked([str(CONFIG), *words], Options(trials=trials, light=light), None).written(
                Path(runs_dir)
            )
            with Here(CORES) as executor:
                run_sweep(folder, executor, SweepDisplay(0), Wishes())
            return outcome_of_folder(folder).counts.finished

    return run


def command(place: Path, words: tuple[str, ...], light: bool) -> Run:
    """The whole command, from start to exit, with its table and its page."""
    options = ["--processes", str(CORES), "--quiet", *(["--light"] if light else [])]

    def run() -> None:
        with tempfile.TemporaryDirectory(dir=place) as runs_dir:
            line = [sys.executable, "-m", "dlrun", "sweep", str(CONFIG), *words, *options, "--runs-dir", runs_dir]
            subprocess.run(line, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    return run


def grid_search(dtype: str) -> Run:
    """scikit-learn's way: as many settings of a network of these widths, without dropout, which it does not know.

    In its favour: nothing is kept of a training but its score on the dev rows, and rows are scaled before. dtype : of
    their numbers; scikit-learn itself reads and scales digits as float64.
    """
    import warnings

    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier

    from dlrun.experiment import prepare, read_config

    os.environ["PYTHONWARNINGS"] = "ignore"  # its processes are told in this way alone
    warnings.simplefilter("ignore", ConvergenceWarning)
    experiment = prepare(read_config(CONFIG, DIGITS[:1]))
    train, dev = experiment.dataset.train, experiment.dataset.dev
    X = np.concatenate([train.X, dev.X]).astype(dtype)
    y = np.concatenate([train.Y, dev.Y]).reshape(-1)
    split = [(np.arange(len(train.X)), np.arange(len(train.X), len(X)))]
    network = MLPClassifier(
        experiment.network.sizes[1:-1],
        batch_size=experiment.plan.batch_size,
        learning_rate_init=experiment.plan.learning_rate,
        max_iter=EPOCHS,
        tol=0.0,
        n_iter_no_change=10 * EPOCHS,
    )
    settings = {"alpha": LAMBDAS, "random_state": list(range(len(KEEP_PROBS)))}
    search = GridSearchCV(network, settings, n_jobs=CORES, refit=False, cv=split)

    def run() -> int:
        from joblib.externals.loky import get_reusable_executor

        found = len(search.fit(X, y).cv_results_["params"])
        get_reusable_executor().shutdown(wait=True)  # so that the time of its processes is known
        return found

    return run


# Part short


def short(place: Path, rounds: int, trainings: int) -> dict[str, object]:
    """The share of two processes' time that goes into trainings, where each takes 0.02 s; printed."""
    epochs = fresh.taken(epochs_lasting, SHORT_SECONDS).value
    words = (*SHORT, f"training.epochs={epochs}")
    contestants: dict[str, tuple[object, ...]] = {
        "bare": (bare, words),
        "cold": (sweep_here, place, (*words, DRAWN), True, trainings),
        "warm": (sweep_warm, place, (*words, DRAWN), trainings),
    }
    measured = in_turns(contestants, rounds)
    each = [one.value for one in measured["bare"]]
    rows = [["a training alone", f"{contest.spread([1e3 * seconds for seconds in each])} ms", "", ""]]
    for name, title in (("cold", "with the start of the processes"), ("warm", "in processes that have started")):
        found = measured[name]
        wall = [one.value if name == "warm" else one.wall for one in found]
        shares = [trainings * seconds / (CORES * own) for seconds, own in zip(each, wall, strict=True)]
        beyond = [1e3 * (one.processor / trainings - seconds) for seconds, one in zip(each, found, strict=True)]
        cells = [f"{contest.spread(wall)} s", contest.spread(shares), contest.spread(beyond) if name == "cold" else ""]
        rows.append([title, *map(str, cells)])
    header = ["", "wall", "share of two processes", "processor beyond a training, ms"]
    print(table(f"{trainings:,} trainings of digits with {' '.join(words)}, --light", header, rows))
    print(f"the bar: a share of {SHARE}\n")
    return {"words": words, **measured}


def bare(words: tuple[str, ...]) -> Run:
    """Seconds of a training alone: the mean of many in one process, each from its first step to its last."""
    one = bare_training(words)

    def run() -> float:
        return sum(one() for _ in range(BARE_TRAININGS)) / BARE_TRAININGS

    return run


def bare_training(words: tuple[str, ...]) -> Callable[[], float]:
    """A function that trains once in memory and returns its seconds, after two trainings that fill caches."""
    from dataclasses import replace

    from dlrun.experiment import prepare, read_config
    from dlrun.experiment.checkpointing import Checkpointer
    from dlrun.experiment.prepare import experiment_of, random_streams
    from dlrun.experiment.train import train, trainer_of

    ready = prepare(read_config(CONFIG, words))

    def one() -> float:
        streams = random_streams(ready.config.seed)
        experiment = experiment_of(ready.config, ready.dataset, streams, ready.optimal)
        experiment = replace(experiment, plan=replace(experiment.plan, trace=False))
        checkpointer = Checkpointer(experiment, trainer_of(experiment))
        began = time.perf_counter()
        train(checkpointer)
        return time.perf_counter() - began

    one(), one()
    return one


def epochs_lasting(seconds: float) -> Run:
    """How many epochs a training lasts about so long with: by the fastest of several trainings of 5 epochs."""
    one = bare_training((*SHORT, "training.epochs=5"))
    return lambda: max(1, round(5 * seconds / min(one() for _ in range(20))))


def sweep_warm(place: Path, words: tuple[str, ...], trainings: int) -> Run:
    """Seconds of a sweep in processes that have done another one before."""
    from dlrun.executor import Here
    from dlrun.report.sweep_live import SweepDisplay
    from dlrun.sweep.asked import Options, sweep_asked
    from dlrun.sweep.running import Wishes
    from dlrun.sweep.sweeping import run_sweep

    def run() -> float:
        with tempfile.TemporaryDirectory(dir=place) as runs_dir, Here(CORES) as executor:
            for count in (20, trainings):
                asked = sweep_asked([str(CONFIG), *words], Options(trials=count, light=True), None)
                folder = asked.written(Path(runs_dir))
                began = time.perf_counter()
                run_sweep(folder, executor, SweepDisplay(0), Wishes())
            return time.perf_counter() - began

    return run


if __name__ == "__main__":
    main()
