"""Several runs beside each other: the keys and errors that differ, and each dev error against that of the first.

Stands beside `overview`, and reads what runs have left in their folders. The statistics are `diagnosis.paired`'s.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..errors import UsageError
from ..experiment.identity import compared
from ..experiment.predictions import PREDICTIONS
from ..statistics.paired import CONFIDENCE, Paired, compare_answers, compare_losses
from ..store import Manifest, RunFolder, ending_of, read_manifest, read_tags, status_of
from .overview import kept_diagnosis

SPLITS = ("train", "dev", "test")

# What runs may be sorted by, beside any config key: an error, or the order in which they were given.
GIVEN = "given"
ORDERS = (*SPLITS, GIVEN)


def compare(
    groups: Sequence[Sequence[RunFolder]],
    *,
    order: str = "dev",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict:
    """{first, keys, confidence, runs}: the runs of all groups, each once, against the best one of the first group.

    `keys` are the config keys that differ, and each run has its values.

    A run: run_id, name, status, tags, task, config (of `keys`), errors, intervals, epochs, best_epoch, seconds,
    difference (see `Paired`; of dev errors, this run's less the first one's) or None, and not_comparable, a clause that
    says why there is none. Runs without a dev error come last. Raises UsageError for less than two runs and for an
    unknown order, StoreError for a damaged run.
    """
    folders = list(dict.fromkeys(folder for group in groups for folder in group))
    if len(folders) < 2:
        raise UsageError("compare: one run alone; name at least two, or a name or tag that several runs have")
    first, rows, reference = best_of(groups[0]), [], None
    for folder in (first, *(folder for folder in folders if folder != first)):
        manifest = read_manifest(folder)
        row, rivals = facts_of(folder, manifest), examples_of(folder, manifest)
        reference = reference or rivals
        row["difference"], row["not_comparable"] = (None, None) if folder == first else against(rivals, reference)
        rows.append(row)
        progress(len(rows), len(folders))
    places = [folder.id for folder in folders]
    rows.sort(key=lambda row: places.index(row["run_id"]))
    keys = differing_keys([row["config"] for row in rows])
    rows = in_order(rows, order)
    for row in rows:
        row["config"] = {key: row["config"].get(key) for key in keys}
    return {"first": first.id, "keys": keys, "confidence": CONFIDENCE, "runs": rows}


def best_of(folders: Sequence[RunFolder]) -> RunFolder:
    """The one with the lowest dev error, a finished one before any other; the only one, whatever it is."""

    def merit(folder: RunFolder) -> tuple[bool, float]:
        error = ((ending_of(folder) or {}).get("errors") or {}).get("dev")
        return status_of(folder) != "finished", math.inf if error is None else error

    return min(folders, key=merit) if len(folders) > 1 else folders[0]


def facts_of(folder: RunFolder, manifest: Manifest) -> dict:
    """What a run's folder says of it, with its whole config by dotted path."""
    result = ending_of(folder) or {}
    errors = result.get("errors") or {}
    intervals = (kept_diagnosis(folder) or {}).get("intervals") or {}
    return {
        "run_id": folder.id,
        "name": manifest.identity.name,
        "status": status_of(folder),
        "tags": read_tags(folder),
        "task": result.get("task"),
        "config": compared(manifest.identity.config),
        "errors": {split: errors.get(split) for split in SPLITS},
        "intervals": {split: intervals.get(split) for split in SPLITS},
        **{key: result.get(key) for key in ("epochs", "best_epoch", "seconds")},
    }


def examples_of(folder: RunFolder, manifest: Manifest) -> dict:
    """What a pair of runs is compared by: the hashes of data and split, the dev error, and the predictions kept."""
    hashes = manifest.identity.hashes
    known = {"data_sha256": hashes.data_sha256, "split_sha256": hashes.split_sha256}
    result = ending_of(folder) or {}
    known |= {"task": result.get("task"), "error": (result.get("errors") or {}).get("dev")}
    known["arrays"] = folder.read_arrays(PREDICTIONS) if (folder.path / PREDICTIONS).exists() else {}
    return known


def against(this: dict, first: dict) -> tuple[dict | None, str | None]:
    """The difference of two runs' dev errors, or None and why they cannot be compared."""
    if this["error"] is None or first["error"] is None:
        return None, "no dev error"
    if this["data_sha256"] != first["data_sha256"]:
        return None, "other data"
    if this["split_sha256"] != first["split_sha256"]:
        return None, "other dev rows"
    if "dev_targets" not in this["arrays"] or "dev_targets" not in first["arrays"]:
        return None, "its predictions were not kept"
    if this["task"] != first["task"] or not np.array_equal(
        this["arrays"]["dev_targets"], first["arrays"]["dev_targets"]
    ):
        return None, "other targets"
    return paired(this, first).to_dict(), None


def paired(this: dict, first: dict) -> Paired:
    """The test that belongs to the task."""
    if this["task"] != "regression":
        return compare_answers(this["arrays"]["dev_correct"], first["arrays"]["dev_correct"])
    return compare_losses(shares_unexplained(this), shares_unexplained(first))


def shares_unexplained(run: dict) -> np.ndarray:
    """A regression's loss of each dev row, in units of which the mean is its error, 1 - R²."""
    losses = run["arrays"]["dev_losses"]
    return losses * (run["error"] / losses.mean()) if losses.any() else losses


def differing_keys(configs: Sequence[dict]) -> list[str]:
    """The dotted paths whose values are not the same in all configs; a name makes no difference."""
    paths = dict.fromkeys(path for config in configs for path in config if path != "name")
    return [path for path in paths if any(config.get(path) != configs[0].get(path) for config in configs)]


def in_order(rows: list[dict], order: str) -> list[dict]:
    """The rows, the lowest error or value first, those without one last; the order is kept among equals."""
    if order == GIVEN:
        return rows
    if order in SPLITS:
        values = [row["errors"][order] for row in rows]
    elif any(order in row["config"] for row in rows):
        values = [row["config"].get(order) for row in rows]
    else:
        raise UsageError(f"--sort: got {order!r}; expected {', '.join(ORDERS)} or a config key such as network.width")
    return [row for _, row in sorted(zip(values, rows, strict=True), key=lambda pair: rank(pair[0]))]


def rank(value: object) -> tuple:
    """What sorts numbers by size, before text, before anything that is not there."""
    if isinstance(value, int | float):
        return (0, value, "")
    return (2, 0, "") if value is None else (1, 0, str(value))
