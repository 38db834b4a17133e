"""A run's diagnosis as `dlrun diagnose` prints it today.

Adds to what was known when the run ended what its runs folder says now: other runs on the same dev rows, looks at the
test set, and on request the reference.
"""

from dataclasses import dataclass

from ..advice import RunDiagnosis
from ..diagnosis.reference import Reference
from ..diagnosis.selection import Selection
from ..records import flat, omitted
from ..store import Result, RunFolder
from .looks import hashes_of, look_at_test, with_selection
from .reference import reference_of


@dataclass(frozen=True, kw_only=True)
class AskedDiagnosis:
    """What `diagnose --json` prints of a run.

    reference : None unless it was asked for. selection : None for a run older than the ledger. test_look : the number
    of this look at the test set, counted from 1; None without a test error.
    """

    run: RunDiagnosis = flat()
    reference: Reference | None = omitted()
    selection: Selection | None
    run_dir: str
    test_look: int | None

    def __str__(self) -> str:
        return str(self.run)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return self.run._repr_html_()


def asked_diagnosis(run: RunDiagnosis, folder: RunFolder, result: Result, *, with_reference: bool) -> AskedDiagnosis:
    """The diagnosis of a run with all that is known today; `with_reference` trains ordinary learners and takes longer.

    Raises StoreError and DataError as `reference_of` does.
    """
    hashes = hashes_of(folder)
    reference = reference_of(run.diagnosis, folder) if with_reference else None
    test_look = look_at_test(folder, hashes, result.errors.test, "diagnose")
    run, selection = with_selection(run, folder, hashes, result)
    return AskedDiagnosis(
        run=run, reference=reference, selection=selection, run_dir=str(folder.path), test_look=test_look
    )
