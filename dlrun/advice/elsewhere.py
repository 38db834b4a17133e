"""Advice for a training that dlrun did not do: actions in words, since no config of it is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..diagnosis.findings import Finding
from .records import RunDiagnosis

# What to do about a finding where its own sentence names a key of dlrun's config.
IN_WORDS = {
    "optimal-error-refuted": "give a lower optimal error with --optimal, or look for inputs that give the dev rows'"
    " answers away"
}

# Actions of the verdict that a finding of the curves says better.
SAID_BY = {"train longer": "still-falling", "regularize: stop early": "overfitting"}

# Without anything to do.
DONE = "done"


@dataclass(frozen=True)
class PlainAdvice:
    """An action, the measurement behind it, and the finding that it answers, None for the verdict itself."""

    action: str
    why: str
    code: str | None


def in_words(finding: Finding) -> Finding:
    """The finding with what to do in words."""
    return replace(finding, do=IN_WORDS.get(finding.code, finding.do))


def advice_elsewhere(of_curves: Sequence[Finding], judged: RunDiagnosis | None) -> tuple[PlainAdvice, ...]:
    """What to try, best first: about the curves, then about the verdict where there is one."""
    items = [PlainAdvice(finding.do, finding.evidence, finding.code) for finding in of_curves]
    codes = {finding.code for finding in of_curves}
    for item in judged.advice if judged else ():
        action = IN_WORDS.get(item.code or "", item.action)
        if SAID_BY.get(action) not in codes and not (action == DONE and items):
            items.append(PlainAdvice(action, item.why, item.code))
    return tuple(items)
