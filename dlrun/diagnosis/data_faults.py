"""Faults of the data as findings, by a table with one row for each code.

They outrank bias and variance, because with such data the errors mean something else. `experiment.judge` makes them
from what the data room noticed.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from ..statistics.mismatch import PERMUTATIONS, Shift, told_features
from .findings import Finding, Severity


class Noticed(Protocol):
    """A suspicion about data: its code, the evidence, and the fraction of rows that it concerns."""

    @property
    def code(self) -> str: ...

    @property
    def evidence(self) -> str: ...

    @property
    def share(self) -> float: ...


class Fault(NamedTuple):
    """A row of the table: the severity, the title, and what to do.

    fails_from : the share of rows from which it fails, None where the severity is always the same.
    """

    severity: Severity
    title: str
    do: str
    fails_from: float | None = None


# At this share of duplicates an error may look 5 points too low, and 5 points are what makes a verdict "high".
MANY_ROWS = 0.05

# Findings are shown in this order: first what makes every error meaningless.
FAULTS = {
    "leak": Fault("fail", "a feature is the target", "drop the feature unless it is known before the target is"),
    "near-leak": Fault(
        "fail", "one feature nearly is the target", "drop the feature unless it is known before the target is"
    ),
    "constant-target": Fault("fail", "the target never changes", "choose another target, or other rows"),
    "mismatch": Fault(
        "fail",
        "train and dev rows are distributed differently",
        "the distance from train to dev error is not variance alone: keep some training rows out as a second dev set,"
        " and get training rows like those of dev",
    ),
    "rows-in-two-splits": Fault(
        "notice",
        "rows stand in two splits",
        "set data.duplicates: together, remove duplicate rows, or split by data.group",
        MANY_ROWS,
    ),
    "easy-target": Fault(
        "notice",
        "one or two features nearly give the target",
        "ask whether they are known before the target is: if so, the task is easy; if not, name them in data.drop",
    ),
    "no-dev-errors": Fault(
        "notice",
        "no dev row is answered wrongly",
        "ask whether an input follows from the target; if none does, the task is easy or the dev rows are few",
    ),
    "groups-in-two-splits": Fault(
        "notice",
        "rows of one group may stand on both sides",
        "if rows of one group are alike, name the column in data.group; dlrun data CONFIG --gap then measures what a"
        " random split hides",
    ),
    "conflicting-rows": Fault(
        "notice",
        "equal rows with different targets",
        "look at their labels, or add a feature that tells them apart; what remains is optimal error"
        " (dlrun diagnose --reference)",
    ),
    "absent-class": Fault("notice", "a class has no rows to be judged by", "give dev and test rows of every class"),
    "id-column": Fault(
        "notice",
        "a feature numbers the rows",
        "name it in data.drop, if it is an id, or in data.order, if it is a time",
    ),
    "mixed-column": Fault(
        "notice",
        "words stand among numbers",
        "list the words in data.missing if they stand for a missing value, or name the column in data.categorical",
    ),
    "sentinel": Fault(
        "notice", "a number may stand for a missing value", "list it in data.missing, if it is no measurement"
    ),
}


def data_fault(code: str, evidence: str, share: float = 1.0) -> Finding:
    """The finding of a code."""
    fault = FAULTS[code]
    fails = fault.fails_from is not None and share >= fault.fails_from
    return Finding(code, "fail" if fails else fault.severity, fault.title, evidence, fault.do)


def faults_noticed(noticed: Iterable[Noticed]) -> list[Finding]:
    """One finding for each code of the table, with the evidence of all its suspicions and their largest share."""
    in_table = sorted((item for item in noticed if item.code in FAULTS), key=lambda item: item.code)
    by_code = {code: list(items) for code, items in groupby(in_table, key=lambda item: item.code)}
    return ranked(
        data_fault(code, "; ".join(item.evidence for item in items), max(item.share for item in items))
        for code, items in by_code.items()
    )


def mismatch_fault(shift: Shift, names: Sequence[str]) -> Finding | None:
    """The finding that train and dev rows differ; None where that is not shown, or where they differ too little."""
    if not shift.is_told():
        return None
    odds = "none" if shift.p_value * (1 + PERMUTATIONS) <= 1.5 else f"{round(shift.p_value * (1 + PERMUTATIONS)) - 1}"
    return data_fault(
        "mismatch",
        f"a classifier tells dev rows from train rows with AUC {shift.auc:.2f}, where 0.50 is chance and {odds} of"
        f" {PERMUTATIONS} random divisions reached as much; {told_features(shift.moved, names)}",
    )


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Findings about data: first those that fail, and each group in the table's order."""
    order = list(FAULTS)
    return sorted(findings, key=lambda finding: (finding.severity != "fail", order.index(finding.code)))
