"""A sweep that ends, or whose disk refuses, at every n-th write, sync and rename; then it is resumed."""

import errno
import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from dlrun.errors import StoreError

from .faults import DIED, Harm
from .short_run import in_child
from .sweep_trials import (
    Acknowledged,
    Kind,
    Place,
    acknowledged,
    command,
    figures_of,
    losses_in,
    place_in,
    resumed_sweep,
)

# As short as a sweep can be with a checkpoint in each training, and with both pauses where it stops early.
CONFIG = """
name: tiny
data: {source: moons, samples: 40, noise: 0.3}
network: {width: 4}
training: {epochs: 9, batch_size: 16, checkpoint_epochs: 4, learning_rate: 0.02}
"""

FOUR = "regularization.lambda=0,0.1,1,10"
PROPOSED = ("regularization.lambda=0..10", "--trials", "3", "--sampler", "tpe")
# Two of them are stopped at their first pause.
STOPPED = ("training.learning_rate=0.0001..1", "--trials", "4", "--sampler", "tpe")
KINDS = (
    Kind("light", (FOUR, "--light")),
    Kind("full", ("regularization.lambda=0,1",)),
    Kind("light early", (FOUR, "--light", "--early")),
    Kind("early", (FOUR, "--early")),
    Kind("light tpe", (*PROPOSED, "--light")),
    Kind("tpe early", (*STOPPED, "--early", "--light")),
)

ERRORS = (errno.ENOSPC, errno.EIO)


def harmed(place: Place, kind: Kind, harm: Harm, told: Path | None = None) -> int:
    """The exit status of a sweep in this process under harm."""

    def deed() -> None:
        harm.install()
        try:
            command(("sweep", "tiny.yaml", *kind.words, "-q", "--processes", "1"), place.path)
        finally:
            if told is not None:
                told.write_text(json.dumps(harm.count))

    return in_child(deed)


@cache
def unharmed(kind: Kind) -> tuple[dict[str, tuple], int]:
    """The figures of a sweep that nothing happens to, and how many things it does to the disk; tried once a process."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        place, told = place_in(Path(folder) / kind.name, CONFIG), Path(folder) / "count"
        assert harmed(place, kind, Harm(), told) == 0, place.said()
        return {line.key: figures_of(line) for line in place.sweep().lines()}, json.loads(told.read_text())


def crash_matrix(folder: Path, every: int = 1, kinds: tuple[Kind, ...] = KINDS) -> dict:
    """Ends a sweep at each `every`-th deed and resumes it: {points, resumed, never begun, losses}."""
    resumed, unbegun, losses, tried = 0, 0, [], 0
    for kind in kinds:
        whole, points = unharmed(kind)
        for at in range(1 + tried % every, points + 1, every):
            place = place_in(folder / f"crash-{kind.name}-{at}", CONFIG)
            status = harmed(place, kind, Harm(at))
            tried += 1
            before = acknowledged(place.sweep())
            if status != DIED:
                found = [f"ended with {status}"]
            elif place.sweep() is None:
                unbegun, found = unbegun + 1, []
            else:
                resumed, found = resumed + 1, after_resume(place, kind, before, whole)
            losses += [f"{kind.name} at {at} of {points}: {loss}" for loss in found]
            if not found:
                shutil.rmtree(place.path)
    return {"points": tried, "resumed": resumed, "never begun": unbegun, "losses": losses}


def disk_faults(folder: Path, every: int = 1, kinds: tuple[Kind, ...] = KINDS) -> dict:
    """The disk refuses, once or ever after, at each deed: a sentence and exit 6, and all is there once resumed."""
    losses, tried, refused = [], 0, 0
    for kind in kinds:
        whole, points = unharmed(kind)
        for error in ERRORS:
            for lasting in (False, True):
                for at in range(1 + tried % every, points + 1, every):
                    place = place_in(folder / f"fault-{tried}", CONFIG)
                    status = harmed(place, kind, Harm(at, error, lasting))
                    tried, refused = tried + 1, refused + (status == StoreError.exit_status)
                    found = after_refusal(place, kind, status, whole)
                    losses += [f"{kind.name}, {errno.errorcode[error]}, {lasting=}, at {at}: {one}" for one in found]
                    if not found:
                        shutil.rmtree(place.path)
    return {"points": tried, "exit 6": refused, "losses": losses}


def after_refusal(place: Place, kind: Kind, status: int, whole: dict) -> list[str]:
    """What is wrong after the disk has refused. What stands beside a sweep (the ledger, the page) may be missing."""
    said, before = place.said(), acknowledged(place.sweep())
    if status not in (0, StoreError.exit_status) or "Traceback" in said or "a bug in dlrun" in said:
        return [f"ended with {status}: {said[-400:]!r}"]
    if place.sweep() is None:
        return []
    return after_resume(place, kind, before, whole)


def after_resume(place: Place, kind: Kind, before: Acknowledged, whole: dict, processes: int | str = 1) -> list[str]:
    """What a sweep has lost that was harmed, and is resumed here."""
    status = resumed_sweep(place, processes)
    if status != 0:
        return [f"resume ended with {status}: {place.said()[-400:]!r}"]
    return losses_in(place, kind, before, whole)
