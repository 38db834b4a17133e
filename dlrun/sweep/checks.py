"""Checks of what a sweep is asked to do that need the config: conditions, and values that do not fit each other.

What the schema refuses by itself is told by `config.sweep_words`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import islice
from typing import Any

from ..config import Config
from ..config.problems import Problem, lines_of, printable, shown
from ..config.sweep_words import Asked
from ..config.trying import Overlay
from ..config.varied import Condition
from ..config.words import SWEEP
from ..experiment.identity import CHANGES_NO_NUMBER
from ..records import Change
from .grid import PlannedKey, assigned, canonical
from .plan import Plan, words_of

# So many settings are tried in the config, at 0.3 ms each, because a plan should be shown within a second.
MOST_TRIED = 2000


def problem_of(asked: Asked, sentence: str) -> Problem:
    """The problem of a key where its values were written."""
    path = (asked.key,) if asked.place.command_line else (SWEEP, asked.key)
    return Problem(path, sentence, asked.place)


def planned_key(asked: Asked, is_drawn: bool) -> PlannedKey:
    """The key with its values; a grid takes nothing from a range that has no values, which is a problem of its own."""
    given = asked.values
    return PlannedKey(asked.key, given.values, given.drawn_from if is_drawn else None, given.only_if)


def unfit_for_a_sweep(varied: Iterable[Asked], is_drawn: bool) -> Iterator[Problem]:
    """Keys whose values make no difference to a training, and ranges without values in a grid."""
    for asked in varied:
        if asked.key == "name":
            yield problem_of(asked, "names the sweep, and is the same for all; give one name")
        elif asked.key in CHANGES_NO_NUMBER or asked.path[0] == "diagnosis":
            yield problem_of(asked, "changes no training, so there is nothing to compare; give it one value")
        elif not asked.values.values and not is_drawn:
            ends = asked.values.drawn_from
            assert ends is not None, "values are empty only for a range"
            text = f"{ends.low}..{ends.high}"
            number = f", a number of values ({text}:log5)" if ends.low > 0 else ""
            fault = f"got {text}, all numbers between two, and a grid takes each of its values"
            remedy = f"give a step ({text}:STEP){number}, or --trials N to draw from it"
            yield problem_of(asked, f"{fault}; {remedy}")


def with_conditions(
    varied: Mapping[str, Asked], base: Config | None, is_drawn: bool, unread: Set[str] = frozenset()
) -> tuple[dict[str, Asked], list[Problem]]:
    """The same keys, with what the config says of their conditions, and problems of the conditions.

    A condition on a key that is not varied is left out if the config meets it. Without a config (it has problems of its
    own) nothing is said that needs it, nor of a condition on a key that could not be read.
    """
    done, problems = dict(varied), list[Problem]()
    data = base.to_dict() if base else None
    for name, asked in varied.items():
        condition = asked.values.only_if
        if condition is None or condition.key in unread:
            continue
        if sentence := _condition_fault(condition, name, varied, is_drawn):
            problems.append(problem_of(asked, sentence))
        elif data is not None:
            value = value_in(data, condition.key)
            holds = canonical(value) in {canonical(one) for one in condition.among}
            if condition.key not in varied and not holds:
                fault = f"its condition never holds: {condition.key} is {shown(value)} in the config, and not varied"
                problems.append(problem_of(asked, f"{fault}; vary it too, or leave the condition out"))
            kept = replace(condition, holds_in_base=holds) if condition.key in varied else None
            done[name] = replace(asked, values=replace(asked.values, only_if=kept))
    return done, problems


def value_in(data: Mapping[str, Any], key: str) -> object:
    """The value of a config's plain data at a dotted key."""
    value: Any = data
    for part in key.split("."):
        value = value[part]
    return value


def _condition_fault(condition: Condition, name: str, varied: Mapping[str, Asked], is_drawn: bool) -> str | None:
    chain = [name]
    at: Condition | None = condition
    while at and at.key in varied and at.key not in chain:
        chain.append(at.key)
        at = varied[at.key].values.only_if
    if at and at.key in chain:
        return f"its condition goes in a circle ({' if '.join([*chain, at.key])}); leave one of the conditions out"
    if condition.key not in varied:
        return None
    other = varied[condition.key].values
    if other.drawn_from and (is_drawn or not other.values):
        return f"its condition needs listed values of {condition.key}, which is drawn from a range; list them"
    tried = {canonical(value) for value in other.values}
    missing = [value for value in condition.among if canonical(value) not in tried]
    if missing:
        return f"its condition on {condition.key} names {shown(missing[0])}, which is not among the values to try there"
    return None


def misfits(plan: Plan, overlay: Overlay, varied: Mapping[str, Asked], files: tuple[str, str]) -> list[str]:
    """Lines about values that do not fit the config or each other: of each value once, and of the first settings.

    At most one line a key, with the setting in which it was found. files : the names of the sweep's file and of the
    config's.
    """
    lines: dict[str, str] = {}
    for settings in islice(_tried(plan), MOST_TRIED):
        for problem in overlay.problems(settings):
            key = next((part for part in _keys_of(problem) if part in varied), None)
            name = key or ".".join(_keys_of(problem)[-1:])
            if name not in lines:
                lines[name] = _misfit(problem, settings, varied.get(name), files)
    return list(lines.values())


def _keys_of(problem: Problem) -> list[str]:
    """The dotted path of a problem and of all above it, shortest first, without places in lists."""
    words = [str(part) for part in problem.path if isinstance(part, str)]
    return [".".join(words[:end]) for end in range(1, len(words) + 1)]


def _misfit(problem: Problem, settings: Change, asked: Asked | None, files: tuple[str, str]) -> str:
    words = printable(" ".join(words_of(settings)))
    sentence = f"{problem.sentence} (with {words})" if settings else problem.sentence
    if asked:
        return lines_of([problem_of(asked, sentence)], files[0])[0]
    return lines_of([replace(problem, sentence=sentence)], files[1])[0]


def _tried(plan: Plan) -> Iterator[Change]:
    """Settings to try: for each key in turn its values, the other keys at their first; then those of the plan."""
    yield from _star(plan.keys)
    count = 0 if plan.is_proposed else plan.settings_count
    yield from map(plan.setting, range(count))


def _star(keys: Sequence[PlannedKey]) -> Iterator[Change]:
    share = MOST_TRIED // (2 * len(keys)) if keys else 0
    for key in keys:
        for value in _spread(_candidates(key), share):
            yield _setting_with(keys, key, value)


def _setting_with(keys: Sequence[PlannedKey], key: PlannedKey, value: object) -> Change:
    """The setting with this value of a key, where the keys of its conditions meet them, and the others are first."""
    by_name = {one.key: one for one in keys}
    chosen, condition = {key.key: value}, key.only_if
    while condition:
        chosen[condition.key] = condition.among[0]
        condition = by_name[condition.key].only_if
    return assigned(keys, lambda one: chosen.get(one.key, _candidates(one)[0]))


def _candidates(key: PlannedKey) -> Sequence[object]:
    ends = key.drawn_from
    if ends is None:
        return key.values
    return (ends.low, ends.high) if ends.is_whole else (float(ends.low), float(ends.high))


def _spread(values: Sequence[object], most: int) -> Sequence[object]:
    """At most so many of the values, evenly from the first to the last."""
    if len(values) <= most:
        return values
    return [values[at * (len(values) - 1) // (most - 1)] for at in range(most)]
