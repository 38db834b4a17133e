"""The basic recipe, followed: train, diagnose, change one thing, keep it only when a paired test favours it, and again.

Knows nothing of files. Whoever calls it trains.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..advice.case import changed
from ..diagnosis.words import percent, points
from ..statistics.acceptance import Answers, compare

Config = Mapping[str, Any]
Item = Mapping[str, Any]


class Judged(NamedTuple):
    """A training: its config (nested), its diagnosis, what could be changed next, best first, as advice has it, its
    answers on the dev rows, and a name for it."""

    config: Config
    diagnosis: Mapping[str, Any]
    plan: Sequence[Item]
    answers: Answers
    run_id: str | None = None


class Because(NamedTuple):
    """What a training follows from: the run_id of the one before, and the piece of advice that is followed."""

    run_id: str | None
    item: Item


Train = Callable[[Config, Because | None], Judged]


def follow(
    train_and_diagnose: Train,
    start: Config,
    trainings: int,
    *,
    affordable: Callable[[float | None], bool] = lambda seconds: True,
    watch: Callable[[dict], None] = lambda step: None,
) -> dict:
    """{steps, kept, ended}: every training in order, the number of the one to use, and why there were no more.

    A step is {number, run_id, from, action, change, why, seconds, expected, confidence, errors, verdict, kept, error_z,
    loss_z, miss_z}; `from` is the number of the step it changes, None for the first, and change is what it changes
    there.
    affordable : whether a training of so many seconds (None: not known) may still begin. watch : sees each step.
    """
    best, held = train_and_diagnose(start, None), None
    at, tried = 1, {fingerprint(start)}
    steps = [step_of(1, best, None, None)]
    watch(steps[0])
    while True:
        item = next_item(best, tried, held)
        ended = reason_to_end(best, item, len(steps), trainings, affordable)
        if ended:
            return {"steps": steps, "kept": at, "ended": ended}
        config = changed(best.config, item["change"])
        tried.add(fingerprint(config))
        new = train_and_diagnose(config, Because(best.run_id, item))
        comparison = compare(best.answers, new.answers, len(steps))
        step = step_of(len(steps) + 1, new, item, at) | comparison._asdict()
        step["kept"] = step.pop("better")
        steps.append(step)
        watch(step)
        if step["kept"]:
            best, at, held = new, step["number"], item["action"]


def next_item(best: Judged, tried: set[str], held: str | None) -> Item | None:
    """The first that a config carries out and that was not tried yet; what was `held` last goes on in its direction."""
    for item in sorted(best.plan, key=lambda item: item["action"] != held):
        if item["change"] is not None and fingerprint(changed(best.config, item["change"])) not in tried:
            return item
    return None


def reason_to_end(
    best: Judged, item: Item | None, done: int, trainings: int, affordable: Callable[[float | None], bool]
) -> str | None:
    """Why no other training follows, in a sentence; None where one does."""
    if nothing_to_gain := done_sentence(best.diagnosis):
        return f"done: {nothing_to_gain}"
    if item is None:
        return "nothing is left that a change of the config could do"
    if done >= trainings:
        return f"the budget of {trainings} trainings is used"
    if not affordable(item["seconds"]):
        return "the next training would not fit into the time"
    return None


def done_sentence(diagnosis: Mapping[str, Any]) -> str | None:
    """Why nothing worth having is left: the target is met, or dev error is surely near the optimal; else None.

    Low verdicts alone do not say so: bias and variance may be low by a little, and both together worth a training.
    """
    if any(finding["severity"] == "fail" for finding in diagnosis.get("findings") or ()):
        return None
    target = diagnosis.get("target") or {}
    if target.get("met"):
        return target["sentence"]
    upper = ((diagnosis.get("intervals") or {}).get("dev") or (None, None))[1]
    low = (diagnosis.get("thresholds") or {}).get("low", 0.0)
    if upper is not None and upper - diagnosis["optimal_error"] <= low:
        optimal = percent(diagnosis["optimal_error"])
        return f"dev error is surely below {percent(upper)}, within {points(low)} points of the optimal {optimal}"
    return None


def fingerprint(config: Config) -> str:
    """The same text for equal configs."""
    return json.dumps(config, sort_keys=True)


def step_of(number: int, judged: Judged, item: Item | None, came_from: int | None) -> dict:
    """A training as the path has it; the first one is kept for want of another."""
    keys = ("action", "change", "why", "seconds", "expected", "confidence")
    return {
        "number": number,
        "run_id": judged.run_id,
        "from": came_from,
        **{key: item[key] if item else None for key in keys},
        "errors": {split: judged.diagnosis["errors"][split] for split in ("train", "dev")},
        "verdict": {ill: judged.diagnosis["verdict"][ill] for ill in ("bias", "variance")},
        "kept": True,
        "error_z": None,
        "loss_z": None,
        "miss_z": None,
    }
