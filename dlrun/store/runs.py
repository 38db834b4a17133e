"""The runs folder: makes the folder of a new run, and lists the folders that exist."""

import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ..errors import StoreError
from ..places import RUN_NAME, RUN_NAME_WORDS, Entry, in_one_list, runs_in, unsorted_runs_in
from . import disk
from .folder import RunFolder
from .problems import raised_as_store_error

# Of the 65536 suffixes for a second and a name, this many are tried before an error.
SUFFIX_TRIES = 100


def nobody(run_id: str) -> None:
    """Takes note of no id."""


def create_run(
    runs_dir: Path, name: str, *, now: datetime | None = None, noted: Callable[[str], None] = nobody
) -> RunFolder:
    """A new run folder `YYYYMMDD-HHMMSS-NAME-xxxx`; see `create_folder`."""
    return RunFolder(create_folder(runs_dir, name, now=now, noted=noted))


def create_folder(
    runs_dir: Path,
    name: str,
    *,
    before: str = "",
    now: datetime | None = None,
    noted: Callable[[str], None] = nobody,
) -> Path:
    """A new folder `YYYYMMDD-HHMMSS-NAME-xxxx` (UTC) in `runs_dir`, which is made if it is missing.

    Two processes never get the same folder, because only one can make it. before : what its name begins with. `now` is
    for tests. noted : gets each id just before the folder is made, so that no folder is there of which nobody knows;
    the last id counts. Raises StoreError for an impossible name and where the folder cannot be made, and what `noted`
    raises.
    """
    if not re.fullmatch(RUN_NAME, name):
        raise StoreError(f"run name: got {name!r}; expected {RUN_NAME_WORDS}")
    with raised_as_store_error(runs_dir, "made"):
        disk.make_folders(runs_dir)
    stamp = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%d-%H%M%S")
    for _ in range(SUFFIX_TRIES):
        path = runs_dir / f"{before}{stamp}-{name}-{secrets.token_hex(2)}"
        if path.exists():
            continue
        noted(path.name)
        with raised_as_store_error(path, "made"), suppress(FileExistsError):
            path.mkdir()
            try:
                disk.sync_folder(runs_dir)
            except OSError:
                path.rmdir()
                raise
            return path
    raise StoreError(f"{runs_dir}: every suffix tried for {stamp}-{name} is taken; wait a second and try again")


def run_ids(runs_dir: Path) -> tuple[list[str], list[str]]:
    """The ids of the run folders in `runs_dir`, newest first, and separately the ids that are symbolic links.

    Anything whose name is no run id is ignored; a missing `runs_dir` has no runs.
    """
    folders, links = split_entries(runs_dir)
    return [entry.name for entry in folders], [entry.name for entry in links]


def run_entries(runs_dir: Path) -> list[Entry]:
    """The entries of `runs_dir` whose names are run ids, newest first; of one second, symbolic links come last."""
    folders, links = split_entries(runs_dir)
    return in_one_list(folders, links)


def split_entries(runs_dir: Path) -> tuple[list[Entry], list[Entry]]:
    """The entries that are run folders, newest first, and those that are symbolic links, in the order of their names.

    Raises StoreError where `runs_dir` cannot be read.
    """
    with raised_as_store_error(runs_dir, "read"):
        return runs_in(runs_dir)


def unsorted_entries(runs_dir: Path) -> list[Entry]:
    """The entries that are run folders, in no order. Raises StoreError where `runs_dir` cannot be read."""
    with raised_as_store_error(runs_dir, "read"):
        return unsorted_runs_in(runs_dir)[0]
