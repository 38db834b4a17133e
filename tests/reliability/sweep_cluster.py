"""Sweeps on a Dask cluster, whose scheduler or one of whose workers is killed at random moments."""

import random
import sys
from pathlib import Path

from dlrun.errors import ClusterError

from .short_run import exit_status_of
from .sweep_crashes import after_resume
from .sweep_kills import Trials, at_work
from .sweep_trials import KINDS, Kind, acknowledged, left_behind, losses_in, place_in

WORKERS = 2


def machines_killed(folder: Path, times: int, seed: int = 6) -> dict:
    """Kills, in turn, a worker and the scheduler: {workers killed, schedulers killed, trainings before, losses}.

    Without a worker the sweep goes on. Without a scheduler it ends with a sentence, and is resumed on this machine or
    on the next cluster.
    """
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from machines import Machines

    counts = {"workers killed": 0, "schedulers killed": 0, "trainings before": 0}
    trials = Trials(folder, random.Random(seed), counts=counts)
    number = 0
    while sum(counts[what] for what in ("workers killed", "schedulers killed")) < times:
        (folder / f"machines-{number}").mkdir(parents=True)
        machines = Machines(folder / f"machines-{number}")
        try:
            for one in range(WORKERS):
                start_worker(machines, f"worker{one}")
            one_worker_killed(trials, machines, KINDS[number % len(KINDS)], number)
            one_scheduler_killed(trials, machines, KINDS[(number + 3) % len(KINDS)], number)
        finally:
            machines.close()
        number += 1
    return trials.found()


def start_worker(machines, name: str) -> None:
    from machines import WORKER

    machines.start(name, WORKER)


def one_worker_killed(trials: Trials, machines, kind: Kind, number: int) -> None:
    whole, _ = trials.of(kind)
    place = place_in(trials.folder / f"worker-{number}")
    leader = at_work(trials, place, kind, machines.address, most=1 / 2, are_trained=True)
    machines.kill("worker0")
    trials.count("workers killed")
    start_worker(machines, "late")
    status = exit_status_of(leader)
    found = left_behind(leader)
    found += (
        [f"ended with {status}: {place.said()[-400:]!r}"]
        if status
        else losses_in(place, kind, acknowledged(None), whole)
    )
    trials.note(f"{kind.name}, a worker killed", place, found)


def one_scheduler_killed(trials: Trials, machines, kind: Kind, number: int) -> None:
    whole, _ = trials.of(kind)
    place = place_in(trials.folder / f"scheduler-{number}")
    leader = at_work(trials, place, kind, machines.address, most=1 / 3, are_trained=True)
    machines.kill("scheduler")
    trials.count("schedulers killed")
    status = exit_status_of(leader)
    found = left_behind(leader)
    if status not in (0, ClusterError.exit_status) or "Traceback" in place.said():
        found.append(f"ended with {status}: {place.said()[-400:]!r}")
    before = acknowledged(place.sweep())
    trials.count("trainings before", len(before.lines))
    found += after_resume(place, kind, before, whole, ("local:2", 1)[number % 2])
    trials.note(f"{kind.name}, the scheduler killed", place, found)
