"""The records of diagnosis.json: a diagnosis with the advice that follows from it."""

from dataclasses import dataclass
from typing import Literal

from ..diagnosis.findings import Finding
from ..diagnosis.ills import Verdict
from ..diagnosis.records import Diagnosis
from ..diagnosis.words import points
from ..records import BySplit, Change, flat, omitted
from .shown import ToTry, as_html, as_text

# The error that a change is expected to lower, and how sure that is.
About = Literal["train", "dev"]
Confidence = Literal["likely", "possible", "unsure"]

# The file beside the runs that has what came of advice, as `search.ledger` writes it.
LEDGER = "advice.jsonl"

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


@dataclass(frozen=True)
class Rate:
    """What came of an action wherever it was tried: how often, and how often the error surely fell.

    median : by how much the error fell that was expected to, as a fraction; below 0 where it rose.
    """

    tried: int
    helped: int
    median: float

    def words(self) -> str:
        """ "helped in 41 of 60 such runs, 2.1 points in the median"."""
        return f"helped in {self.helped} of {self.tried} such runs, {points(self.median)} points in the median"


@dataclass(frozen=True, kw_only=True)
class RunDiagnosis:
    """The diagnosis of a run with the advice; or of figures alone, where run_id and status are None.

    The findings of `diagnosis` are all findings: of errors, data, training and selection.
    """

    run_id: str | None
    status: str | None = omitted()
    diagnosis: Diagnosis = flat()
    advice: tuple[Advice, ...]

    @property
    def verdict(self) -> Verdict:
        """The levels of bias and variance."""
        return self.diagnosis.verdict

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return self.diagnosis.sentence

    @property
    def errors(self) -> BySplit[float]:
        """The error of each split."""
        return self.diagnosis.errors

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, of errors, data, training and selection."""
        return self.diagnosis.findings

    def to_try(self) -> tuple[ToTry, ...]:
        """The advice as it is shown."""
        return tuple(ToTry(item.action, item.command or item.key or "", item.why) for item in self.advice)

    def __str__(self) -> str:
        return as_text(self.diagnosis, self.to_try())

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return as_html(self.diagnosis, self.to_try())
