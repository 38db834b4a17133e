"""What is measured: for each task, seed and fault, what the diagnosis said and what its advice was worth; for each task
and seed, what the arms and the recipe reach.

A cell is a plain dict, so that cells of several processes and sessions can be put together.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from dlrun.errors import DlrunError

from . import arms
from .faults import FAULTS, Fault
from .judging import causes, rank_of, wrong_definite
from .states import STATES, as_it_is, write_state
from .tasks import TASKS, arrays_of, write_task
from .trainings import Trained, base_config, finite, train, with_changes, write_config

# Added to the seed for a training that differs in nothing else.
OTHER_SEED = 1000

# Faults that a config can cure and that take rows away: the arms search on the same rows, since nothing brings these
# back. Scales that are spoiled are none: the arms' configs normalise them away, and where one does not (half of those
# of the wide search) it is spared them, to its advantage.
FEWER_ROWS = ("overfit",)

# A folder in memory where there is one: a benchmark of many short runs should not wait for a disk.
IN_MEMORY = Path("/dev/shm")


@contextmanager
def workplace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        yield Path(folder)


def config_of(task_name: str, seed: int, fault: Fault, folder: Path) -> dict:
    """The config of a fault on a task, whose data file it writes."""
    task, arrays = TASKS[task_name], arrays_of(task_name, seed)
    if fault.spoil:
        arrays = fault.spoil(arrays, np.random.default_rng([seed, 1]))
    data = write_task(folder, task_name, arrays)
    known = task.optimal_error if fault.is_config else None
    config = base_config({"source": str(data)}, optimal_error=known, regression=task.regression, seed=seed)
    return with_changes(config, fault.changes)


def cause_cell(task_name: str, seed: int, fault_name: str | None) -> dict:
    """What the diagnosis of one sick (None: healthy) run says, and what its first advice is worth beside a new seed."""
    fault = FAULTS[fault_name] if fault_name else Fault()
    with workplace() as folder:
        config = config_of(task_name, seed, fault, folder)
        return judged_cell(TASKS[task_name].optimal_error, config, fault, folder) | {
            "task": task_name,
            "seed": seed,
            "fault": fault_name,
        }


def state_cell(task_name: str, seed: int, state_name: str) -> dict:
    """The same of a table as a person brings it."""
    state, task = STATES[state_name], TASKS[task_name]
    known = task.optimal_error if state.plant is as_it_is else None
    with workplace() as folder:
        data = write_state(folder, task_name, seed, state)
        config = base_config(data, optimal_error=known, regression=task.regression, seed=seed)
        cell = judged_cell(known, with_changes(config, state.fault.changes), state.fault, folder)
        return cell | {"task": task_name, "seed": seed, "state": state_name}


def judged_cell(optimal_error: float | None, config: dict, fault: Fault, folder: Path) -> dict:
    """Trains a config and holds what its diagnosis says against what was planted."""
    run = train(config, folder)
    first = next((item["change"] for item in run.diagnosis["advice"] if item.get("change")), None)
    cell = {
        "test": run.test,
        "test_loss": run.test_loss,
        "rank": rank_of(run, fault) if fault.codes or fault.moves else None,
        "named": [[entry["code"], entry["change"]] for entry in causes(run.diagnosis)],
        "verdict": run.diagnosis["verdict"],
        "findings": [[f["code"], f["severity"]] for f in run.diagnosis.get("findings") or []],
        "wrong": wrong_definite(run, optimal_error if fault.is_config else None),
        "first": first,
    }
    if fault.is_config:
        cell["advised"], cell["advised_loss"] = tried(with_changes(config, first), folder) if first else (None, None)
        cell["placebo"], _ = tried(config | {"seed": config["seed"] + OTHER_SEED}, folder)
    return cell


def tried(config: dict, folder: Path) -> tuple[float | None, float | None]:
    """The test error and the test loss of a config; None where it cannot be trained."""
    try:
        run = train(config, folder)
    except DlrunError:
        return None, None
    return run.test, run.test_loss


def arm_cell(task_name: str, seed: int, arm: str, data: str | None = None) -> dict:
    """The path of one search arm, on a task's data or (`data`) on those of a fault."""
    spoiled = Fault(spoil=FAULTS[data].spoil) if data else Fault()
    with workplace() as folder:
        config = config_of(task_name, seed, spoiled, folder)

        def train_changed(changes: dict) -> Trained:
            return train(with_changes(config, changes), folder)

        trainings = arms.STAGES[-1]
        runs = arms.ARMS[arm](train_changed, np.random.default_rng([seed, 2, *arm.encode()]), trainings)
        return {
            "task": task_name,
            "seed": seed,
            "arm": arm,
            "data": data,
            "path": arms.path_of(runs),
            "gap": arms.gap_of(runs),
            "used": len(runs),
        }


def recipe_cells(task_name: str, seed: int) -> list[dict]:
    """The paths of the recipe from the healthy config and from each sick one that a config can cure.

    All leave their runs in one folder: where two paths meet, dlrun uses a run again instead of training it twice.
    """
    curable = [None, *(name for name, fault in FAULTS.items() if fault.is_config)]
    with workplace() as folder:
        return [recipe_cell(task_name, seed, name, folder) for name in curable]


def recipe_cell(task_name: str, seed: int, fault_name: str | None, folder: Path) -> dict:
    """The path of the recipe from a sick config, or from the healthy one (None)."""
    from dlrun.experiment import read_config
    from dlrun.search.recipe import recipe

    fault = FAULTS[fault_name] if fault_name else Fault()
    config = config_of(task_name, seed, fault, folder)
    found = recipe(read_config(write_config(config, folder)), folder / "runs", trainings=arms.STAGES[-1])
    errors = [json.loads((folder / "runs" / s.run_id / "result.json").read_text())["errors"] for s in found.path.steps]
    path = []
    for step, error in zip(found.path.steps, errors, strict=True):
        path.append(finite(error["test"]) if step.kept else path[-1])
    chosen = errors[found.path.kept - 1]
    return {
        "task": task_name,
        "seed": seed,
        "arm": "recipe" if fault_name else "recipe from the default",
        "fault": fault_name,
        "data": fault_name if fault_name in FEWER_ROWS else None,
        "path": path,
        "gap": finite(chosen["test"]) - finite(chosen["dev"]),
        "used": len(path),
        "steps": [[step.action, step.kept] for step in found.path.steps],
        "ended": found.path.ended,
    }
