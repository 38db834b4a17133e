"""Sweeps whose processes are killed at random moments: the command itself, and the processes that train for it."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

from .short_run import exit_status_of
from .sweep_trials import (
    KINDS,
    Place,
    acknowledged,
    begun_sweep,
    complete_lines,
    left_behind,
    losses_in,
    place_in,
    resumed_sweep,
    undisturbed,
    workers_of,
)

# A sweep that has not ended by then hangs.
DEADLINE_SECONDS = 120.0


def parents_killed(folder: Path, kills: int, seed: int = 0) -> dict:
    """kill -9 of `dlrun sweep`, then --resume: {kills, unbegun, trained before, losses}."""
    rng, losses, done, unbegun, kept = random.Random(seed), [], 0, 0, 0
    wholes: dict = {}
    seconds: dict = {}
    number = 0
    while done < kills:
        kind, processes = KINDS[number % len(KINDS)], 1 + number // len(KINDS) % 2
        if kind not in wholes:
            start = time.monotonic()
            wholes[kind] = undisturbed(folder / f"whole-{kind.name}", kind)
            seconds[kind] = time.monotonic() - start
        place = place_in(folder / f"killed-{number}")
        number += 1
        began = time.monotonic()
        leader = begun_sweep(place, kind, processes)
        until_begun(place, leader, patience=rng.random() < 0.9)
        time.sleep(rng.uniform(0, seconds[kind] * (1.2 if processes == 2 else 0.9)))
        os.kill(leader, signal.SIGKILL)
        if exit_status_of(leader) != -signal.SIGKILL:
            shutil.rmtree(place.path)
            continue
        done += 1
        found = left_behind(leader)
        before = acknowledged(place.sweep())
        kept += len(before.lines)
        if place.sweep() is None:
            unbegun += 1
        else:
            found += after_resume(place, kind, before, wholes[kind], 1 + rng.randrange(2))
        losses += [f"{number} {kind.name}, {processes} processes: {loss}" for loss in found]
        if not found:
            shutil.rmtree(place.path)
        print(number, kind.name, processes, len(before.lines), found, round(time.monotonic() - began, 1), flush=True)
    return {"kills": done, "unbegun": unbegun, "trained before": kept, "losses": losses}


def after_resume(place: Place, kind, before, whole, processes) -> list[str]:
    status = resumed_sweep(place, processes)
    if status != 0:
        return [f"resume ended with {status}: {place.said()[-500:]!r}"]
    return losses_in(place, kind, before, whole)


def until_begun(place: Place, leader: int, *, patience: bool) -> None:
    """Waits until a sweep has begun its first training, where there is that patience."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while patience and time.monotonic() < deadline:
        folder = place.sweep()
        if (folder and workers_of(leader)) or (folder and complete_lines(folder.path / "trainings.jsonl")):
            return
        if os.waitid(os.P_PID, leader, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.02)
