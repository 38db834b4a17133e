"""Judges a training: the findings about its data and its health, and the diagnosis of its errors with all of them.

Called at the end of a training, and again whenever a run is diagnosed; the advice starts from the diagnosis.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..diagnosis import Diagnosis, Finding, diagnose, not_finite
from ..diagnosis.causes import CAUSES
from ..diagnosis.data_faults import faults_noticed, mismatch_fault, ranked
from ..diagnosis.findings import causes_first
from ..diagnosis.health import health_findings
from ..diagnosis.history import History
from ..diagnosis.label_noise import is_suspicious, label_noise_finding
from ..diagnosis.size_probe import EXPLAINED_BY_SIZE, size_finding
from ..diagnosis.verdict import unless_meaningless
from ..diagnosis.words import error_word
from ..nn.trace import TraceLine
from ..nn.training import EpochRecord
from ..statistics.mismatch import distribution_shift
from ..store import Result

if TYPE_CHECKING:
    from .prepare import Experiment

# The finding that may be told because a network does not fit its rows.
NEIGHBOURS = "neighbours-alike"
UNFITTING = {*(check.code for check in CAUSES), "network-too-small", "not-finite"}

# The seed of the permutation test, which so uses no stream of the experiment.
SHIFT_SEED = 0


@dataclass(frozen=True)
class Lines:
    """What a training has recorded: a record for each epoch, and the lines of its trace."""

    metrics: tuple[EpochRecord, ...]
    trace: tuple[TraceLine, ...]


def data_findings(experiment: "Experiment") -> tuple[Finding, ...]:
    """Findings about the experiment's data, the worst first.

    Random splits are not tested for a mismatch: they cannot have one, so every finding would be false.
    """
    dataset = experiment.dataset
    noticed = faults_noticed(dataset.suspicions)
    if dataset.by_chance:
        return tuple(noticed)
    train, dev = (dataset.preparation.first_inputs(split.X) for split in (dataset.train, dataset.dev))
    shift = distribution_shift(train, dev, rng=np.random.default_rng(SHIFT_SEED))
    mismatch = mismatch_fault(shift, dataset.feature_names)
    return tuple(ranked([*noticed, mismatch]) if mismatch else noticed)


def training_findings(experiment: "Experiment", result: Result, lines: Lines) -> tuple[Finding, ...]:
    """Findings about the health of the training."""
    return tuple(health_findings(history_of(experiment, result, lines)))


def history_of(experiment: "Experiment", result: Result, lines: Lines) -> History:
    """The history of a training; of `result`, status, errors, optimal_error and baseline_error are used."""
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


def judged(result: Result) -> Diagnosis:
    """The diagnosis of a result, with all findings; results of older runs contain less."""
    diagnosis = diagnose(
        result.errors,
        optimal_error=result.optimal or result.optimal_error or None,  # an older run has the declared number, or 0
        baseline_error=result.baseline_error,
        regression=result.task == "regression",
        sizes=result.effective_sizes or result.sizes,
        rows=result.row_summary,
        target_error=result.target_error,
    )
    findings = findings_of(result, diagnosis.findings)
    return replace(unless_meaningless(diagnosis, findings), findings=findings)


def findings_of(result: Result, of_errors: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """All findings, in this order: of divergence, of the errors, of the data, of the training; then the outcome.

    Without those of diagnosis.ignore; but divergence is always shown.
    """
    first = (not_finite(result.message or ""),) if result.status == "diverged" else ()
    others = (*of_errors, *result.data_findings, *with_size(result))
    labels = labels_finding(result, others)
    others = with_order_noticed((labels, *others) if labels else others)
    return causes_first((*first, *(finding for finding in others if finding.code not in result.ignore)))


def with_order_noticed(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings, with that of neighbours as one to notice where the network does not fit its rows.

    What is wrong of such a network stands in the order of the targets themselves. That it is no better than one answer
    is no cause, which rows that are alike may well be.
    """
    if not any(finding.severity == "fail" and finding.code in UNFITTING for finding in findings):
        return findings
    return tuple(replace(one, severity="notice") if one.code == NEIGHBOURS else one for one in findings)


def labels_finding(result: Result, others: tuple[Finding, ...]) -> Finding | None:
    """The finding that labels may be wrong: suspected by the run's own answers, and shown by learners out of fold."""
    noise = result.label_noise
    if noise is None or not noise.is_told or not suspects_labels(result, others):
        return None
    finding = label_noise_finding(noise)
    return finding and replace(finding, severity="fail")


def suspects_labels(result: Result, others: tuple[Finding, ...]) -> bool:
    """Whether a run's own answers to its dev rows are a reason to look at the labels; others : what else was found."""
    if result.surest is None or result.status != "finished" or result.errors.train is None:
        return False
    return is_suspicious(result.surest, result.errors.train, result.data_findings, others)


def with_size(result: Result) -> tuple[Finding, ...]:
    """Findings of the training, with that of its size after those that fail, in place of those that it explains."""
    finding = size_finding(result.size_probe, error_word(result.task == "regression"))
    if finding is None or finding.code in result.ignore:
        return result.health
    others = [other for other in result.health if other.code not in EXPLAINED_BY_SIZE]
    return tuple(sorted((*others, finding), key=lambda one: one.severity != "fail"))
