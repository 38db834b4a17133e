"""Everything at once on one runs folder: processes train, sweep, remove, tag, read, report and answer, and are killed.

Every command that ended with 0 has acknowledged something on its standard output: a run, a sweep's trainings, a tag, a
look at a test error, advice, a refit, rows that were answered. `acknowledged` keeps it, and `kept` compares it with
what the store holds when all is quiet. A run may be gone where it was removed and the trash emptied, and only there.
"""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from .at_once_kept import Told, kept
from .commands import Said, ended, faults_of, said, start
from .short_run import CONFIG

# One command in so many is killed, at a random moment of so many seconds; a busy machine needs more of them.
KILLED, SECONDS = 5, 3.0

# How often each is begun. RUN and SWEEP stand for one that is there or was, NAME for one of some names.
COMMANDS: tuple[tuple[int, str], ...] = (
    (8, "train short.yaml -q --json name=NAME seed=SEED"),
    (3, "resume RUN -q --json"),
    (2, "resume RUN training.epochs=5 -q --json"),
    (2, "sweep short.yaml training.learning_rate=0.1,0.2 -q --json --processes 1"),
    (1, "sweep short.yaml seed=0..2 -q --json --processes 2 --light"),
    (2, "sweep --resume SWEEP -q --json --processes 1"),
    (1, "compare SWEEP --json"),
    (1, "recipe short.yaml seed=SEED --trainings 2 -q --json"),
    (2, "diagnose RUN --apply 1 -q --json"),
    (2, "diagnose RUN --json"),
    (1, "diagnose --ledger --json"),
    (1, "refit RUN -q --json"),
    (2, "predict RUN rows.csv --out OUT -q --json"),
    (1, "evaluate RUN rows.csv --json"),
    (1, "export RUN --python OUT.py"),
    (2, "rm RUN --json"),
    (1, "rm SWEEP --json"),
    (2, "restore RUN --json"),
    (1, "restore SWEEP --json"),
    (1, "gc --json"),
    (4, "tag RUN NAME --json"),
    (2, "report RUN"),
    (2, "verify RUN --json"),
    (2, "compare RUN RUN --json"),
    (3, "runs --json"),
    (2, "runs --html"),
    (1, "show best --json"),
    (1, "show RUN"),
)
NAMES = ("a", "b", "c")
ROWS = "x0,x1,y\n0.1,0.2,0\n1.5,-0.3,1\n-0.7,0.9,0\n"

# What a command may end with: it is done, refused, diverges, finds a difference, or is killed.
STATUSES = (0, 2, 3, 4, 5, 6, -signal.SIGKILL)

# What a sentence of a command that was refused never says: that something is damaged which only others work on.
NO_REFUSAL = ("corrupt", "damaged", "checksum", "SHA-256", "broken")


class Begun(NamedTuple):
    """A command that works: its process, when it is to be killed, its words."""

    child: int
    kill_at: float | None
    words: tuple[str, ...]


def everything(folder: Path, processes: int, seconds: float, seed: int = 0) -> dict:
    """So many processes for so long: {commands, killed, refused, what was acknowledged, runs, losses}."""
    folder.mkdir(parents=True)
    (folder / "short.yaml").write_text(CONFIG)
    (folder / "rows.csv").write_text(ROWS)
    rng, working, number = random.Random(seed), {}, 0
    counts, losses, told = Counter(), [], Told()
    said(folder, "train", "short.yaml", "-q")
    until = time.monotonic() + seconds
    while working or time.monotonic() < until:
        while len(working) < processes and time.monotonic() < until:
            number += 1
            working[str(number)] = begin(folder, str(number), rng, told)
        for name, begun in list(working.items()):
            if begun.kill_at is not None and time.monotonic() > begun.kill_at:
                os.kill(begun.child, signal.SIGKILL)
                working[name] = begun._replace(kill_at=None)
            if os.waitid(os.P_PID, begun.child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            done = ended(begun.child, folder, name)
            del working[name]
            counts["commands"] += 1
            counts["killed"] += done.status == -signal.SIGKILL
            counts["refused"] += done.status not in (0, -signal.SIGKILL)
            losses += [f"dlrun {' '.join(begun.words)}: {fault}" for fault in faults_in(done)]
            told.take(begun.words, done, folder)
            for ending in ("out", "err"):
                (folder / f"{name}.{ending}").unlink(missing_ok=True)
        time.sleep(0.01)
    figures, lost = kept(folder, told)
    return {**counts, **figures, "losses": losses + lost}


def faults_in(done: Said) -> list[str]:
    """What is wrong with the end of a command and what it said."""
    found = faults_of(done, STATUSES)
    if done.status == 6:
        found += [f"ends with 6 and says {word!r}: {done.err[-300:]!r}" for word in NO_REFUSAL if word in done.err]
    return found


def begin(folder: Path, name: str, rng: random.Random, told: Told) -> Begun:
    """Begins a random command."""
    [line] = rng.choices([line for _, line in COMMANDS], [weight for weight, _ in COMMANDS])
    there = [path.name for place in ("runs", "runs/.trash") for path in (folder / place).glob("*-*-*")]
    runs = [one for one in there if one[0].isdigit()] or ["latest"]
    sweeps = [one for one in there if one.startswith("sweep-")] or ["sweep-short"]
    words = tuple(filled(word, runs, sweeps, name, rng) for word in line.split())
    told.begun(words, folder / "runs")
    kill_at = time.monotonic() + rng.uniform(0, SECONDS) if rng.randrange(KILLED) == 0 else None
    return Begun(start(folder, *words, name=name), kill_at, words)


def filled(word: str, runs: list[str], sweeps: list[str], name: str, rng: random.Random) -> str:
    if word in ("RUN", "SWEEP"):
        return rng.choice(runs if word == "RUN" else sweeps)
    word = word.replace("OUT", f"out-{name}.csv") if word == "OUT" else word.replace("OUT", f"out_{name}")
    return word.replace("NAME", rng.choice(NAMES)).replace("SEED", str(rng.randrange(1000)))
