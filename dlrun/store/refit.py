"""refit.json and refit.npz: the network of a run that has learned its dev rows, too, which then answers in its place.

They are added after the run's end; nothing that the run has measured changes.
"""

from dataclasses import dataclass

from ..statistics.paired import Paired
from .folder import RunFolder

REFIT, REFIT_MODEL = "refit.json", "refit.npz"


@dataclass(frozen=True)
class Refit:
    """rows : of train and dev, all learned in so many epochs and steps. test_error : None without a test set.

    compared : that error less the test error of the run's own network, on the same rows.
    """

    rows: int
    epochs: int
    steps: int
    seconds: float
    test_error: float | None
    compared: Paired | None
    sentence: str


def kept_refit(folder: RunFolder) -> Refit | None:
    """What `dlrun refit` has added to a run; None where it has not. Raises StoreError if corrupt."""
    from .verification import was_added  # which a list of runs does without

    return folder.read_record(REFIT, Refit) if was_added(folder, REFIT) else None
