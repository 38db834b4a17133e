"""The health of a run: what its files and its config tell, put together for the diagnosis to judge."""

from ..diagnosis.findings import Finding
from ..diagnosis.health import health_findings
from ..diagnosis.history import History
from ..store import RunFolder
from .prepare import Experiment


def health_of(experiment: Experiment, result: dict, metrics: list[dict], trace: list[dict]) -> list[Finding]:
    """The findings about a training, from its metrics and trace; `result` has its errors and its ending."""
    return health_findings(history_of(experiment, result, metrics, trace))


def history_of(experiment: Experiment, result: dict, metrics: list[dict], trace: list[dict]) -> History:
    """What is known of a training; of `result` status, errors, optimal_error and baseline_error are read."""
    config = experiment.config.to_dict()
    config["data"]["task"] = experiment.dataset.task
    return History(
        config=config,
        sizes=experiment.network.sizes,
        m_train=len(experiment.dataset.train.X),
        status=result["status"],
        metrics=metrics,
        trace=trace,
        train_error=result["errors"]["train"],
        optimal_error=result["optimal_error"] or 0.0,
        baseline_error=result["baseline_error"],
    )


def lines_of(folder: RunFolder, name: str) -> list[dict]:
    """The sound lines of a file that a run may not have come as far as."""
    return folder.sound_lines(name)[0] if (folder.path / name).exists() else []
