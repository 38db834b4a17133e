"""From a file and the words of a command line to a config and a plan, or to every problem at once.

It is what `dlrun sweep` calls before anything is trained.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..config import LoadedConfig
from ..config.problems import Problem, lines_of, shown
from ..config.sweep_schema import SweepOptions, option_expects
from ..config.sweep_words import SEED, Asked, laid_over, wishes_of_words
from ..config.trying import Overlay, SweepFile, read_sweep_file
from ..config.varied import MOST_VALUES
from ..config.words import SWEEP
from ..errors import ConfigError, UsageError
from ..experiment import read_config
from ..experiment.prepare import vocabulary
from .base import sha256_of_base
from .checks import misfits, planned_key, problem_of, unfit_for_a_sweep, with_conditions
from .grid import Grid, PlannedKey, Settings
from .plan import Plan, drawn_plan, extended, grid_plan, united, words_of

# A grid of more settings than this was meant otherwise, or should be drawn from.
MOST_SETTINGS = MOST_VALUES

EXAMPLE = "give a key with values, as in regularization.lambda=0,0.1,1, or seed=0..4"


@dataclass(frozen=True)
class SweepRequest:
    """What is to be trained. base : the config with the values that are fixed. early : whether those behind stop."""

    base: LoadedConfig
    plan: Plan
    early: bool


def read_sweep(
    path: Path,
    words: Sequence[str] = (),
    *,
    trials: int | None = None,
    sampler: str | None = None,
    sampler_seed: int | None = None,
    early: bool | None = None,
) -> SweepRequest:
    """The sweep that a file and the words after it ask for; options that are None are taken from the file.

    A key with a single value replaces that of the config, as it does for `dlrun train`.
    Raises ConfigError with all problems, UsageError for a word that is not `key=values` or an option that is none, and
    DataError where the config's source is missing.
    """
    options = _options_given(trials=trials, sampler=sampler, sampler_seed=sampler_seed, early=early)
    asked_here = wishes_of_words(words)
    file = read_sweep_file(path)
    options = _merged(options, file.wishes.options)
    asked = laid_over(file.wishes, asked_here)
    fixed = [one for one in asked.values() if one.is_fixed]
    varied = {one.key: one for one in asked.values() if not one.is_fixed and one.key != SEED}
    lines: list[str] = []
    base = _base(file, fixed, lines)
    is_drawn = options.trials is not None
    problems = [*file.wishes.problems, *asked_here.problems]
    unread = {str(problem.path[-1]) for problem in problems if problem.path}
    problems += [*unfit_for_a_sweep(varied.values(), is_drawn), *_option_faults(options, file)]
    varied, faults = with_conditions(varied, base.config if base else None, is_drawn, unread)
    problems += faults
    lines += lines_of(problems, file.file)
    if lines or base is None:
        raise ConfigError(in_order(lines, file.file))
    if not varied and SEED not in asked:
        raise ConfigError([f"{file.file}: got nothing to vary; {EXAMPLE}, or write a sweep: section"])
    seeds = asked[SEED].values.values if SEED in asked else (base.config.seed,)
    keys = [planned_key(one, is_drawn) for one in varied.values()]
    plan = _plan(sha256_of_base(base, varied), keys, seeds, options, file.file)
    if lines := misfits(plan, Overlay(base, vocabulary()), varied, (file.file, base.file)):
        raise ConfigError(in_order(lines, file.file))
    return SweepRequest(base, plan, bool(options.early))


def read_extension(base: LoadedConfig, plan: Plan, words: Sequence[str] = (), trials: int | None = None) -> Plan:
    """The plan with further values, seeds (`seed=5..9`) or trials; what it has already stays as it is.

    base : the sweep's config with the values that are fixed. Raises ConfigError, UsageError.
    """
    wishes = wishes_of_words(words)
    planned = {key.key: key for key in plan.keys}
    problems = list(wishes.problems)
    for asked in wishes.keys.values():
        if sentence := _extension_fault(asked, planned, plan):
            problems.append(problem_of(asked, sentence))
    if problems:
        raise ConfigError(lines_of(problems, base.file))
    _options_given(trials=trials)
    if trials is not None and plan.sampler is None:
        raise UsageError("--trials: the sweep is a grid; give values such as training.epochs=50, or seeds")
    seeds = [int(str(seed)) for seed in wishes.keys[SEED].values.values] if SEED in wishes.keys else plan.seeds
    sha256 = sha256_of_base(base, planned)
    if plan.sampler:
        most = max(trials or 0, plan.trials or 0)
        wanted = drawn_plan(sha256, plan.keys, seeds, most, plan.sampler, plan.sampler_seed)
    else:
        keys = [_with_more(key, wishes.keys.get(key.key)) for key in plan.keys]
        _refuse_large(keys, base.file)
        wanted = grid_plan(sha256, keys, seeds)
    if lines := misfits(wanted, Overlay(base, vocabulary()), wishes.keys, (base.file, base.file)):
        raise ConfigError(lines)
    return extended(plan, wanted)


def _extension_fault(asked: Asked, planned: Iterable[str], plan: Plan) -> str | None:
    if asked.key == SEED:
        return None
    if asked.key not in planned:
        return "not varied in this sweep; begin another sweep for it"
    if plan.sampler:
        return "drawn in this sweep; give more --trials, or seeds"
    if asked.values.only_if:
        return "has the condition that the sweep began with; leave the condition out"
    return next((problem.sentence for problem in unfit_for_a_sweep([asked], is_drawn=False)), None)


def _with_more(key: PlannedKey, asked: Asked | None) -> PlannedKey:
    return replace(key, values=united(key.values, asked.values.values)) if asked else key


def _options_given(**given: Any) -> SweepOptions:
    """The options of a command line. Raises UsageError."""
    for name, value in given.items():
        try:
            SweepOptions(**{name: value})
        except ValueError:
            option = f"--{name.replace('_', '-')}"
            expected = option_expects(name).removesuffix(", or null")
            raise UsageError(f"{option}: got {shown(value)}; expected {expected}") from None
    return SweepOptions(**given)


def _merged(here: SweepOptions, in_file: SweepOptions) -> SweepOptions:
    given = {name: value for name, value in here.model_dump().items() if value is not None}
    return in_file.model_copy(update=given)


def _option_faults(options: SweepOptions, file: SweepFile) -> list[Problem]:
    if options.sampler and options.trials is None:
        written = file.wishes.options.sampler == options.sampler
        path = (SWEEP, "sampler") if written else ("--sampler",)
        return [Problem(path, f"got {options.sampler} without a number of trials; give --trials N, or trials: N")]
    return []


def _base(file: SweepFile, fixed: Sequence[Asked], lines: list[str]) -> LoadedConfig | None:
    """The config with the values that are fixed; its problems are added to the lines, and it is None then."""
    overrides = words_of({one.key: one.values.values[0] for one in fixed})
    try:
        return read_config(file.config, overrides)
    except ConfigError as error:
        lines += [_replaced(line, fixed, file.file) for line in error.problems]
        return None


def _replaced(line: str, fixed: Sequence[Asked], file: str) -> str:
    """A line about a value of the command line, with the place of one that stands in the file's section."""
    for asked in fixed:
        start = f"command line: {asked.key}: "
        if line.startswith(start) and not asked.place.command_line:
            return lines_of([problem_of(asked, line.removeprefix(start))], file)[0]
    return line


def in_order(lines: Iterable[str], file: str) -> list[str]:
    """Each line once: those of the file by their number, then those of other files, the command line's last."""

    def place(line: str) -> tuple[bool, int]:
        number = re.match(rf"{re.escape(file)}:(\d+):", line)
        return line.startswith("command line: "), int(number[1]) if number else 0

    return sorted(dict.fromkeys(lines), key=place)


def _plan(sha256: str, keys: Sequence[PlannedKey], seeds: Sequence[Any], options: SweepOptions, file: str) -> Plan:
    if options.trials is None:
        _refuse_large(keys, file)
        return grid_plan(sha256, keys, seeds)
    if not keys:
        raise ConfigError([f"{file}: got {options.trials} trials of nothing; {EXAMPLE.split(',')[0]} to draw from"])
    return drawn_plan(sha256, keys, seeds, options.trials, options.sampler or "sobol", options.sampler_seed or 0)


def _refuse_large(keys: Sequence[PlannedKey], file: str) -> None:
    """Raises ConfigError for a grid with too many settings."""
    count = Settings(keys, Grid(tuple(key.values for key in keys))).count
    if count > MOST_SETTINGS:
        sentence = f"the grid has {count:,} settings; expected at most {MOST_SETTINGS:,}"
        raise ConfigError([f"{file}: {sentence}; leave values out, or draw from it with --trials 100"])
