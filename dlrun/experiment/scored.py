"""Notes in the ledger of the runs folder that a run's configuration was scored on its dev set.

Done at the end of each training; `inspection.looks` counts these events to say how much was chosen by the dev set.
"""

import math

from ..diagnosis.looks import Scored
from ..errors import StoreError
from ..nn.training import TrainingPlan
from ..store import Hashes, RunFolder, looks, now
from .train import Outcome, keeps_best


def candidates_of(plan: TrainingPlan, status: str, epochs: int, best_epoch: int | None) -> int:
    """How many epochs the kept parameters were chosen among: 1 where they are simply the last."""
    is_chosen = best_epoch is not None and keeps_best(plan, status)
    return math.ceil(epochs / plan.evaluate_every) if is_chosen else 1


def scored_event(run_id: str, hashes: Hashes, dev_error: float | None, candidates: int) -> Scored:
    """What the ledger keeps of a configuration that was scored just now."""
    return Scored(
        what="scored",
        run_id=run_id,
        data_sha256=hashes.data_sha256,
        split_sha256=hashes.split_sha256,
        config_sha256=hashes.config_sha256,
        dev_error=dev_error,
        candidates=candidates,
        time=now(),
    )


def note_scored(
    folder: RunFolder, hashes: Hashes, outcome: Outcome, plan: TrainingPlan, dev_error: float | None
) -> list[str]:
    """Notes that a run's configuration was scored on its dev set; returns a message where that failed.

    Best parameters were chosen among all epochs that were measured, so each of these counts as a candidate.
    """
    candidates = candidates_of(plan, outcome.status, outcome.epochs, outcome.best_epoch)
    try:
        looks.record(folder.path.parent, scored_event(folder.id, hashes, dev_error, candidates))
    except StoreError as problem:
        return [f"this run is not counted among those that were scored on its dev set: {problem}"]
    return []
