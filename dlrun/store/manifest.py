"""run.json: what a run is, who began it, and with what. Written at the beginning, and when a run is gone on with.

Stands between the experiment and the run folder. A run's config, data and parent never change; each process that works
on it adds a session. How a session ended is not written here: that is derived (see `status`).
"""

from datetime import UTC, datetime

from ..errors import StoreError
from .folder import RunFolder, corrupt

FILE = "run.json"

# The layout of a run folder. A program reads its own and older ones, and refuses newer ones by this number.
FORMAT = 1

SHAPE = {
    "config": dict,
    "config_sha256": str,
    "data_sha256": str,
    "split_sha256": str,
    "overrides": list,
    "sessions": list,
}


def write_manifest(folder: RunFolder, identity: dict) -> dict:
    """Writes run.json with the run's first session; `identity` says what the run is."""
    manifest = {"format": FORMAT, "run_id": folder.id, **identity, "sessions": [session(None)]}
    folder.write_json(FILE, manifest)
    return manifest


def is_begun(folder: RunFolder) -> bool:
    """Whether a run came so far that it can be gone on with."""
    return (folder.path / FILE).exists()


def add_session(folder: RunFolder, manifest: dict, checkpoint: str | None) -> dict:
    """Writes run.json with one more session, which goes on from `checkpoint`, or from the beginning without one."""
    longer = manifest | {"sessions": [*manifest["sessions"], session(checkpoint)]}
    folder.write_json(FILE, longer)
    return longer


def session(checkpoint: str | None) -> dict:
    """What is known of a process when it begins to work on a run."""
    return {"began": now(), "checkpoint": checkpoint}


def now() -> str:
    """The time in UTC, to the second, as ISO 8601 has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_manifest(folder: RunFolder) -> dict:
    """run.json, checked. Raises StoreError where it is missing, corrupt or newer than this program."""
    path, manifest = folder.path / FILE, folder.read_json(FILE)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise corrupt(path, "no format version")
    if manifest["format"] > FORMAT:
        found = f"format {manifest['format']}, and this dlrun knows formats up to {FORMAT}"
        raise StoreError(f"{path}: {found}; use the newer dlrun that wrote it")
    for key, kind in SHAPE.items():
        if not isinstance(manifest.get(key), kind):
            raise corrupt(path, f"no {key}")
    return manifest
