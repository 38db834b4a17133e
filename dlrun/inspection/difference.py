"""The difference of two runs, and a run trained again to compare its bits, for `dlrun diff` and `verify --rerun`.

All of it comes from the run folders.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import StoreError
from ..experiment.identity import differences
from ..experiment.resume import own_config
from ..experiment.run import run
from ..places import command_for
from ..records import flattened
from ..store import MODEL, RunFolder, ending_of, read_manifest, read_metrics, status_of, to_plain

# The keys of a result that `diff` compares; the others differ in any two runs: ids, times, sentences.
COMPARED_RESULTS = ("status", "errors", "baseline_error", "costs", "losses", "rmse", "epochs", "best_epoch", "verdict")


@dataclass(frozen=True)
class Difference:
    """The config keys and the results in which two runs differ, by dotted path, each with its two values."""

    runs: tuple[str, str]
    config: Mapping[str, tuple[Any, Any]]
    results: Mapping[str, tuple[Any, Any]]


def difference(first: RunFolder, second: RunFolder) -> Difference:
    """What differs between two runs."""
    configs = [read_manifest(folder).identity.config for folder in (first, second)]
    results = [results_of(first), results_of(second)]
    return Difference((first.id, second.id), differences(*configs), differences(*results))


def results_of(folder: RunFolder) -> dict[str, Any]:
    """The values that two runs are compared by; for a run without a result, only its status."""
    plain = to_plain(ending_of(folder)) or {}
    return {key: plain.get(key) for key in COMPARED_RESULTS} | {"status": status_of(folder)}


@dataclass(frozen=True)
class Rerun:
    """Whether a run trained again gives the same bits. what : parameters, metrics or results."""

    what: str
    same: bool


def train_again(folder: RunFolder) -> list[Rerun]:
    """Trains a finished run's config again in a temporary folder, and compares bit for bit.

    Raises StoreError for a run that did not finish, because there is nothing to compare with.
    """
    if status_of(folder) != "finished":
        command = command_for("resume", folder.path)
        raise StoreError(f"{folder.id}: has not finished, so nothing can be compared; resume it first: {command}")
    with tempfile.TemporaryDirectory() as elsewhere:
        again = run(own_config(folder, ()), Path(elsewhere)).folder
        return [
            Rerun("parameters", parameters_of(folder) == parameters_of(again)),
            Rerun("metrics", metrics_of(folder) == metrics_of(again)),
            Rerun("results", flattened(results_of(folder)) == flattened(results_of(again))),
        ]


def parameters_of(folder: RunFolder) -> dict[str, tuple[object, ...]]:
    """Every array of model.npz as its shape, type and bytes."""
    arrays = folder.read_arrays(MODEL)
    return {name: (array.shape, str(array.dtype), array.tobytes()) for name, array in arrays.items()}


def metrics_of(folder: RunFolder) -> list[object]:
    """The records of metrics.jsonl without their seconds."""
    return [replace(record, seconds=0.0) for record in read_metrics(folder)]
