"""The health of a run: what its files and its config tell, put together for the diagnosis to judge."""

from ..diagnosis.health import health_findings
from ..diagnosis.history import History
from ..store import RunFolder
from .keeper import METRICS, TRACE
from .prepare import Experiment


def health_of(folder: RunFolder, experiment: Experiment, result: dict) -> list[dict]:
    """The findings about a run's training, from its metrics and trace; `result` has its errors and its ending."""
    config = experiment.config.to_dict()
    config["data"]["task"] = experiment.dataset.task
    history = History(
        config=config,
        sizes=experiment.network.sizes,
        m_train=len(experiment.dataset.train.X),
        status=result["status"],
        metrics=lines_of(folder, METRICS),
        trace=lines_of(folder, TRACE),
        train_error=result["errors"]["train"],
        optimal_error=result["optimal_error"] or 0.0,
        baseline_error=result["baseline_error"],
    )
    return health_findings(history)


def lines_of(folder: RunFolder, name: str) -> list[dict]:
    """The sound lines of a file that a run may not have come as far as."""
    return folder.sound_lines(name)[0] if (folder.path / name).exists() else []
