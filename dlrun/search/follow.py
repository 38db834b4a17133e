"""The basic recipe, followed: train, diagnose, change one thing, keep it only when that is surely better, and again.

Knows nothing of files. Whoever calls it trains.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..diagnosis.acceptance import Answers, compare
from ..diagnosis.case import changed

# So many changes in a row that were not better end it: what is left to try is less likely still.
REJECTIONS = 5

Config = Mapping[str, Any]


class Judged(NamedTuple):
    """A training: its config (nested), its diagnosis with advice, its answers on the dev rows, and a name for it."""

    config: Config
    diagnosis: Mapping[str, Any]
    answers: Answers
    run_id: str | None = None


class Because(NamedTuple):
    """What a training follows from: the run_id of the one before, and the piece of advice that is followed."""

    run_id: str | None
    item: Mapping[str, Any]


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

    A step is {number, run_id, from, action, change, why, errors, verdict, kept, error_z, loss_z}; `from` is the number
    of the step it changes, None for the first, and change is what it changes there.
    affordable : whether a training of so many seconds (None: not known) may still begin. watch : sees each step.
    """
    best = train_and_diagnose(start, None)
    at, tried, rejections = 1, {fingerprint(start)}, 0
    steps = [step_of(1, best, None, None)]
    watch(steps[0])
    ended = None
    while ended is None:
        item = next_item(best, tried)
        ended = reason_to_end(best, item, len(steps), trainings, rejections, affordable)
        if ended:
            break
        config = changed(best.config, item["change"])
        tried.add(fingerprint(config))
        new = train_and_diagnose(config, Because(best.run_id, item))
        comparison = compare(best.answers, new.answers)
        step = step_of(len(steps) + 1, new, item, at) | comparison._asdict()
        step["kept"] = step.pop("better")
        steps.append(step)
        watch(step)
        rejections = 0 if step["kept"] else rejections + 1
        if step["kept"]:
            best, at = new, step["number"]
    return {"steps": steps, "kept": at, "ended": ended}


def next_item(best: Judged, tried: set[str]) -> Mapping[str, Any] | None:
    """The first piece of advice that a config carries out and that was not tried yet."""
    for item in best.diagnosis["advice"]:
        if item["change"] is not None and fingerprint(changed(best.config, item["change"])) not in tried:
            return item
    return None


def reason_to_end(
    best: Judged,
    item: Mapping[str, Any] | None,
    done: int,
    trainings: int,
    rejections: int,
    affordable: Callable[[float | None], bool],
) -> str | None:
    """Why no other training follows, in a sentence; None where one does."""
    if is_done(best.diagnosis):
        return "done: " + ((best.diagnosis.get("target") or {}).get("sentence") or "bias and variance are low")
    if item is None:
        return "nothing is left that a change of the config could do"
    if rejections >= REJECTIONS:
        return f"{REJECTIONS} changes in a row were not surely better"
    if done >= trainings:
        return f"the budget of {trainings} trainings is used"
    if not affordable(item["seconds"]):
        return "the next training would not fit into the time"
    return None


def is_done(diagnosis: Mapping[str, Any]) -> bool:
    """Whether the target is met, or nothing is high, moderate, inconclusive or failed."""
    if any(finding["severity"] == "fail" for finding in diagnosis.get("findings") or ()):
        return False
    met = (diagnosis.get("target") or {}).get("met")
    return bool(met) or set(diagnosis["verdict"].values()) == {"low"}


def fingerprint(config: Config) -> str:
    """The same text for equal configs."""
    return json.dumps(config, sort_keys=True)


def step_of(number: int, judged: Judged, item: Mapping[str, Any] | None, came_from: int | None) -> dict:
    """A training as the path has it; the first one is kept for want of another."""
    told = {key: item[key] if item else None for key in ("action", "change", "why")}
    return {
        "number": number,
        "run_id": judged.run_id,
        "from": came_from,
        **told,
        "errors": {split: judged.diagnosis["errors"][split] for split in ("train", "dev")},
        "verdict": dict(judged.diagnosis["verdict"]),
        "kept": True,
        "error_z": None,
        "loss_z": None,
    }
