"""The list of all runs with their errors and verdicts, for `dlrun runs`.

Each run is read by itself, so that one damaged folder hides no other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..diagnosis.ills import Verdict
from ..errors import StoreError
from ..records import NO_ERRORS, BySplit
from .folder import RunFolder
from .manifest import require_known_format
from .results import FILE, Result
from .runs import run_ids, run_name, run_time
from .status import Status, glance_at, read_ending
from .tags import read_tags


@dataclass(frozen=True)
class RunSummary:
    """One run in the table of runs. A run that cannot be read is "broken"; then `problem` says why."""

    run_id: str
    name: str
    status: Status | Literal["broken"]
    tags: tuple[str, ...] = ()
    errors: BySplit[float | None] = NO_ERRORS
    verdict: Verdict | None = None
    problem: str | None = None


def list_runs(runs_dir: Path) -> list[RunSummary]:
    """A summary of each run, newest first. Raises StoreError only if `runs_dir` itself cannot be read."""
    ids, links = run_ids(runs_dir)
    rows = [summary_of(RunFolder(runs_dir / run_id)) for run_id in ids]
    rows += [broken(run_id, "a symbolic link, not a run folder") for run_id in links]
    # The sort is stable: runs that began in the same second stay in the order of their last change.
    return sorted(rows, key=lambda row: run_time(row.run_id), reverse=True)


def select(
    rows: Sequence[RunSummary], *, name: str | None, status: str | None, tag: str | None, by_dev: bool = False
) -> list[RunSummary]:
    """The rows with this name, status and tag (None: any); with `by_dev` sorted by dev error.

    Rows without a dev error then come last.
    """
    chosen = [row for row in rows if name in (None, row.name) and status in (None, row.status)]
    chosen = [row for row in chosen if tag is None or tag in row.tags]
    return sorted(chosen, key=dev_error) if by_dev else chosen


def dev_error(row: RunSummary) -> float:
    """The dev error that rows are sorted by."""
    return math.inf if row.errors.dev is None else row.errors.dev


def summary_of(folder: RunFolder) -> RunSummary:
    """A run's summary, whatever the state of its folder."""
    try:
        name, tags = run_name(folder.id), tuple(read_tags(folder))
        if folder.is_locked():
            return RunSummary(folder.id, name, "running", tags)
        glance = glance_at(folder)
        if glance is None:
            return RunSummary(folder.id, name, "crashed", tags)
        return RunSummary(folder.id, name, glance.status, tags, glance.errors or NO_ERRORS, glance.verdict)
    except (StoreError, OSError) as problem:
        return broken(folder.id, str(problem))


def broken(run_id: str, problem: str) -> RunSummary:
    """The summary of a run that cannot be read."""
    return RunSummary(run_id, run_name(run_id), "broken", problem=problem)


def read_result(folder: RunFolder) -> Result:
    """The result of a run that has errors. Raises StoreError where it is missing, corrupt, newer or has no errors."""
    require_known_format(folder)
    ending = read_ending(folder)
    if not isinstance(ending, Result) or not ending.has_errors:
        path = folder.path / FILE
        raise StoreError(f"{path}: a run that {ending.status} has no errors to diagnose; train it again")
    return ending
