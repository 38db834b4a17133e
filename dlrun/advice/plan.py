"""What the recipe may change next after a training, best first.

First what is wrong with the run, then what holds it back, then a larger network, then refinements. `search.follow`
uses it, which has a budget of trainings; `advise` is for a person.
"""

from collections.abc import Iterator
from dataclasses import replace

from ..records import Change
from .advise import changes_nothing, distance_clause, for_findings, item_of, proposals, reason_of
from .bias_remedies import less_augmentation, less_decay, less_dropout, less_penalty, lower_rate, no_early_stop
from .case import Case, changed
from .proposal import Proposal, Remedy
from .records import BETWEEN_REASONS, Advice
from .refinements import REFINEMENTS, roomier

# Remedies that remove what holds a training back. They come before a larger network, and cost no more.
HOLDING_BACK: tuple[Remedy, ...] = (
    lower_rate,
    less_penalty,
    less_decay,
    less_dropout,
    less_augmentation,
    no_early_stop,
)


def plan(case: Case) -> list[Advice]:
    """What to change next, best first, as items of advice; the changes that `advise` proposes are all included."""
    listed: list[Change] = []
    items = []
    for proposal in in_order(case):
        if proposal.change is None or proposal.change in listed or changes_nothing(case, proposal.change):
            continue
        listed.append(proposal.change)
        items.append(item_of(case, proposal))
    return items


def in_order(case: Case) -> Iterator[Proposal]:
    """Fixes of what fails, together and then singly; what holds a small network back; room for it; then the rest.

    A run that fails is repaired before anything else. Where the target is met, nothing else is left to do.
    """
    advised = list(proposals(case))
    target_is_met = case.diagnosis.target is not None and case.diagnosis.target.met
    failing = list(for_findings(case, "fail"))
    yield from repaired(case, failing, with_room=not target_is_met)
    yield from failing
    if target_is_met:
        return
    if room := roomier(case):
        yield from (proposal for proposal in advised if proposal.remedy in HOLDING_BACK)
        yield with_reason(case, room)
    for refinement in REFINEMENTS:
        if proposal := refinement(case):
            yield with_reason(case, proposal)
    yield from advised


def repaired(case: Case, failing: list[Proposal], *, with_room: bool) -> Iterator[Proposal]:
    """The changes for all failing findings as one change, because each finding is surely a fault.

    A larger network is part of it: a training that failed has not shown which size its network needs.
    """
    fixes = [proposal for proposal in failing if proposal.change is not None]
    if not fixes:
        return
    change = {key: value for fix in reversed(fixes) for key, value in (fix.change or {}).items()}
    room = roomier(replace(case, config=changed(case.config or {}, change))) if with_room else None
    actions = dict.fromkeys([*(fix.action for fix in fixes), *([room.action] if room else [])])
    if len(actions) > 1:
        first, *others = dict.fromkeys(fix.measured for fix in fixes)
        if room and room.change:
            change |= room.change
            others.append("a training that failed has shown nothing of the size it needs")
        action, why = f"repair the training: {', '.join(actions)}", BETWEEN_REASONS.join(others)
        yield fixes[0]._replace(action=action, change=change, measured=first, why=why)


def with_reason(case: Case, proposal: Proposal) -> Proposal:
    """The proposal with the measurement behind it: what is high, else what dev error still leaves to gain."""
    verdict = case.diagnosis.verdict
    ills = [ill for ill, level in verdict.items() if level == "high"]
    if ills:
        reason = " and ".join(reason_of(case.diagnosis, ill) for ill in ills)
    elif verdict.bias == "withheld":
        reason = f"no verdict is given, and {distance_clause(case.diagnosis, 'dev', 'optimal')}"
    else:
        low = verdict.bias == verdict.variance == "low"
        level = "bias and variance are low" if low else "neither bias nor variance is surely high"
        reason = f"{level}, and {distance_clause(case.diagnosis, 'dev', 'optimal')}"
    return proposal._replace(measured=reason)
