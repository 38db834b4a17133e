"""From a network's outputs to answers: labels and probabilities or numbers, with intervals, sets, or none at all."""

from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import UsageError
from ..statistics.conformal import class_sets
from ..statistics.costs import Costs
from .model import Model
from .records import Abstention, Coverage, Threshold
from .trust import Trust

# Between the labels of a set.
BETWEEN = " | "


class Promises(NamedTuple):
    """What answers are to keep to: the limit of an interval's or a set's scores, the least probability of an answer.

    by_costs : from which probability on the rarer of two classes is answered.
    """

    limit: float | None = None
    threshold: float = 0.0
    coverage: Coverage | None = None
    abstention: Abstention | None = None
    by_costs: Threshold | None = None


class Answers(NamedTuple):
    """outputs (k, K) : as `Model.outputs` gives them. labels (k,) : the class that is answered, 0 for a number. given
    (k,) : whether a row is answered. sets (k, K) : the classes of each row's set, or None."""

    outputs: Array
    labels: Array
    given: Array
    sets: Array | None = None


def promises_for(model: Model, level: float | None, error: float | None, costs: Costs | None = None) -> Promises:
    """The promises for a level of intervals, an error to abstain by, and what mistakes cost. Raises UsageError where
    they cannot be made."""
    if level is None and error is None and costs is None:
        return Promises()
    if error is not None and costs is not None:
        raise UsageError("--costs: does not go with --abstain, whose threshold is of the surest answers; give one")
    if model.trust is None:
        option = "--interval" if level is not None else "--abstain" if error is not None else "--costs"
        raise UsageError(f"{option}: {model.run_id} does not keep its predictions for dev; train it again")
    limit, coverage = _limit(model.trust, level)
    threshold, abstention = _threshold(model.trust, error)
    by_costs = None if costs is None else model.trust.threshold(model.classes, costs)
    return Promises(limit, threshold, coverage, abstention, by_costs)


def _limit(trust: Trust, level: float | None) -> tuple[float | None, Coverage | None]:
    if level is None:
        return None, None
    if not 0 < level < 1:
        raise UsageError(f"--interval {level:g}: expected a share between 0 and 1, such as 0.9")
    return trust.coverage(level)


def _threshold(trust: Trust, error: float | None) -> tuple[float, Abstention | None]:
    if error is None:
        return 0.0, None
    if not 0 < error < 1:
        raise UsageError(f"--abstain {error:g}: expected an error between 0 and 1, such as 0.05")
    return trust.abstention(error)


def answers_of(model: Model, outputs: Array, promises: Promises) -> Answers:
    """The answers for outputs (k, K)."""
    given = outputs.max(axis=1) >= promises.threshold if model.classes else np.ones(len(outputs), dtype=bool)
    sets = class_sets(outputs, promises.limit) if model.classes and promises.limit is not None else None
    return Answers(outputs, labels_of(model, outputs, promises.by_costs), given, sets)


def labels_of(model: Model, outputs: Array, by_costs: Threshold | None) -> Array:
    """(k,) the most probable class; with a threshold, its class from there on and else the other."""
    if by_costs is None:
        return np.asarray(outputs.argmax(axis=1))
    at = model.classes.index(by_costs.label)
    return np.where(outputs[:, at] >= by_costs.threshold, at, 1 - at)


def costs_of(text: str | None) -> Costs | None:
    """The costs in `false_alarm=1,miss=10`; None without any. Raises UsageError."""
    if text is None:
        return None
    pairs = dict(part.partition("=")[::2] for part in text.replace(" ", "").split(","))
    try:
        costs = Costs(**{name: float(value) for name, value in pairs.items()})
    except (TypeError, ValueError):
        costs = Costs(0.0, 0.0)
    if not all(0 < cost < float("inf") for cost in costs):
        raise UsageError(f"--costs {text}: expected two numbers above 0, such as false_alarm=1,miss=10")
    return costs


def answer_columns(model: Model, answers: Answers, promises: Promises) -> dict[str, Any]:
    """The columns that are written: the label, its probabilities and its set; or the number and its interval."""
    outputs = answers.outputs
    if model.task == "regression":
        number = outputs[:, 0]
        if promises.limit is None:
            return {"prediction": number}
        return {"prediction": number, "low": number - promises.limit, "high": number + promises.limit}
    classes = np.array(model.classes, dtype=np.str_)
    labels: Any = classes[answers.labels]
    if not answers.given.all():
        labels = [label if is_given else None for label, is_given in zip(labels.tolist(), answers.given, strict=True)]
    # As precise as the network computes them; twice the digits would say nothing more.
    probabilities = outputs.astype(np.float32).T
    columns = {"prediction": labels}
    columns |= {f"probability {name}": column for name, column in zip(model.classes, probabilities, strict=True)}
    if answers.sets is not None:
        columns["set"] = [BETWEEN.join(classes[row]) for row in answers.sets]
    return columns


def holds(model: Model, answers: Answers, target: Array, promises: Promises) -> Array:
    """(k,) whether the interval, or the set, of a row holds its target (k,), as `predicting` reads it."""
    if promises.limit is None:
        return np.zeros(len(target), dtype=bool)
    if answers.sets is None:
        return np.asarray(np.abs(answers.outputs[:, 0] - target) <= promises.limit)
    return np.asarray(answers.sets[np.arange(len(target)), np.maximum(target, 0)] & (target >= 0))
