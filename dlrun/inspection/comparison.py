"""Compares several runs: the keys and errors that differ, and each dev error against that of the first run.

Used by `dlrun compare`. It reads what the runs have left in their folders; the tests are those of `statistics.paired`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import Array
from ..data.reading import Task
from ..diagnosis.records import Intervals
from ..errors import UsageError
from ..experiment.identity import compared
from ..records import NO_ERRORS, SPLITS, BySplit, ConfigData, Split, omitted
from ..statistics.intervals import Interval
from ..statistics.metrics import Confusion, Metrics
from ..statistics.paired import CONFIDENCE, Paired, compare_answers, compare_losses, compare_weighted_answers
from ..store import (
    PREDICTIONS,
    Arrays,
    Hashes,
    Manifest,
    Result,
    RunFolder,
    Status,
    ending_of,
    kept_diagnosis,
    read_manifest,
    read_tags,
    status_of,
)

# What runs may be sorted by, besides any config key: an error, or the order in which they were given.
GIVEN = "given"
ORDERS = (*SPLITS, GIVEN)


@dataclass(frozen=True)
class ComparedRun:
    """One of several compared runs. config : the values of the keys that differ, by dotted path.

    metrics, confusion : those of dev. difference : its dev error less the first run's. not_comparable : a clause that
    says why there is no difference.
    """

    run_id: str
    name: str | None
    status: Status
    tags: tuple[str, ...]
    task: Task | None
    config: ConfigData
    errors: BySplit[float | None]
    intervals: BySplit[Interval | None]
    epochs: int | None
    best_epoch: int | None
    seconds: float | None
    metrics: Metrics | None = omitted()
    confusion: Confusion | None = omitted()
    difference: Paired | None = None
    not_comparable: str | None = None


@dataclass(frozen=True)
class Comparison:
    """Runs compared with the first of them. keys : the config keys that differ. confidence : of the intervals."""

    first: str
    keys: tuple[str, ...]
    confidence: float
    runs: tuple[ComparedRun, ...]


@dataclass(frozen=True)
class ComparedBy:
    """What a run is compared by: its rows, its errors and its predictions."""

    hashes: Hashes
    task: Task | None
    errors: BySplit[float | None]
    arrays: Arrays


def compare(
    groups: Sequence[Sequence[RunFolder]],
    *,
    order: str = "dev",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Comparison:
    """Compares the runs of all groups, each once, with the best run of the first group.

    Runs without a dev error come last. Raises UsageError for fewer than two runs and for an
    unknown order, StoreError for a damaged run.
    """
    folders = list(dict.fromkeys(folder for group in groups for folder in group))
    if len(folders) < 2:
        raise UsageError("compare: one run alone; name at least two, or a name or tag that several runs have")
    first = best_of(groups[0])
    reference, rows = compared_by(first, read_manifest(first)), []
    for folder in folders:
        manifest = read_manifest(folder)
        row = compared_run(folder, manifest)
        if folder != first:
            difference, not_comparable = against(compared_by(folder, manifest), reference)
            row = replace(row, difference=difference, not_comparable=not_comparable)
        rows.append(row)
        progress(len(rows), len(folders))
    keys = differing_keys([row.config for row in rows])
    rows = [replace(row, config={key: row.config.get(key) for key in keys}) for row in in_order(rows, order)]
    return Comparison(first.id, tuple(keys), CONFIDENCE, tuple(rows))


def best_of(folders: Sequence[RunFolder]) -> RunFolder:
    """The run with the lowest dev error, finished runs first; a single run is the best whatever its state."""

    def merit(folder: RunFolder) -> tuple[bool, float]:
        result = result_of(folder)
        error = result.errors.dev if result else None
        return status_of(folder) != "finished", math.inf if error is None else error

    return min(folders, key=merit) if len(folders) > 1 else folders[0]


def result_of(folder: RunFolder) -> Result | None:
    """The result of a run; None where its last session failed or has not ended."""
    ending = ending_of(folder)
    return ending if isinstance(ending, Result) else None


def compared_run(folder: RunFolder, manifest: Manifest) -> ComparedRun:
    """The row of a run, from its folder, with all of its config by dotted path."""
    result, diagnosis = result_of(folder), kept_diagnosis(folder)
    return ComparedRun(
        run_id=folder.id,
        name=manifest.identity.name,
        status=status_of(folder),
        tags=tuple(read_tags(folder)),
        task=result.task if result else None,
        config=compared(manifest.identity.config),
        errors=result.errors if result else NO_ERRORS,
        intervals=of_splits(diagnosis.diagnosis.intervals if diagnosis else None),
        epochs=result.epochs if result else None,
        best_epoch=result.best_epoch if result else None,
        seconds=result.seconds if result else None,
        metrics=(result.metrics or {}).get("dev") if result else None,
        confusion=(result.confusion or {}).get("dev") if result else None,
    )


def of_splits(intervals: Intervals | None) -> BySplit[Interval | None]:
    """The intervals of the errors."""
    if intervals is None:
        return BySplit(None, None, None)
    return BySplit(intervals.train, intervals.dev, intervals.test)


def compared_by(folder: RunFolder, manifest: Manifest) -> ComparedBy:
    """What this run is compared by; reads its predictions."""
    result = result_of(folder)
    arrays = folder.read_arrays(PREDICTIONS) if (folder.path / PREDICTIONS).exists() else {}
    hashes = manifest.identity.hashes
    return ComparedBy(hashes, result.task if result else None, result.errors if result else NO_ERRORS, arrays)


def against(this: ComparedBy, first: ComparedBy) -> tuple[Paired | None, str | None]:
    """The difference of two runs' dev errors, or None and why they cannot be compared."""
    if this.errors.dev is None or first.errors.dev is None:
        return None, "no dev error"
    if this.hashes.data_sha256 != first.hashes.data_sha256:
        return None, "other data"
    if this.hashes.split_sha256 != first.hashes.split_sha256:
        return None, "other dev rows"
    if "dev_targets" not in this.arrays or "dev_targets" not in first.arrays:
        return None, "its predictions were not kept"
    if this.task != first.task or not np.array_equal(this.arrays["dev_targets"], first.arrays["dev_targets"]):
        return None, "other targets"
    if not same_weights(this, first, "dev"):
        return None, "other weights of rows"
    return paired(this, first, "dev"), None


def paired(this: ComparedBy, first: ComparedBy, split: Split) -> Paired:
    """The paired test for the task, on the rows of a split."""
    if this.task != "regression":
        return compare_correct(this, first, split)
    ours, theirs = (shares_unexplained(run, split) for run in (this, first))
    return compare_losses(ours, theirs)


def compare_correct(this: ComparedBy, first: ComparedBy, split: str) -> Paired:
    """The paired test of two classifiers on the rows of a split, by weight where the rows have weights."""
    correct, other = (run.arrays[f"{split}_correct"] for run in (this, first))
    weight = weights_of(this, split)
    return compare_answers(correct, other) if weight is None else compare_weighted_answers(correct, other, weight)


def weights_of(run: ComparedBy, split: str) -> Array | None:
    """The weights (m,) of a split's rows; None where all count alike."""
    return run.arrays.get(f"{split}_weights")


def same_weights(this: ComparedBy, first: ComparedBy, split: str) -> bool:
    """Whether each row of a split counts as often in both runs."""
    one, other = weights_of(this, split), weights_of(first, split)
    return one is other if one is None or other is None else np.array_equal(one, other)


def shares_unexplained(run: ComparedBy, split: Split) -> Array:
    """A regression's loss of each row of a split, by its weight, scaled so that the mean is the error, 1 - R²."""
    losses: Array = run.arrays[f"{split}_losses"]
    if (weight := weights_of(run, split)) is not None:
        losses = losses * weight
    return losses * ((run.errors.of(split) or 0.0) / losses.mean()) if losses.any() else losses


def differing_keys(configs: Sequence[ConfigData]) -> list[str]:
    """The dotted paths whose values are not the same in all configs; names are not compared."""
    paths = dict.fromkeys(path for config in configs for path in config if path != "name")
    return [path for path in paths if any(config.get(path) != configs[0].get(path) for config in configs)]


def in_order(rows: list[ComparedRun], order: str) -> list[ComparedRun]:
    """The rows sorted by error or value, the lowest first, those without one last; equal ones keep their order."""
    if order == GIVEN:
        return rows
    values: list[Any]
    if order in SPLITS:
        split: Split = order
        values = [row.errors.of(split) for row in rows]
    elif any(order in row.config for row in rows):
        values = [row.config.get(order) for row in rows]
    else:
        raise UsageError(f"--sort: got {order!r}; expected {', '.join(ORDERS)} or a config key such as network.width")
    return [row for _, row in sorted(zip(values, rows, strict=True), key=lambda pair: rank(pair[0]))]


def rank(value: object) -> tuple[int, float, str]:
    """A key that sorts numbers by size first, then text, then missing values."""
    if isinstance(value, int | float):
        return (0, value, "")
    return (2, 0, "") if value is None else (1, 0, str(value))
