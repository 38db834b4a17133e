"""Loads a complete `Config` from a file and a command line, or reports every problem at once.

It is the entry to the package: it reads the file, applies the overrides, checks all values, and records where each one
comes from.
"""

import re
import shlex
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..places import CONFIGS, NOT_IN_A_NAME, at_hand
from .agreement import completed, disagreements
from .bare import choose, is_bare
from .keys import leaf_paths, section_at
from .overrides import Given, copied, given_by, in_todays_words, lay_over, parse_override
from .problems import KeyPath, Place, Problem, dotted, escaped, lines_of, shown
from .schema import Config
from .sentences import schema_problems
from .strict_yaml import MAX_BYTES, Document, read_document
from .suggestions import closest
from .words import NO_VOCABULARY, SWEEP, Vocabulary

YAML_SUFFIXES = (".yaml", ".yml")
# The name of a run whose config has none, and whose file name has no letter that a name may have.
NAMELESS = "run"
# File systems take 255 bytes of a name; a run's id has a time and a suffix, and files beside it have endings.
MOST_NAME_BYTES = 200
EXAMPLE = "expected keys and values such as data: {source: digits}"
WRITTEN = "dlrun init TABLE writes a config"

# So many files are kept as they were read: all trainings of a sweep have the same one, which takes a millisecond.
KEPT_FILES = 8


@dataclass(frozen=True)
class LoadedConfig:
    """A config and where it is from.

    `text` holds the file's bytes as they were, `file` its name as given, and `origins` says of each value's dotted path
    whether it is from the "default", the "file" or the "command line". `overrides` are the words given there.
    """

    config: Config
    text: bytes
    origins: dict[str, str]
    file: str
    overrides: tuple[str, ...] = ()


def load_config(
    path: str | Path, overrides: Iterable[str] = (), *, vocabulary: Vocabulary = NO_VOCABULARY
) -> LoadedConfig:
    """Read a config file and apply `key=value` overrides in order.

    `vocabulary` holds the names of sources and the codes of findings; without it they are not checked.
    An override of network.width replaces a network.hidden of the file (the number of layers stays), and one of
    network.hidden replaces the file's width; otherwise the usual checks hold between file and command line.
    Raises ConfigError with every problem found, UsageError for an override that is not `key=value`.
    """
    overrides = tuple(overrides)
    for text in overrides:
        parse_override(text)  # a fault of the command line is told before one of the file
    path = at_hand(Path(path))
    file = escaped(str(path)) or "."
    return _loaded(path, bytes_of(path, file), overrides, vocabulary)


def config_from_text(
    text: str, path: Path, overrides: Iterable[str] = (), *, vocabulary: Vocabulary = NO_VOCABULARY
) -> LoadedConfig:
    """The config that `load_config` would read if the file at `path` held this text. Raises as it does."""
    overrides = tuple(overrides)
    return _loaded(path, text.encode(), overrides, vocabulary)


def _loaded(path: str | Path, text: bytes, overrides: tuple[str, ...], vocabulary: Vocabulary) -> LoadedConfig:
    parsed = [parse_override(text) for text in overrides]
    file = escaped(str(path)) or "."
    given = _given_by_file(text, file, vocabulary.file_suffixes).copy()
    bare = is_bare(given)
    for key_path, value in parsed:
        lay_over(given, key_path, value)
    chosen = choose(given) if bare else frozenset()
    name = slug(without_endings(Path(path).stem, vocabulary.file_suffixes))
    config = checked(given, file, name=name, vocabulary=vocabulary)
    return LoadedConfig(config, text, origins(given, chosen), file, overrides)


@lru_cache(maxsize=KEPT_FILES)
def _given_by_file(text: bytes, file: str, suffixes: tuple[str, ...]) -> Given:
    """What a file with this text gives; the same object each time, so that a caller changes a copy."""
    document = read_document(text)
    _refuse_table(document, file, suffixes)
    _refuse_root(document, file)
    given = given_by(document)
    _refuse_sweep_of_another(given, file)
    if SWEEP in given.data:
        from .sweep_words import taken_from

        given.problems += taken_from(given).problems  # what is to be swept is no part of the config
    return given


def config_from_dict(data: Mapping[str, Any]) -> Config:
    """The config of plain data under the YAML's words, as `Config.to_dict` gives it. Raises ConfigError."""
    if not isinstance(data, Mapping):
        raise ConfigError([f"config: got {shown(data)}; {EXAMPLE}"])
    return checked(in_todays_words(Given(copied(dict(data)))), "config")


def checked(given: Given, file: str, *, name: str | None = None, vocabulary: Vocabulary = NO_VOCABULARY) -> Config:
    """The complete config of what was given. Raises ConfigError with all problems, each with its place."""
    if problems := problems_of(given, vocabulary):
        raise ConfigError(lines_of(problems, file))
    return Config.model_validate(completed(_without_empty_sections(given.data), name))


def problems_of(given: Given, vocabulary: Vocabulary) -> list[Problem]:
    """All problems of what was given, each with its place."""
    data = _without_empty_sections(given.data)
    problems = schema_problems(data)
    bad = {_key_of(path) for path in [*(problem.path for problem in problems), *given.unsure]}
    problems += disagreements(data, bad, vocabulary)
    located = [
        replace(problem, place=problem.place or given.place(problem.path))
        for problem in problems
        if not any(problem.path[:i] in given.unsure for i in range(len(problem.path) + 1))
    ]
    return [*given.problems, *located]


def origins(given: Given, chosen: Set[KeyPath] = frozenset()) -> dict[str, str]:
    """For each value's dotted path, in the schema's order: "default" (also those `chosen`), "file", "command line"."""
    return {key: _origin(given, path, path in chosen) for key, path in _leaves()}


@cache
def _leaves() -> tuple[tuple[str, KeyPath], ...]:
    """Each path that holds a value, with its dots and in parts."""
    return tuple((dotted(path), path) for path in leaf_paths())


def without_endings(name: str, endings: Iterable[str]) -> str:
    """A file's name without the endings (in small letters, with the dot) that it has, however many."""
    longest_first = sorted(endings, key=len, reverse=True)
    while ending := next((one for one in longest_first if name.lower().endswith(one)), ""):
        name = name[: -len(ending)]
    return name


def slug(stem: str) -> str:
    """A file's stem as a name that the schema accepts; NAMELESS if no character of it can stay."""
    fit = re.sub(f"[{NOT_IN_A_NAME}]+", "-", unicodedata.normalize("NFC", stem)).lstrip("._-")[:64]
    return fit.encode()[:MOST_NAME_BYTES].decode(errors="ignore").rstrip("-") or NAMELESS


def _origin(given: Given, path: KeyPath, is_chosen: bool) -> str:
    if is_chosen or not given.holds(path):
        return "default"
    return "command line" if given.place(path).command_line else "file"


def _key_of(path: KeyPath) -> KeyPath:
    """The path without positions in a list: one bad item makes the list bad."""
    return tuple(part for part in path if isinstance(part, str))


def _without_empty_sections(data: Any, path: KeyPath = ()) -> Any:
    """The data without sections that have only a heading (`training:` and nothing below)."""
    if not isinstance(data, Mapping) or section_at(path) is None:
        return data
    kept = {key: value for key, value in data.items() if value is not None or section_at((*path, key)) is None}
    return {key: _without_empty_sections(value, (*path, key)) for key, value in kept.items()}


def _refuse_table(document: Document, file: str, suffixes: tuple[str, ...]) -> None:
    """Raise ConfigError for a file that holds data by its ending, and no keys and values; `suffixes` are those."""
    if suffixes and file.lower().endswith(suffixes) and not isinstance(document.data, dict):
        sentence = f"holds data, not a config; dlrun init {shlex.quote(file)} writes its config"
        raise ConfigError([f"{file}: {sentence}"])


def _refuse_sweep_of_another(given: Given, file: str) -> None:
    """Raise ConfigError for a file that holds what `dlrun sweep` does with another config."""
    if SWEEP in given.data and "config" in given.data:
        remedy = f"dlrun sweep {shlex.quote(file)} trains it, and dlrun train takes the config that it names"
        raise ConfigError([f"{file}: holds a sweep of another config; {remedy}"])


def _refuse_root(document: Document, file: str) -> None:
    if not document.readable:
        raise ConfigError(lines_of(document.problems, file))
    if document.data is not None and not isinstance(document.data, dict):
        raise ConfigError(lines_of([Problem((), f"got {shown(document.data)}; {EXAMPLE}; {WRITTEN}", Place(1))], file))


def bytes_of(path: Path, file: str) -> bytes:
    """The bytes of a config, of which `file` is the name in messages. Raises ConfigError."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        near = _near(path)
        hint = f"did you mean {near}?" if near else "give the path of a YAML file"
        raise ConfigError([f"{file}: no such file; {hint}"]) from None
    except IsADirectoryError:
        inside = _yaml_files(path)
        hint = f"give one of its files: {', '.join(p.name for p in inside)}" if inside else "give a YAML file"
        raise ConfigError([f"{file}: got a folder; {hint}"]) from None
    except PermissionError:
        raise ConfigError([f"{file}: got no permission to read it; give yourself read access"]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError([f"{file}: cannot be read ({reason}); give the path of a YAML file"]) from None


def _near(path: Path) -> str | None:
    """The YAML file with the closest name in the missing one's folder, or in its `configs`, or a shipped one."""
    candidates = {p.stem: p for p in [*_yaml_files(path.parent / "configs"), *_yaml_files(path.parent)]}
    stem = path.stem if path.suffix in YAML_SUFFIXES else path.name
    if name := closest(stem, list(candidates)):
        return escaped(str(candidates[name]))
    name = closest(stem, [p.stem for p in _yaml_files(CONFIGS)])
    return f"{name}, which comes with dlrun" if name else None


def _yaml_files(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.suffix in YAML_SUFFIXES and p.is_file())
    except OSError:
        return []
