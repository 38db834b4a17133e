"""Turns pydantic's errors into ours: a key path and a sentence that says what was found and what would do.

A user never sees pydantic's words. The sentence is made from the value and from what the schema's kind expects; only
unknown and missing keys have sentences of their own.
"""

from typing import Any

from pydantic import ValidationError

from .keys import expected_at, section_at, words_at
from .problems import KeyPath, Place, Problem, shown
from .schema import Config
from .suggestions import closest, unknown_key

MISSING_SOURCE = "missing; give a bundled set such as digits, or a path to a .csv"


def schema_problems(data: dict[str, Any]) -> list[Problem]:
    """Every unknown key, missing key and wrong value of the plain data, each once."""
    try:
        Config.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
    else:
        return []
    kinds: dict[KeyPath, str] = {}
    for detail in details:
        path = _path_in(data, detail["loc"], detail["type"])
        # An error that a member of a union reports inside a value counts as an error of the value.
        kinds[path] = detail["type"] if detail["loc"][-1:] == path[-1:] else "value"
    # A value that fits no member of a union is reported for each member; the deepest path is the most precise.
    inner = {path[:i] for path in kinds for i in range(len(path))}
    return [_problem(data, path, kind) for path, kind in kinds.items() if path not in inner]


def _path_in(data: Any, location: tuple[str | int, ...], kind: str) -> KeyPath:
    """Pydantic's location without the names of union members, which are no keys of the data."""
    path: KeyPath = ()
    for part in location:
        in_section = isinstance(data, dict) and section_at(path) is not None
        if in_section and (part in data or kind == "missing"):
            path, data = (*path, part), data.get(part)
        elif isinstance(data, list | tuple) and isinstance(part, int) and part < len(data):
            path, data = (*path, part), data[part]
    return path


def _problem(data: Any, path: KeyPath, kind: str) -> Problem:
    if kind == "missing":  # The one required value is data.source, in the one required section.
        return Problem(("data", "source"), MISSING_SOURCE, Place())  # A missing key has no line.
    if kind in ("extra_forbidden", "invalid_key"):
        return Problem(tuple(str(part) for part in path), unknown_key(path))
    value = data
    for part in path:
        value = value[part]
    sentence = f"got {shown(value)}; expected {expected_at(path)}"
    meant = closest(value, list(words_at(path))) if isinstance(value, str) else None
    return Problem(path, f"{sentence}; did you mean {meant}?" if meant else sentence)
