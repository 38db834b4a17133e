"""Reads YAML without its traps: the text of a config becomes plain data and a map from key path to line.

It checks and reads the node graph of PyYAML itself. So scalars follow YAML 1.2 (`yes` is a string, `1e-3` a number,
`010` ten), and every value has a line for later messages.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from .problems import KeyPath, Place, Problem, printable

MAX_BYTES = 1 << 20  # A config is a page of text; a megabyte is a data set.
MAX_DEPTH = 32  # The schema needs 4; PyYAML recurses about three frames a level, far from Python's limit of 1000.
MAX_DIGITS = 100  # Python itself refuses to read integers beyond 4300 digits, and a float ends at 309.

NULL, BOOL, INT, FLOAT = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))

# The scalars of YAML 1.2's core schema, except octal and hexadecimal: those stay strings, and the schema then asks for
# a number. `True`, `NULL` and the like stay strings too, so that each value has one spelling.
PLAIN_SCALARS = [
    (NULL, re.compile(r"(?:~|null|)\Z")),
    (BOOL, re.compile(r"(?:true|false)\Z")),
    (INT, re.compile(r"[-+]?[0-9]+\Z")),
    (FLOAT, re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")),
    (FLOAT, re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")),
]


@dataclass
class Document:
    """The result of reading: plain data, the line of every key path, and the problems of the YAML itself.

    `readable` is False if the text is not YAML (`data` is then None and `problems` says why). `unsure` holds the paths
    whose value could not be read as written, so that they are reported only once.
    """

    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unsure: set[KeyPath] = field(default_factory=set)
    readable: bool = True

    def refuse(self, path: KeyPath, line: int, sentence: str) -> None:
        """Note a problem of the YAML at a path."""
        self.problems.append(Problem(path, sentence, Place(line)))


class StrictLoader(yaml.SafeLoader):
    """PyYAML's scanner, parser and composer with YAML 1.2 scalars, a depth limit, and a list of the forbidden nodes."""

    yaml_implicit_resolvers = {None: PLAIN_SCALARS}  # noqa: RUF012 (PyYAML's name; None stands for any first letter)

    def __init__(self, text: str):
        super().__init__(text)
        self.depth = 0
        self.refused: dict[int, str] = {}  # id of a node of the graph -> the sentence about it

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """PyYAML's step down the graph. Aliases never become shared nodes, so the graph stays a tree."""
        event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML has no types for it
        start, end, sentence = event.start_mark, event.end_mark, refusal(event)
        if self.depth >= MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"nested more than {MAX_DEPTH} deep", problem_mark=start)
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]  # types-PyYAML has no types for it
            node: yaml.Node | None = yaml.ScalarNode(NULL, "", start, end)
        else:
            event.anchor = None
            self.depth += 1
            node = super().compose_node(parent, index)
            self.depth -= 1
        if sentence:
            self.refused[id(node)] = sentence
        return node


def refusal(event: yaml.NodeEvent) -> str | None:
    """The sentence against an alias, an anchor or a tag; None for a node without any."""
    if isinstance(event, yaml.AliasEvent):
        return f"got the alias *{printable(event.anchor or '')}; write the value out, aliases are not read here"
    if event.anchor is not None:
        return f"got the anchor &{printable(event.anchor)}; remove it, anchors are not read here"
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        return f"got the tag {printable(event.tag)}; remove it, tags are not read here"
    return None


def read_document(source: bytes | str) -> Document:
    """Read one YAML document. Never raises: problems are in the result's `problems`."""
    if len(source) > MAX_BYTES:
        return _unreadable(f"got more than {MAX_BYTES} bytes; a config has at most 1 MiB")
    try:
        text = source.decode("utf-8") if isinstance(source, bytes) else source
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return _unreadable(
            f"got the byte 0x{error.object[error.start]:02x}, which is not UTF-8; save it as UTF-8", line
        )
    try:
        loader = StrictLoader(text)
        root = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        fault = f"got the control character U+{ord(text[error.position]):04X}"
        return _unreadable(f"{fault}; remove it", text.count("\n", 0, error.position) + 1)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _unreadable(_syntax_sentence(error), mark.line + 1 if mark else None)
    except (ValueError, OverflowError):  # PyYAML's chr() of an escape such as "\UFFFFFFFF"
        return _unreadable('got an escape such as "\\U00110000" that is no character; write the character itself')
    document = Document()
    if root is not None:
        document.data = _plain(root, (), document, loader.refused)
    return document


def _unreadable(sentence: str, line: int | None = None) -> Document:
    return Document(problems=[Problem((), sentence, Place(line))], readable=False)


def _syntax_sentence(error: yaml.MarkedYAMLError) -> str:
    """PyYAML's error as a sentence with a remedy; the most common errors have their own."""
    problem = error.problem or ""
    if "expected a single document" in (error.context or ""):
        return "got a second document; keep one and remove the ---"
    if problem.startswith("nested"):
        return f"got values {problem}; a config needs 4 levels at most"
    if r"'\t'" in problem:
        return "got a tab; indent with spaces"
    return f"not YAML ({printable(problem)}); check the indentation, the brackets and the quotes here"


def _plain(node: yaml.Node, path: KeyPath, document: Document, refused: dict[int, str]) -> Any:
    """The node as dict, list, str, int, float, bool or None; lines and problems go to the document."""
    line = node.start_mark.line + 1
    document.lines.setdefault(path, line)
    if id(node) in refused:
        document.refuse(path, line, refused[id(node)])
        document.unsure.add(path)
        if isinstance(node, yaml.ScalarNode):  # The text may not fit its tag (`!!int abc`).
            return None
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), document, refused) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document, refused)
    return _scalar(node, path, document)


def _mapping(node: yaml.MappingNode, path: KeyPath, document: Document, refused: dict[int, str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line, key = key_node.start_mark.line + 1, key_node.value
        if not isinstance(key, str) or id(key_node) in refused or not _is_text(key):
            document.refuse(path, line, refused.get(id(key_node), "got a key that is not a word; expected key: value"))
            document.unsure.add(path)
        elif key == "<<" and key_node.style is None:
            document.refuse(path, line, "got the merge key <<; write the keys out, merging is not read here")
            document.unsure.add(path)
        elif key in data:
            first = document.lines[(*path, key)]
            document.refuse((*path, key), line, f"given twice, on lines {first} and {line}; keep one of them")
        else:
            document.lines[(*path, key)] = line
            data[key] = _plain(value_node, (*path, key), document, refused)
    return data


def _scalar(node: yaml.Node, path: KeyPath, document: Document) -> Any:
    text, line = node.value, node.start_mark.line + 1
    if node.tag in (INT, FLOAT) and len(text) > MAX_DIGITS:
        document.refuse(path, line, f"got a number of {len(text)} characters; expected at most {MAX_DIGITS}")
        document.unsure.add(path)
        return None
    if not _is_text(text):
        document.refuse(path, line, "got half of a surrogate pair, which is no character; write the character itself")
        document.unsure.add(path)
        return None
    if node.tag == FLOAT:
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    if node.tag == NULL:
        return None
    if node.tag == BOOL:
        return text == "true"
    return int(text) if node.tag == INT else text


def _is_text(text: str) -> bool:
    """Whether a file may hold each character: YAML's escapes can give lone surrogates, which it may not."""
    return not any("\ud800" <= c <= "\udfff" for c in text)
