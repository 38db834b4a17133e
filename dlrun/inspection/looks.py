"""Counts looks at a test set, and says how much a run was chosen by its dev set.

Both come from the ledger of the runs folder. Every verb that shows a test error counts a look; `diagnose` shows both.
"""

from contextlib import suppress
from dataclasses import replace

from ..advice import RunDiagnosis
from ..diagnosis.findings import causes_first
from ..diagnosis.looks import Looked
from ..diagnosis.selection import Selection, runs_looked_at, selection, selection_findings
from ..errors import StoreError
from ..store import Hashes, Result, RunFolder, looks, now, read_manifest


def hashes_of(folder: RunFolder) -> Hashes | None:
    """What the ledger knows a run's data by; None where run.json is damaged."""
    try:
        return read_manifest(folder).identity.hashes
    except StoreError:
        return None


def look_at_test(folder: RunFolder, hashes: Hashes | None, test_error: float | None, verb: str) -> int | None:
    """Notes that a verb shows a run's test error, and returns the number of this look at the test set.

    None without a test error or hashes. Where the ledger cannot be written, the number is still one more than the looks
    in it.
    """
    if test_error is None or hashes is None:
        return None
    with suppress(StoreError):
        earlier = sum(isinstance(event, Looked) for event in looks.events(folder.path.parent, hashes))
        with suppress(StoreError):
            event = Looked("looked", folder.id, hashes.data_sha256, hashes.split_sha256, verb, now())
            looks.record(folder.path.parent, event)
        return earlier + 1
    return None


def with_selection(
    diagnosis: RunDiagnosis, folder: RunFolder, hashes: Hashes | None, result: Result
) -> tuple[RunDiagnosis, Selection | None]:
    """The diagnosis with the findings that follow from today's ledger, and the selection that they follow from.

    The selection is None for a run that is older than the ledger.
    """
    if hashes is None:
        return diagnosis, None
    try:
        events = looks.events(folder.path.parent, hashes)
    except StoreError:
        return diagnosis, None
    judged = diagnosis.diagnosis
    if judged.sizes is None or not judged.sizes.dev:
        return diagnosis, None
    # How much the lowest of many errors flatters itself is known for shares of wrong answers alone.
    is_share_of_rows = not judged.regression and judged.measure is None
    chosen = selection(events, dev_error=judged.errors.dev, dev_rows=judged.sizes.dev, regression=not is_share_of_rows)
    compared = runs_looked_at(events, folder.id)
    findings = selection_findings(chosen, judged.errors, judged.sizes, verdict=judged.verdict, compared=compared)
    shown = [finding for finding in findings if finding.code not in result.ignore]
    return replace(diagnosis, diagnosis=replace(judged, findings=causes_first((*judged.findings, *shown)))), chosen
