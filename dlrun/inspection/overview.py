"""A run as its folder tells it, two runs by what differs between them, and a run trained again to be compared.

Stands beside `run`, and reads what it wrote.
"""

import shlex
import tempfile
from pathlib import Path

from ..errors import StoreError
from ..experiment.identity import differences, flattened
from ..experiment.keeper import METRICS
from ..experiment.prepare import read_config
from ..experiment.run import run
from ..places import command_for
from ..store import RunFolder, corrupt, ending_of, read_manifest, read_tags, status_of

# What of a result two runs are compared by; the rest is of the occasion: ids, times, sentences.
COMPARED_RESULTS = ("status", "errors", "baseline_error", "costs", "losses", "rmse", "epochs", "best_epoch", "verdict")


DIAGNOSIS = "diagnosis.json"


def overview(folder: RunFolder) -> dict:
    """Plain values: run_id, run_dir, status, tags, parent, overrides, sessions, environment, config, result, diagnosis,
    files, reproduce. Raises StoreError where the run cannot be read."""
    manifest, status = read_manifest(folder), status_of(folder)
    sizes = {path.name: path.stat(follow_symlinks=False).st_size for path in sorted(folder.path.iterdir())}
    return {
        "run_id": folder.id,
        "run_dir": str(folder.path),
        "status": status,
        "tags": read_tags(folder),
        "parent": manifest.identity.parent,
        "overrides": manifest.identity.overrides,
        "sessions": manifest.sessions,
        "environment": manifest.identity.environment,
        "config": manifest.identity.config,
        "result": ending_of(folder),
        "diagnosis": kept_diagnosis(folder),
        "files": [{"name": name, "bytes": size} for name, size in sizes.items() if not name.startswith(".")],
        "reproduce": f"dlrun train {shlex.quote(str(folder.path / 'resolved.yaml'))}",
    }


def kept_diagnosis(folder: RunFolder) -> dict | None:
    """The diagnosis that was written when the run ended; None where there was none. Raises StoreError if corrupt."""
    if not (folder.path / DIAGNOSIS).exists():
        return None
    found = folder.read_json(DIAGNOSIS)
    if not isinstance(found, dict):
        raise corrupt(folder.path / DIAGNOSIS, "not a JSON object")
    return found


def metrics(folder: RunFolder) -> list[dict]:
    """A run's records, one an epoch; none before the first. Raises StoreError where a line is damaged."""
    return folder.read_lines(METRICS) if (folder.path / METRICS).exists() else []


def difference(one: RunFolder, other: RunFolder) -> dict:
    """{runs, config, results}: the keys in which two runs differ, each with its two values."""
    configs = [read_manifest(folder).identity.config for folder in (one, other)]
    results = [results_of(one), results_of(other)]
    return {
        "runs": [one.id, other.id],
        "config": {key: list(pair) for key, pair in differences(*configs).items()},
        "results": {key: list(pair) for key, pair in differences(*results).items()},
    }


def results_of(folder: RunFolder) -> dict:
    """What two runs are compared by; of a run without a result, its status alone."""
    result = ending_of(folder) or {}
    return {key: result.get(key) for key in COMPARED_RESULTS} | {"status": status_of(folder)}


def train_again(folder: RunFolder) -> list[dict]:
    """Trains a finished run's config anew, out of sight, and compares bit for bit: one row {what, same} a comparison.

    Raises StoreError for a run that did not finish, since there is nothing to compare with.
    """
    if status_of(folder) != "finished":
        way_on = command_for("resume", folder.path)
        raise StoreError(f"{folder.id}: has not finished, so nothing can be compared; go on with it first: {way_on}")
    with tempfile.TemporaryDirectory() as elsewhere:
        result = run(read_config(folder.path / "resolved.yaml"), Path(elsewhere))
        again = RunFolder(Path(result["run_dir"]))
        return [
            {"what": "parameters", "same": parameters_of(folder) == parameters_of(again)},
            {"what": "metrics", "same": metrics_of(folder) == metrics_of(again)},
            {"what": "results", "same": flattened(results_of(folder)) == flattened(results_of(again))},
        ]


def parameters_of(folder: RunFolder) -> dict[str, tuple]:
    """Every array of model.npz as its form and its bytes."""
    arrays = folder.read_arrays("model.npz")
    return {name: (array.shape, str(array.dtype), array.tobytes()) for name, array in arrays.items()}


def metrics_of(folder: RunFolder) -> list[dict]:
    """metrics.jsonl less its seconds."""
    return [{key: value for key, value in line.items() if key != "seconds"} for line in folder.read_lines(METRICS)]
