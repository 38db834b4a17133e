"""All runs at a glance, each read by itself, so that one damaged folder hides no other.

Stands between the run folders and the table of runs; it trusts nothing it reads.
"""

import math
from pathlib import Path

from ..errors import StoreError
from .folder import RunFolder, corrupt
from .runs import run_ids, run_name, run_time
from .status import ENDINGS, status_of
from .tags import read_tags

SPLITS = ("train", "dev", "test")
ILLS = ("bias", "variance")


def list_runs(runs_dir: Path) -> list[dict]:
    """One row a run, newest first: run_id, name, status, tags, errors, verdict, problem.

    `status` is derived (see `status_of`), and "broken" where it cannot be; `problem` then says why. `errors` maps
    train, dev and test to fractions or None. Raises StoreError only if `runs_dir` itself cannot be read.
    """
    ids, links = run_ids(runs_dir)
    rows = [row(RunFolder(runs_dir / run_id)) for run_id in ids]
    rows += [blank(run_id, "broken", "a symbolic link, not a run folder") for run_id in links]
    # The sort is stable: runs of one second stay in the order of their last change.
    return sorted(rows, key=lambda row: run_time(row["run_id"]), reverse=True)


def select(
    rows: list[dict], *, name: str | None, status: str | None, tag: str | None, by_dev: bool = False
) -> list[dict]:
    """Those rows that have the name, status and tag asked for (None: any), by dev error where that is asked for.

    Rows without a dev error then come last.
    """
    found = [row for row in rows if name in (None, row["name"]) and status in (None, row["status"])]
    found = [row for row in found if tag is None or tag in row["tags"]]
    return sorted(found, key=dev_error) if by_dev else found


def dev_error(row: dict) -> float:
    """What rows are sorted by."""
    return math.inf if row["errors"]["dev"] is None else row["errors"]["dev"]


def row(folder: RunFolder) -> dict:
    """One run's row, whatever state its folder is in."""
    try:
        known = blank(folder.id, status_of(folder), None) | {"tags": read_tags(folder)}
        return known | summary(folder) if known["status"] in ENDINGS else known
    except (StoreError, OSError) as problem:
        return blank(folder.id, "broken", str(problem))


def read_result(folder: RunFolder) -> dict:
    """The result of a run that has errors to speak of. Raises StoreError where it is missing, corrupt or has none."""
    path, result = folder.path / "result.json", folder.read_json("result.json")
    if not isinstance(result, dict) or not isinstance(result.get("status"), str):
        raise corrupt(path, "no status")
    if summary(folder)["errors"]["train"] is None:
        raise StoreError(f"{path}: a run that {result['status']} has no errors to diagnose; train it again")
    return result


def blank(run_id: str, status: str, problem: str | None) -> dict:
    """The row of a run of which nothing but the id is known."""
    errors = dict.fromkeys(SPLITS)
    return {
        "run_id": run_id,
        "name": run_name(run_id),
        "status": status,
        "tags": [],
        "errors": errors,
        "verdict": None,
        "problem": problem,
    }


def summary(folder: RunFolder) -> dict:
    """Errors and verdict of result.json; raises StoreError where they are not of the right kinds."""
    path, result = folder.path / "result.json", folder.read_json("result.json")
    if not isinstance(result, dict):
        raise corrupt(path, "no status")
    errors = result.get("errors") or {}
    if not isinstance(errors, dict) or not all(is_number_or_none(errors.get(split)) for split in SPLITS):
        raise corrupt(path, "errors are not numbers")
    verdict = result.get("verdict")
    if verdict is not None:
        if not isinstance(verdict, dict) or not all(isinstance(verdict.get(ill), str) for ill in ILLS):
            raise corrupt(path, "verdict is not of bias and variance")
        verdict = {ill: verdict[ill] for ill in ILLS}
    return {"errors": {split: errors.get(split) for split in SPLITS}, "verdict": verdict}


def is_number_or_none(value: object) -> bool:
    """Whether JSON gave a number or null; true and false are Python ints, but no numbers here."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
