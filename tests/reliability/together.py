"""Many processes at once: each gets a run of its own, and no two work in one."""

import os
from pathlib import Path

from dlrun.errors import StoreError
from dlrun.store import create_run, list_runs
from tests.trainings import resume

from .crashes import HALF_DONE, harmed
from .essence import essence
from .faults import Harm
from .kills import LONGER
from .short_run import begun, config_in, exit_status_of, in_child, only_run, train


def starts(folder: Path, processes: int) -> dict:
    """So many processes make a run of one name in the same moment: {processes, losses}."""
    runs_dir = folder / "runs"
    statuses = at_once([lambda: create_run(runs_dir, "same")] * processes)
    made = len(list_runs(runs_dir))
    losses = [] if made == processes and not any(statuses) else [f"{made} folders, statuses {set(statuses)}"]
    return {"processes": processes, "losses": losses}


def resumes(folder: Path, times: int) -> dict:
    """Two processes resume one run at once: one does, the other ends with 6, or finds it finished: {times, losses}."""
    path, losses, refused = config_in(folder, LONGER), [], 0
    whole = essence(train(path, folder / "whole").run_dir)
    for number in range(times):
        runs_dir = folder / f"two-{number}"
        in_child(lambda: harmed(Harm(HALF_DONE), lambda: train(path, runs_dir)))  # noqa: B023
        run = only_run(runs_dir)
        statuses = sorted(at_once([lambda: resume(run)] * 2))  # noqa: B023
        refused += statuses == [0, StoreError.exit_status]
        if statuses not in ([0, 0], [0, StoreError.exit_status]) or essence(run.path) != whole:
            losses.append(f"statuses {statuses}")
    return {"times": times, "refused": refused, "losses": losses}


def at_once(deeds: list) -> list[int]:
    """The exit statuses of one child a deed, all let go in the same moment."""
    ready, go = os.pipe()

    def when_let_go(deed) -> None:
        os.close(go)
        os.read(ready, 1)  # ends when the parent closes its side
        deed()

    children = [begun(lambda: when_let_go(deed)) for deed in deeds]  # noqa: B023
    os.close(ready)
    os.close(go)
    return [exit_status_of(child) for child in children]
