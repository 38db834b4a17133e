"""What has become of a run, derived from its lock and its files and never from what a process once said of itself.

Stands between the run folder and whoever lists, shows or goes on with runs.
"""

from .folder import RunFolder, corrupt
from .manifest import is_begun, read_manifest

RESULT = "result.json"

# How a session can end, as result.json has it; a run without an ending is "running" or "crashed".
ENDINGS = ("finished", "interrupted", "diverged", "failed")


def status_of(folder: RunFolder) -> str:
    """How a run's last session ended, or "crashed" without an ending; "running" while a living process holds its lock.

    Raises StoreError where run.json or result.json cannot be used.
    """
    if folder.is_locked():
        return "running"
    result = ending_of(folder)
    return "crashed" if result is None else result["status"]


def ending_of(folder: RunFolder) -> dict | None:
    """What the run's last session left as result.json; None where it died before. Raises StoreError if corrupt."""
    sessions = len(read_manifest(folder).sessions) if is_begun(folder) else None
    if not (folder.path / RESULT).exists():
        return None
    result = folder.read_json(RESULT)
    if not isinstance(result, dict) or result.get("status") not in ENDINGS:
        raise corrupt(folder.path / RESULT, "no status")
    ended = result.get("sessions")
    return None if isinstance(ended, int) and sessions is not None and ended < sessions else result
