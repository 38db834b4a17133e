"""`python -m tests.benchmarks.reading`: a million rows of 30 mixed columns from a file to a table, beside polars alone.

polars reads the same file with `try_parse_dates`, so that it too finds numbers and dates; what has a decimal comma, a
percent sign or a currency it leaves as text, which dlrun must read. Each reading is timed in a fresh process, after the
imports, in turns. The file is in memory where the system has such a folder, so that no disk is measured.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROWS = 1_000_000
ROUNDS = 7
SEED = 14
SEPARATOR = ";"
MEMORY = Path("/dev/shm")

# polars' seconds by dlrun's: at least half its speed.
BAR = 0.5

WORDS = ("red", "green", "blue", "dark red", "never", "often", "always", "north", "south", "Köln", "Zürich", "Malmö")

PROGRAMS = {
    "polars": """
import sys, time
import polars as pl
begun, busy = time.perf_counter(), time.process_time()
frame = pl.read_csv(sys.argv[1], separator=";", try_parse_dates=True)
print(time.perf_counter() - begun, time.process_time() - busy, *frame.shape)
""",
    "dlrun": """
import sys, time
from pathlib import Path
import numpy as np, polars
from dlrun.data.formats import read_table
from dlrun.data import Reading
path = Path(sys.argv[1])
begun, busy = time.perf_counter(), time.process_time()
table = read_table(Reading(path.name), folder=path.parent, rng=np.random.default_rng(0))
print(time.perf_counter() - begun, time.process_time() - busy, len(table.numbers), len(table.names))
""",
}


def write_table(path: Path, rows: int) -> None:
    """Decimals, whole numbers, words, flags, dates, decimal commas, percents, money and codes, 30 columns in all."""
    import polars as pl

    rng = np.random.default_rng(SEED)

    def decimals(places: int, scale: float) -> "pl.Series":
        return pl.Series(rng.normal(scale=scale, size=rows).round(places))

    def chosen(words: tuple[str, ...]) -> "pl.Series":
        return pl.Series(np.array(words)[rng.integers(len(words), size=rows)])

    def days() -> "pl.Series":
        return pl.Series(rng.integers(5000, 20_000, size=rows).astype("datetime64[D]"))

    def moments() -> "pl.Series":
        return pl.Series(
            rng.integers(4 * 10**8, 17 * 10**8, size=rows).astype("datetime64[s]").astype("datetime64[us]")
        )

    def commas(places: int) -> "pl.Series":
        return decimals(places, 1000).cast(pl.String).str.replace(".", ",", literal=True)

    makers: tuple[tuple[int, Callable[[], pl.Series]], ...] = (
        (4, lambda: decimals(3, 10)),
        (4, lambda: decimals(5, 1000)),
        (3, lambda: pl.Series(rng.integers(0, 100, size=rows))),
        (2, lambda: pl.Series(rng.integers(-(10**6), 10**6, size=rows))),
        (3, lambda: chosen(WORDS)),
        (2, lambda: chosen(tuple(f"level {at}" for at in range(40)))),
        (1, lambda: chosen(("True", "False"))),
        (1, lambda: chosen(("yes", "no"))),
        (2, lambda: days().dt.to_string("%Y-%m-%d")),
        (1, lambda: moments().dt.to_string("%Y-%m-%d %H:%M:%S")),
        (2, lambda: days().dt.to_string("%d.%m.%Y")),
        (2, lambda: commas(2)),
        (1, lambda: decimals(1, 30).cast(pl.String) + "%"),
        (1, lambda: "$" + decimals(2, 500).abs().cast(pl.String)),
        (1, lambda: pl.Series(rng.integers(0, 99_999, size=rows)).cast(pl.String).str.zfill(5)),
    )
    columns = [make() for count, make in makers for _ in range(count)]
    pl.DataFrame([column.alias(f"c{at}") for at, column in enumerate(columns)]).write_csv(path, separator=SEPARATOR)


class Taken(NamedTuple):
    """The seconds that one reading takes by the clock, and those of all its threads on a processor."""

    clock: float
    busy: float


def seconds_of(program: str, path: Path) -> Taken:
    """What one reading takes, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAMS[program], str(path)], capture_output=True, text=True, check=True
    )
    clock, busy, *_ = done.stdout.split()
    return Taken(float(clock), float(busy))


def measure(path: Path, rounds: int) -> dict[str, list[Taken]]:
    """What each program takes, in turns; a first round, which warms the file's pages, does not count."""
    for program in PROGRAMS:
        seconds_of(program, path)
    seconds: dict[str, list[Taken]] = {program: [] for program in PROGRAMS}
    for _ in range(rounds):
        for program, taken in seconds.items():
            taken.append(seconds_of(program, path))
    return seconds


def spread(values: list[float]) -> str:
    """The median, the least and the greatest."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def busy_ratio(pairs: list[tuple[Taken, Taken]]) -> str:
    return spread([mine.busy / other.busy for mine, other in pairs])


def main(arguments: list[str] | None = None) -> int:
    """Print both times and the ratio; exit 1 below the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        path = Path(folder) / "mixed.csv"
        write_table(path, options.rows)
        size = path.stat().st_size / 2**20
        seconds = measure(path, options.rounds)
    print(f"{options.rows} rows of 30 columns, {size:.0f} MiB, {options.rounds} rounds in turns")
    for program, taken in seconds.items():
        print(f"  {program:8} {spread([one.clock for one in taken])} s, {spread([one.busy for one in taken])} s busy")
    pairs = list(zip(seconds["polars"], seconds["dlrun"], strict=True))
    ratio = statistics.median(mine.clock / other.clock for mine, other in pairs)
    print(
        f"  dlrun at {spread([mine.clock / other.clock for mine, other in pairs])} of polars' speed; the bar is {BAR}"
    )
    print(f"  by the seconds busy, which others on the machine disturb less: {busy_ratio(pairs)}")
    return int(ratio < BAR)


if __name__ == "__main__":
    sys.exit(main())
