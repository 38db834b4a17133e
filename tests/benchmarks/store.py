"""`python -m tests.benchmarks.store`: how long the verbs that ask all runs take as their number grows.

The runs are copies of one: a few whole, the others the two files that a list is read from. Each verb is a whole command
in a process of its own. "in 2 runs" is the same command in a folder of two runs: its start-up, and what it does with
the runs that it has found. "first" is without an index. "beyond" is the whole command less that in 2 runs.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from . import machine
from .printed import table

SIZES = (1_000, 5_000, 20_000)
ROUNDS = 5
ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "moons_overfit.yaml"
SHORT = ("training.epochs=3", "report=false", "name=whole")

# A run that is to be kept by the index has not changed for two seconds.
SETTLED_SECONDS = 2.1

# So many runs begin in one second, as those of a sweep do; then they are sorted by their last change.
A_SECOND = 20

# One in so many runs has a tag, and one in so many a name of its own.
TAGGED, NAMES = 10, 50

COMPLETION = "import sys; sys.argv = ['dlrun']; from dlrun.cli import main; main()"
REUSE = (
    "import sys; from pathlib import Path; from dlrun.experiment.reuse import find_same;"
    "from dlrun.store import find_run, read_manifest; runs = Path(sys.argv[1]);"
    "print(find_same(runs, read_manifest(find_run(runs, 'whole')).identity).id)"
)


# The arguments and variables of a command, for a runs folder.
Command = Callable[[Path], tuple[list[str], dict[str, str]]]


class Taken(NamedTuple):
    """What a command took: seconds by the clock on the wall, and of processor time."""

    wall: float
    processor: float


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    found = machine.facts(None)
    with tempfile.TemporaryDirectory(dir=options.dir) as place:
        made = train_one(Path(place))
        measured = {size: measured_at(size, made, Path(place), options) for size in options.sizes}
    for clock, title in enumerate(("by the clock", "of processor time")):
        print(table(f"Seconds {title}", *rows_of(measured, clock)), end="\n\n")
    print(machine.sentence(found))
    if options.json:
        options.json.write_text(json.dumps({"machine": found, "seconds": measured}, indent=1) + "\n", encoding="utf-8")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.store", description=__doc__.split("\n\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of runs")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each command is timed with an index")
    parser.add_argument("--verbs", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--dir", type=Path, help="where the runs are made; by default where temporary files are")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there")
    return parser.parse_args(arguments)


def rows_of(measured: dict[int, dict[str, dict[str, Taken]]], clock: int) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of the table of one clock."""
    sizes = list(measured)
    columns = ["in 2 runs", "first", "then", "beyond"]
    header = ["", *(f"{size:,}: {column}" for size in sizes for column in columns)]
    rows = []
    for verb in measured[sizes[0]]:
        cells = [[measured[size][verb][column][clock] for column in columns[:3]] for size in sizes]
        rows.append([verb, *(f"{s:.2f}" for bare, first, then in cells for s in (bare, first, then, then - bare))])
    return header, rows


def measured_at(size: int, made: Path, place: Path, options: argparse.Namespace) -> dict[str, dict[str, Taken]]:
    """What each verb took with so many runs: in two runs, the first time, and then (the median of the rounds)."""
    few, many = place / "few", place / f"runs{size}"
    for runs_dir, count in ((few, 2), (many, size)):
        shutil.rmtree(runs_dir, ignore_errors=True)
        populate(runs_dir, made, count)
    time.sleep(SETTLED_SECONDS)
    taken = {}
    for verb in options.verbs:
        command = COMMANDS[verb]
        for index in many.glob(".index*"):
            index.unlink()
        first = timed(command, many)
        if not list(many.glob(".index*")):  # this verb needs none; then its times are those beside one
            timed(COMMANDS["runs --sort dev"], many)
        taken[verb] = {
            "in 2 runs": median([timed(command, few) for _ in range(options.rounds)]),
            "first": first,
            "then": median([timed(command, many) for _ in range(options.rounds)]),
        }
    shutil.rmtree(many)
    return taken


def of(*words: str) -> Command:
    """The command of a verb."""
    return lambda runs_dir: ([sys.executable, "-m", "dlrun", *words, "--runs-dir", str(runs_dir)], {})


def completing(runs_dir: Path) -> tuple[list[str], dict[str, str]]:
    asked = {"_DLRUN_COMPLETE": "complete_bash", "COMP_WORDS": "dlrun show 20260301-0000", "COMP_CWORD": "2"}
    return [sys.executable, "-c", COMPLETION], asked | {"DLRUN_RUNS": str(runs_dir)}


def by_beginning(runs_dir: Path) -> tuple[list[str], dict[str, str]]:
    return of("show", max(runs_dir.glob("*-whole-*")).name[:-1])(runs_dir)


COMMANDS: dict[str, Command] = {
    "runs": of("runs"),
    "runs --sort dev": of("runs", "--sort", "dev"),
    "runs --tag kept": of("runs", "--tag", "kept"),
    "show latest": of("show", "latest"),
    "show best": of("show", "best"),
    "show NAME": of("show", "whole"),
    "show BEGINNING": by_beginning,
    "compare NAME": of("compare", "whole"),
    "completion of an id": completing,
    "find_same (train --needed)": lambda runs_dir: ([sys.executable, "-c", REUSE, str(runs_dir)], {}),
    "runs --json": of("runs", "--json"),
}


def timed(command: Command, runs_dir: Path) -> Taken:
    """What the command took; raises CalledProcessError where it fails."""
    words, variables = command(runs_dir)
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    before, began = processor_seconds(), time.perf_counter()
    subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL)
    return Taken(time.perf_counter() - began, processor_seconds() - before)


def processor_seconds() -> float:
    """Processor time of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def median(taken: list[Taken]) -> Taken:
    return Taken(*map(statistics.median, zip(*taken, strict=True)))


def train_one(place: Path) -> Path:
    """The folder of a short run."""
    words = ["train", str(CONFIG), *SHORT, "--quiet", "--json", "--runs-dir", str(place / "trained")]
    done = subprocess.run([sys.executable, "-m", "dlrun", *words], check=True, capture_output=True, text=True, cwd=ROOT)
    return Path(json.loads(done.stdout)["run_dir"])


def populate(runs_dir: Path, made: Path, count: int) -> None:
    """Fills a folder with so many runs; the newest two are whole copies, and are the best."""
    from dlrun.store import RunFolder, change_tags

    files = {name: (made / name).read_bytes() for name in ("run.json", "result.json", ".lock")}
    result = json.loads(files["result.json"])
    runs_dir.mkdir(parents=True)
    for number in range(count):
        seconds, is_whole = number // A_SECOND, number >= count - 2
        clock = f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
        name = "whole" if is_whole else f"other{number % NAMES}"
        path = runs_dir / f"20260301-{clock}-{name}-{number * 0x1001 % 0x10000:04x}"
        if is_whole:
            shutil.copytree(made, path)
            os.utime(path)  # the copy has the time of what it was copied from
        else:
            path.mkdir()
            dev = result["errors"]["dev"] + (number + 1) / count / 2
            for file, data in files.items():
                (path / file).write_bytes(data)
            (path / "result.json").write_text(json.dumps(result | {"errors": result["errors"] | {"dev": dev}}))
        if number % TAGGED == 0:
            change_tags(RunFolder(path), ["kept"], [])


if __name__ == "__main__":
    main()
