"""What a runs folder remembers of its dev and test sets: each configuration scored, each look at a test error.

Stands between the ledger, which the store keeps, and the diagnosis, which says what it means.
"""

from contextlib import suppress

from ..diagnosis.looks import Looked
from ..diagnosis.selection import selection, selection_findings
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


def with_selection(diagnosis: dict, folder: RunFolder, result: dict) -> dict:
    """The diagnosis with `selection`, by what the ledger says today, and the findings that follow from it."""
    try:
        events = looks.events(folder.path.parent, read_manifest(folder).identity.hashes)
    except StoreError:
        return diagnosis | {"selection": None}  # a run older than the ledger
    errors, sizes = result["errors"], result.get("sizes") or {}
    if not sizes.get("dev"):
        return diagnosis | {"selection": None}
    told = {"dev_error": errors["dev"], "dev_rows": sizes["dev"]}
    found = selection(events, **told, regression=result["task"] == "regression")
    findings = selection_findings(found, errors, sizes, verdict=diagnosis["verdict"])
    kept = [finding for finding in findings if finding["code"] not in (result.get("ignore") or ())]
    return diagnosis | {"selection": found, "findings": [*(diagnosis.get("findings") or []), *kept]}
