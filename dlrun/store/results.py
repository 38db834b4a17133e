"""The records of result.json: the result of a training, or only the message of a session that failed.

Every later verb starts from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..data.reading import Task
from ..diagnosis.findings import Finding
from ..diagnosis.ills import Verdict
from ..diagnosis.label_noise import LabelNoise
from ..diagnosis.members import MembersLook
from ..diagnosis.optimal import Optimal
from ..diagnosis.records import Intervals
from ..diagnosis.row_summary import RowSummary
from ..diagnosis.size_probe import SizeProbe
from ..records import BySplit, Sizes, omitted
from ..statistics.label_noise import Surest
from ..statistics.metrics import Confusion, Metrics

FILE = "result.json"

# How a session can end; a run without an ending is "running" or "crashed".
Ended = Literal["finished", "interrupted", "diverged", "failed"]
ENDINGS: tuple[Ended, ...] = ("finished", "interrupted", "diverged", "failed")


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of a training that finished, was interrupted or diverged. Fields that older runs lack have a default.

    errors : fractions, or 1 - R². losses : in nats, or squared units of the scaled target. costs : losses with the
    penalty. rmse : a regression's, in the target's own units. best_epoch : the one with the lowest dev error.
    kept_epoch : the one whose parameters are kept; None for those before the first, and in older runs. optimal : how
    the optimal error is known. ignore : codes of findings that are not shown. data_findings, health : findings
    about data and training. verdict, sentence, intervals, findings : repeated from the diagnosis. signal : what
    interrupted it. sessions : number of processes that worked on it so far. metrics : the figures of the field by split
    (dev, and test if there is one) and name, of the rows whose outputs are kept. confusion : of the same rows, by
    split, how many of each true class are answered with each class. reused : whether it is an older run's.
    effective_sizes : where rows have weights, how many rows that all count alike say as much as those of each split.
    members : what the networks of an ensemble do alone. size_probe : what a wider network does in a few hundred steps,
    of a run with high bias. surest : the dev rows that were answered most surely, and how many have another label.
    label_noise : where that raised a suspicion, what learners out of fold say.
    """

    run_id: str
    run_dir: str
    name: str
    status: Ended
    message: str | None
    task: Task
    errors: BySplit[float | None]
    baseline_error: float | None
    optimal_error: float | None
    optimal: Optimal | None = None
    target_error: float | None = None
    ignore: tuple[str, ...] = ()
    costs: BySplit[float | None]
    losses: BySplit[float | None]
    rmse: BySplit[float | None] | None = None
    sizes: Sizes | None = None
    effective_sizes: Sizes | None = omitted()
    epochs: int
    best_epoch: int | None
    kept_epoch: int | None = omitted()
    seconds: float
    row_summary: RowSummary | None = None
    warnings: tuple[str, ...] = ()
    data_findings: tuple[Finding, ...] = ()
    health: tuple[Finding, ...] = ()
    verdict: Verdict | None = None
    sentence: str | None = None
    intervals: Intervals | None = None
    findings: tuple[Finding, ...] = ()
    signal: str | None = None
    ended: str | None = None
    sessions: int | None = None
    notes: tuple[str, ...] = ()
    metrics: Mapping[str, Metrics] | None = omitted()
    confusion: Mapping[str, Confusion] | None = omitted()
    members: MembersLook | None = omitted()
    size_probe: SizeProbe | None = omitted()
    surest: Surest | None = omitted()
    label_noise: LabelNoise | None = omitted()
    reused: bool | None = omitted()

    @property
    def has_errors(self) -> bool:
        """Whether there is anything to judge: all outputs of a network that diverged at once may be infinite."""
        return self.errors.train is not None and self.errors.dev is not None

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes as the source writes them, in the order of `confusion`; empty for a regression and old runs."""
        return tuple(of.label for of in (self.row_summary.classes or ())) if self.row_summary else ()


@dataclass(frozen=True, kw_only=True)
class FailedSession:
    """The result of a session that failed or was stopped at once: its status and a message, but no errors."""

    run_id: str | None = omitted()
    status: Ended
    message: str | None = omitted()
    sessions: int | None = omitted()
    ended: str | None = omitted()


Ending = Result | FailedSession


@dataclass(frozen=True, kw_only=True)
class Glance:
    """The few fields of a result that a list of runs shows."""

    status: Ended
    errors: BySplit[float | None] | None = None
    verdict: Verdict | None = None
