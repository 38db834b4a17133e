"""Says what gives the answers where no dev row is answered wrongly: a person who sees an error of 0% asks why.

A leak, an easy task and a good network look alike there. What a single input does by itself tells them apart, or names
the column to ask about.
"""

from typing import TYPE_CHECKING

import numpy as np

from ..data.alone import ORDINARY_SHARE, ROWS_TO_LOOK_AT, Column, alone_of, in_words, pair_of
from ..diagnosis.data_faults import data_fault, ranked
from ..diagnosis.findings import Finding
from ..diagnosis.words import percent
from ..statistics.intervals import error_interval

if TYPE_CHECKING:
    from .prepare import Experiment

# A regression is as good as without error at this share of unexplained variance. A judgement: 1% of the deviation.
NO_ERROR = 1e-4

# Findings that name what gives the answers already.
NAMED = ("leak", "near-leak", "easy-target")


def with_no_dev_errors(
    findings: tuple[Finding, ...], experiment: "Experiment", dev_error: float
) -> tuple[Finding, ...]:
    """The findings about the data, ranked, with one more where the dev error is 0 and none of them says why."""
    none_wrong = dev_error <= (NO_ERROR if experiment.dataset.task == "regression" else 0)
    if not none_wrong or any(finding.code in NAMED for finding in findings):
        return findings
    return tuple(ranked([*findings, no_dev_errors(experiment, dev_error)]))


def no_dev_errors(experiment: "Experiment", dev_error: float) -> Finding:
    """The finding that the dev error is 0, with how far single inputs come."""
    dataset = experiment.dataset
    is_regression = dataset.task == "regression"
    rows, n_dev = np.arange(min(len(dataset.train.X), ROWS_TO_LOOK_AT)), len(dataset.dev.X)
    X = dataset.preparation.first_inputs(dataset.train.X.take(rows, axis=0))
    columns = [Column(f"input {name!r}", values) for name, values in zip(dataset.feature_names, X[:].T, strict=False)]
    evidence = f"{n_dev:,} dev rows leave {percent(dev_error)} unexplained"
    if not is_regression:
        limit = error_interval(0.0, n_dev)[1]
        evidence = f"all {n_dev:,} dev rows are answered rightly, by which the error may be up to {percent(limit)}"
    if len(columns) > 1:
        y = dataset.train.Y.take(rows, axis=0).reshape(-1)
        y = y.astype(np.float64 if is_regression else np.int64)
        evidence += f"; {of_single_inputs(columns, y, len(dataset.classes))}"
    return data_fault("no-dev-errors", evidence)


def of_single_inputs(columns: list[Column], y: np.ndarray, n_classes: int) -> str:
    """How far the best inputs come by themselves, in a clause: one, the next, and two together where that is more."""
    best, next_best = alone_of(columns, y, n_classes)
    told = f"{best.name} alone {in_words(best, n_classes)}, {next_best.name} {in_words(next_best, n_classes)}"
    pair = pair_of(columns, y, n_classes)
    if pair and pair.share > best.share and best.share < ORDINARY_SHARE:
        told += f", {pair.name} {in_words(pair, n_classes)}"
    return told
