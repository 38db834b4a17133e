"""Finds the run that a person means by "latest", "best", an id, a name or a tag.

Every verb that takes a RUN uses it. The typed word is only compared with the names in the runs folder, never joined to
a path.
"""

import re
import unicodedata
from pathlib import Path

from ..errors import StoreError
from ..places import NOT_IN_A_NAME, newest_first, run_name
from .folder import RunFolder
from .known import known, known_tags
from .runs import run_ids, split_entries, unsorted_entries
from .stamps import FIGURES

# An id is at most 15 + 1 + 64 + 1 + 4 = 85 characters long.
REFERENCE = re.compile(rf"[^{NOT_IN_A_NAME}._\-][^{NOT_IN_A_NAME}]{{0,84}}")

# An ambiguous reference lists at most this many candidates.
CANDIDATES_SHOWN = 10


def find_run(runs_dir: Path, reference: str) -> RunFolder:
    """The run that `reference` means.

    "latest", "best" (the lowest dev error), an id, a name (then its newest run) or the beginning of one id. They are
    tried in this order, so that a name is preferred to a beginning. Raises StoreError where the reference is malformed,
    or means no run, several runs or a symbolic link.
    """
    reference = unicodedata.normalize("NFC", reference)
    if not REFERENCE.fullmatch(reference):
        expected = "latest, best, a run's id, the beginning of one, or a name; no folders"
        raise StoreError(f"run {reference!r}: not a reference to a run; expected {expected} (see `dlrun runs`)")
    if reference == "best" and (best := best_run(runs_dir)):
        return best
    ids, links = run_ids(runs_dir)
    if matching := matches(ids, reference):
        if len(matching) > 1:
            raise ambiguous(reference, matching)
        return RunFolder(runs_dir / matching[0])
    if matching := matches(links, reference):
        raise StoreError(f"{runs_dir / matching[0]}: a symbolic link; put the run folder itself in its place")
    if not ids:
        raise StoreError(f"run {reference!r}: no runs in {runs_dir}; train one first, or choose another runs folder")
    raise StoreError(f"run {reference!r}: no such run in {runs_dir}; `dlrun runs` lists those there are")


def find_runs(runs_dir: Path, reference: str) -> list[RunFolder]:
    """Every run whose name or tag is `reference`, newest first; else the one run that `find_run` finds.

    Raises StoreError where there is none.
    """
    folders, _ = split_entries(runs_dir)
    if reference in ("latest", "best") or reference in [entry.name for entry in folders]:
        return [find_run(runs_dir, reference)]
    matching = [
        RunFolder(runs_dir / entry.name)
        for entry, tags in zip(folders, known_tags(runs_dir, folders), strict=True)
        if reference == run_name(entry.name) or reference in tags
    ]
    return matching or [find_run(runs_dir, reference)]


def best_run(runs_dir: Path) -> RunFolder | None:
    """The finished run with the lowest dev error, the newest of equals; None where there are no runs.

    Raises StoreError where none has an error.
    """
    folders = unsorted_entries(runs_dir)
    runs = zip(folders, known(runs_dir, folders, asked=FIGURES), strict=True)
    judged = [(entry, run.dev) for entry, run in runs if run.status == "finished" and run.dev is not None]
    while judged:  # the first time it ends, unless a process is at work on the best run
        lowest = min(dev for _, dev in judged)
        for entry in newest_first([entry for entry, dev in judged if dev == lowest]):
            if not RunFolder(runs_dir / entry.name).is_locked():
                return RunFolder(runs_dir / entry.name)
        judged = [(entry, dev) for entry, dev in judged if dev > lowest]
    if folders:
        raise StoreError(f"run 'best': no finished run in {runs_dir} has a dev error; train one first")
    return None


def matches(ids: list[str], reference: str) -> list[str]:
    """The ids that `reference` means, newest first; several only where several ids begin with it."""
    if reference == "latest":
        return ids[:1]
    if reference in ids:
        return [reference]
    named = [run_id for run_id in ids if run_name(run_id) == reference]
    return named[:1] or [run_id for run_id in ids if run_id.startswith(reference)]


def ambiguous(reference: str, matching: list[str], what: str = "run") -> StoreError:
    """The error for a beginning that several ids share, with the newest of them."""
    shown = ", ".join(matching[:CANDIDATES_SHOWN])
    more = f" and {len(matching) - CANDIDATES_SHOWN} more" if len(matching) > CANDIDATES_SHOWN else ""
    return StoreError(f"{what} {reference!r}: begins {len(matching)} ids: {shown}{more}; give more of the one you mean")
