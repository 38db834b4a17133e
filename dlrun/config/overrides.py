"""Applies the `key=value` overrides of the command line to the data of the file.

`Given` is all that a person wrote, in the file or on the command line: plain data and the place of each key path.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import UsageError
from .former import ENCODING, today
from .keys import field_at, section_at
from .problems import KeyPath, Place, Problem, dotted, printable
from .strict_yaml import Document, read_document

EXAMPLE = "write key=value, as in training.epochs=30"
COMMAND_LINE = Place(command_line=True)

# Two keys for the same thing: one on the command line replaces the other in the file.
RIVALS: dict[KeyPath, KeyPath] = {
    ("network", "width"): ("network", "hidden"),
    ("network", "hidden"): ("network", "width"),
}


@dataclass
class Given:
    """Plain data, the place of each key path in it, faults of the YAML, and paths whose value could not be read."""

    data: dict[str, Any]
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unsure: set[KeyPath] = field(default_factory=set)

    def copy(self) -> "Given":
        """The same, to be changed alone."""
        return Given(copied(self.data), dict(self.places), list(self.problems), set(self.unsure))

    def place(self, path: KeyPath) -> Place:
        """Where a path was given: its own place, or that of the nearest section above it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place())

    def holds(self, path: KeyPath) -> bool:
        """Whether a path was given by hand."""
        here: Any = self.data
        for key in path:
            if not isinstance(here, dict) or key not in here:
                return False
            here = here[key]
        return True

    def forget(self, path: KeyPath) -> None:
        """Remove a path and all below it, as if it had never been given."""
        *above, key = path
        here: Any = self.data
        for part in above:
            here = here[part]
        del here[key]
        self.places = {held: place for held, place in self.places.items() if held[: len(path)] != path}


def copied(data: Any) -> Any:
    """Plain data with mappings and lists of its own. `copy.deepcopy` takes sixty times as long."""
    if isinstance(data, dict):
        return {key: copied(value) for key, value in data.items()}
    return [copied(value) for value in data] if isinstance(data, list) else data


def given_by(document: Document) -> Given:
    """What a file gives; the document's root is a mapping."""
    places = {path: Place(line) for path, line in document.lines.items() if path}
    return in_todays_words(Given(document.data or {}, places, list(document.problems), set(document.unsure)))


def in_todays_words(given: Given) -> Given:
    """The same with a value that a former key held under today's, unless that is given too."""
    if not given.holds(ENCODING):
        return given
    section, place = given.data["data"], given.place(ENCODING)
    path, value = today(ENCODING, section["encoding"])
    if path != ENCODING and not given.holds(path):
        given.forget(ENCODING)
        given.places[path] = place
    if path == ENCODING or "encoding" not in section:
        section[path[-1]] = value
    return given


def parse_override(text: str) -> tuple[KeyPath, Document]:
    """`a.b=value` as its path and its value, read as YAML; an empty value is null. Raises UsageError."""
    path, value = key_of_override(text)
    return path, read_document(value)


def key_of_override(text: str) -> tuple[KeyPath, str]:
    """`a.b=value` as its path and its value's text. Raises UsageError."""
    key, equals, value = text.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    if not equals:
        raise UsageError(f"override {printable(text)}: got no = in it; {EXAMPLE}")
    if not all(path):
        raise UsageError(f"override {printable(text)}: got an empty key before the =; {EXAMPLE}")
    return path, value


def below_a_value(path: KeyPath) -> str | None:
    """The sentence about a path that goes on below a key which takes a whole value, None for any other path."""
    leaf = next((path[:i] for i in range(1, len(path)) if field_at(path[:i]) and not section_at(path[:i])), None)
    return f"unknown key here; {dotted(leaf)} takes one whole value, as in {dotted(leaf)}=VALUE" if leaf else None


def lay_over(given: Given, path: KeyPath, document: Document) -> None:
    """Set one override's value; its problems are added to those of `given`.

    A width given here replaces the file's list of hidden widths (the number of layers stays), and a list of hidden
    widths replaces the file's width. Both on one command line conflict, as they do in a file.
    """
    path, value = today(path, document.data)
    document = replace(document, data=value)
    given.problems += [Problem(path + problem.path, problem.sentence, COMMAND_LINE) for problem in document.problems]
    given.unsure |= {path + inner for inner in document.unsure}
    if sentence := below_a_value(path):
        given.problems.append(Problem(path, sentence, COMMAND_LINE))
        return
    if not document.readable:
        given.unsure.add(path)
    if document.data is not None:
        _replace_rival(given, path)
    _set(given, path, document.data)


def _replace_rival(given: Given, path: KeyPath) -> None:
    rival = RIVALS.get(path)
    if rival is None or not given.holds(rival) or given.place(rival).command_line:
        return
    hidden, place = given.data["network"].get("hidden"), given.place(rival)
    given.forget(rival)
    depth = ("network", "depth")
    if rival[-1] == "hidden" and isinstance(hidden, list) and not given.holds(depth):
        given.data["network"]["depth"] = len(hidden) + 1
        given.places[depth] = place


def _set(given: Given, path: KeyPath, value: Any) -> None:
    here: Any = given.data
    for i, key in enumerate(path[:-1], start=1):
        if here.get(key) is None:
            here[key] = {}
            given.places[path[:i]] = COMMAND_LINE
        here = here[key]
        if not isinstance(here, dict):  # The file has a value instead of a section; another check reports that.
            return
    if path[-1] in here:
        given.forget(path)
    here[path[-1]] = value
    given.places[path] = COMMAND_LINE
