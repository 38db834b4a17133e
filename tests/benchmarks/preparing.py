"""`python -m tests.benchmarks.preparing`: what a large CSV costs before the first step, beside polars reading it alone.

Three shapes: many rows of numbers and words, many columns, and a column of many words. Each is prepared as `dlrun
train` does it, in a fresh process, after the imports; the peak of memory holds these too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import contest, machine
from .printed import mebibytes, table

SEED = 19
ROUNDS = 3
MEMORY = Path("/dev/shm")  # so that no disk is measured, where the system has it

# Share of cells that are empty, in every second column of words and in all of the many columns.
GAPS = 0.05

# The peak that `getrusage` tells begins with that of the process that started this one.
PEAK = """
import resource
from pathlib import Path

def peak_bytes():
    try:
        [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
"""

PROGRAMS = {
    "polars": PEAK
    + """
import json, sys, time
import polars as pl
begun, busy = time.perf_counter(), time.process_time()
frame = pl.read_csv(sys.argv[1])
taken = {"seconds": time.perf_counter() - begun, "busy": time.process_time() - busy, "inputs": frame.width}
print(json.dumps(taken | {"peak_bytes": peak_bytes()}))
""",
    "dlrun": PEAK
    + """
import json, sys, time
from pathlib import Path
from dlrun.machine import watch_imports
watch_imports()
import polars
from dlrun.config import config_from_dict
from dlrun.experiment.prepare import prepare_data, random_streams
path = Path(sys.argv[1])
data = {"source": path.name, "target": "label", "max_levels": int(sys.argv[2])}
config = config_from_dict({"data": data})
begun, busy = time.perf_counter(), time.process_time()
dataset = prepare_data(config, path.parent, random_streams(0))
taken = {"seconds": time.perf_counter() - begun, "busy": time.process_time() - busy, "inputs": dataset.train.X.shape[1]}
print(json.dumps(taken | {"peak_bytes": peak_bytes()}))
""",
}


class Shape(NamedTuple):
    """A table: rows, columns of numbers and of words, words of each, whether numbers have gaps, and `max_levels`."""

    rows: int
    numbers: int
    words: int
    levels: int
    has_gaps: bool = False
    max_levels: int = 50


SHAPES = {
    "long": Shape(1_000_000, 20, 10, 8),
    "wide": Shape(2000, 20_000, 0, 0, has_gaps=True),
    "levels": Shape(200_000, 1, 1, 50_000, max_levels=1000),
}


def write_table(path: Path, shape: Shape) -> None:
    """Numbers of four decimals, words, every second column of them with gaps, and a label that follows some."""
    import polars as pl

    rng = np.random.default_rng(SEED)

    def with_gaps(column: "pl.Series") -> "pl.Series":
        return column.zip_with(pl.Series(rng.random(shape.rows) >= GAPS), pl.Series([None], dtype=column.dtype))

    columns = [pl.Series(f"x{at}", rng.normal(size=shape.rows).round(4)) for at in range(shape.numbers)]
    score = columns[0].to_numpy() + rng.normal(size=shape.rows)
    columns = [with_gaps(column) for column in columns] if shape.has_gaps else columns
    words = np.array([f"w{at}" for at in range(shape.levels)])
    for at in range(shape.words):
        column = pl.Series(f"c{at}", words[rng.integers(shape.levels, size=shape.rows)])
        columns.append(with_gaps(column) if at % 2 else column)
    label = pl.Series("label", np.where(score > 0, "yes", "no"))
    pl.DataFrame([*columns, label]).write_csv(path)


def taken_by(program: str, path: Path, max_levels: int) -> dict[str, float]:
    """What one program takes: seconds by the clock and on processors, and the peak of memory."""
    command = [sys.executable, "-c", PROGRAMS[program], str(path), str(max_levels)]
    # Polars, which wrote the table here, would tell its children how to keep memory.
    environment = {name: value for name, value in os.environ.items() if name != "_RJEM_MALLOC_CONF"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def measure(shape: Shape, rounds: int) -> tuple[int, dict[str, list[dict[str, float]]]]:
    """The bytes of the file, and what each program takes, in turns; a first round, for its pages, is left out."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        path = Path(folder) / "table.csv"
        write_table(path, shape)
        found = [
            {program: taken_by(program, path, shape.max_levels) for program in PROGRAMS} for _ in range(rounds + 1)
        ]
        size = path.stat().st_size
    return size, {program: [one[program] for one in found[1:]] for program in PROGRAMS}


def report(name: str, size: int, taken: dict[str, list[dict[str, float]]]) -> str:
    rows = []
    for program, rounds in taken.items():
        clock, busy = (contest.spread([one[key] for one in rounds]) for key in ("seconds", "busy"))
        peak = max(one["peak_bytes"] for one in rounds)
        rows.append(
            [program, f"{clock} s", f"{busy} s", mebibytes(peak), f"{peak / size:.1f}", str(rounds[0]["inputs"])]
        )
    header = ["", "by the clock", "of processors", "peak MiB", "of the file", "columns"]
    return table(f"{name}: {mebibytes(size)} MiB of CSV", header, rows)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.preparing", description=__doc__.split("\n\n")[0])
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--rows", type=int, help="of every shape, for a short look")
    parser.add_argument("--columns", type=int, help="of numbers, likewise")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(arguments)
    found = machine.facts(None)
    for name in options.shapes:
        shape = SHAPES[name]
        shape = shape._replace(
            rows=options.rows or shape.rows, numbers=min(options.columns or shape.numbers, shape.numbers)
        )
        print(report(name, *measure(shape, options.rounds)), end="\n\n")
    print(machine.sentence(found))


if __name__ == "__main__":
    main()
