"""The ledger of a runs folder: which configurations were scored on which dev set, and who looked at which test error.

It survives the runs: a run that was removed has been scored all the same. Each event is one checksummed line. Events
of all runs are in one file, so it is written under a lock of the runs folder.
"""

from pathlib import Path

from ..diagnosis.looks import Event, Looked, Scored
from . import disk, lines, lock
from .codec import Plain, from_plain, to_plain
from .manifest import Hashes

FILE = "looks.jsonl"

# The lock is held for a millisecond, but two hundred runs that end at the same time wait for each other.
PATIENCE_SECONDS = 10.0

KINDS: dict[str, type[Scored] | type[Looked]] = {"scored": Scored, "looked": Looked}


def record(runs_dir: Path, event: Event) -> None:
    """Adds an event at the end of the ledger. Raises StoreError where that cannot be done."""
    with lock.held(runs_dir, PATIENCE_SECONDS):
        disk.append_surely(runs_dir / FILE, lines.sealed(to_plain(event)))


def events(runs_dir: Path, hashes: Hashes) -> list[Event]:
    """The events of all runs that have the rows of these hashes, oldest first; damaged lines are ignored.

    Raises StoreError where the ledger exists and cannot be read.
    """
    path = runs_dir / FILE
    if not path.exists():
        return []
    same_rows = []
    for line in disk.read(path).split(b"\n")[:-1]:
        try:
            event = event_of(lines.unsealed(line))
        except ValueError:
            continue  # one event less is counted; refusing the ledger would count none
        if (event.data_sha256, event.split_sha256) == (hashes.data_sha256, hashes.split_sha256):
            same_rows.append(event)
    return same_rows


def event_of(plain: Plain) -> Event:
    """The event of a line. Raises ValueError where it is no event."""
    kind = KINDS.get(str(plain.get("what")))
    if kind is None:
        raise ValueError("no event that is known")
    return from_plain(kind, plain)
