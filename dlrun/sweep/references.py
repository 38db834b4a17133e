"""Finds the sweep that a person means by an id, the beginning of one, a name, or `latest`."""

from pathlib import Path

from ..errors import StoreError
from ..places import SWEEP, run_name, sweeps_in
from ..store.problems import raised_as_store_error
from ..store.references import CANDIDATES_SHOWN, ambiguous
from .folder import SweepFolder


def sweep_ids(runs_dir: Path) -> list[str]:
    """The ids of the sweeps in a runs folder, newest first. Raises StoreError."""
    with raised_as_store_error(runs_dir, "read"):
        return sweeps_in(runs_dir)


def matching_sweeps(runs_dir: Path, reference: str) -> list[str]:
    """The ids that `reference` means, newest first; several only where several begin with it."""
    ids = sweep_ids(runs_dir)
    if reference == "latest":
        return ids[:1]
    name = reference.removeprefix(SWEEP)
    named = [sweep_id for sweep_id in ids if run_name(sweep_id.removeprefix(SWEEP)) == name]
    beginning = [sweep_id for sweep_id in ids if sweep_id.startswith(reference) or sweep_id == SWEEP + reference]
    return [reference] if reference in ids else named[:1] or beginning


def find_sweep(runs_dir: Path, reference: str) -> SweepFolder:
    """The sweep that `reference` means: an id, NAME or sweep-NAME (then the newest), an id's beginning, or `latest`.

    Raises StoreError where it means none or several.
    """
    matching = matching_sweeps(runs_dir, reference)
    if len(matching) > 1:
        raise ambiguous(reference, matching, "sweep")
    if not matching:
        there = ", ".join(sweep_ids(runs_dir)[:CANDIDATES_SHOWN]) or "none"
        raise StoreError(f"sweep {reference!r}: no such sweep in {runs_dir}; there are: {there}")
    return SweepFolder(runs_dir / matching[0])


def is_sweep(runs_dir: Path, reference: str) -> bool:
    """Whether a word that may mean a run means a sweep: `sweep-...`, an id, the beginning of one, or a name."""
    return reference.startswith(SWEEP) and bool(matching_sweeps(runs_dir, reference))
