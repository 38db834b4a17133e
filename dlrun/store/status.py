"""The status of a run, derived from its lock and its files.

A process that dies cannot write that it died; so a status is never stored, and every verb that lists, shows or resumes
runs asks here.
"""

from typing import Literal, TypeVar

from .codec import Misfit, Plain, from_plain
from .folder import RunFolder, corrupt
from .manifest import Manifest, is_begun, read_manifest
from .results import ENDINGS, FILE, Ended, Ending, FailedSession, Glance, Result

Status = Ended | Literal["running", "crashed"]

E = TypeVar("E", Glance, Result, FailedSession)

# The message for a key with an impossible value, where the key alone says too little.
SENTENCES = {
    "status": "no status",
    "errors": "errors are not numbers",
    "verdict": "verdict is not of bias and variance",
}


def status_of(folder: RunFolder) -> Status:
    """How a run's last session ended, or "crashed" without an ending; "running" while a living process holds its lock.

    Raises StoreError where run.json or result.json cannot be used.
    """
    if folder.is_locked():
        return "running"
    glance = glance_at(folder, manifest_of(folder))
    return "crashed" if glance is None else glance.status


def manifest_of(folder: RunFolder) -> Manifest | None:
    """run.json; None where the run has not begun. Raises StoreError if corrupt."""
    return read_manifest(folder) if is_begun(folder) else None


def glance_at(folder: RunFolder, manifest: Manifest | None) -> Glance | None:
    """The fields of a run's result that a list shows; None where its last session died. Raises StoreError."""
    plain = last_result(folder, manifest)
    return None if plain is None else checked(folder, Glance, plain)


def ending_of(folder: RunFolder) -> Ending | None:
    """The result.json of the run's last session; None where it died before. Raises StoreError if corrupt."""
    plain = last_result(folder, manifest_of(folder))
    return None if plain is None else ending_in(folder, plain)


def read_ending(folder: RunFolder) -> Ending:
    """The result.json of any session. Raises StoreError where it is missing or corrupt."""
    return ending_in(folder, read_result_json(folder))


def last_result(folder: RunFolder, manifest: Manifest | None) -> Plain | None:
    """The values of result.json; None where there is none, or where it is that of an earlier session."""
    sessions = len(manifest.sessions) if manifest else None
    if not (folder.path / FILE).exists():
        return None
    plain = read_result_json(folder)
    ended = plain.get("sessions")
    return None if isinstance(ended, int) and sessions is not None and ended < sessions else plain


def read_result_json(folder: RunFolder) -> Plain:
    """The values of result.json. Raises StoreError where it has no status."""
    plain = folder.read_json(FILE)
    if not isinstance(plain, dict) or plain.get("status") not in ENDINGS:
        raise corrupt(folder.path / FILE, "no status")
    return plain


def ending_in(folder: RunFolder, plain: Plain) -> Ending:
    """The record of the values of result.json. Raises StoreError."""
    return checked(folder, Result, plain) if "errors" in plain else checked(folder, FailedSession, plain)


def checked(folder: RunFolder, kind: type[E], plain: Plain) -> E:
    """The record of this kind. Raises StoreError where the values are not those that dlrun writes."""
    try:
        return from_plain(kind, plain)
    except Misfit as problem:
        raise corrupt(folder.path / FILE, SENTENCES.get(str(problem.path[0]), problem)) from problem
