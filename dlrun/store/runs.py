"""Where runs live: how a run gets its folder, and how a person's word for a run becomes that folder.

Stands between the command line, which has a name or a reference typed by hand, and `RunFolder`. A reference is only
ever compared with the names found in the runs folder, never joined to a path.
"""

import os
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ..errors import StoreError
from .folder import RunFolder
from .problems import told_as_store_error

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
RUN_ID = re.compile(rf"(?P<time>[0-9]{{8}}-[0-9]{{6}})-(?P<name>{NAME})-[0-9a-f]{{4}}")

# An id is at most 15 + 1 + 64 + 1 + 4 = 85 characters long.
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,84}")

# Of the 65536 suffixes of one second and name, this many are tried before giving up.
SUFFIX_TRIES = 100

# An ambiguous reference lists at most this many candidates.
CANDIDATES_SHOWN = 10


def create_run(runs_dir: Path, name: str, *, now: datetime | None = None) -> RunFolder:
    """A new folder `YYYYMMDD-HHMMSS-NAME-xxxx` (UTC) in `runs_dir`, which is made where it is missing.

    Making the folder is the lock: two processes never share one. `now` is for tests. Raises StoreError for an unfit
    name and where the folder cannot be made.
    """
    if not re.fullmatch(NAME, name):
        expected = "1 to 64 letters, digits, dots, dashes or underscores, the first a letter or digit"
        raise StoreError(f"run name: got {name!r}; expected {expected}")
    with told_as_store_error(runs_dir, "made"):
        runs_dir.mkdir(parents=True, exist_ok=True)
    stamp = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%d-%H%M%S")
    for _ in range(SUFFIX_TRIES):
        path = runs_dir / f"{stamp}-{name}-{secrets.token_hex(2)}"
        with told_as_store_error(path, "made"), suppress(FileExistsError):
            path.mkdir()
            return RunFolder(path)
    raise StoreError(f"{runs_dir}: every suffix tried for {stamp}-{name} is taken; wait a second and try again")


def run_name(run_id: str) -> str:
    """The NAME inside a run id."""
    return RUN_ID.fullmatch(run_id)["name"]


def run_time(run_id: str) -> str:
    """The second in which a run began, as text that sorts by time."""
    return RUN_ID.fullmatch(run_id)["time"]


def run_ids(runs_dir: Path) -> tuple[list[str], list[str]]:
    """The ids of the run folders in `runs_dir`, newest first, and apart from them the ids that are symbolic links.

    Anything whose name is no run id is passed over; a missing `runs_dir` holds no runs.
    """
    folders, links = [], []
    with told_as_store_error(runs_dir, "read"):
        if not runs_dir.exists():
            return [], []
        for entry in os.scandir(runs_dir):
            match = RUN_ID.fullmatch(entry.name)
            if match and entry.is_symlink():
                links.append(entry.name)
            elif match and entry.is_dir():
                # Runs of one second are told apart by their last change, since the suffix is random.
                folders.append((match["time"], entry.stat().st_mtime_ns, entry.name))
    return [run_id for *_, run_id in sorted(folders, reverse=True)], sorted(links)


def find_run(runs_dir: Path, reference: str) -> RunFolder:
    """The run that `reference` means: "latest", an id, a name (then its newest run) or the beginning of one id.

    They are tried in this order, so that a name wins over a beginning. Raises StoreError where the reference is
    malformed, means nothing, several runs or a symbolic link.
    """
    if not REFERENCE.fullmatch(reference):
        expected = "latest, a run's id, the beginning of one, or a name; no folders"
        raise StoreError(f"run {reference!r}: not a reference to a run; expected {expected} (see `dlrun runs`)")
    ids, links = run_ids(runs_dir)
    if found := matches(ids, reference):
        if len(found) > 1:
            raise ambiguous(reference, found)
        return RunFolder(runs_dir / found[0])
    if linked := matches(links, reference):
        raise StoreError(f"{runs_dir / linked[0]}: a symbolic link; put the run folder itself in its place")
    if not ids:
        raise StoreError(f"run {reference!r}: no runs in {runs_dir}; train one first, or choose another runs folder")
    raise StoreError(f"run {reference!r}: no such run in {runs_dir}; `dlrun runs` lists those there are")


def matches(ids: list[str], reference: str) -> list[str]:
    """Those of `ids`, newest first, that `reference` means: several only where it begins several ids."""
    if reference == "latest":
        return ids[:1]
    if reference in ids:
        return [reference]
    named = [run_id for run_id in ids if run_name(run_id) == reference]
    return named[:1] or [run_id for run_id in ids if run_id.startswith(reference)]


def ambiguous(reference: str, found: list[str]) -> StoreError:
    """The error for a beginning that several ids share, with the newest of them."""
    shown = ", ".join(found[:CANDIDATES_SHOWN])
    more = f" and {len(found) - CANDIDATES_SHOWN} more" if len(found) > CANDIDATES_SHOWN else ""
    return StoreError(f"run {reference!r}: begins {len(found)} ids: {shown}{more}; give more of the one you mean")
