"""Writes the config as complete YAML with the origin of each value, and the schema as JSON Schema for editors.

It is the last step of the package. `load_config` reads what `resolved_yaml` writes as an equal config.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml

from .keys import keys_at, section_at
from .loading import LoadedConfig
from .problems import KeyPath, dotted
from .schema import Config
from .words import CONFIG, SWEEP

NO_NOTES: Mapping[str, str] = {}

# Comments start at this column; on a longer line (a list of names) the comment follows after two spaces.
COMMENT_COLUMN = 44
DRAFT = "https://json-schema.org/draft/2020-12/schema"
# Text that needs no quotes, unless a reader of YAML (1.1 too) takes it for something else (null, yes, NaN).
PLAIN_TEXT = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*\Z")


def resolved_yaml(loaded: LoadedConfig, notes: Mapping[str, str] = NO_NOTES) -> str:
    """The whole config as YAML in the schema's order, each value followed by its origin as a comment.

    notes : what else the comments of some keys say, by dotted path.
    """
    told = {key: f"{origin}, {notes[key]}" if key in notes else origin for key, origin in loaded.origins.items()}
    return "\n".join(_section_lines(loaded.config.to_dict(), (), told)) + "\n"


def _section_lines(data: dict[str, Any], path: KeyPath, comments: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    for key in keys_at(path):
        inner, indent = (*path, key), "  " * len(path)
        if section_at(inner):
            lines += [f"{indent}{key}:", *_section_lines(data[key], inner, comments)]
        else:
            line = f"{indent}{key}: {yaml_value(data[key])}"
            lines.append(f"{line:<{COMMENT_COLUMN - 2}}  # {comments[dotted(inner)]}")
    return lines


def yaml_value(value: Any) -> str:
    """A value in flow style, such that the strict reader gives the same value back."""
    if isinstance(value, list):
        return "[" + ", ".join(yaml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{yaml_value(str(key))}: {yaml_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


@lru_cache(maxsize=1000)  # the trainings of a sweep have the same words
def _is_plain(text: str) -> bool:
    return bool(PLAIN_TEXT.match(text)) and yaml.safe_load(text) == text


def _quoted(text: str) -> str:
    """Text in double quotes; other characters are escaped as in YAML, which has no surrogate pairs as JSON has."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def json_schema() -> dict[str, Any]:
    """The schema as JSON Schema, draft 2020-12: no further keys anywhere, and a description on every key.

    It takes what is written for `dlrun sweep` too: a config with a section `sweep`, or a file that names its config.
    """
    from .sweep_schema import sweep_json_schema

    schema = _without_titles(Config.model_json_schema(by_alias=True))
    schema["properties"] |= {
        CONFIG: {"description": "The path of the config that a sweep trains, instead of its keys.", "type": "string"},
        SWEEP: _without_titles(sweep_json_schema()),
    }
    forms = [{"required": schema.pop("required")}, {"required": [CONFIG, SWEEP]}]
    return {"$schema": DRAFT, "title": "A config of dlrun", **schema, "anyOf": forms}


def _without_titles(schema: Any) -> Any:
    """The schema without pydantic's titles, which only repeat the key's name in capitals."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _without_titles(item) for key, item in schema.items() if key != "title"}
