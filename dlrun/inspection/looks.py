"""What a runs folder remembers of its dev and test sets: each configuration scored, each look at a test error.

Stands between the ledger, which the store keeps, and the diagnosis, which says what it means.
"""

from contextlib import suppress
from dataclasses import replace

from ..advice import RunDiagnosis
from ..diagnosis.looks import Looked
from ..diagnosis.selection import Selection, selection, selection_findings
from ..errors import StoreError
from ..store import RunFolder, looks, now, read_manifest


def look_at_test(folder: RunFolder, result: dict | None, verb: str) -> int | None:
    """Writes down that somebody is shown a run's test error, and says the how many-th look at this test set it is.

    None where there is no test error to be seen. A folder that cannot be written counts what it knows.
    """
    if not result or (result.get("errors") or {}).get("test") is None:
        return None
    try:
        hashes = read_manifest(folder).identity.hashes
    except StoreError:
        return None
    with suppress(StoreError):
        earlier = sum(isinstance(event, Looked) for event in looks.events(folder.path.parent, hashes))
        with suppress(StoreError):
            event = Looked("looked", folder.id, hashes.data_sha256, hashes.split_sha256, verb, now())
            looks.record(folder.path.parent, event)
        return earlier + 1
    return None


def with_selection(diagnosis: RunDiagnosis, folder: RunFolder, result: dict) -> tuple[RunDiagnosis, Selection | None]:
    """The diagnosis with the findings that follow from what the ledger says today, and what it says.

    None of a run that is older than the ledger.
    """
    try:
        events = looks.events(folder.path.parent, read_manifest(folder).identity.hashes)
    except StoreError:
        return diagnosis, None
    judged = diagnosis.diagnosis
    if judged.sizes is None or not judged.sizes.dev:
        return diagnosis, None
    dev_error, dev_rows = judged.errors.dev, judged.sizes.dev
    found = selection(events, dev_error=dev_error, dev_rows=dev_rows, regression=judged.regression)
    findings = selection_findings(found, judged.errors, judged.sizes, verdict=judged.verdict)
    kept = [finding for finding in findings if finding.code not in (result.get("ignore") or ())]
    return replace(diagnosis, diagnosis=replace(judged, findings=(*judged.findings, *kept))), found
