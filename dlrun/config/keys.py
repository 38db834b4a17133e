"""The tree of keys: which key may be written where, and what its value should be.

It is computed from the schema's models, so that messages, overrides and rendering need no list of keys.
"""

import typing
from collections.abc import Iterator, Mapping
from functools import cache

from pydantic.fields import FieldInfo

from .kinds import Expects, OneOf
from .problems import KeyPath
from .schema import Config, Section


@cache  # a sweep asks for them thousands of times a second
def fields_of(section: type[Section]) -> Mapping[str, FieldInfo]:
    """The fields of a section under the words that the YAML uses (`lambda`, not `lambda_`)."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def section_at(path: KeyPath) -> type[Section] | None:
    """The model of the section at a path (the empty path is the config itself); None for a value or an unknown key."""
    section: type[Section] | None = Config
    for key in path:
        section = _section_of(_field_of(section, key))
    return section


def field_at(path: KeyPath) -> FieldInfo | None:
    """The field at a path, or None when the schema has no such key."""
    return _field_of(section_at(path[:-1]), path[-1]) if path else None


def keys_at(path: KeyPath) -> tuple[str, ...]:
    """The keys of the section at a path; empty if there is no section."""
    section = section_at(path)
    return tuple(fields_of(section)) if section else ()


def all_paths(section: type[Section] = Config, start: KeyPath = ()) -> Iterator[KeyPath]:
    """Every key path of the schema, sections included, in the schema's order."""
    for key, field in fields_of(section).items():
        yield (*start, key)
        inner = _section_of(field)
        if inner:
            yield from all_paths(inner, (*start, key))


@cache
def leaf_paths() -> tuple[KeyPath, ...]:
    """The paths that hold a value of their own: lists are values, sections are not."""
    return tuple(path for path in all_paths() if section_at(path) is None)


def expected_at(path: KeyPath) -> str:
    """The value that a path expects, as the end of a sentence; the path may end in a list position."""
    key_path = tuple(key for key in path if isinstance(key, str))
    field = field_at(key_path)
    if field is None or _section_of(field):
        return f"a mapping with keys such as {', '.join(keys_at(key_path)[:3])}"
    kind = kind_of(field)
    is_item = len(path) > len(key_path)
    return (kind.item or kind.whole) if is_item else kind.whole + (", or null" if _is_optional(field) else "")


def default_at(path: str) -> object:
    """The default of a dotted path that has one, as plain data."""
    field = field_at(tuple(path.split(".")))
    default = field.default if field else None
    return list(default) if isinstance(default, tuple) else default


def words_at(path: KeyPath) -> tuple[str, ...]:
    """The words that a key accepts, perhaps beside other values; empty for a key without words."""
    field = field_at(path)
    return () if field is None or _section_of(field) else _words_of(field) or kind_of(field).words


def _field_of(section: type[Section] | None, key: str | int) -> FieldInfo | None:
    return fields_of(section).get(key) if section and isinstance(key, str) else None


def _section_of(field: FieldInfo | None) -> type[Section] | None:
    kind = field.annotation if field else None
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def _is_optional(field: FieldInfo) -> bool:
    return type(None) in typing.get_args(field.annotation)


def _words_of(field: FieldInfo) -> tuple[str, ...]:
    members = [kind for kind in typing.get_args(field.annotation) if kind is not type(None)]
    for kind in (field.annotation, *(members if len(members) == 1 else ())):
        if typing.get_origin(kind) is typing.Literal:
            return typing.get_args(kind)
    return next((part.words for part in field.metadata if isinstance(part, OneOf)), ())


def shown_word(word: str) -> str:
    """A word as a person types it: signs in quotes."""
    return word if word.isidentifier() or word.isalnum() else repr(word)


def kind_of(field: FieldInfo) -> Expects:
    """The field's `Expects`: on the field itself, on a member of its `... | None`, or made from its words."""
    if words := _words_of(field):
        return Expects("one of " + ", ".join(map(shown_word, words)))
    members = typing.get_args(field.annotation)
    metadata = [*field.metadata, *(part for member in members for part in getattr(member, "__metadata__", ()))]
    return next(part for part in metadata if isinstance(part, Expects))
