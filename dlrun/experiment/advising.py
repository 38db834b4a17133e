"""Advice for a run: brings together its diagnosis, config, course and data, from memory or from its folder.

The diagnosis knows numbers alone. `dlrun train` and `diagnose` show this advice, and the recipe follows it.
"""

from collections.abc import Sequence
from contextlib import suppress

from ..advice.advise import advise
from ..advice.case import Case, Facts
from ..advice.course import course_of
from ..advice.records import RunDiagnosis
from ..data import DataFacts
from ..diagnosis.learning_curve import Curve
from ..diagnosis.records import Diagnosis
from ..diagnosis.size_probe import SizeProbe
from ..errors import StoreError
from ..nn.training import EpochRecord
from ..places import command_for
from ..records import ConfigData
from ..store import DATA, RESOLVED, Result, RunFolder, read_manifest, sound_metrics
from .judge import judged

# What `dlrun curve` leaves in a run's folder.
CURVE = "curve.json"


def diagnosis_of(result: Result, folder: RunFolder) -> RunDiagnosis:
    """The diagnosis of a result with advice, as far as the run's folder allows advice."""
    diagnosis = judged(result)
    try:
        case = case_of(folder, diagnosis, result)
    except StoreError:  # a run of an older dlrun, or with lost files: the errors alone still allow some advice
        case = Case(diagnosis)
    return advised(result, case)


def advised(result: Result, case: Case) -> RunDiagnosis:
    """The diagnosis of a case with the advice that follows from it."""
    return RunDiagnosis(
        run_id=result.run_id, status=result.status, diagnosis=case.diagnosis, advice=tuple(advise(case))
    )


def case_of(folder: RunFolder, diagnosis: Diagnosis, result: Result) -> Case:
    """The case of a run, from its folder; a run that diverged at once has no metrics.

    Raises StoreError without run.json or data.json.
    """
    config, data = read_manifest(folder).identity.config, folder.read_record(DATA, DataFacts)
    curve = None
    if (folder.path / CURVE).exists():
        with suppress(StoreError):
            curve = folder.read_record(CURVE, Curve)
    facts, metrics = facts_of(data, result.seconds), sound_metrics(folder)[0]
    return case_in_memory(folder, diagnosis, config, metrics, facts, curve, size=result.size_probe)


def case_in_memory(
    folder: RunFolder,
    diagnosis: Diagnosis,
    config: ConfigData,
    metrics: Sequence[EpochRecord],
    facts: Facts,
    curve: Curve | None = None,
    *,
    size: SizeProbe | None = None,
) -> Case:
    """The case of a run in memory; of `folder`, only the path is used."""
    return Case(
        diagnosis,
        config=config,
        course=course_of(metrics),
        facts=facts,
        curve=curve,
        curve_command=command_for("curve", folder.path),
        config_file=str(folder.path / RESOLVED),
        size=size,
    )


def facts_of(data: DataFacts, seconds: float) -> Facts:
    """The facts of the data that advice needs."""
    outputs = len(data.classes) if data.task == "multiclass" else 1
    return Facts(data.features, outputs, data.sizes.train, seconds, data.image_side)
