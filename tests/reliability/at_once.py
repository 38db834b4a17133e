"""Everything at once on one runs folder: processes train, resume, sweep, remove, tag, read, report, and are killed.

Afterwards every run says what it is; what a command acknowledged, by ending with 0, is there: the run with sound files,
unless another command removed it, and its lines in the ledger.
"""

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import NamedTuple

from dlrun.store import list_runs

from .commands import Said, ended, faults_of, said, start
from .short_run import CONFIG

# One command in so many is killed, at a random moment of so many seconds.
KILLED, SECONDS = 6, 1.5

# How often each is begun. What follows a verb; RUN stands for a run that is there, NAME for one of some names.
COMMANDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (8, ("train", "short.yaml", "-q", "--json", "name=NAME", "seed=SEED")),
    (3, ("resume", "RUN", "-q")),
    (2, ("resume", "RUN", "training.epochs=5", "-q")),
    (1, ("sweep", "short.yaml", "training.learning_rate=0.1,0.2", "-q", "--processes", "1")),
    (2, ("rm", "RUN")),
    (2, ("restore", "RUN")),
    (1, ("gc",)),
    (3, ("tag", "RUN", "NAME")),
    (3, ("report", "RUN")),
    (3, ("verify", "RUN")),
    (2, ("compare", "RUN", "RUN")),
    (2, ("runs",)),
    (2, ("runs", "--html")),
    (2, ("diagnose", "RUN")),
    (1, ("show", "best")),
)
NAMES = ("a", "b", "c")

# What a command may end with: it is done, refused, finds a difference, or is killed.
STATUSES = (0, 2, 3, 4, 5, 6, -signal.SIGKILL)

# How a run may stand afterwards.
STANDINGS = {"finished", "crashed", "failed", "interrupted", "diverged", "running"}


class Begun(NamedTuple):
    """A command that works: its process, when it is to be killed, its words."""

    child: int
    kill_at: float | None
    words: tuple[str, ...]


def everything(folder: Path, processes: int, seconds: float, seed: int = 0) -> dict:
    """So many processes for so long: {commands, killed, trained, runs, losses}."""
    folder.mkdir(parents=True)
    (folder / "short.yaml").write_text(CONFIG)
    rng, working, number = random.Random(seed), {}, 0
    counts, losses, trained = {"commands": 0, "killed": 0}, [], []
    until = time.monotonic() + seconds
    said(folder, "train", "short.yaml", "-q")
    while working or time.monotonic() < until:
        while len(working) < processes and time.monotonic() < until:
            number += 1
            working[str(number)] = begin(folder, str(number), rng)
        for name, begun in list(working.items()):
            if begun.kill_at is not None and time.monotonic() > begun.kill_at:
                os.kill(begun.child, signal.SIGKILL)
                working[name] = begun._replace(kill_at=None)
                counts["killed"] += 1
            if os.waitid(os.P_PID, begun.child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            done = ended(begun.child, folder, name)
            del working[name]
            counts["commands"] += 1
            losses += [f"dlrun {' '.join(begun.words)}: {fault}" for fault in faults_of(done, STATUSES)]
            trained += acknowledged(begun.words, done)
            for ending in ("out", "err"):
                (folder / f"{name}.{ending}").unlink(missing_ok=True)
        time.sleep(0.01)
    runs = list_runs(folder / "runs")
    return {**counts, "trained": len(trained), "runs": len(runs), "losses": losses + losses_in(folder, trained)}


def begin(folder: Path, name: str, rng: random.Random) -> Begun:
    """Begins a random command."""
    [words] = rng.choices([words for _, words in COMMANDS], [weight for weight, _ in COMMANDS])
    runs = [path.name for path in (folder / "runs").glob("[0-9]*")] or ["latest"]
    runs += [path.name for path in (folder / "runs" / ".trash").glob("[0-9]*")]
    said_words = tuple(filled(word, runs, rng) for word in words)
    kill_at = time.monotonic() + rng.uniform(0, SECONDS) if rng.randrange(KILLED) == 0 else None
    return Begun(start(folder, *said_words, name=name), kill_at, said_words)


def filled(word: str, runs: list[str], rng: random.Random) -> str:
    if word == "RUN":
        return rng.choice(runs)
    return word.replace("NAME", rng.choice(NAMES)).replace("SEED", str(rng.randrange(1000)))


def acknowledged(words: tuple[str, ...], done: Said) -> list[str]:
    """The id of the run that a training which ended with 0 told."""
    return [json.loads(done.out)["run_id"]] if words[0] == "train" and done.status == 0 else []


def losses_in(folder: Path, trained: list[str]) -> list[str]:
    """What is not as it was told, when all is quiet."""
    runs_dir, losses = folder / "runs", []
    removed_for_good = {run for run in trained if not list(runs_dir.glob(f"**/{run}"))}
    looks = (runs_dir / "looks.jsonl").read_text() if (runs_dir / "looks.jsonl").exists() else ""
    losses += [f"{run}: not in the ledger" for run in trained if run not in looks]
    for row in list_runs(runs_dir):
        if row.status not in STANDINGS:
            losses.append(f"{row.run_id} is {row.status}: {row.problem}")
        elif row.status == "finished":
            losses += [f"{row.run_id}: {fault}" for fault in faults_of(said(folder, "verify", row.run_id), (0,))]
        elif row.status in ("crashed", "interrupted"):
            losses += [
                f"{row.run_id}: {fault}" for fault in faults_of(said(folder, "resume", row.run_id, "-q"), (0, 6))
            ]
    here = {row.run_id: row.status for row in list_runs(runs_dir)}
    for run in set(trained) - removed_for_good:
        if here.get(run, "finished") != "finished":
            losses.append(f"{run} was finished, and is {here[run]}")
    return losses
