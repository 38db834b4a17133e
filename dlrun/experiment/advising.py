"""Advice for a run: what its folder, or its training in memory, says of config, course and data, brought together.

Stands between the diagnosis, which is of numbers alone, and whoever shows it or follows it.
"""

from contextlib import suppress
from typing import Any

from ..advice.advise import advise
from ..advice.case import Case, Facts
from ..advice.course import course_of
from ..advice.records import RunDiagnosis
from ..diagnosis.learning_curve import Curve
from ..diagnosis.records import Diagnosis
from ..errors import StoreError
from ..places import command_for
from ..store import RunFolder, read_manifest
from ..store.codec import Misfit, from_plain
from .health import lines_of
from .keeper import METRICS

# What `dlrun curve` leaves in a run's folder.
CURVE = "curve.json"


def advised(folder: RunFolder, diagnosis: Diagnosis, result: dict) -> RunDiagnosis:
    """The diagnosis of a run with the advice that its folder allows."""
    try:
        case = case_of(folder, diagnosis, result)
    except StoreError:  # a folder of an older dlrun, or one that lost files: the errors alone still say something
        case = Case(diagnosis)
    return RunDiagnosis(run_id=result["run_id"], status=result["status"], diagnosis=diagnosis, advice=advise(case))


def case_of(folder: RunFolder, diagnosis: Diagnosis, result: dict) -> Case:
    """What a run's folder knows; one that diverged at once has no metrics. Raises StoreError without run.json or
    data.json."""
    data = folder.read_json("data.json")
    curve = None
    if (folder.path / CURVE).exists():
        with suppress(StoreError, Misfit):
            curve = from_plain(Curve, folder.read_json(CURVE))
    return Case(
        diagnosis,
        config=read_manifest(folder).identity.config,
        course=course_of(lines_of(folder, METRICS)),
        facts=facts_of(data, result["seconds"]),
        curve=curve,
        curve_command=command_for("curve", folder.path),
        config_file=str(folder.path / "resolved.yaml"),
    )


def facts_of(data: dict[str, Any], seconds: float) -> Facts:
    """What advice asks of the data, from data.json."""
    outputs = len(data["classes"]) if data["task"] == "multiclass" else 1
    return Facts(data["features"], outputs, data["sizes"]["train"], seconds, data["image_side"])
