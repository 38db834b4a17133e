"""The health of a training as findings: a cause is reported instead of its symptoms.

Runs every check of `causes` and `symptoms` on a History, which `experiment.judge` makes of a run.
"""

from .causes import CAUSES
from .findings import Finding, Severity
from .history import Check, History, Sign
from .symptoms import SYMPTOMS

CHECKS = (*CAUSES, *SYMPTOMS)


def health_findings(history: History) -> list[Finding]:
    """What is wrong with a training, first the findings that fail.

    A grave sign fails where the training rows are not fitted, and is a notice where they are. A sign that an earlier
    finding explains is left out.
    """
    by_code: dict[str, Finding] = {}
    for check in CHECKS:
        sign = None if by_code.keys() & set(check.explained_by) else check.find(history)
        if sign is not None:
            by_code[check.code] = finding_of(check, sign, history)
    return sorted(by_code.values(), key=lambda finding: finding.severity != "fail")


def finding_of(check: Check, sign: Sign, history: History) -> Finding:
    """The finding that reports a sign."""
    costs_something = history.train_is_high or history.status == "diverged"
    severity: Severity = "fail" if sign.is_grave and costs_something else "notice"
    return Finding(check.code, severity, check.title, sign.evidence, sign.do, sign.layer)
