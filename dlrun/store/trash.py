"""Removes runs: first into a trash inside the runs folder, then for good by `dlrun gc`.

A run in which a process works is never touched.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import StoreError
from ..places import RUN_ID, is_sweep_id
from . import disk
from .folder import RunFolder
from .problems import raised_as_store_error
from .runs import run_ids

TRASH = ".trash"

# How the name of what is being deleted begins: no run and no sweep, so that half of one cannot be restored as a whole.
GONE = ".gone-"


@dataclass(frozen=True)
class Garbage:
    """A folder or file to delete, and its size in bytes."""

    path: str
    bytes: int


def remove(folder: RunFolder) -> Path:
    """Moves a run into the trash. Raises StoreError while a process works in it."""
    runs_dir = folder.path.parent
    with raised_as_store_error(runs_dir / TRASH, "made"):
        disk.make_folders(runs_dir / TRASH)
    with folder.locked():
        return moved(folder.path, runs_dir / TRASH / folder.id)


def restore(folder: RunFolder) -> Path:
    """Moves a run from the trash back to where it was."""
    return moved(folder.path, folder.path.parent.parent / folder.id)


def moved(path: Path, target: Path) -> Path:
    """Renames a folder and syncs that to the disk. Raises StoreError where the new name is taken."""
    if os.path.lexists(target):
        raise StoreError(f"{target}: is there already; move it away first")
    with raised_as_store_error(path, "moved"):
        os.rename(path, target)
        disk.sync_folder(target.parent)
        disk.sync_folder(path.parent)
    return target


def garbage(runs_dir: Path) -> list[Path]:
    """What `collect` deletes: runs and sweeps in the trash, and what dead processes left in runs without a lock."""
    trash = runs_dir / TRASH
    trashed = (
        sorted(path for path in trash.iterdir() if is_kept_here(path) or is_half_gone(path)) if trash.exists() else []
    )
    idle = [RunFolder(runs_dir / run_id) for run_id in run_ids(runs_dir)[0]]
    return trashed + [path for folder in idle if not folder.is_locked() for path in left_in(folder)]


def left_in(folder: RunFolder) -> list[Path]:
    """The temporary files in a run; none where it was moved away just now."""
    try:
        return disk.leftovers(folder.path)
    except StoreError:
        if folder.path.exists():
            raise
        return []


def is_kept_here(path: Path) -> bool:
    """Whether a folder of the trash is a run's or a sweep's."""
    is_kept = RUN_ID.fullmatch(path.name) is not None or is_sweep_id(path.name)
    return is_kept and path.is_dir() and not path.is_symlink()


def is_half_gone(path: Path) -> bool:
    """Whether a folder of the trash is what a process has left that was killed while it deleted."""
    return path.name.startswith(GONE) and path.is_dir() and not path.is_symlink()


def collect(paths: list[Path]) -> None:
    """Deletes what `garbage` lists for good; what another process does at the same time is left to it.

    A run is first given a name that is none of a run, which is on the disk before its files go. Raises StoreError.
    """
    gone = [path for path in paths if is_half_gone(path)]
    for path in paths:
        with raised_as_store_error(path, "removed"), suppress(FileNotFoundError):
            if is_kept_here(path):
                os.rename(path, path.with_name(f"{GONE}{path.name}"))
                gone.append(path.with_name(f"{GONE}{path.name}"))
            elif path not in gone and not RunFolder(path.parent).is_locked():
                disk.discard(path)
    for trash in {path.parent for path in gone}:
        with raised_as_store_error(trash, "removed"):
            disk.sync_folder(trash)
    for path in gone:
        with raised_as_store_error(path, "removed"):
            shutil.rmtree(path, onerror=unless_gone)


def unless_gone(function: object, path: str, error: tuple[type[BaseException], BaseException, object]) -> None:
    """Raises what kept a file from being deleted, unless it is not there any more."""
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]


def weighed(paths: Sequence[Path]) -> list[Garbage]:
    """What `garbage` lists, with the sizes."""
    return [Garbage(str(path), size_of(path)) for path in paths]


def size_of(path: Path) -> int:
    """The bytes of a file, or of all in a folder; what another process removes meanwhile has none."""
    inside = [os.path.join(folder, name) for folder, folders, files in os.walk(path) for name in (*folders, *files)]
    total = 0
    for one in inside if path.is_dir() else [path]:
        with suppress(FileNotFoundError):
            total += os.stat(one, follow_symlinks=False).st_size
    return total
