"""The records of diagnosis.json: a diagnosis with the advice that follows from it."""

from dataclasses import dataclass
from typing import Literal

from ..diagnosis.records import Diagnosis
from ..records import Change, flat, omitted

# The error that a change is expected to lower, and how sure that is.
About = Literal["train", "dev"]
Confidence = Literal["likely", "possible", "unsure"]

# Separates the measurement that an item of advice follows from, and its own reason.
BETWEEN_REASONS = "; "


@dataclass(frozen=True)
class Advice:
    """One item of advice: a thing to try.

    key : the config's main key. why : the measurement behind it, which other items may share, and after "; " its own
    reason. change : values by dotted key, None where no key can carry it out. command : carries it out. seconds : how
    long that training would take. expected : a sentence. code : of the finding that it answers.
    """

    action: str
    key: str | None
    why: str
    change: Change | None
    command: str | None
    seconds: float | None
    expected: str
    about: About
    confidence: Confidence | None
    code: str | None

    def reasons(self) -> tuple[str, str]:
        """The measurement behind it, and its own reason, which may be empty."""
        measured, _, own = self.why.partition(BETWEEN_REASONS)
        return measured, own


@dataclass(frozen=True, kw_only=True)
class RunDiagnosis:
    """The diagnosis of a run with the advice; or of figures alone, where run_id and status are None.

    The findings of `diagnosis` are all findings: of errors, data, training and selection.
    """

    run_id: str | None
    status: str | None = omitted()
    diagnosis: Diagnosis = flat()
    advice: tuple[Advice, ...]
