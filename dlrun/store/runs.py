"""The runs folder: makes the folder of a new run, and lists the folders that exist."""

import os
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ..errors import StoreError
from ..places import RUN_NAME, RUN_NAME_WORDS
from . import disk
from .folder import RunFolder
from .problems import raised_as_store_error

RUN_ID = re.compile(rf"(?P<time>[0-9]{{8}}-[0-9]{{6}})-(?P<name>{RUN_NAME})-[0-9a-f]{{4}}")

# Of the 65536 suffixes for a second and a name, this many are tried before an error.
SUFFIX_TRIES = 100


def create_run(runs_dir: Path, name: str, *, now: datetime | None = None) -> RunFolder:
    """A new run folder `YYYYMMDD-HHMMSS-NAME-xxxx`; see `create_folder`."""
    return RunFolder(create_folder(runs_dir, name, now=now))


def create_folder(runs_dir: Path, name: str, *, before: str = "", now: datetime | None = None) -> Path:
    """A new folder `YYYYMMDD-HHMMSS-NAME-xxxx` (UTC) in `runs_dir`, which is made if it is missing.

    Two processes never get the same folder, because only one can make it. before : what its name begins with. `now` is
    for tests. Raises StoreError for an impossible name and where the folder cannot be made.
    """
    if not re.fullmatch(RUN_NAME, name):
        raise StoreError(f"run name: got {name!r}; expected {RUN_NAME_WORDS}")
    with raised_as_store_error(runs_dir, "made"):
        runs_dir.mkdir(parents=True, exist_ok=True)
    stamp = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%d-%H%M%S")
    for _ in range(SUFFIX_TRIES):
        path = runs_dir / f"{before}{stamp}-{name}-{secrets.token_hex(2)}"
        with raised_as_store_error(path, "made"), suppress(FileExistsError):
            path.mkdir()
            try:
                disk.sync_folder(runs_dir)
            except OSError:
                path.rmdir()
                raise
            return path
    raise StoreError(f"{runs_dir}: every suffix tried for {stamp}-{name} is taken; wait a second and try again")


def run_name(run_id: str) -> str:
    """The NAME inside a run id."""
    return parts_of(run_id)["name"]


def run_time(run_id: str) -> str:
    """The second in which a run began, as text that sorts by time."""
    return parts_of(run_id)["time"]


def parts_of(run_id: str) -> re.Match[str]:
    """The parts of a run id: time and name."""
    match = RUN_ID.fullmatch(run_id)
    assert match, f"{run_id} is no run id"
    return match


def run_ids(runs_dir: Path) -> tuple[list[str], list[str]]:
    """The ids of the run folders in `runs_dir`, newest first, and separately the ids that are symbolic links.

    Anything whose name is no run id is ignored; a missing `runs_dir` has no runs.
    """
    folders, links = [], []
    with raised_as_store_error(runs_dir, "read"):
        if not runs_dir.exists():
            return [], []
        for entry in os.scandir(runs_dir):
            match = RUN_ID.fullmatch(entry.name)
            if match and entry.is_symlink():
                links.append(entry.name)
            elif match and entry.is_dir():
                # Runs that began in the same second are sorted by their last change, since the suffix is random.
                folders.append((match["time"], entry.stat().st_mtime_ns, entry.name))
    return [run_id for *_, run_id in sorted(folders, reverse=True)], sorted(links)
