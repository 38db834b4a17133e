"""The `dlrun` command with its verbs. An error in a verb becomes one sentence and the right exit status."""

import gc
import re
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import typer

from ..errors import Interrupted
from .guard import ClosedPipe, guarded, leave_on_sigterm
from .streams import status_with_output

HELP = """Train a dense network from a YAML file and learn the truth about it.

Is it biased, is it overfitting, are its gradients right, and what should be tried next?

Example: dlrun train configs/digits.yaml, then dlrun diagnose
"""


# The verb with which each part of the help begins.
PARTS = {"init": "Train and try", "diagnose": "Judge", "runs": "Look", "resume": "Keep", "predict": "Use"}


class Verbs(typer.core.TyperGroup):
    """The verbs. Turns a KeyboardInterrupt and a closed pipe into our own errors, since Typer would end on its own."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The verbs in parts, each with what it does in a line or two that are not cut off."""
        parts: dict[str, list[tuple[str, str]]] = {}
        part = next(iter(PARTS.values()))
        for name, command in self.commands.items():
            part = PARTS.get(name, part)
            parts.setdefault(part, []).append((name, in_short(command.help or "")))
        width = max(map(len, self.commands))
        for heading, rows in parts.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:{width}}", text) for name, text in rows])

    def invoke(self, ctx: Any) -> Any:  # click's Context; newer versions of Typer have their own class
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as left:
            raise Interrupted(str(left) or "interrupted") from left
        except BrokenPipeError as closed:
            raise ClosedPipe from closed


def in_short(text: str) -> str:
    """The first sentence of a help text, up to its first colon or semicolon."""
    return re.split(r"[.:;](?:\s|$)", " ".join(text.split()), maxsplit=1)[0]


# Every verb and its module, in the order of the help. A verb has the name of its function.
VERBS = {
    "init": "init",
    "data": "data",
    "train": "train",
    "sweep": "sweep",
    "recipe": "recipe",
    "refit": "refit",
    "diagnose": "diagnose",
    "curve": "curve",
    "decompose": "decompose",
    "explain": "explain",
    "gradcheck": "gradcheck",
    "probe": "probe",
    "runs": "runs",
    "show": "show",
    "report": "report",
    "diff": "diff",
    "compare": "compare",
    "config": "configs",
    "schema": "configs",
    "resume": "resume",
    "verify": "verify",
    "tag": "tag",
    "rm": "bin",
    "restore": "bin",
    "gc": "bin",
    "predict": "predict",
    "evaluate": "evaluate",
    "export": "export",
}


def app_with(verbs: Iterable[str] = tuple(VERBS)) -> typer.Typer:
    """The command line with these verbs, whose modules are imported."""
    app = typer.Typer(cls=Verbs, help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.callback()(options)
    for verb in verbs:
        app.command(verb)(getattr(import_module(f"{__package__}.{VERBS[verb]}"), verb))
    return app


def verbs_for(words: Iterable[str]) -> tuple[str, ...]:
    """The verb that is asked for; all of them where it is none of them, for the help and for completion."""
    first = next((word for word in words if not word.startswith("-")), None)
    return (first,) if first in VERBS else tuple(VERBS)


def show_version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"dlrun {__version__}")
        raise typer.Exit


def options(
    version: bool = typer.Option(False, "--version", callback=show_version, is_eager=True, help="Show the version."),
) -> None:
    """The options that come before a verb."""


def run_command() -> None:
    leave_on_sigterm()
    if "--install-completion" in sys.argv or "--show-completion" in sys.argv:
        from .completion import add_scripts

        add_scripts()
    app = app_with(verbs_for(sys.argv[1:]))
    status = status_with_output(guarded(lambda: app(standalone_mode=False)))
    gc.freeze()  # Python would look through all that was imported for garbage once more, a tenth of a short command
    sys.exit(status)
