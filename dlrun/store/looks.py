"""The ledger of a runs folder: which configurations were scored on which dev set, and who looked at which test error.

Stands beside the runs, and outlives them: a run that was removed has been scored all the same. One checksummed line an
event; events of all runs stand in one file, so it is written under a lock of the runs folder.
"""

from collections.abc import Mapping
from pathlib import Path

from . import disk, lines, lock
from .manifest import now

FILE = "looks.jsonl"

# The lock is held for a millisecond; two hundred runs that end at once wait for each other.
PATIENCE_SECONDS = 10.0

# What must agree for two runs to have the same dev and test rows.
SAME_ROWS = ("data_sha256", "split_sha256")


def rows_of(identity: Mapping[str, object]) -> dict[str, object]:
    """What says which rows a run has, from all that run.json says of it."""
    return {key: identity[key] for key in SAME_ROWS}


def record(runs_dir: Path, event: Mapping[str, object]) -> None:
    """Adds an event, with the time, at the end of the ledger. Raises StoreError where that cannot be done."""
    with lock.held(runs_dir, PATIENCE_SECONDS):
        disk.append(runs_dir / FILE, lines.sealed({**event, "time": now()}))


def events(runs_dir: Path, identity: Mapping[str, object]) -> list[dict]:
    """The events of all runs whose rows are those of `identity`, oldest first; damaged lines are passed over.

    Raises StoreError where the ledger is there and cannot be read.
    """
    path = runs_dir / FILE
    if not path.exists():
        return []
    found = []
    for line in disk.read(path).split(b"\n")[:-1]:
        try:
            event = lines.unsealed(line)
        except ValueError:
            continue  # one event less is counted; a ledger that nobody could read would count none
        if all(event.get(key) == identity.get(key) for key in SAME_ROWS):
            found.append(event)
    return found
