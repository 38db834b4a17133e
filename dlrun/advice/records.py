"""The records of diagnosis.json: a diagnosis with the advice that follows from it."""

from dataclasses import dataclass
from typing import Any, Literal

from ..diagnosis.records import Diagnosis
from ..records import Mapped, flat, omitted

# The error that a change is expected to lower, and how sure that is.
About = Literal["train", "dev"]
Confidence = Literal["likely", "possible", "unsure"]

# Between the measurement that an advice follows from, and what it has to say for itself.
BETWEEN_REASONS = "; "


@dataclass(frozen=True)
class Advice(Mapped):
    """One thing to try.

    key : the config's main key. why : the measurement behind it, which its neighbours may share, and after "; " its own
    reason. change : values by dotted key, None where no key can carry it out. command : what does. seconds : that its
    training would take. expected : a sentence. code : of the finding that asks for it.
    """

    action: str
    key: str | None
    why: str
    change: dict[str, Any] | None
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
class RunDiagnosis(Mapped):
    """The diagnosis of a run, or of figures alone, when run_id is None and no status is known; with the advice.

    findings of `diagnosis` : all of them, those of data, training and choosing too.
    """

    run_id: str | None
    status: str | None = omitted()
    diagnosis: Diagnosis = flat()
    advice: tuple[Advice, ...]
