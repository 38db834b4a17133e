"""What a plan's keys may take, in Optuna's words, so that its samplers can propose settings.

Optuna is an optional package: `pip install 'dlrun[search]'`. Nothing else of a sweep knows its distributions.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..config import yaml_value
from ..records import Change
from .drawing import number_in
from .grid import PlannedKey, assigned, canonical
from .plan import Plan

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import BaseTrial


def suggest(trial: "BaseTrial", plan: Plan) -> Change:
    """The setting that a trial of Optuna proposes; a key is asked for only where its condition is met."""
    return assigned(plan.keys, lambda key: _held(key, _suggested(trial, key)))


def distributions_of(plan: Plan, settings: Change) -> "dict[str, BaseDistribution]":
    """The distribution of each key that is set, for `optuna.create_trial` of a training that is done."""
    return {key.key: distribution_of(key) for key in plan.keys if key.key in settings}


def parameters_of(plan: Plan, settings: Change) -> dict[str, Any]:
    """The values of a setting as Optuna has them, for the same."""
    return {key.key: _told(key, settings[key.key]) for key in plan.keys if key.key in settings}


def distribution_of(key: PlannedKey) -> "BaseDistribution":
    """Numbers at equal distances and ranges have an order for Optuna; the values of other lists have none."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if (ends := key.drawn_from) is not None:
        kind = IntDistribution if ends.is_whole else FloatDistribution
        return kind(ends.low, ends.high, log=ends.is_log)
    if step := _step(key.values):
        low, high = min(key.values, key=_number), max(key.values, key=_number)
        kind = IntDistribution if isinstance(step, int) else FloatDistribution
        return kind(low, high, step=step)
    return CategoricalDistribution([_told(key, value) for value in key.values])


def _suggested(trial: "BaseTrial", key: PlannedKey) -> Any:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    space: Any = distribution_of(key)
    if isinstance(space, CategoricalDistribution):
        return trial.suggest_categorical(key.key, space.choices)
    if isinstance(space, IntDistribution):
        return trial.suggest_int(key.key, space.low, space.high, step=space.step, log=space.log)
    return trial.suggest_float(key.key, space.low, space.high, step=space.step, log=space.log)


def _told(key: PlannedKey, value: object) -> Any:
    """A value as Optuna takes it: a list or a mapping as its text."""
    return yaml_value(value) if isinstance(value, list | dict) else value


def _held(key: PlannedKey, proposed: Any) -> object:
    """The value of the key that was proposed: of those listed the same or the nearest, of a range to a few digits."""
    if (ends := key.drawn_from) is not None:
        return number_in(ends, proposed)
    if _step(key.values):
        return min(key.values, key=lambda value: abs(_number(value) - proposed))
    return next(value for value in key.values if canonical(_told(key, value)) == canonical(proposed))


def _step(values: Sequence[object]) -> int | float | None:
    """The distance between neighbours of numbers that are at equal distances, three or more; None for others."""
    if len(values) < 3 or not all(type(value) in (int, float) for value in values):
        return None
    numbers = sorted(values, key=_number)
    steps = {Fraction(repr(after)) - Fraction(repr(before)) for before, after in pairwise(numbers)}
    if len(steps) > 1:
        return None
    return int(steps.pop()) if all(type(value) is int for value in values) else float(steps.pop())


def _number(value: object) -> Any:
    assert isinstance(value, int | float), value
    return value
