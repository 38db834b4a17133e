"""Reads the file of a sweep, and tries values in its config, thousands a second, without reading it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigError
from ..places import at_hand
from .loading import LoadedConfig, bytes_of, problems_of
from .overrides import given_by, lay_over, parse_override
from .problems import Problem, escaped, lines_of, shown
from .strict_yaml import Document, read_document
from .sweep_words import Wishes, taken_from
from .words import CONFIG, SWEEP, Vocabulary


@dataclass(frozen=True)
class SweepFile:
    """A file that `dlrun sweep` is given: its name in messages, the config that is trained, and what is asked of it.

    has_own_config : whether it is itself that config, whose problems are then its own.
    """

    file: str
    config: Path
    has_own_config: bool
    wishes: Wishes


def read_sweep_file(path: Path) -> SweepFile:
    """A config, with a `sweep:` section or without; or a file that names a config and has the section.

    Raises ConfigError for a file that cannot be read, or is neither.
    """
    path = at_hand(path)
    file = escaped(str(path)) or "."
    document = read_document(bytes_of(path, file))
    if not isinstance(document.data, dict) or CONFIG not in document.data:
        is_mapping = isinstance(document.data, dict)
        wishes = taken_from(given_by(document)) if is_mapping else Wishes()
        return SweepFile(file, path, True, wishes)
    given = given_by(document)
    problems, name, place = list(given.problems), given.data[CONFIG], given.place((CONFIG,))
    wishes = taken_from(given)
    for key in given.data.keys() - {CONFIG}:
        sentence = f"no key here; the config is {shown(name)}, so write the values for it below {SWEEP}"
        problems.append(Problem((key,), sentence, given.place((key,))))
    if not isinstance(name, str) or not name:
        sentence = f"got {shown(name)}; expected the path of a config, seen from this file"
        problems.append(Problem((CONFIG,), sentence, place))
    if not isinstance(name, str) or not name:
        raise ConfigError(lines_of([*problems, *wishes.problems], file))
    wishes.problems[:0] = problems
    return SweepFile(file, path.parent / name, False, wishes)


class Overlay:
    """A sound config that other values are laid over."""

    def __init__(self, loaded: LoadedConfig, vocabulary: Vocabulary):
        self._vocabulary = vocabulary
        self._given = given_by(read_document(loaded.text))
        taken_from(self._given)
        for path, document in map(parse_override, loaded.overrides):
            lay_over(self._given, path, document)

    def problems(self, settings: Mapping[str, object]) -> list[Problem]:
        """What is wrong with the config once these values are laid over it, as a training with them would say."""
        given = self._given.copy()
        for key, value in settings.items():
            lay_over(given, tuple(key.split(".")), Document(data=value))
        return problems_of(given, self._vocabulary)
