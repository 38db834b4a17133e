"""`python -m tests.benchmarks.diagnosis`: does the diagnosis name the planted cause, and does its advice help?

Runs every cell of the tasks, seeds and faults asked for in parallel processes, keeps them in --cells (so that an
interrupted benchmark goes on) and prints the tables of all cells there.
"""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from dlrun.executor import Here, Lost

from . import arms, cells, tables  # one BLAS thread, set before NumPy comes
from .faults import FAULTS
from .states import state_jobs
from .tasks import FRESH, HELD, KNOWN, TABLES, TABLES_FOLDER, TASKS

KINDS = {"causes": cells.cause_cell, "states": cells.state_cell, "arms": cells.arm_cell, "recipe": cells.recipe_cells}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.diagnosis", description=__doc__.split("\n\n")[0])
    parser.add_argument("--tasks", default="all", help="known, fresh, held, tables, all, or names parted by commas")
    parser.add_argument("--seeds", default="5", help="how many, or first:last, such as 100:104")
    parser.add_argument("--parts", default=",".join(KINDS), help=f"of {', '.join(KINDS)}")
    parser.add_argument("--tables", type=Path, help="a folder with the real tables; tasks.TABLES names them")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--cells", type=Path, default=Path("diagnosis-cells.jsonl"), help="where cells are kept")
    chosen = parser.parse_args(arguments)
    if chosen.tables:
        os.environ[TABLES_FOLDER] = str(chosen.tables.resolve())  # seen by the processes too
    done = read_cells(chosen.cells)
    wanted = list(jobs(chosen.parts.split(","), task_names(chosen.tasks), seeds_of(chosen.seeds)))
    missing = [job for job in wanted if json.dumps(job) not in done]
    for job, cell in computed(missing, chosen.processes):
        done[json.dumps(job)] = cell
        with chosen.cells.open("a") as file:
            file.write(json.dumps([job, cell]) + "\n")
        print(f"\r{len(done)} cells", end="", flush=True)
    print()
    found = [(job, done[json.dumps(job)]) for job in wanted]
    flat = [(job, cell) for job, some in found for cell in (some if isinstance(some, list) else [some])]
    for text in tables.all_tables(flat):
        print(text, end="\n\n")


def read_cells(path: Path) -> dict[str, dict | list[dict]]:
    if not path.exists():
        return {}
    return {json.dumps(job): cell for job, cell in map(json.loads, path.read_text().splitlines())}


def task_names(text: str) -> list[str]:
    groups = {"known": KNOWN, "fresh": FRESH, "held": HELD, "tables": TABLES, "all": TASKS}
    return [name for word in text.split(",") for name in groups.get(word, [word])]


def seeds_of(text: str) -> list[int]:
    first, colon, last = text.partition(":")
    return list(range(int(first), int(last) + 1)) if colon else list(range(int(text)))


def jobs(parts: list[str], tasks: list[str], seeds: list[int]) -> Iterator[list]:
    """[part, task, seed] and a fault, a state, or an arm and a fault of the data; the recipe has nothing more."""
    rest = {
        "causes": [[name] for name in (None, *FAULTS)],
        "arms": [[arm, data] for data in (None, *cells.FEWER_ROWS) for arm in arms.ARMS],
        "recipe": [[]],
    }
    for seed in seeds:
        for task in tasks:
            for part in parts:
                for names in [[state] for state in state_jobs(task)] if part == "states" else rest[part]:
                    yield [part, task, seed, *names]


def computed(missing: list[list], processes: int) -> Iterator[tuple[list, dict | list[dict]]]:
    with Here(processes) as executor:
        for done in executor.each(cell_of, map(tuple, missing)):
            job, value = missing[done.number], done.value
            yield job, problem_of(*job[1:3], job[3:], value.message) if isinstance(value, Lost) else value


def cell_of(part: str, task: str, seed: int, *names: str | None) -> dict | list[dict]:
    """One cell, or those of all faults; one that fails says so and does not take the others along."""
    try:
        return KINDS[part](task, seed, *names)
    except Exception as error:
        return problem_of(task, seed, names, f"{type(error).__name__}: {error}")


def problem_of(task: str, seed: int, names: Sequence[str | None], problem: str) -> dict:
    return {"task": task, "seed": seed, "names": names, "problem": problem}


if __name__ == "__main__":
    main()
