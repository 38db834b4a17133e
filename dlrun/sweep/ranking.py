"""The lines of a sweep by setting, and the order of the settings: best dev error first.

Of each training only its figures are kept, since a sweep may have 100,000 of them.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import fmean
from sys import intern

from ..records import NO_ERRORS, Change, Split
from ..statistics.seeds import Spread
from .grid import canonical
from .records import Counts, TrainingLine

# A seed counts for all settings once so many of them have it: a sweep goes through all settings with the first seed,
# then with the next, and in the middle of that the settings so far are compared by the seeds that most of them have.
MOST_HAVE = 0.5


@dataclass
class Setting:
    """A setting and its trainings by seed, of each the last one. number : its place in the plan."""

    number: int
    settings: Change
    by_seed: dict[int, TrainingLine] = field(default_factory=dict)

    def in_order(self) -> list[TrainingLine]:
        """The trainings by their seeds."""
        return [self.by_seed[seed] for seed in sorted(self.by_seed)]

    @cached_property
    def finished(self) -> list[TrainingLine]:
        """Those that finished with a dev error, in the order of the seeds."""
        return [line for line in self.in_order() if line.status == "finished" and has_dev_error(line)]

    @cached_property
    def dev(self) -> float | None:
        """The mean dev error of those; None without one."""
        spread = spread_of_lines(self.finished, "dev")
        return None if spread is None else spread.mean

    @cached_property
    def lost(self) -> int:
        """How many trainings ended without finishing."""
        return len(self.by_seed) - len(self.finished)

    def counts(self, seeds: Sequence[int]) -> Counts:
        """How its trainings ended, and how many of the planned seeds are to come."""
        ended = Counter[str](line.status for line in self.by_seed.values())
        return Counts(**ended, to_come=sum(seed not in self.by_seed for seed in seeds))

    @cached_property
    def was_stopped(self) -> bool:
        """Whether its dev error was measured where it was stopped early."""
        return any(line.status == "stopped" and has_dev_error(line) for line in self.by_seed.values())

    def candidates(self) -> int:
        """How many candidates it was for the lowest dev error: the epochs that the best was chosen among, 1 without.

        The most of any seed; also of trainings that were stopped, or diverged, once the dev rows had judged them. 0
        where these were never asked.
        """
        return max((line.candidates for line in self.by_seed.values() if has_dev_error(line)), default=0)


def settings_of(lines: Iterable[TrainingLine], setting_number: Callable[[int], int]) -> list[Setting]:
    """The settings of the lines, by their numbers; of a training that was done again, the last line counts.

    setting_number : the number of a training's setting, by that of the training.
    """
    found: dict[str, Setting] = {}
    for line in lines:
        number = setting_number(line.number)
        setting = found.setdefault(canonical(line.settings), Setting(number, line.settings))
        setting.number = min(setting.number, number)
        setting.by_seed[line.seed] = slim(line, setting.settings)
    return sorted(found.values(), key=lambda setting: setting.number)


def has_dev_error(line: TrainingLine) -> bool:
    """Whether a training has a dev error that is a number."""
    return line.errors.dev is not None and math.isfinite(line.errors.dev)


def slim(line: TrainingLine, settings: Change) -> TrainingLine:
    """The line without what an outcome does not need of it, and with the settings and the text that it shares."""
    return replace(
        line,
        settings=settings,
        losses=NO_ERRORS,
        config_sha256=None,
        data_sha256=None,
        split_sha256=intern(line.split_sha256) if line.split_sha256 else None,
        parameters_sha256=None,
    )


@dataclass(frozen=True)
class Ranking:
    """The settings in order. whole : those that can win; partial : those that lack a seed that most others have.

    lost : those of which a training diverged, failed or was stopped. nothing : those without a dev error.
    """

    whole: tuple[Setting, ...]
    partial: tuple[Setting, ...]
    lost: tuple[Setting, ...]
    nothing: tuple[Setting, ...]

    @property
    def with_error(self) -> tuple[Setting, ...]:
        """All that have a dev error, in order; the first is the winner."""
        return self.whole + self.partial + self.lost

    @property
    def rivals(self) -> int:
        """How many of these, the first ones, are judged as equals of the winner."""
        return len(self.whole) + len(self.partial) or len(self.lost)

    @property
    def candidates(self) -> tuple[Setting, ...]:
        """All that the dev rows have judged, also those that were stopped for it."""
        return tuple(setting for setting in (*self.with_error, *self.nothing) if setting.candidates())

    @property
    def stopped(self) -> int:
        """How many of the candidates were stopped early, for one seed at least."""
        return sum(setting.was_stopped for setting in self.candidates)


def ranking_of(settings: Sequence[Setting]) -> Ranking:
    """The settings by their mean dev error, in groups: a setting cannot win by its lucky seeds alone.

    One that diverged for some seeds comes after all that finished for theirs, the fewest losses first.
    """
    measured = [setting for setting in settings if setting.dev is not None]
    clean = [setting for setting in measured if not setting.lost]
    having = Counter(line.seed for setting in clean for line in setting.finished)
    needed = {seed for seed, count in having.items() if count >= MOST_HAVE * len(clean)}
    is_whole = {setting.number: needed <= setting.by_seed.keys() for setting in clean}
    return Ranking(
        whole=by_error(setting for setting in clean if is_whole[setting.number]),
        partial=by_error(setting for setting in clean if not is_whole[setting.number]),
        lost=tuple(sorted(by_error(setting for setting in measured if setting.lost), key=lambda setting: setting.lost)),
        nothing=tuple(setting for setting in settings if setting.dev is None),
    )


def by_error(settings: Iterable[Setting]) -> tuple[Setting, ...]:
    """By their mean dev error, the lowest first; by number where it is the same."""
    return tuple(sorted(settings, key=lambda setting: (setting.dev, setting.number)))


def spread_of_lines(lines: Sequence[TrainingLine], split: Split) -> Spread | None:
    """The mean error of a split and its deviation over the seeds, from figures alone; None if one has no such error."""
    errors = [line.errors.of(split) for line in lines]
    known = [error for error in errors if error is not None and math.isfinite(error)]
    if not known or len(known) < len(errors):
        return None
    mean = fmean(known)
    squares = sum((error - mean) ** 2 for error in known)
    return Spread(mean, (squares / (len(known) - 1)) ** 0.5 if len(known) > 1 else None, None, len(known))
