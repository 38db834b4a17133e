"""The health of a training as findings: a cause is reported instead of its symptoms.

Runs every check of `causes` and `symptoms` on a History, which `experiment.judge` makes of a run.
"""

from .causes import CAUSES
from .findings import Finding, Severity
from .history import Check, History, Sign
from .symptoms import SYMPTOMS

CHECKS = (*CAUSES, *SYMPTOMS)


def health_findings(history: History) -> list[Finding]:
    """What is wrong with a training, those that fail first.

    A grave sign fails where the training rows are not fitted either, and is a notice where they are. A sign that a
    finding before it explains is left out.
    """
    found: dict[str, Finding] = {}
    for check in CHECKS:
        sign = None if found.keys() & set(check.explained_by) else check.find(history)
        if sign is not None:
            found[check.code] = finding(check, sign, history)
    return sorted(found.values(), key=lambda one: one.severity != "fail")


def finding(check: Check, sign: Sign, history: History) -> Finding:
    """A sign as the diagnosis tells it."""
    costs_something = history.train_is_high or history.status == "diverged"
    severity: Severity = "fail" if sign.is_grave and costs_something else "notice"
    return Finding(check.code, severity, check.title, sign.evidence, sign.do, sign.layer)
