"""Writes the page of `man dlrun` from the command line itself: `python docs/_ext/manual.py > docs/dlrun.1`.

A build puts its own version where VERSION stands (setup.py), so that the file changes with the command line alone.
"""

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COMMAND_LINE = ROOT / "docs" / "reference" / "command-line.md"

COLUMNS = 78  # of a line of the source, as `mandoc -Tlint` has it

# Options that Typer adds and describes, in words that differ with its version.
OF_TYPER = {
    "install_completion": "Make your shell complete verbs, options, configs, run ids and config keys.",
    "show_completion": "Print the lines that do so.",
}


def program() -> Any:
    """The command with its verbs, as Typer makes it."""
    from typer.main import get_command

    from dlrun.cli.app import app_with

    return get_command(app_with())


def verbs() -> dict[str, Any]:
    """Each verb with its command, in the order of the help."""
    return dict(program().commands)


def text_and_examples(command: Any) -> tuple[str, list[str]]:
    """What a help says, and the commands of its example."""
    text, _, example = inspect.cleandoc(command.help).partition("Example: ")
    return text.strip(), re.split(r", or |, then ", " ".join(example.split()))


def arguments_of(command: Any) -> list[tuple[str, str]]:
    """Each argument as the help writes it, with what it is."""
    own = [one for one in command.params if type(one).__name__.endswith("Argument")]
    return [(one.metavar or one.name.upper(), one.help or "") for one in own]


def options_of(command: Any) -> Iterator[tuple[str, str]]:
    """Each option as it is typed, with what it does and its default."""
    for option in command.params:
        if type(option).__name__.endswith("Argument") or option.name == "help":
            continue
        value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
        text = OF_TYPER.get(option.name) or option.help or ""
        if not (callable(option.default) or option.default in (None, False, (), [])):
            text += f" Default: {option.default}."
        yield ", ".join((*option.opts, *option.secondary_opts)) + value, text


def plain(text: str) -> str:
    """Text for roff: its own signs stand for themselves, and `words` are set in bold."""
    text = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fR", text)


def filled(text: str) -> list[str]:
    """A paragraph in lines; none begins with a sign that would make it a request."""
    lines = textwrap.wrap(plain(text), COLUMNS, break_long_words=False, break_on_hyphens=False)
    return [f"\\&{line}" if line.startswith((".", "'")) else line for line in lines]


def listed(rows: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> list[str]:
    return [line for name, text in rows for line in (".TP", f"\\fB{plain(name)}\\fR", *filled(text))]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a help; the first follows its heading without a break."""
    return [line for paragraph in text.split("\n\n") for line in (".PP", *filled(paragraph))][1:]


def examples(commands: list[str]) -> list[str]:
    heading = "Example:" if len(commands) == 1 else "Examples:"
    return [".PP", heading, ".PP", ".nf", ".RS 4", *map(plain, commands), ".RE", ".fi"]


def of_verb(name: str, command: Any) -> list[str]:
    text, commands = text_and_examples(command)
    arguments = arguments_of(command)
    words = " ".join([f"dlrun {name}", *(argument for argument, _ in arguments), "[OPTIONS]"])
    return [f".SS {plain(words)}", *paragraphs(text), *listed(arguments), *listed(options_of(command)),
            *examples(commands)]  # fmt: skip


def exit_statuses() -> list[tuple[str, str]]:
    """Those of the reference, which a test compares with the errors of the program."""
    return re.findall(r"^\| (\d+) \| (.+) \|$", COMMAND_LINE.read_text(encoding="utf-8"), re.M)


def environment() -> list[tuple[str, str]]:
    """The variables that stand for options."""
    named = {one.envvar: one for verb in verbs().values() for one in verb.params if getattr(one, "envvar", None)}
    return [(variable, f"{option.help} {option.opts[0]} goes before it.") for variable, option in named.items()]


def page() -> str:
    """The page, with VERSION for the version."""
    from dlrun.cli.app import PARTS

    whole = program()
    text, commands = text_and_examples(whole)
    name, _, description = text.partition("\n\n")
    lines = [
        '.\\" Made by docs/_ext/manual.py from the command line; not edited by hand.',
        '.TH DLRUN 1 "" "dlrun VERSION" "User Commands"',
        ".SH NAME",
        f"dlrun \\- {plain(name[0].lower() + name[1:].rstrip('.'))}",
        ".SH SYNOPSIS",
        "\\fBdlrun\\fR \\fIVERB\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]",
        ".SH DESCRIPTION",
        *paragraphs(description),
        *examples(commands),
        ".SH OPTIONS",
        *listed(options_of(whole)),
        ".TP",
        "\\fB\\-\\-help\\fR",
        "Show the verbs, or after a verb what it takes.",
    ]
    for verb, command in whole.commands.items():
        if verb in PARTS:
            lines += [f'.SH "{PARTS[verb].upper()}"']
        lines += of_verb(verb, command)
    lines += [".SH EXIT STATUS", *listed(exit_statuses()), ".SH ENVIRONMENT", *listed(environment())]
    lines += listed([("NO_COLOR", "If set, nothing is coloured.")])
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.stdout.write(page())
