"""The codec: turns a record into the plain values of its JSON, and back with suspicion.

The one place where a key stands for a field. A record is a frozen dataclass of any room. pydantic checks what is read
against the types of its fields, so that a reader may rely on all of them.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from ..records import FLAT, OMITTED

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

R = TypeVar("R")

# An object of JSON.
Plain = dict[str, Any]

# Types of values that JSON takes unchanged. Most values are of these, and a trace of many layers has thousands.
UNCHANGED = frozenset((type(None), bool, int, float, str))

# The keys and places in lists that lead to a value.
Path = tuple[str | int, ...]


class Misfit(ValueError):
    """A value that is not the record it should be; `path` leads to the first key that is missing or does not fit."""

    def __init__(self, path: Path, is_missing: bool):
        key = ".".join(map(str, path))
        super().__init__(f"no {key}" if is_missing else f"its {key} is not what dlrun writes there")
        self.path, self.is_missing = path, is_missing


def to_plain(value: Any) -> Any:
    """A record, or anything that contains records, as dicts and lists, with the keys in the order of the fields.

    A field may end in an underscore where its key is a keyword of Python, such as `from_`.
    """
    if type(value) in UNCHANGED:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        plain: dict[str, Any] = {}
        for name, is_omitted, is_flat in marked_fields(type(value)):
            content = getattr(value, name)
            if content is None and is_omitted:
                continue
            if is_flat:
                plain |= to_plain(content)
            else:
                plain[name.removesuffix("_")] = content if type(content) in UNCHANGED else to_plain(content)
        return plain
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    return value


@cache
def marked_fields(kind: Any) -> list[tuple[str, bool, bool]]:
    """For each field of a record: its name, whether it is omitted if None, and whether it is flat."""
    return [(item.name, item.metadata == OMITTED, item.metadata == FLAT) for item in fields(kind)]


def from_plain(kind: type[R], value: object) -> R:
    """The record of this kind, made from plain values; unknown keys are ignored. Raises Misfit."""
    from pydantic import ValidationError  # importing it takes 50 ms, and writing does not need it

    key: Any = kind  # to mypy a type[R] cannot be the key of a cache
    try:
        record: R = adapter(key).validate_json(json.dumps(unflattened(kind, value), allow_nan=False), strict=True)
        return record
    except ValidationError as problem:
        raise misfit(kind, problem) from problem
    except ValueError as problem:  # 1e999 is JSON, and infinite
        raise Misfit(next(infinite_paths(value)), is_missing=False) from problem


def from_json(kind: type[R], text: bytes) -> R:
    """The same of JSON that is a record without flat fields, four times as fast. Raises Misfit."""
    from pydantic import ValidationError

    key: Any = kind
    try:
        record: R = adapter(key).validate_json(text, strict=True)
        return record
    except ValidationError as problem:
        raise misfit(kind, problem) from problem


def misfit(kind: type, problem: "ValidationError") -> Misfit:
    """The first thing that pydantic has found."""
    first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    return Misfit(own_path(kind, first["loc"]), first["type"] == "missing")


@cache  # making it takes a millisecond
def adapter(kind: Any) -> "TypeAdapter[Any]":
    """The pydantic adapter that checks values against the types of a record's fields."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def unflattened(kind: type, value: object) -> object:
    """The values, where those of a flat record are put back under its field."""
    if not (inside := flat_kinds(kind)) or not isinstance(value, Mapping):
        return value
    return dict(value) | {name: unflattened(flat_kind, value) for name, flat_kind in inside.items()}


def own_path(kind: type, path: Path) -> Path:
    """The path in the JSON, in which a flat record has no key of its own."""
    while path and path[0] in (inside := flat_kinds(kind)):
        kind, path = inside[str(path[0])], path[1:]
    return path


@cache
def flat_kinds(kind: Any) -> dict[str, type]:
    """The kinds of a record's flat fields, by name."""
    names = [item.name for item in fields(kind) if item.metadata == FLAT] if is_dataclass(kind) else []
    hints = get_type_hints(kind) if names else {}
    return {name: hints[name] for name in names}


def infinite_paths(value: object, above: Path = ()) -> Iterator[Path]:
    """The paths of numbers that are not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        yield above
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from infinite_paths(item, (*above, key))
