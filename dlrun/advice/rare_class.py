"""What helps where a rare class is missed: remedies that change what a mistake counts, or what the rows show of it.

They stand last in the advice. Each finds more rows of the class for more false alarms, so that the error itself may
rise: whether that is wanted is for a person to say.
"""

import shlex
from collections.abc import Iterator

from ..diagnosis.records import Diagnosis, Recall
from ..diagnosis.words import percent, span
from .case import Case
from .proposal import Proposal

# A class of which fewer rows are found is missed often enough to say so. A judgement: one in four.
POOR_RECALL = 0.75


def missed_class(diagnosis: Diagnosis) -> tuple[Recall, Recall] | None:
    """The rarest class and the commonest, where the rarest is found in few of its dev rows, and surely less often."""
    if diagnosis.classes is None:
        return None
    by_rows = sorted(diagnosis.classes.recalls, key=lambda one: one.rows)
    rarest, commonest = by_rows[0], by_rows[-1]
    is_missed = rarest.recall < POOR_RECALL and rarest.interval[1] < commonest.interval[0]
    return (rarest, commonest) if is_missed else None


def for_missed_class(case: Case) -> Iterator[Proposal]:
    """Weights of classes, a threshold by costs, more rows; nothing where a finding fails, which comes first."""
    found = missed_class(case.diagnosis)
    if found is None or any(finding.severity == "fail" for finding in case.diagnosis.findings):
        return
    rarest, commonest = found
    label, rows = rarest.label, f"{rarest.rows:,} dev rows"
    measured = (
        f"{percent(rarest.recall)} {span(rarest.interval)} of the {rows} of {label} are found, and"
        f" {percent(commonest.recall)} of {commonest.label}"
    )
    expected = f"a higher recall of {label}, for more false alarms; the error itself may rise"
    config = shlex.quote(case.config_file or "CONFIG.yaml")
    if case.value("training.class_weight") is None:
        yield Proposal(
            f"let {label} count more",
            "training.class_weight",
            None,
            f"{commonest.label} makes most of the loss; balanced weights let classes count alike, in the errors too",
            expected,
            None,
            command=f"dlrun train {config} training.class_weight=balanced",
            measured=measured,
        )
    if case.diagnosis.classes and len(case.diagnosis.classes.recalls) == 2:
        yield Proposal(
            "choose the threshold by what the two mistakes cost",
            None,
            None,
            f"{label} is answered from 50% on, as if a missed one cost no more than a false alarm",
            expected,
            None,
            command="dlrun predict RUN FILE --costs false_alarm=1,miss=10",
            measured=measured,
        )
    yield Proposal(
        f"more rows of {label}",
        None,
        None,
        f"they are few in training as well, and its recall is known from {rows} alone",
        f"a higher recall of {label}, and a narrower interval of it",
        None,
        measured=measured,
    )
