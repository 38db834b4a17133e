"""What has become of a run, derived from its lock and its files and never from what a process once said of itself.

Stands between the run folder and whoever lists, shows or goes on with runs.
"""

from typing import Literal

from .codec import Misfit, from_plain
from .folder import RunFolder, corrupt
from .manifest import is_begun, read_manifest
from .results import ENDINGS, FILE, Ended, Ending, Result, Torn

Status = Ended | Literal["running", "crashed"]


def status_of(folder: RunFolder) -> Status:
    """How a run's last session ended, or "crashed" without an ending; "running" while a living process holds its lock.

    Raises StoreError where run.json or result.json cannot be used.
    """
    if folder.is_locked():
        return "running"
    ending = ending_of(folder)
    return "crashed" if ending is None else ending.status


def ending_of(folder: RunFolder) -> Ending | None:
    """What the run's last session left as result.json; None where it died before. Raises StoreError if corrupt."""
    sessions = len(read_manifest(folder).sessions) if is_begun(folder) else None
    if not (folder.path / FILE).exists():
        return None
    ending = read_ending(folder)
    if ending.sessions is not None and sessions is not None and ending.sessions < sessions:
        return None  # of an earlier session
    return ending


def read_ending(folder: RunFolder) -> Ending:
    """result.json, checked. Raises StoreError where it is missing or corrupt."""
    path, plain = folder.path / FILE, folder.read_json(FILE)
    if not isinstance(plain, dict) or plain.get("status") not in ENDINGS:
        raise corrupt(path, "no status")
    try:
        return from_plain(Result, plain) if "errors" in plain else from_plain(Torn, plain)
    except Misfit as problem:
        raise corrupt(path, SENTENCES.get(str(problem.path[0]), problem)) from problem


# What is said of a key that is not as dlrun writes it, where the key alone says too little.
SENTENCES = {
    "status": "no status",
    "errors": "errors are not numbers",
    "verdict": "verdict is not of bias and variance",
}
