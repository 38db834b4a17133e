"""The list of all runs with their errors and verdicts, for `dlrun runs`.

Each run is read by itself (see `known`), so that one damaged folder hides no other.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from ..diagnosis.ills import Level, Verdict
from ..errors import StoreError
from ..places import Entry, run_name
from ..records import NO_ERRORS, BySplit
from .folder import RunFolder
from .known import Known, known
from .manifest import require_known_format
from .results import FILE, Result
from .runs import run_entries
from .status import Status, read_ending


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


def list_runs(runs_dir: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> list[RunSummary]:
    """A summary of each run, newest first. Raises StoreError only if `runs_dir` itself cannot be read.

    progress : told how many runs have been read of those that the index does not know.
    """
    return summaries(runs_dir, run_entries(runs_dir), progress)


@dataclass(frozen=True)
class Wanted:
    """Which runs a person asks for: of this name, status and tag (None: any); with `by_dev` sorted by dev error.

    Runs without a dev error then come last.
    """

    name: str | None = None
    status: str | None = None
    tag: str | None = None
    by_dev: bool = False

    def of(self, rows: Sequence[RunSummary]) -> list[RunSummary]:
        """The rows that are wanted, in the order that is."""
        chosen = [row for row in rows if self.name in (None, row.name) and self.status in (None, row.status)]
        chosen = [row for row in chosen if self.tag is None or self.tag in row.tags]
        return sorted(chosen, key=dev_error) if self.by_dev else chosen


def first_runs(
    runs_dir: Path,
    at_most: int | None,
    wanted: Wanted,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[RunSummary], int]:
    """The first of the wanted runs (None: all of them), and how many more there are. Reads no run that it need not.

    Raises StoreError only if `runs_dir` itself cannot be read.
    """
    entries = [entry for entry in run_entries(runs_dir) if wanted.name in (None, run_name(entry.name))]
    if wanted == Wanted(wanted.name):
        return summaries(runs_dir, entries[:at_most], progress), len(entries) - len(entries[:at_most])
    rows = wanted.of(summaries(runs_dir, entries, progress))
    return rows[:at_most], len(rows) - len(rows[:at_most])


def same_runs(runs_dir: Path, identities: Collection[bytes]) -> dict[bytes, list[RunSummary]]:
    """The runs of each of these identities by its `identity_key`, newest first; whoever has many asks once for all.

    Runs that are running or cannot be read are left out. Raises StoreError only if `runs_dir` itself cannot be read.
    """
    found: dict[bytes, list[RunSummary]] = {identity: [] for identity in identities}
    folders = [entry for entry in run_entries(runs_dir) if not entry.is_symlink()]
    for entry, run in zip(folders, known(runs_dir, folders), strict=True):
        if run.identity is not None and run.identity in found:
            found[run.identity].append(summary_of(entry.name, run))
    return found


def dev_error(row: RunSummary) -> float:
    """The dev error that rows are sorted by."""
    return math.inf if row.errors.dev is None else row.errors.dev


def summaries(runs_dir: Path, entries: Sequence[Entry], progress: Callable[[int, int], None]) -> list[RunSummary]:
    """The summaries of these entries of `runs_dir`, in their order."""
    folders = [entry for entry in entries if not entry.is_symlink()]
    found = iter(known(runs_dir, folders, progress))
    return [broken_link(entry.name) if entry.is_symlink() else summary_of(entry.name, next(found)) for entry in entries]


def summary_of(run_id: str, run: Known) -> RunSummary:
    """A run's summary, from what is known of it."""
    errors = BySplit(run.train, run.dev, run.test)
    verdict = None if run.bias is None or run.variance is None else verdict_of(run.bias, run.variance)
    return RunSummary(run_id, run_name(run_id), run.status, run.tags, errors, verdict, run.problem)


@cache  # of two words out of four; a list has one verdict for each run
def verdict_of(bias: Level, variance: Level) -> Verdict:
    """The verdict of these two words."""
    return Verdict(bias, variance)


def broken_link(run_id: str) -> RunSummary:
    """The summary of a link in the place of a run."""
    return RunSummary(run_id, run_name(run_id), "broken", problem="a symbolic link, not a run folder")


def read_result(folder: RunFolder) -> Result:
    """The result of a run that has errors. Raises StoreError where it is missing, corrupt, newer or has no errors."""
    require_known_format(folder)
    ending = read_ending(folder)
    if not isinstance(ending, Result) or not ending.has_errors:
        path = folder.path / FILE
        raise StoreError(f"{path}: a run that {ending.status} has no errors to diagnose; train it again")
    return ending
