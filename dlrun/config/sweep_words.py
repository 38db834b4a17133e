"""What a sweep is asked to do: the `sweep:` section of a file, or the words of a command line.

Each key's values are checked against the schema here, one by one, and every problem has its place. Whether they fit
the config and each other is tried in `trying`.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .keys import expected_at, field_at, keys_at, kind_of, section_at
from .overrides import COMMAND_LINE, RIVALS, Given, below_a_value, key_of_override
from .problems import KeyPath, Place, Problem, dotted, shown
from .sentences import schema_problems
from .suggestions import closest, unknown_key
from .sweep_schema import OPTIONS, SAMPLERS, Refused, SweepOptions, as_held, option_expects
from .varied import Condition, Range, Unclear, Values, meant_range, values_of
from .words import SWEEP

SEED = "seed"

# Of a list with many wrong values, so many are told.
MOST_TOLD = 3


@dataclass(frozen=True)
class Asked:
    """The values that are asked for one key, as the config would hold them, and where they were written."""

    path: KeyPath
    values: Values
    place: Place

    @property
    def key(self) -> str:
        """The key with dots."""
        return dotted(self.path)

    @property
    def is_fixed(self) -> bool:
        """Whether it is one value, which replaces that of the config and is not varied."""
        return len(self.values.values) == 1 and self.values.only_if is None and self.key != SEED


@dataclass
class Wishes:
    """All that is asked of a sweep in one place.

    keys : by dotted key, the seeds among them. problems : in a file their paths begin with `sweep`.
    """

    keys: dict[str, Asked] = field(default_factory=dict)
    options: SweepOptions = field(default_factory=SweepOptions)
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: KeyPath, written: object, place: Place, above: KeyPath = ()) -> None:
        """Read what is written for a key, with its problems at `above` and the key."""
        sentence, asked = _key_fault(path), None
        if sentence is None:
            try:
                asked = Asked(path, values_of(written), place)
            except Unclear as unclear:
                sentence = str(unclear)
        if asked is None:
            self.problems.append(Problem((*above, dotted(path)), sentence or "", place))
            return
        held, sentences = _held(asked)
        self.problems += [Problem((*above, dotted(path)), sentence, place) for sentence in sentences]
        if not sentences:
            self.keys[asked.key] = held


def wishes_of_words(words: Iterable[str]) -> Wishes:
    """What the words after `dlrun sweep FILE` ask for. Raises UsageError for one that is not `key=values`."""
    wishes, seen = Wishes(), set()
    for path, text in list(map(key_of_override, words)):
        if path in seen:
            wishes.problems.append(Problem((dotted(path),), "given twice; keep one of them", COMMAND_LINE))
        elif len(path) == 1 and path[0] in OPTIONS:
            option = f"--{str(path[0]).replace('_', '-')}"
            wishes.problems.append(Problem((dotted(path),), f"no key of a config; write {option}", COMMAND_LINE))
        else:
            wishes.add(path, text, COMMAND_LINE)
        seen.add(path)
    return wishes


def taken_from(given: Given) -> Wishes:
    """The wishes of a file's `sweep:` section, which is taken out of what the file gives."""
    wishes = Wishes()
    if SWEEP not in given.data:
        return wishes
    section = given.data[SWEEP]
    places = {path[1:]: given.place(path) for path in given.places if path[0] == SWEEP}
    unsure = {path[1] for path in given.unsure if len(path) > 1 and path[0] == SWEEP}
    given.forget((SWEEP,))
    if isinstance(section, dict):
        options: dict[str, Any] = {}
        for key, written in section.items():
            if key in unsure:  # told with the faults of the YAML
                continue
            if key in OPTIONS:
                options |= _option(wishes, key, written, places[(key,)])
            else:
                wishes.add(tuple(key.split(".")), written, places[(key,)], (SWEEP,))
        wishes.options = SweepOptions(**options)
    elif section is not None and (SWEEP,) not in given.unsure:
        example = "expected keys and values such as regularization.lambda: 0,0.1,1"
        wishes.problems.append(Problem((SWEEP,), f"got {shown(section)}; {example}", places[()]))
    return wishes


def laid_over(section: Wishes, words: Wishes) -> dict[str, Asked]:
    """What is asked for each key, where the command line replaces the file, and network.width network.hidden."""
    replaced = {dotted(rival) for path, rival in RIVALS.items() if dotted(path) in words.keys}
    return {key: asked for key, asked in section.keys.items() if key not in replaced} | words.keys


def _option(wishes: Wishes, name: str, written: object, place: Place) -> dict[str, Any]:
    try:
        SweepOptions(**{name: written})  # type: ignore[arg-type]  # whether it fits is what is asked
    except ValueError:
        meant = closest(written, list(SAMPLERS)) if name == "sampler" and isinstance(written, str) else None
        sentence = f"got {shown(written)}; expected {option_expects(name)}" + (f"; did you mean {meant}?" * bool(meant))
        wishes.problems.append(Problem((SWEEP, name), sentence, place))
        return {}
    return {name: written}


def _key_fault(path: KeyPath) -> str | None:
    """The sentence about a path that cannot be varied, None for one that can."""
    if sentence := below_a_value(path):
        return sentence
    if section_at(path):
        inner = ", ".join(f"{dotted(path)}.{key}" for key in keys_at(path)[:2])
        return f"a section, which has no values of its own; vary its keys, such as {inner}"
    if field_at(path) is None:
        option = closest(str(path[0]), list(OPTIONS)) if len(path) == 1 else None
        return f"unknown key here; did you mean {option}?" if option else unknown_key(path)
    return None


def _held(asked: Asked) -> tuple[Asked, list[str]]:
    """The same with each value as the config holds it, each once, and sentences about those that it refuses."""
    given, held, sentences = asked.values, dict[str, object](), list[str]()
    for value in given.values:
        try:
            fit = as_held(asked.path, value)
            held.setdefault(json.dumps(fit), fit)
        except Refused:
            sentences.append(refusal(asked.path, value))
    if asked.key == SEED and given.drawn_from:
        sentences.append("seeds are listed, not drawn; write seed=0..4 or seed=0,7")
    elif given.drawn_from and not given.values:
        sentences += _refused_ends(asked.path, given.drawn_from)
    only_if, fault = _held_condition(asked)
    sentences += [fault] if fault else []
    return replace(asked, values=Values(tuple(held.values()), given.drawn_from, only_if)), sentences[:MOST_TOLD]


def _refused_ends(path: KeyPath, ends: Range) -> Iterator[str]:
    for end in (float(ends.low), float(ends.high)):
        try:
            as_held(path, end)
        except Refused:
            yield refusal(path, end)


def refusal(path: KeyPath, value: object) -> str:
    """The sentence about a value that the schema refuses at a path."""
    data: dict[str, Any] = {}
    here = data
    for key in path[:-1]:
        here[str(key)] = here = {}
    here[str(path[-1])] = value
    found = [problem for problem in schema_problems(data) if problem.path[: len(path)] == path]
    sentence = found[0].sentence if found else f"got {shown(value)}; expected {expected_at(path)}"
    if isinstance(value, str) and (meant := meant_range(value)):
        return f"got {shown(value)}; did you mean the range {meant}?"
    is_an_item = isinstance(value, int | float) and _takes_lists(path)
    return f"{sentence}; several to try are written [64, 32], [128]" if is_an_item else sentence


def _takes_lists(path: KeyPath) -> bool:
    field = field_at(path)
    return field is not None and (kind := kind_of(field)).item not in (None, kind.whole)


def _held_condition(asked: Asked) -> tuple[Condition | None, str | None]:
    """A key's condition with values as the config holds them, and a sentence about one that cannot be."""
    if not (given := asked.values.only_if):
        return None, None
    path: KeyPath = tuple(given.key.split("."))
    if asked.key == SEED:
        return None, "seeds are for every setting; leave the condition out"
    if given.key in (asked.key, SEED, "name"):
        return None, f"its condition names {given.key}; name another key that is varied"
    if fault := _key_fault(path):
        return None, f"its condition names {given.key}: {fault}"
    held = []
    for value in given.among:
        try:
            held.append(as_held(path, value))
        except Refused:
            return None, f"its condition on {given.key}: {refusal(path, value)}"
    return replace(given, among=tuple(held)), None
