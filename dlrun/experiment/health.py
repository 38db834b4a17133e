"""The health of a run: what its lines and its config tell, put together for the diagnosis to judge."""

import math
from dataclasses import dataclass

from ..diagnosis.findings import Finding
from ..diagnosis.health import health_findings
from ..diagnosis.history import History
from ..nn.trace import TraceLine
from ..nn.training import EpochRecord
from ..store import Result
from .prepare import Experiment


@dataclass(frozen=True)
class Lines:
    """What a training has told of itself so far: a record an epoch, and the lines of its trace."""

    metrics: tuple[EpochRecord, ...]
    trace: tuple[TraceLine, ...]


def health_of(experiment: Experiment, result: Result, lines: Lines) -> list[Finding]:
    """The findings about a training; `result` has its errors and its ending."""
    return health_findings(history_of(experiment, result, lines))


def history_of(experiment: Experiment, result: Result, lines: Lines) -> History:
    """What is known of a training; of `result` status, errors, optimal_error and baseline_error are read."""
    config = experiment.config.to_dict()
    config["data"]["task"] = experiment.dataset.task
    return History(
        config=config,
        sizes=experiment.network.sizes,
        m_train=len(experiment.dataset.train.X),
        status=result.status,
        metrics=lines.metrics,
        trace=lines.trace,
        train_error=math.nan if result.errors.train is None else result.errors.train,
        optimal_error=result.optimal_error or 0.0,
        baseline_error=result.baseline_error,
    )
