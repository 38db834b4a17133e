"""What the recipe may change next after a training, best first.

First what is wrong with the run, then what holds it back, then a larger network, then refinements. `search.follow`
uses it, which has a budget of trainings; `advise` is for a person.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .advise import apart, changes_nothing, for_findings, item_of, proposals, reason_of
from .bias_remedies import less_augmentation, less_dropout, less_penalty, lower_rate, no_early_stop
from .case import Case, changed
from .proposal import Proposal, Remedy
from .records import BETWEEN_REASONS, Advice
from .refinements import REFINEMENTS, roomier

# Remedies that take away what holds a training back: they come before room for the network, and cost no more.
HOLDING_BACK: tuple[Remedy, ...] = (lower_rate, less_penalty, less_dropout, less_augmentation, no_early_stop)


def plan(case: Case) -> list[Advice]:
    """What to change next, best first, each as a piece of advice; all of the advice's own changes are among them."""
    seen: list[Mapping[str, Any]] = []
    items = []
    for proposal in in_order(case):
        if proposal.change is None or proposal.change in seen or changes_nothing(case, proposal.change):
            continue
        seen.append(proposal.change)
        items.append(item_of(case, proposal))
    return items


def in_order(case: Case) -> Iterator[Proposal]:
    """What fails, at once and singly; while the network has no room, what holds it back; room; the rest.

    A run that fails is mended before anything else, and a target that is met leaves nothing else to do.
    """
    advised = list(proposals(case))
    met = case.diagnosis.target is not None and case.diagnosis.target.met
    failing = list(for_findings(case, "fail"))
    yield from mended(case, failing, with_room=not met)
    yield from failing
    if met:
        return
    if room := roomier(case):
        yield from (proposal for proposal in advised if proposal.remedy in HOLDING_BACK)
        yield with_reason(case, room)
    for refinement in REFINEMENTS:
        if proposal := refinement(case):
            yield with_reason(case, proposal)
    yield from advised


def mended(case: Case, failing: list[Proposal], *, with_room: bool) -> Iterator[Proposal]:
    """All that the failing findings ask of the config, in one change: each is surely a fault, and none needs a test.

    Room comes along: a training that failed has shown nothing of the size its network needs.
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
        action, why = f"mend what ails the training: {', '.join(actions)}", BETWEEN_REASONS.join(others)
        yield fixes[0]._replace(action=action, change=change, measured=first, why=why)


def with_reason(case: Case, proposal: Proposal) -> Proposal:
    """What dev error still leaves to gain, and before that which ill it is, goes before a refinement's own reason."""
    verdict = case.diagnosis.verdict
    ills = [ill for ill, level in verdict.items() if level == "high"]
    if ills:
        reason = " and ".join(reason_of(case.diagnosis, ill) for ill in ills)
    else:
        low = verdict.bias == verdict.variance == "low"
        level = "bias and variance are low" if low else "neither bias nor variance is surely high"
        reason = f"{level}, and {apart(case.diagnosis, 'dev', 'optimal')}"
    return proposal._replace(measured=reason)
