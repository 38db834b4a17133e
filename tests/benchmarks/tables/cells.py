"""A cell: what one contestant reached on one table with one seed.

Cells are kept in a file, so that an interrupted benchmark goes on. A cell counts as long as its table, the code of its
contestant and the number of rows are the same.
"""

import json
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dlrun.executor import Here, Lost

from .contestants import CONTESTANTS
from .folder import Measured
from .rows import Rows, rows_of


class Job(NamedTuple):
    """A cell to be measured."""

    table: Measured
    seed: int
    contestant: str
    most_rows: int | None

    def key(self) -> str:
        """The same for the same cell, whenever it is measured."""
        contents, code = digest_of_table(self.table), digest_of_contestant(self.contestant)
        return json.dumps([self.table.name, contents, self.seed, self.contestant, code, self.most_rows])


@cache
def digest_of_table(table: Measured) -> str:
    return table.digest()


@cache
def digest_of_contestant(name: str) -> str:
    return CONTESTANTS[name].digest()


class Cell(NamedTuple):
    """error : of the test rows, at most 1; of one answer for all where there was a `problem`. seconds : of processor
    time, for preparing, training and answering. rows : changes with the test rows. m : rows of the table.
    """

    table: str
    seed: int
    contestant: str
    error: float
    seconds: float
    task: str
    m: int
    rows: str
    problem: str | None = None


def read_cells(path: Path) -> dict[str, Cell]:
    """The cells of a file by their keys; a line that was cut short or is empty is none."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            kept = json.loads(line)
        except ValueError:
            continue
        found[kept["key"]] = Cell(**kept["cell"])
    return found


def keep_cell(path: Path, key: str, cell: Cell) -> None:
    with path.open("a", encoding="utf-8") as file:  # on a line of its own, also after one that was cut short
        file.write("\n" + json.dumps({"key": key, "cell": cell._asdict()}) + "\n")


def jobs_of(tables: Sequence[Measured], seeds: int, contestants: Sequence[str], most_rows: int | None) -> Iterator[Job]:
    """One seed of all tables after the other, so that an early end leaves a smaller benchmark, not half of one."""
    for seed in range(seeds):
        for table in tables:
            for contestant in contestants:
                yield Job(table, seed, contestant, most_rows)


def measured(job: Job) -> Cell:
    """Measure one cell. Raises DlrunError or ValueError where the table itself cannot be read."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = rows_of(job.table, job.seed, job.most_rows, Path(folder))
        began, problem = time.process_time(), None
        try:
            error = min(1.0, CONTESTANTS[job.contestant].measure(rows))
        except Exception as failure:
            error, problem = rows.guessing_error(), f"{type(failure).__name__}: {failure}"
        return measured_cell(job, rows, error, time.process_time() - began, problem)


def measured_cell(job: Job, rows: Rows, error: float, seconds: float, problem: str | None) -> Cell:
    names = (job.table.name, job.seed, job.contestant)
    return Cell(*names, error, round(seconds, 3), rows.task, len(rows.y), rows.digest(), problem)


def cells_of(jobs: list[Job], results: Path, processes: int) -> tuple[list[Cell], dict[str, str]]:
    """The cells of all jobs, those that are not kept yet measured now, and why others could not be measured.

    Progress goes to standard error.
    """
    lost: dict[str, str] = {}
    done, keys = read_cells(results), [job.key() for job in jobs]
    rest = [(job, key) for job, key in zip(jobs, keys, strict=True) if key not in done]
    say(f"{len(jobs) - len(rest)} of {len(jobs)} cells are kept in {results}")
    with Here(processes) as executor:
        for number, ended in enumerate(executor.each(measured, [(job,) for job, _ in rest]), start=1):
            job, key = rest[ended.number]
            about = f"{number}/{len(rest)} {job.table.name}, seed {job.seed}, {job.contestant}"
            if isinstance(ended.value, Lost):
                say(f"{about}: {ended.value.message}")
                lost[f"{job.table.name}, {job.contestant}"] = ended.value.message
                continue
            done[key] = ended.value
            keep_cell(results, key, ended.value)
            say(f"{about}: {100 * ended.value.error:.2f} in {ended.value.seconds:.2f} s")
    return [done[key] for key in keys if key in done], lost


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
