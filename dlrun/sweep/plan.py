"""The plan of a sweep: which settings are trained with which seeds, each found by its number, and how it is extended.

A plan is written to the sweep's folder before the first training. It is a few lists of values, however many trainings
they make; only settings that were drawn are in it one by one, so that a later SciPy cannot draw others.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from ..config import yaml_value
from ..config.sweep_schema import Sampler
from ..errors import UsageError
from ..records import Change
from .drawing import drawn_settings
from .grid import Grid, PlannedKey, Settings, canonical

# A key of so many hexadecimal digits is the same for two of a million trainings with a chance of 3e-8.
KEY_DIGITS = 16

# From this ratio of the largest to the smallest on, an axis is logarithmic: 1, 3, 10, 30 is a usual list for that.
LOG_RATIO = 30

# A range of more whole numbers than a sweep has trainings is as good as endless.
MOST_LISTED = 100_000

Scale = Literal["log", "linear", "words"]


@dataclass(frozen=True)
class Stage:
    """Settings `first` to `first + settings - 1`, each trained with each of the seeds. A plan is extended by stages."""

    first: int
    settings: int
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class PlannedTraining:
    """A training that a plan asks for. number, setting_number : from 0, the same when the plan is extended.

    settings : values by dotted key. key : of settings and seed.
    """

    number: int
    setting_number: int
    settings: Change
    seed: int
    key: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a sweep trains.

    base_sha256 : of the config that the settings are laid over. keys : that are varied, in the order given. seeds : of
    each setting. grids : whose settings are trained, one grid after the other; empty if settings are drawn.
    trials, sampler, sampler_seed : how they are drawn, None for a grid. drawn : what was drawn; with the sampler tpe
    nothing, since each setting is proposed by the results so far. stages : the order of the trainings.
    """

    base_sha256: str
    keys: tuple[PlannedKey, ...]
    seeds: tuple[int, ...]
    grids: tuple[Grid, ...] = ()
    trials: int | None = None
    sampler: Sampler | None = None
    sampler_seed: int = 0
    drawn: tuple[Change, ...] = ()
    stages: tuple[Stage, ...] = ()

    @cached_property
    def _settings(self) -> list[Settings]:
        return [Settings(self.keys, grid) for grid in self.grids]

    @property
    def is_proposed(self) -> bool:
        """Whether settings are proposed while the sweep goes on, so that the plan holds their ranges alone."""
        return self.sampler == "tpe"

    @cached_property
    def every_setting(self) -> Settings | None:
        """All settings that can be proposed; None where a key is drawn from numbers without end."""
        values = [values_of(key) for key in self.keys]
        listed = tuple(one for one in values if one is not None)
        return Settings(self.keys, Grid(listed)) if len(listed) == len(values) else None

    @property
    def settings_count(self) -> int:
        """How many settings are trained, counting those that are still to be proposed."""
        if self.is_proposed:
            most = self.trials or 0
            return most if self.every_setting is None else min(most, self.every_setting.count)
        return len(self.drawn) + sum(settings.count for settings in self._settings)

    @property
    def trainings_count(self) -> int:
        """How many trainings there are: each setting with each seed."""
        return self.settings_count * len(self.seeds)

    def setting(self, number: int) -> Change:
        """The values of a setting by dotted key, `number` from 0. Raises IndexError, also for one not yet proposed."""
        if number < 0:
            raise IndexError(number)
        if number < len(self.drawn):
            return self.drawn[number]
        number -= len(self.drawn)
        for settings in self._settings:
            if number < settings.count:
                return settings.setting(number)
            number -= settings.count
        raise IndexError("no such setting in the plan")

    def training_number(self, setting_number: int, seed: int) -> int:
        """The number of the training of a setting with a seed. Raises IndexError for one that is not planned."""
        first = 0
        for stage in self.stages:
            at = setting_number - stage.first
            if 0 <= at < stage.settings and seed in stage.seeds:
                return first + stage.seeds.index(seed) * stage.settings + at
            first += stage.settings * len(stage.seeds)
        raise IndexError("no such training in the plan")

    def setting_number_of(self, training_number: int) -> int:
        """The number of the setting of a training, by the number of the training."""
        first = 0
        for stage in self.stages:
            if training_number < first + stage.settings * len(stage.seeds):
                return stage.first + (training_number - first) % stage.settings
            first += stage.settings * len(stage.seeds)
        return training_number // len(self.seeds)

    def trainings(self) -> Iterator[PlannedTraining]:
        """Each training, in order: all settings with the first seed, then all with the next.

        So a person sees every setting once before any is trained again; the differences over seeds that a paired
        test needs are complete at the end in either order. What an extension adds comes last. There are none where
        settings are proposed; `planned_training` makes them.
        """
        number = 0
        for stage in () if self.is_proposed else self.stages:
            for seed in stage.seeds:
                for setting_number in range(stage.first, stage.first + stage.settings):
                    yield planned_training(number, setting_number, self.setting(setting_number), seed)
                    number += 1


def values_of(key: PlannedKey) -> tuple[object, ...] | None:
    """The values that a key can have; None for those of a range without end."""
    if key.drawn_from is None:
        return key.values
    low, high = key.drawn_from.low, key.drawn_from.high
    return tuple(range(int(low), int(high) + 1)) if key.drawn_from.is_whole and high - low < MOST_LISTED else None


def planned_training(number: int, setting_number: int, settings: Change, seed: int) -> PlannedTraining:
    """A training with its key, for settings that were planned or proposed."""
    return PlannedTraining(number, setting_number, settings, seed, training_key(settings, seed))


def training_key(settings: Change, seed: int) -> str:
    """By what a training is known to be done: the same however the plan is extended."""
    text = canonical({"settings": settings, "seed": seed})
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def grid_plan(base_sha256: str, keys: Sequence[PlannedKey], seeds: Sequence[int]) -> Plan:
    """The plan of every combination of the keys' values, without values for a key where its condition is not met."""
    grid = Grid(tuple(key.values for key in keys))
    plan = Plan(base_sha256=base_sha256, keys=tuple(keys), seeds=tuple(seeds), grids=(grid,))
    return staged(plan)


def drawn_plan(
    base_sha256: str, keys: Sequence[PlannedKey], seeds: Sequence[int], trials: int, sampler: Sampler, sampler_seed: int
) -> Plan:
    """The plan of so many settings drawn from the keys' values and ranges; of none yet for the sampler tpe."""
    drawn = () if sampler == "tpe" else drawn_settings(keys, trials, sampler, sampler_seed)
    plan = Plan(
        base_sha256=base_sha256,
        keys=tuple(keys),
        seeds=tuple(seeds),
        trials=trials,
        sampler=sampler,
        sampler_seed=sampler_seed,
        drawn=drawn,
    )
    return staged(plan)


def staged(plan: Plan, before: Plan | None = None) -> Plan:
    """The plan with its stages: those of the plan before, its settings with new seeds, then new settings with all."""
    known = before.settings_count if before else 0
    stages = before.stages if before else ()
    new_seeds = tuple(seed for seed in plan.seeds if before is None or seed not in before.seeds)
    more = (Stage(0, known, new_seeds), Stage(known, plan.settings_count - known, plan.seeds))
    return replace(plan, stages=(*stages, *(stage for stage in more if stage.settings and stage.seeds)))


def extended(plan: Plan, wanted: Plan) -> Plan:
    """The plan with the values, seeds and trials that another one has beyond it; numbers and keys stay as they are.

    Raises UsageError where the other one is of another config, varies other keys, or draws in another way.
    """
    if fault := _difference(plan, wanted):
        raise UsageError(f"the sweep cannot be extended: {fault}; begin another sweep for that")
    seeds = tuple(dict.fromkeys((*plan.seeds, *wanted.seeds)))
    if plan.sampler:
        known = {canonical(setting) for setting in plan.drawn}
        more = (setting for setting in wanted.drawn if canonical(setting) not in known)
        trials = max(plan.trials or 0, wanted.trials or 0)
        return staged(replace(plan, seeds=seeds, trials=trials, drawn=(*plan.drawn, *more)), plan)
    by_name = {key.key: key.values for key in wanted.keys}
    keys = tuple(replace(key, values=united(key.values, by_name[key.key])) for key in plan.keys)
    grids = (*plan.grids, *_further_grids(plan.keys, keys))
    return staged(replace(plan, keys=keys, seeds=seeds, grids=grids), plan)


def united(values: Sequence[object], more: Sequence[object]) -> tuple[object, ...]:
    """The values and those of the others that are not among them, in order."""
    return tuple({canonical(value): value for value in (*values, *more)}.values())


def _further_grids(before: Sequence[PlannedKey], keys: Sequence[PlannedKey]) -> Iterator[Grid]:
    """Grids that together hold each new setting once: for each key, those in which it is the first with a new value."""
    for place, (old, new) in enumerate(zip(before, keys, strict=True)):
        if more := new.values[len(old.values) :]:
            known, free = (key.values for key in before[:place]), (key.values for key in keys[place + 1 :])
            yield Grid((*known, more, *free), required=new.key)


def _difference(plan: Plan, wanted: Plan) -> str | None:
    """What makes the other plan one of another sweep, as a sentence; None if it can extend this one."""
    if plan.base_sha256 != wanted.base_sha256:
        return "its config is another one now"
    before, now = ({key.key: key for key in one.keys} for one in (plan, wanted))
    if before.keys() != now.keys():
        return f"it varies {', '.join(before) or 'nothing'}, and not {', '.join(now) or 'nothing'}"
    if (plan.sampler, plan.sampler_seed) != (wanted.sampler, wanted.sampler_seed):
        drawn = f"draws by {plan.sampler} with seed {plan.sampler_seed}" if plan.sampler else "is a grid"
        return f"it {drawn}"
    for name, key in before.items():
        if key.only_if != now[name].only_if:
            return f"{name} has another condition"
        if plan.sampler and replace(key, only_if=None) != replace(now[name], only_if=None):
            return f"it draws {name} from other values, and can only be drawn further"
    return None


def overrides_of(settings: Mapping[str, object], seed: int) -> list[str]:
    """The words after `dlrun train CONFIG` that train one setting with one seed."""
    return [*words_of(settings), f"seed={seed}"]


def words_of(settings: Mapping[str, object]) -> list[str]:
    """The values of a setting as words for a command line."""
    return [f"{key}={yaml_value(value)}" for key, value in settings.items()]


def asked_text(key: PlannedKey) -> str:
    """What a key takes, in the words that ask for it."""
    if key.drawn_from:
        ends = f"{yaml_value(key.drawn_from.low)}..{yaml_value(key.drawn_from.high)}"
        text = ends + (":log" if key.drawn_from.is_log else "")
    else:
        text = ", ".join(yaml_value(value) for value in key.values)
    if key.only_if is None:
        return text
    return f"{text} if {key.only_if.key}={','.join(yaml_value(value) for value in key.only_if.among)}"


def scale_of(key: PlannedKey) -> Scale:
    """The scale of a figure's axis for a key: of its range, or by the ratio of its numbers; "words" for other values.

    A 0 in a list of positive numbers leaves the scale logarithmic; a figure draws it apart.
    """
    if key.drawn_from and key.drawn_from.is_log:
        return "log"
    values = (key.drawn_from.low, key.drawn_from.high) if key.drawn_from else key.values
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        return "words"
    positive = [number for number in numbers if number > 0]
    is_wide = len(positive) > 1 and max(positive) / min(positive) >= LOG_RATIO
    return "log" if is_wide and min(numbers) >= 0 else "linear"
