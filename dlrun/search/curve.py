"""The learning curve of a run: its config trained on parts of its training set, measured on its own dev set.

`dlrun curve` makes it, because one training cannot say whether more data would help.
"""

from dataclasses import dataclass

import numpy as np

from ..data.target_means import refuse_target_means
from ..diagnosis.learning_curve import Curve, judge_curve
from ..errors import DataError
from ..experiment.advising import CURVE
from ..experiment.predictions import dev_losses
from ..records import flat
from ..store import RunFolder, now
from .reopen import reopened, save_record
from .trainings import Progress, Variant, parts_of_rows, train_variants

# An eighth, a quarter and a half of the training set, each drawn DRAWS times: the work of 2.6 trainings on all rows.
PARTS = (8, 4, 2)
DRAWS = 3


@dataclass(frozen=True, kw_only=True)
class RunCurve:
    """curve.json: the curve of a run, and when it was made."""

    run_id: str
    task: str
    made: str
    curve: Curve = flat()


def learning_curve(
    folder: RunFolder, progress: Progress = lambda done, total: None, *, processes: int | None = None
) -> RunCurve:
    """Trains on an eighth, a quarter, a half and all of the rows, and says whether twice as many would help.

    The curve is saved in the run's folder as curve.json.
    Raises StoreError for a run that did not finish or whose data changed, DataError for one with too few rows.
    """
    experiment, result = reopened(folder)
    refuse_target_means(experiment.dataset.preparation, folder.id)
    rows = len(experiment.dataset.train.X)
    try:
        drawn = [
            chosen
            for number, part in enumerate(PARTS)
            for chosen, _ in parts_of_rows(experiment, rows // part, DRAWS, experiment.config.seed + number)
        ]
    except ValueError as problem:
        few = f"{rows} training rows are too few to train on an eighth of them ({problem})"
        raise DataError(f"{folder.id}: {few}; a curve needs at least 8 rows of each class, or 8 groups") from problem
    trained = train_variants(
        experiment,
        [*(Variant(chosen) for chosen in drawn), Variant()],
        seconds_each=result.seconds / 2,
        processes=processes,
        progress=progress,
    )
    losses = np.array([dev_losses(experiment, network.dev) for network in trained])
    starts = range(0, len(drawn), DRAWS)
    by_size = [losses[start : start + DRAWS] for start in starts]
    sizes = [round(np.mean([len(chosen) for chosen in drawn[start : start + DRAWS]])) for start in starts]
    regression = experiment.dataset.task == "regression"
    curve = judge_curve([*sizes, rows], [*by_size, losses[-1:]], regression=regression)
    return save_record(folder, CURVE, RunCurve(run_id=folder.id, task=experiment.dataset.task, made=now(), curve=curve))
