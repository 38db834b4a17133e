"""Moves a sweep with its runs into the trash, and back."""

from pathlib import Path

from ..store import RunFolder, trash
from .folder import SweepFolder


def remove_sweep(folder: SweepFolder) -> tuple[Path, int]:
    """Moves a sweep and its runs into the trash; returns where it is and how many runs went with it.

    The sweep goes last, so that what was cut short can be done again. Raises StoreError while a process works on it.
    """
    with folder.files.locked():
        runs = runs_of(folder, folder.runs_dir)
        for run in runs:
            trash.remove(run)
    return trash.remove(folder.files), len(runs)


def restore_sweep(folder: SweepFolder) -> tuple[Path, int]:
    """Moves a sweep and its runs from the trash back to where they were; returns as `remove_sweep` does."""
    runs = runs_of(folder, folder.path.parent)
    for run in runs:
        trash.restore(run)
    return trash.restore(folder.files), len(runs)


def runs_of(folder: SweepFolder, where: Path) -> list[RunFolder]:
    """The runs of a sweep that are in a folder."""
    return [RunFolder(where / run_id) for run_id in folder.begun().values() if (where / run_id).is_dir()]
