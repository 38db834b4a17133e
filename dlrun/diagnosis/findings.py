"""A finding: the one record for everything that is wrong with a run.

The errors, the data, the training, the selection and the probe all report findings, and all of them are shown in one
list.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

# A finding that fails outranks the verdict; a notice is shown with it.
Severity = Literal["fail", "notice"]


@dataclass(frozen=True)
class Finding:
    """One finding.

    code : stable, explained by `dlrun explain`. title : what is wrong, without numbers. evidence : this run's numbers.
    do : what to do about it. layer : the layer it is about, counted from 1, None where it is about none.
    """

    code: str
    severity: Severity
    title: str
    evidence: str
    do: str
    layer: int | None = None


# What came out, and not why it did: shown as the sentence above the findings that may explain it.
OUTCOMES = ("no-better-than-baseline",)


class Told(NamedTuple):
    """Findings as a person reads them: what came out, in a sentence above, and what may have caused it."""

    outcomes: tuple[Finding, ...]
    causes: tuple[Finding, ...]


def told(findings: Iterable[Finding]) -> Told:
    """Findings, parted into outcomes and causes, each in its order."""
    listed = tuple(findings)
    return Told(
        tuple(finding for finding in listed if finding.code in OUTCOMES),
        tuple(finding for finding in listed if finding.code not in OUTCOMES),
    )


def causes_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The order of all findings of a run, wherever they are kept: causes that fail, causes to notice, the outcome."""
    parted = told(findings)
    return (*sorted(parted.causes, key=lambda finding: finding.severity != "fail"), *parted.outcomes)


def sentence_of(finding: Finding, *, is_explained: bool) -> str:
    """A finding in a sentence. is_explained : whether causes follow, which say what to do about an outcome."""
    said = f"{finding.title}: {finding.evidence}"
    return said if is_explained else f"{said}; {finding.do}"
