"""The basic recipe as a loop: train, diagnose, change one thing, keep the change only if a paired test favours it.

It knows no files; `search.recipe` gives it a function that trains.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from ..advice.case import changed
from ..advice.records import Advice, Confidence
from ..diagnosis.ills import Verdict
from ..diagnosis.records import Diagnosis
from ..diagnosis.words import percent, points
from ..records import Change, ConfigData
from ..statistics.acceptance import Answers, compare, error_change
from ..statistics.intervals import Interval

T = TypeVar("T")


class Judged(NamedTuple):
    """A training and its diagnosis.

    config : nested. plan : what could be changed next, best first. answers : on the dev rows. run_id : its name.
    """

    config: ConfigData
    diagnosis: Diagnosis
    plan: Sequence[Advice]
    answers: Answers
    run_id: str | None = None


class FollowedAdvice(NamedTuple):
    """Why a training is done: the run_id of the one before it, and the item of that one's advice."""

    run_id: str | None
    item: Advice


@dataclass(frozen=True)
class TrainAndDev(Generic[T]):
    """A figure of train and one of dev, where test is not used."""

    train: T
    dev: T


@dataclass(frozen=True)
class Step:
    """A training of the recipe.

    from_ : the number of the step that it changes, None for the first. action to confidence : of the advice, None for
    the first. kept : whether it replaced that step. change_of_error, change_interval : this dev error less that step's,
    on the same rows. error_z, loss_z, miss_z : of the paired test against that step.
    """

    number: int
    run_id: str | None
    from_: int | None
    action: str | None
    change: Change | None
    why: str | None
    seconds: float | None
    expected: str | None
    confidence: Confidence | None
    errors: TrainAndDev[float]
    verdict: Verdict
    kept: bool = True
    change_of_error: float | None = None
    change_interval: Interval | None = None
    error_z: float | None = None
    loss_z: float | None = None
    miss_z: float | None = None


@dataclass(frozen=True)
class Path:
    """Every training in order. kept : the number of the one to use. ended : why there were no more."""

    steps: tuple[Step, ...]
    kept: int | None
    ended: str


Train = Callable[[ConfigData, FollowedAdvice | None], Judged]


def follow(
    train_and_diagnose: Train,
    start: ConfigData,
    trainings: int,
    *,
    affordable: Callable[[float | None], bool] = lambda seconds: True,
    watch: Callable[[Step], None] = lambda step: None,
) -> Path:
    """The path of the recipe from a config.

    affordable : whether a training of so many seconds (None: not known) may still begin. watch : called with each step.
    """
    best, last_action = train_and_diagnose(start, None), None
    at, tried = 1, {fingerprint(start)}
    steps = [step_of(1, best, None, None)]
    watch(steps[0])
    while True:
        item = next_item(best, tried, last_action)
        ended = reason_to_end(best, item, len(steps), trainings, affordable)
        if ended or item is None:
            return Path(tuple(steps), at, ended or "")
        config = changed(best.config, item.change or {})
        tried.add(fingerprint(config))
        new = train_and_diagnose(config, FollowedAdvice(best.run_id, item))
        better, error_z, loss_z, miss_z = compare(best.answers, new.answers, len(steps))
        step = step_of(len(steps) + 1, new, item, at)
        step = replace(step, kept=better, error_z=error_z, loss_z=loss_z, miss_z=miss_z)
        if changed_by := error_change(best.answers, new.answers, new.diagnosis.errors.dev):
            step = replace(step, change_of_error=changed_by[0], change_interval=changed_by[1])
        steps.append(step)
        watch(step)
        if step.kept:
            best, at, last_action = new, step.number, item.action


def next_item(best: Judged, tried: set[str], last_action: str | None) -> Advice | None:
    """The first item that a config can carry out and that was not tried yet.

    `last_action`, the last that was kept, comes first: it may help again.
    """
    for item in sorted(best.plan, key=lambda item: item.action != last_action):
        if item.change is not None and fingerprint(changed(best.config, item.change)) not in tried:
            return item
    return None


def reason_to_end(
    best: Judged, item: Advice | None, done: int, trainings: int, affordable: Callable[[float | None], bool]
) -> str | None:
    """A sentence that says why no other training follows; None where one does."""
    if nothing_to_gain := done_sentence(best.diagnosis):
        return f"done: {nothing_to_gain}"
    if item is None:
        return "nothing is left that a change of the config can improve"
    if done >= trainings:
        return f"the budget of {trainings} trainings is used"
    if not affordable(item.seconds):
        return "the next training would not fit into the time"
    return None


def done_sentence(diagnosis: Diagnosis) -> str | None:
    """Why nothing is left to gain: the target is met, or dev error is surely near the optimal error; else None.

    Two low verdicts are not enough: bias and variance may both be just low, and together be worth a training.
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


def fingerprint(config: ConfigData) -> str:
    """The same text for equal configs."""
    return json.dumps(config, sort_keys=True)


def step_of(number: int, judged: Judged, item: Advice | None, came_from: int | None) -> Step:
    """The step of a training; the first one is kept, because there is no other yet."""
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
