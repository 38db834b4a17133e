"""A problem of a config: where it is, what was found, what would do.

It is the lowest module of the package. Every check makes a `Problem`, and the loader turns all of them into lines.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]

# Long enough to recognise the text, short enough for a message on one line of a terminal.
SHOWN_CHARACTERS = 60
# The schema allows nothing deeper than a list; two more levels are enough to recognise a value.
SHOWN_DEPTH = 3


@dataclass(frozen=True)
class Place:
    """Where a value was given: a line of the file (None when unknown), or the command line."""

    line: int | None = None
    command_line: bool = False


@dataclass(frozen=True)
class Problem:
    """One problem at a key path; `place` is None until the loader has looked up where the key was given."""

    path: KeyPath
    sentence: str
    place: Place | None = None


def dotted(path: KeyPath) -> str:
    """The path as it is written on a command line, with list positions in brackets: `network.hidden[1]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{printable(part)}"
    return text.removeprefix(".")


def printable(text: str) -> str:
    """The text on one line, cut to about `SHOWN_CHARACTERS`; an empty one is ''."""
    return shortened(escaped(text)) or "''"


def escaped(text: str) -> str:
    """The text with control characters, and others that do not print, as Python's escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shortened(text: str) -> str:
    """The text, cut to `SHOWN_CHARACTERS` with dots at the end when it is longer."""
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."


def shown(value: object) -> str:
    """A value in YAML's words (null, true, .inf), strings in quotes, on one line and shortened."""
    return shortened(_words(value, SHOWN_DEPTH))


def _words(value: object, depth: int) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, list | tuple | dict) and depth == 0:
        return "..."
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_words(item, depth - 1) for item in value[:SHOWN_CHARACTERS]) + "]"
    if isinstance(value, dict):
        pairs = list(value.items())[:SHOWN_CHARACTERS]
        return "{" + ", ".join(f"{printable(str(key))}: {_words(item, depth - 1)}" for key, item in pairs) + "}"
    return repr(value[: 2 * SHOWN_CHARACTERS] if isinstance(value, str) else value)


def counted(number: int, word: str) -> str:
    """`1 width`, `2 widths`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def lines_of(problems: Iterable[Problem], file: str) -> list[str]:
    """Every problem as `file:line: key.path: sentence`, sorted by line, the command line's last."""
    placed = [(problem.place or Place(), problem) for problem in problems]
    placed.sort(key=lambda pair: (pair[0].command_line, pair[0].line or 0))
    return list(dict.fromkeys(_line(place, problem, file) for place, problem in placed))


def _line(place: Place, problem: Problem, file: str) -> str:
    where = "command line" if place.command_line else f"{file}:{place.line}" if place.line else file
    return ": ".join(filter(None, [where, dotted(problem.path), problem.sentence]))
