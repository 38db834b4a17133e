"""The health of a training: its findings, the cause before the symptom.

Stands between a History, which the joint puts together from a run's files, and the diagnosis.
"""

from .causes import CAUSES
from .history import Check, History, Sign
from .symptoms import SYMPTOMS

CHECKS = (*CAUSES, *SYMPTOMS)


def health_findings(history: History) -> list[dict]:
    """What is wrong with a training: {code, severity, title, evidence, do, layer}, those that fail first.

    A grave sign fails where the training rows are not fitted either, and is a notice where they are. A sign that a
    finding before it explains is left out.
    """
    found: dict[str, dict] = {}
    for check in CHECKS:
        sign = None if found.keys() & set(check.explained_by) else check.find(history)
        if sign is not None:
            found[check.code] = finding(check, sign, history)
    return sorted(found.values(), key=lambda told: told["severity"] != "fail")


def finding(check: Check, sign: Sign, history: History) -> dict:
    """A sign as the diagnosis tells it."""
    costs_something = history.train_is_high or history.status == "diverged"
    return {
        "code": check.code,
        "severity": "fail" if sign.is_grave and costs_something else "notice",
        "title": check.title,
        "evidence": sign.evidence,
        "do": sign.do,
        "layer": sign.layer,
    }
