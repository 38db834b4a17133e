"""What to try next: the basic recipe in its order, each item with the config change that carries it out.

Data faults come first, then what is wrong with the optimisation, then bias and variance by their share of the excess
error; "done" where nothing is left. Every diagnosis of a run ends with this.
"""

import json
import shlex
from collections.abc import Iterator
from typing import Literal

from ..diagnosis.causes import CAUSES
from ..diagnosis.findings import OUTCOMES, Finding, Severity, causes_first, told
from ..diagnosis.ills import ILLS, Ill, Level
from ..diagnosis.records import Diagnosis
from ..diagnosis.size_probe import size_words
from ..diagnosis.words import distance, percent
from ..records import Change
from .bias_remedies import BIAS, BIGGER
from .case import Case, changed
from .expense import seconds_of
from .fixes import FIXES
from .proposal import Proposal, Remedy
from .rare_class import for_missed_class
from .records import BETWEEN_REASONS, About, Advice, Confidence
from .variance_remedies import VARIANCE

# Where no config is known: the actions of the course's recipe and the config keys that carry them out.
KEYS: dict[Ill, tuple[tuple[str, str], ...]] = {
    "bias": (
        ("bigger network: more units a layer", "network.width"),
        ("bigger network: more layers", "network.depth"),
        ("train longer", "training.epochs"),
        ("another architecture", "network.activation"),
    ),
    "variance": (
        ("regularize: penalize large weights", "regularization.lambda"),
        ("regularize: dropout", "regularization.keep_prob"),
        ("regularize: stop early", "regularization.patience_epochs"),
        ("regularize: augment the data", "regularization.augment.noise"),
        ("more data", "data.source"),
        ("smaller network", "network.width"),
    ),
}
REMEDIES: dict[Ill, tuple[Remedy, ...]] = {"bias": BIAS, "variance": VARIANCE}

# Findings that the config itself shows. They are changed before anything else, even where the training rows are fitted.
OF_THE_CONFIG = {check.code for check in CAUSES}

# How sure a remedy is where bias or variance is only moderate, or inconclusive.
LESS_SURE: dict[Confidence | None, Confidence | None] = {
    "likely": "possible",
    "possible": "unsure",
    "unsure": "unsure",
    None: None,
}


def advise(case: Case) -> tuple[Advice, ...]:
    """What to try, best first, never empty.

    Of two equal changes, only the first is listed; likewise of two items with the same key and no change.
    """
    listed: list[object] = []
    items = []
    for proposal in proposals(case):
        mark = proposal.change if proposal.change is not None else proposal.key or proposal.action
        if mark not in listed and not changes_nothing(case, proposal.change):
            listed.append(mark)
            items.append(item_of(case, proposal))
    return tuple(items) or (item_of(case, done(case)),)


def proposals(case: Case) -> Iterator[Proposal]:
    """Everything that applies, in the recipe's order."""
    diagnosis = case.diagnosis
    if diagnosis.target and diagnosis.target.met:
        yield from for_findings(case, "fail")
        return
    yield from for_findings(case, "fail")
    yield from for_findings(case, "notice", causes=True)
    for ill in ills_by_share(diagnosis):
        level = diagnosis.verdict.of(ill)
        if level == "inconclusive":
            yield more_dev_rows(case, ill)
        for proposal in remedies_of(case, ill):
            weaker = level != "high"
            yield proposal._replace(confidence=LESS_SURE[proposal.confidence]) if weaker else proposal
    yield from for_findings(case, "notice", causes=False)
    yield from for_missed_class(case)


def ills_by_share(diagnosis: Diagnosis) -> list[Ill]:
    """Bias and variance where they need a remedy: high ones first, then the larger distance, bias first if equal.

    An inconclusive one is included where its distance is above the lower threshold: a paired test decides later.
    """
    order: dict[Level, int] = {"high": 0, "moderate": 1, "inconclusive": 2}
    to_treat = [(ill, level) for ill, level in diagnosis.verdict.items() if level in order]
    to_treat.sort(key=lambda pair: (order[pair[1]], -gap_of(diagnosis, pair[0])))
    return [ill for ill, _ in to_treat]


def remedies_of(case: Case, ill: Ill) -> Iterator[Proposal]:
    """The remedies that apply to this run; without a config, the keys that the course names."""
    reason = reason_of(case.diagnosis, ill)
    looks_small = gap_of(case.diagnosis, ill) <= case.diagnosis.thresholds.low
    if case.diagnosis.verdict.of(ill) == "inconclusive" and looks_small:
        return
    if case.config is None:
        about: About = "train" if ill == "bias" else "dev"
        for action, key in KEYS[ill]:
            yield Proposal(action, key, None, reason, f"a lower {about} error", None, about)
        return
    not_the_size = case.size is not None and case.size.answer == "not the size"
    for remedy in sorted(REMEDIES[ill], key=lambda remedy: not_the_size and remedy in BIGGER):
        proposal = remedy(case)
        if proposal is not None:
            if case.size and not_the_size and remedy in BIGGER:
                why = f"{size_words(case.size, case.diagnosis.word)}: it is not the size that is missing first"
                proposal = proposal._replace(why=why, confidence="unsure")
            yield proposal._replace(measured=reason, remedy=remedy)


def gap_of(diagnosis: Diagnosis, ill: Ill) -> float:
    return diagnosis.avoidable_bias if ill == "bias" else diagnosis.variance


def reason_of(diagnosis: Diagnosis, ill: Ill) -> str:
    """A clause with the measurement behind bias or variance."""
    if ill == "bias":
        return distance_clause(diagnosis, "train", "optimal")
    return distance_clause(diagnosis, "dev", "train")


def distance_clause(
    diagnosis: Diagnosis, split: Literal["train", "dev"], compared_with: Literal["train", "optimal"]
) -> str:
    """A clause with the distance of a split's error from the train error or from the optimal error."""
    word = diagnosis.word
    errors = {"train": diagnosis.errors.train, "dev": diagnosis.errors.dev, "optimal": diagnosis.optimal_error}
    reference = "the optimal" if compared_with == "optimal" else f"{compared_with} {word}"
    gap = distance(errors[split], errors[compared_with])
    return f"{split} {word} {percent(errors[split])} is {gap} {reference} {percent(errors[compared_with])}"


def for_findings(case: Case, severity: Severity, causes: bool | None = None) -> Iterator[Proposal]:
    """What to do about each finding of this severity, with the change where a key carries it out.

    causes : True for only those that the config itself shows, False for only the others, None for all.
    An outcome has an item of its own only where no cause fails, or where a change is known for it.
    """
    findings = [finding for finding in causes_first(case.diagnosis.findings) if finding.severity == severity]
    is_explained = any(told(findings).causes)
    for finding in findings:
        if causes is None or (finding.code in OF_THE_CONFIG) == causes:
            proposal = for_finding(case, finding)
            if proposal.change is not None or not (is_explained and finding.code in OUTCOMES):
                yield proposal


def for_finding(case: Case, finding: Finding) -> Proposal:
    """The fix for a finding's code; without one, or if the config has it already, what the finding says to do."""
    fix = FIXES.get(finding.code) if case.config is not None else None
    change = fix.change(case) if fix else None
    if fix is None or change is None or changes_nothing(case, change):
        proposal = Proposal(finding.do, None, None, finding.evidence, "errors that mean what they say", None)
    else:
        sure: Confidence = "likely" if finding.severity == "fail" else "possible"
        key = next(iter(change))
        proposal = Proposal(fix.action, key, change, finding.evidence, "a lower train error", sure, "train")
    return proposal._replace(measured=finding.title, code=finding.code)


def more_dev_rows(case: Case, ill: Ill) -> Proposal:
    """For a verdict that these rows cannot settle."""
    needed = case.diagnosis.dev_rows_needed.of(ill)
    why = needed.sentence if needed else f"these rows do not settle the {ill}"
    action = "more dev rows" if needed is None or needed.rows else f"leave the {ill} open"
    return Proposal(action, "data.split", None, why, "a definite verdict; the error itself stays as it is", None)


def done(case: Case) -> Proposal:
    """The advice that nothing is left to do, with the reason."""
    target = case.diagnosis.target
    if target and target.met:
        why = target.sentence
    else:
        reasons = [reason_of(case.diagnosis, ill) for ill in ILLS]
        why = f"{reasons[0]}, and {reasons[1]}: both distances are low"
    return Proposal("done", None, None, why, "nothing that another training would change", None)


def changes_nothing(case: Case, change: Change | None) -> bool:
    """Whether the config already has the values of the change."""
    return change is not None and all(case.value(key) == value for key, value in change.items())


def item_of(case: Case, proposal: Proposal) -> Advice:
    """The item of advice, as diagnosis.json has it, for a proposal."""
    change, command, seconds = proposal.change, proposal.command, None
    if change is not None:
        command = f"dlrun train {shlex.quote(case.config_file or 'CONFIG.yaml')} {' '.join(overrides_of(change, True))}"
        if case.facts and case.config is not None:
            epochs = case.course.epochs if case.course else None
            after = changed(case.config, change)
            seconds = float(f"{seconds_of(case.config, after, case.facts, epochs):.2g}")
    return Advice(
        action=proposal.action,
        key=proposal.key,
        why=BETWEEN_REASONS.join(filter(None, (proposal.measured, proposal.why))),
        change=dict(change) if change is not None else None,
        command=command,
        seconds=seconds,
        expected=proposal.expected,
        about=proposal.about,
        confidence=proposal.confidence,
        code=proposal.code,
    )


def overrides_of(change: Change, quoted: bool = False) -> list[str]:
    """A change as `key=value` words for a command line."""
    words = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in change.items()]
    return [shlex.quote(word) for word in words] if quoted else words
