"""Sweeps whose processes are killed or interrupted at random moments, and that two processes resume at once."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dlrun.errors import StoreError
from dlrun.sweep.folder import BEGUN, PAUSES, TRAININGS

from .short_run import exit_status_of
from .sweep_crashes import after_resume
from .sweep_trials import (
    KINDS,
    Kind,
    Place,
    acknowledged,
    begun_sweep,
    command,
    complete_lines,
    left_behind,
    losses_in,
    place_in,
    undisturbed,
    where,
    workers_of,
)
from .together import at_once

# A sweep that has not ended by then hangs.
DEADLINE_SECONDS = 120.0

# The share of harm that may come at any time, while Python starts as well; the rest waits until trainings have begun.
AT_ANY_TIME = 0.1

# The share of the workers that are killed only once one of them has trained: the others may still be starting.
FIRST_IS_THERE = 0.8

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Trials:
    """What trials of one kind of harm have come to. wholes : figures and seconds of undisturbed sweeps, by kind."""

    folder: Path
    rng: random.Random
    losses: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    wholes: dict[str, tuple[dict, float]] = field(default_factory=dict)

    def of(self, kind: Kind) -> tuple[dict, float]:
        if kind.name not in self.wholes:
            began = time.monotonic()
            whole = undisturbed(self.folder / f"whole-{kind.name}", kind)
            self.wholes[kind.name] = whole, time.monotonic() - began
        return self.wholes[kind.name]

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + by

    def note(self, case: str, place: Place, found: list[str]) -> None:
        """Keeps the losses of a trial, and its folder if there are any."""
        self.losses += [f"{case} in {place.path.name}: {loss}" for loss in found]
        if not found:
            shutil.rmtree(place.path)

    def found(self) -> dict:
        return {**self.counts, "losses": self.losses}


def parents_killed(folder: Path, times: int, seed: int = 0) -> dict:
    """kill -9 of `dlrun sweep`, which is then resumed: {kills, never begun, trainings before, losses}."""
    trials = Trials(folder, random.Random(seed), counts={"kills": 0, "never begun": 0, "trainings before": 0})
    number = 0
    while trials.counts["kills"] < times:
        kind, processes = KINDS[number % len(KINDS)], 1 + number // len(KINDS) % 2
        whole, _ = trials.of(kind)
        place, number = place_in(folder / f"killed-{number}"), number + 1
        leader = at_work(trials, place, kind, processes, most=1, at_any_time=AT_ANY_TIME)
        os.kill(leader, signal.SIGKILL)
        if exit_status_of(leader) != -signal.SIGKILL:
            trials.note("", place, [])
            continue
        found, before = left_behind(leader), acknowledged(place.sweep())
        trials.count("kills")
        trials.count("trainings before", len(before.lines))
        if place.sweep() is None:
            trials.count("never begun")
        else:
            found += after_resume(place, kind, before, whole, 1 + trials.rng.randrange(2))
        trials.note(f"{kind.name}, {processes} processes", place, found)
    return trials.found()


def workers_killed(folder: Path, times: int, seed: int = 1) -> dict:
    """kill -9 of a process that trains; the sweep does without any help: {kills, done again, losses}."""
    trials = Trials(folder, random.Random(seed), counts={"kills": 0, "trainings begun again": 0})
    number = 0
    while trials.counts["kills"] < times:
        kind = KINDS[number % len(KINDS)]
        whole, _ = trials.of(kind)
        place, number = place_in(folder / f"worker-{number}"), number + 1
        leader = at_work(trials, place, kind, 2, most=1 / 2, are_trained=trials.rng.random() < FIRST_IS_THERE)
        workers = workers_of(leader)
        if workers:
            os.kill(trials.rng.choice(workers), signal.SIGKILL)
            trials.count("kills")
        status = exit_status_of(leader)
        found = left_behind(leader)
        found += [f"ended with {status}: {place.said()[-400:]!r}"] if status else []
        found += [] if status else losses_in(place, kind, acknowledged(None), whole)
        again = sum(line.attempts - 1 for line in place.sweep().lines())
        trials.count("trainings begun again", again)
        found += ["more attempts are told than processes were killed"] if again > bool(workers) else []
        trials.note(kind.name, place, found)
    return trials.found()


def signalled(folder: Path, times: int, seed: int = 2) -> dict:
    """SIGINT and SIGTERM, once and twice, to a command of its own: {signals, exits, losses}."""
    trials = Trials(folder, random.Random(seed), counts={"sweeps": 0, "exit 130": 0, "exit 143": 0})
    number = 0
    while trials.counts["sweeps"] < times:
        kind, number_of_signal = KINDS[number % len(KINDS)], SIGNALS[number % 2]
        whole, seconds = trials.of(kind)
        place, how_often = place_in(folder / f"signalled-{number}"), 1 + number // 2 % 2
        process = at_a_shell(("sweep", "tiny.yaml", *kind.words, "-q", *where(1 + number // 4 % 2)), place)
        number += 1
        until_training(place, process.pid, trials.rng, at_any_time=0)
        time.sleep(trials.rng.uniform(0, seconds))
        is_there = process.poll() is None
        for _ in range(how_often):
            process.send_signal(number_of_signal)
            time.sleep(trials.rng.uniform(0, 0.2))
        status = as_a_shell_says(process.wait(DEADLINE_SECONDS))
        if not is_there or status == 0:
            trials.note("", place, [])
            continue
        trials.count("sweeps")
        trials.count(f"exit {status}")
        found = left_behind(process.pid)
        if status != (130 if number_of_signal == signal.SIGINT else 143) or "Traceback" in place.said():
            found.append(f"ended with {status}: {place.said()[-1500:]!r}")
        found += after_resume(place, kind, acknowledged(place.sweep()), whole)
        trials.note(f"{kind.name}, {number_of_signal.name}, {how_often} times", place, found)
    return trials.found()


def resumed_twice(folder: Path, times: int, seed: int = 3) -> dict:
    """Two processes resume one sweep at once, which was killed before: {times, refused, losses}."""
    trials = Trials(folder, random.Random(seed), counts={"times": 0, "refused": 0})
    number = 0
    while trials.counts["times"] < times:
        kind = KINDS[number % len(KINDS)]
        whole, _ = trials.of(kind)
        place, number = place_in(folder / f"two-{number}"), number + 1
        leader = at_work(trials, place, kind, 1, most=1 / 2)
        os.kill(leader, signal.SIGKILL)
        exit_status_of(leader)
        before = acknowledged(place.sweep())
        words = ("sweep", "--resume", "latest", "-q", "--processes", 1)
        statuses = sorted(at_once([later(place, words, trials.rng.uniform(0, 0.6)), later(place, words, 0.0)]))
        trials.count("times")
        trials.count("refused", StoreError.exit_status in statuses)
        is_well = statuses in ([0, 0], [0, StoreError.exit_status]) and "Traceback" not in place.said()
        found = [] if is_well else [f"statuses {statuses}: {place.said()[-400:]!r}"]
        found += losses_in(place, kind, before, whole) if is_well else []
        trials.note(kind.name, place, found)
    return trials.found()


def at_work(
    trials: Trials,
    place: Place,
    kind: Kind,
    processes: int | str,
    most: float,
    *,
    at_any_time: float = 0,
    are_trained: bool = False,
) -> int:
    """The process id of a sweep that is going on, after at most the share `most` of the time that all of it takes.

    processes : a number, or the address of a cluster. at_any_time, are_trained : as `until_training` takes them.
    """
    _, seconds = trials.of(kind)
    leader = begun_sweep(place, kind, processes)
    until_training(place, leader, trials.rng, at_any_time, are_trained=are_trained)
    time.sleep(trials.rng.uniform(0, seconds * most))
    return leader


def later(place: Place, words: tuple[object, ...], seconds: float) -> Callable[[], None]:
    def deed() -> None:
        time.sleep(seconds)
        command(words, place.path)

    return deed


def until_training(
    place: Place, leader: int, rng: random.Random, at_any_time: float = AT_ANY_TIME, *, are_trained: bool = False
) -> None:
    """Returns at once in this share of the cases; else when a process is there to train, or the sweep has ended.

    are_trained : when there is a line of a training, or of a pause.
    """
    if rng.random() < at_any_time:
        return
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline and not has_ended(leader):
        folder = place.sweep()
        lines = folder and any(complete_lines(folder.path / name) for name in (TRAININGS, PAUSES))
        if lines or (folder and not are_trained and (workers_of(leader) or complete_lines(folder.path / BEGUN))):
            return
        time.sleep(0.01)


def has_ended(process: int) -> bool:
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def as_a_shell_says(status: int) -> int:
    """128 and the number of the signal for a process that ended by one, as the second of two may end it at any time."""
    return 128 - status if status < 0 else status


def at_a_shell(words: tuple[object, ...], place: Place) -> subprocess.Popen:
    """`dlrun` as a shell starts it, in a session of its own."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a program in the background may have begun without it
    variables = {"TMPDIR": str(place.path / "tmp"), "DLRUN_RUNS": str(place.runs_dir), "COLUMNS": "100"}
    with (place.path / "said").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "dlrun", *map(str, words)],
            cwd=place.path,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
