"""The basic recipe as a loop: train, diagnose, change one thing, keep the change only if a paired test favours it.

It knows no files; `search.recipe` gives it a function that trains.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

from ..advice.case import changed
from ..advice.records import Advice, Confidence
from ..diagnosis.ills import Verdict
from ..diagnosis.records import Diagnosis
from ..diagnosis.words import percent, points
from ..records import Mapped
from ..statistics.acceptance import Answers, compare

Config = Mapping[str, Any]

T = TypeVar("T")


class Judged(NamedTuple):
    """A training: its config (nested), its diagnosis, what could be changed next, best first, as advice has it, its
    answers on the dev rows, and a name for it."""

    config: Config
    diagnosis: Diagnosis
    plan: Sequence[Advice]
    answers: Answers
    run_id: str | None = None


class FollowedAdvice(NamedTuple):
    """What a training follows from: the run_id of the one before, and the piece of advice that is followed."""

    run_id: str | None
    item: Advice


@dataclass(frozen=True)
class TrainAndDev(Mapped, Generic[T]):
    """One figure of train and one of dev, where the test rows are left alone."""

    train: T
    dev: T


@dataclass(frozen=True)
class Step(Mapped):
    """A training of the recipe.

    from_ : the number of the step that it changes, None for the first. action to confidence : of the advice, None for
    the first. kept : whether it replaced the one before. error_z, loss_z, miss_z : the paired test beside that one.
    """

    number: int
    run_id: str | None
    from_: int | None
    action: str | None
    change: Mapping[str, Any] | None
    why: str | None
    seconds: float | None
    expected: str | None
    confidence: Confidence | None
    errors: TrainAndDev[float]
    verdict: Verdict
    kept: bool = True
    error_z: float | None = None
    loss_z: float | None = None
    miss_z: float | None = None


@dataclass(frozen=True)
class Path(Mapped):
    """Every training in order, the number of the one to use, and why there were no more."""

    steps: tuple[Step, ...]
    kept: int | None
    ended: str


Train = Callable[[Config, FollowedAdvice | None], Judged]


def follow(
    train_and_diagnose: Train,
    start: Config,
    trainings: int,
    *,
    affordable: Callable[[float | None], bool] = lambda seconds: True,
    watch: Callable[[Step], None] = lambda step: None,
) -> Path:
    """The path of the recipe from a config.

    affordable : whether a training of so many seconds (None: not known) may still begin. watch : sees each step.
    """
    best, held = train_and_diagnose(start, None), None
    at, tried = 1, {fingerprint(start)}
    steps = [step_of(1, best, None, None)]
    watch(steps[0])
    while True:
        item = next_item(best, tried, held)
        ended = reason_to_end(best, item, len(steps), trainings, affordable)
        if ended or item is None:
            return Path(tuple(steps), at, ended or "")
        config = changed(best.config, item.change or {})
        tried.add(fingerprint(config))
        new = train_and_diagnose(config, FollowedAdvice(best.run_id, item))
        better, error_z, loss_z, miss_z = compare(best.answers, new.answers, len(steps))
        step = step_of(len(steps) + 1, new, item, at)
        step = replace(step, kept=better, error_z=error_z, loss_z=loss_z, miss_z=miss_z)
        steps.append(step)
        watch(step)
        if step.kept:
            best, at, held = new, step.number, item.action


def next_item(best: Judged, tried: set[str], held: str | None) -> Advice | None:
    """The first that a config carries out and that was not tried yet; what was `held` last goes on in its direction."""
    for item in sorted(best.plan, key=lambda item: item.action != held):
        if item.change is not None and fingerprint(changed(best.config, item.change)) not in tried:
            return item
    return None


def reason_to_end(
    best: Judged, item: Advice | None, done: int, trainings: int, affordable: Callable[[float | None], bool]
) -> str | None:
    """Why no other training follows, in a sentence; None where one does."""
    if nothing_to_gain := done_sentence(best.diagnosis):
        return f"done: {nothing_to_gain}"
    if item is None:
        return "nothing is left that a change of the config could do"
    if done >= trainings:
        return f"the budget of {trainings} trainings is used"
    if not affordable(item.seconds):
        return "the next training would not fit into the time"
    return None


def done_sentence(diagnosis: Diagnosis) -> str | None:
    """Why nothing worth having is left: the target is met, or dev error is surely near the optimal; else None.

    Low verdicts alone do not say so: bias and variance may be low by a little, and both together worth a training.
    """
    if any(finding.severity == "fail" for finding in diagnosis.findings):
        return None
    if diagnosis.target and diagnosis.target.met:
        return diagnosis.target.sentence
    low, dev = diagnosis.thresholds.low, diagnosis.intervals.dev
    if dev and dev[1] - diagnosis.optimal_error <= low:
        optimal = percent(diagnosis.optimal_error)
        return f"dev error is surely below {percent(dev[1])}, within {points(low)} points of the optimal {optimal}"
    return None


def fingerprint(config: Config) -> str:
    """The same text for equal configs."""
    return json.dumps(config, sort_keys=True)


def step_of(number: int, judged: Judged, item: Advice | None, came_from: int | None) -> Step:
    """A training as the path has it; the first one is kept for want of another."""
    errors = judged.diagnosis.errors
    return Step(
        number=number,
        run_id=judged.run_id,
        from_=came_from,
        action=item.action if item else None,
        change=item.change if item else None,
        why=item.why if item else None,
        seconds=item.seconds if item else None,
        expected=item.expected if item else None,
        confidence=item.confidence if item else None,
        errors=TrainAndDev(errors.train, errors.dev),
        verdict=judged.diagnosis.verdict,
    )
