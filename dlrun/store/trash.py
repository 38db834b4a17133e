"""Removes runs: first into a trash inside the runs folder, then for good by `dlrun gc`.

A run in which a process works is never touched.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import StoreError
from ..places import RUN_ID, is_sweep_id
from . import disk
from .folder import RunFolder
from .problems import raised_as_store_error
from .runs import run_ids

TRASH = ".trash"


@dataclass(frozen=True)
class Garbage:
    """A folder or file to delete, and its size in bytes."""

    path: str
    bytes: int


def remove(folder: RunFolder) -> Path:
    """Moves a run into the trash. Raises StoreError while a process works in it."""
    runs_dir = folder.path.parent
    with raised_as_store_error(runs_dir / TRASH, "made"):
        (runs_dir / TRASH).mkdir(exist_ok=True)
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
    trashed = sorted(path for path in trash.iterdir() if is_kept_here(path)) if trash.exists() else []
    idle = [RunFolder(runs_dir / run_id) for run_id in run_ids(runs_dir)[0]]
    return trashed + [path for folder in idle if not folder.is_locked() for path in disk.leftovers(folder.path)]


def is_kept_here(path: Path) -> bool:
    """Whether a folder of the trash is a run's or a sweep's."""
    is_kept = RUN_ID.fullmatch(path.name) is not None or is_sweep_id(path.name)
    return is_kept and path.is_dir() and not path.is_symlink()


def collect(paths: list[Path]) -> None:
    """Deletes what `garbage` lists for good. Raises StoreError where that fails."""
    for path in paths:
        with raised_as_store_error(path, "removed"):
            if is_kept_here(path):
                shutil.rmtree(path)
            elif not RunFolder(path.parent).is_locked():
                disk.discard(path)


def weighed(paths: Sequence[Path]) -> list[Garbage]:
    """What `garbage` lists, with the sizes."""
    return [Garbage(str(path), size_of(path)) for path in paths]


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files in a folder."""
    if not path.is_dir():
        return path.stat(follow_symlinks=False).st_size
    return sum(inside.stat(follow_symlinks=False).st_size for inside in path.rglob("*"))
