"""That a run's configuration was scored on its dev set, written into the ledger of the runs folder.

Stands at the end of the path; what the ledger then says of a run is asked in `inspection.looks`.
"""

import math

from ..errors import StoreError
from ..nn.training import TrainingPlan
from ..store import RunFolder, looks, read_manifest
from .outcome import Outcome


def note_scored(folder: RunFolder, outcome: Outcome, plan: TrainingPlan, result: dict) -> list[str]:
    """Writes down that a run's configuration was scored on its dev set; returns a note where that could not be done.

    Parameters that were kept for their dev error were chosen among all epochs that were measured.
    """
    is_chosen = outcome.best_epoch is not None and (plan.patience_epochs is not None or outcome.status == "interrupted")
    try:
        identity = read_manifest(folder)
        event = {
            "what": "scored",
            "run_id": folder.id,
            **looks.rows_of(identity),
            "config_sha256": identity["config_sha256"],
        }
        candidates = math.ceil(outcome.epochs / plan.evaluate_every) if is_chosen else 1
        looks.record(folder.path.parent, event | {"dev_error": result["errors"]["dev"], "candidates": candidates})
    except StoreError as problem:
        return [f"this run is not counted among those that were scored on its dev set: {problem}"]
    return []
