"""The runs folder: makes the folder of a new run, and lists the folders that exist."""

import os
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from ..errors import StoreError
from ..places import RUN_NAME, RUN_NAME_WORDS
from . import disk
from .folder import RunFolder
from .problems import raised_as_store_error

RUN_ID = re.compile(rf"[0-9]{{8}}-[0-9]{{6}}-{RUN_NAME}-[0-9a-f]{{4}}")

# The lengths of the parts of an id around the name. Lists of 20,000 runs cut ids by them, since the pattern is slower.
TIME_CHARACTERS, SUFFIX_CHARACTERS = 15, 4

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
    return run_id[TIME_CHARACTERS + 1 : -SUFFIX_CHARACTERS - 1]


def run_time(run_id: str) -> str:
    """The second in which a run began, as text that sorts by time."""
    return run_id[:TIME_CHARACTERS]


def run_ids(runs_dir: Path) -> tuple[list[str], list[str]]:
    """The ids of the run folders in `runs_dir`, newest first, and separately the ids that are symbolic links.

    Anything whose name is no run id is ignored; a missing `runs_dir` has no runs.
    """
    folders, links = split_entries(runs_dir)
    return [entry.name for entry in folders], [entry.name for entry in links]


def run_entries(runs_dir: Path) -> list["os.DirEntry[str]"]:
    """The entries of `runs_dir` whose names are run ids, newest first; of one second, symbolic links come last."""
    folders, links = split_entries(runs_dir)
    if not links:
        return folders
    return sorted(folders + links, key=lambda entry: run_time(entry.name), reverse=True)  # the sort is stable


def split_entries(runs_dir: Path) -> tuple[list["os.DirEntry[str]"], list["os.DirEntry[str]"]]:
    """The entries that are run folders, newest first, and those that are symbolic links, in the order of their names.

    Raises StoreError where `runs_dir` cannot be read.
    """
    with raised_as_store_error(runs_dir, "read"):
        if not runs_dir.exists():
            return [], []
        entries = {entry.name: entry for entry in os.scandir(runs_dir) if RUN_ID.fullmatch(entry.name)}
        folders: list[os.DirEntry[str]] = []
        links: list[os.DirEntry[str]] = []
        for name in sorted(entries, reverse=True):
            if entries[name].is_symlink():
                links.insert(0, entries[name])
            elif entries[name].is_dir():
                folders.append(entries[name])
        together = (list(group) for _, group in groupby(folders, key=lambda entry: run_time(entry.name)))
        return [entry for group in together for entry in by_last_change(group)], links


def by_last_change(folders: list["os.DirEntry[str]"]) -> list["os.DirEntry[str]"]:
    """Runs that began in the same second, the one that changed last first, since the suffix of an id is random."""
    if len(folders) < 2:
        return folders  # and the disk is not asked
    return sorted(folders, key=lambda entry: (entry.stat().st_mtime_ns, entry.name), reverse=True)
