"""A training elsewhere, judged by its log: what `dlrun diagnose --history FILE` answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...advice.curves import Curves, curve_findings
from ...advice.elsewhere import PlainAdvice, advice_elsewhere, in_words
from ...advice.of_figures import diagnosis_of_figures
from ...diagnosis import Diagnosis, Finding, Judgements
from ...records import BySplit, Sizes, without_infinities
from .reading import read_history

# What a log's train figures are worth.
WHILE_TRAINING = (
    "most packages log train figures as means over an epoch, while its steps are taken and dropout is on: measure the"
    " training rows again at the end for a sure bias and variance"
)

WITHOUT_ERRORS = "no verdict on bias and variance: it needs the errors or accuracies of train and dev, and there is"
NOT_FINITE = "no verdict on bias and variance: the numbers left the finite ones"


@dataclass(frozen=True)
class HistoryDiagnosis:
    """What a log tells of a training.

    kind : of file. columns : by role. epochs : how many; unit : what each is. judged_at : the epoch whose errors the
    verdict is of. lacking : why there is no verdict; None with one. findings : of the curves, then of the errors.
    curves : a figure that left the finite numbers is null, as is what was not measured.
    """

    file: str
    kind: str
    unit: str
    epochs: int
    columns: Mapping[str, str]
    notes: tuple[str, ...]
    curves: Curves
    judged_at: str | None
    diagnosis: Diagnosis | None
    lacking: str | None
    findings: tuple[Finding, ...]
    advice: tuple[PlainAdvice, ...]


def judge_history(
    file: Path,
    columns: Mapping[str, str],
    *,
    sizes: Sizes | None = None,
    optimal: float | Judgements | None = None,
    baseline: float | None = None,
) -> HistoryDiagnosis:
    """What the log of a training says of it. Raises DataError, and UsageError."""
    told = read_history(file, columns)
    of_curves = curve_findings(told.curves)
    last = None if any(finding.code == "not-finite" for finding in of_curves) else told.curves.last_errors()
    judged, judged_at, lacking = None, None, None
    if last is not None:
        at, train, dev = last
        judged, judged_at = diagnosis_of_figures(BySplit(train, dev), sizes, optimal, baseline), told.curves.called(at)
    else:
        is_finite = all(finding.code != "not-finite" for finding in of_curves)
        lacking = f"{WITHOUT_ERRORS} {errors_there(told.curves)}" if is_finite else NOT_FINITE
    of_errors = [in_words(finding) for finding in judged.findings] if judged else []
    return HistoryDiagnosis(
        file=str(file),
        kind=told.kind,
        unit=told.curves.unit,
        epochs=len(told.curves.numbers),
        columns=told.columns,
        notes=(*told.notes, WHILE_TRAINING) if judged else told.notes,
        curves=without_infinities(told.curves),
        judged_at=judged_at,
        diagnosis=judged.diagnosis if judged else None,
        lacking=lacking,
        findings=(*of_curves, *of_errors),
        advice=advice_elsewhere(of_curves, judged),
    )


def errors_there(curves: Curves) -> str:
    """Which of both errors a log has."""
    if curves.train_error and curves.dev_error:
        return "no epoch with both"
    if curves.train_error or curves.dev_error:
        return "that of train alone" if curves.train_error else "that of dev alone"
    return "neither; a loss has no scale of its own"
