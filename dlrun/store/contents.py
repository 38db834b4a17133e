"""All that a run folder contains as one record: as its training left it, or read back and checked.

A report is made from this record, and need not know whether the run has just ended or was read from the disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..advice.records import RunDiagnosis
from ..arrays import Array
from ..data.records import DataFacts
from ..diagnosis.label_noise import Suspects
from ..diagnosis.trees import BesideTrees
from ..errors import StoreError
from ..nn.trace import TraceLine
from ..nn.training import EpochRecord
from .folder import RunFolder
from .manifest import Manifest, read_manifest
from .refit import REFIT, Refit
from .results import Ending, Result
from .run_lines import sound_metrics, sound_trace
from .status import Status, ending_of, status_of
from .tags import read_tags
from .verification import require_sound, was_added

if TYPE_CHECKING:
    from ..nn.snapshots import Snapshot

# The names of a run folder's files, except those that have a module of their own.
DIAGNOSIS, DATA, FORM, RESOLVED = "diagnosis.json", "data.json", "form.json", "resolved.yaml"
MODEL, PREDICTIONS, EXAMPLES, SPLIT = "model.npz", "predictions.npz", "examples.npz", "split.npz"

# The weights at some epochs, for pictures; written with each checkpoint, and once more at the end.
SNAPSHOTS = "snapshots.npz"

# What `--reference` adds after the end.
TREES, LABELS = "trees.json", "labels.json"

# The files that a run has once it has ended; each may be missing from the folder of an older dlrun.
OF_THE_END = (DIAGNOSIS, DATA, RESOLVED, MODEL, PREDICTIONS, EXAMPLES)

Arrays = Mapping[str, Array]


@dataclass(frozen=True, kw_only=True)
class RunContents:
    """A run. What it has only once it has ended is None before that, and where an older dlrun did not write it.

    trees, labels, refit : what `--reference` and `dlrun refit` have added, if they have. resolved : the text of its
    config with every key. snapshots : of its weights; none where they are missing or damaged. predictions, examples,
    model : arrays by name.
    """

    folder: RunFolder
    manifest: Manifest
    status: Status
    tags: tuple[str, ...]
    ending: Ending | None = None
    metrics: tuple[EpochRecord, ...] = ()
    trace: tuple[TraceLine, ...] = ()
    snapshots: "tuple[Snapshot, ...]" = ()
    diagnosis: RunDiagnosis | None = None
    data: DataFacts | None = None
    trees: BesideTrees | None = None
    labels: Suspects | None = None
    refit: Refit | None = None
    resolved: str | None = None
    predictions: Arrays | None = None
    examples: Arrays | None = None
    model: Arrays | None = None

    @property
    def result(self) -> Result | None:
        """The result, None where the last session failed or has not ended."""
        return self.ending if isinstance(self.ending, Result) else None

    def result_required(self) -> Result:
        """The result, for a caller that knows that there is one."""
        assert isinstance(self.ending, Result), f"{self.folder.id} has no result"
        return self.ending


def read_contents(folder: RunFolder) -> RunContents:
    """A run, read back. Raises StoreError where it cannot be read, or where a file is not the one that was written."""
    manifest, status, ending = read_manifest(folder), status_of(folder), ending_of(folder)
    present: set[str] = set()
    if isinstance(ending, Result):
        present = {name for name in OF_THE_END if (folder.path / name).exists()}
        present |= {name for name in (TREES, LABELS, REFIT) if was_added(folder, name)}
        require_sound(folder, present)

    def arrays(name: str) -> Arrays | None:
        return folder.read_arrays(name) if name in present else None

    return RunContents(
        folder=folder,
        manifest=manifest,
        status=status,
        tags=tuple(read_tags(folder)),
        ending=ending,
        metrics=sound_metrics(folder)[0],
        trace=sound_trace(folder)[0],
        snapshots=kept_snapshots(folder),
        diagnosis=folder.read_record(DIAGNOSIS, RunDiagnosis) if DIAGNOSIS in present else None,
        data=folder.read_record(DATA, DataFacts) if DATA in present else None,
        trees=folder.read_record(TREES, BesideTrees) if TREES in present else None,
        labels=folder.read_record(LABELS, Suspects) if LABELS in present else None,
        refit=folder.read_record(REFIT, Refit) if REFIT in present else None,
        resolved=folder.read_bytes(RESOLVED).decode() if RESOLVED in present else None,
        predictions=arrays(PREDICTIONS),
        examples=arrays(EXAMPLES),
        model=arrays(MODEL),
    )


def kept_snapshots(folder: RunFolder) -> "tuple[Snapshot, ...]":
    """A run's snapshots; none where they are missing or damaged, for all else of the run is known without them."""
    if not (folder.path / SNAPSHOTS).exists():
        return ()
    from ..nn.snapshots import in_arrays  # of no use to most that read a run

    try:
        return in_arrays(folder.read_arrays(SNAPSHOTS))
    except (StoreError, ValueError):
        return ()


def kept_diagnosis(folder: RunFolder) -> RunDiagnosis | None:
    """The diagnosis that was written when the run ended; None where there was none. Raises StoreError if corrupt."""
    return folder.read_record(DIAGNOSIS, RunDiagnosis) if (folder.path / DIAGNOSIS).exists() else None


def kept_trees(folder: RunFolder) -> BesideTrees | None:
    """What `--reference` has measured; None where it has not. Raises StoreError if corrupt."""
    return folder.read_record(TREES, BesideTrees) if (folder.path / TREES).exists() else None


def kept_labels(folder: RunFolder) -> Suspects | None:
    """The labels that may be wrong, by `--reference`; None where it was not asked for. Raises StoreError if corrupt."""
    return folder.read_record(LABELS, Suspects) if (folder.path / LABELS).exists() else None
