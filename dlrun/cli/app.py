"""The `dlrun` command with all its verbs. An error in a verb becomes one sentence and the right exit status."""

import sys
from collections.abc import Callable
from typing import Any

import typer

from ..errors import Interrupted
from . import (
    bin,
    compare,
    configs,
    curve,
    data,
    decompose,
    diagnose,
    diff,
    evaluate,
    explain,
    export,
    gradcheck,
    init,
    predict,
    probe,
    recipe,
    refit,
    report,
    resume,
    runs,
    show,
    sweep,
    tag,
    train,
    verify,
)
from .guard import ClosedPipe, guarded, leave_on_sigterm
from .streams import status_with_output

HELP = """Train a dense network from a YAML file and learn the truth about it.

Is it biased, is it overfitting, are its gradients right, and what should be tried next?

Example: dlrun train configs/digits.yaml, then dlrun diagnose
"""


class Verbs(typer.core.TyperGroup):
    """The verbs. Turns a KeyboardInterrupt and a closed pipe into our own errors, since Typer would end on its own."""

    def invoke(self, ctx: Any) -> Any:  # click's Context; newer versions of Typer have their own class
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as left:
            raise Interrupted(str(left) or "interrupted") from left
        except BrokenPipeError as closed:
            raise ClosedPipe from closed


# Every verb, in the order of the help; a verb has the name of its function.
VERBS: tuple[Callable[..., object], ...] = (
    init.init,
    data.data,
    train.train,
    diagnose.diagnose,
    predict.predict,
    evaluate.evaluate,
    curve.curve,
    decompose.decompose,
    explain.explain,
    gradcheck.gradcheck,
    probe.probe,
    sweep.sweep,
    recipe.recipe,
    refit.refit,
    runs.runs,
    show.show,
    report.report,
    resume.resume,
    verify.verify,
    diff.diff,
    compare.compare,
    tag.tag,
    export.export,
    bin.rm,
    bin.restore,
    bin.gc,
    configs.config,
    configs.schema,
)

app = typer.Typer(cls=Verbs, help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
for verb in VERBS:
    app.command(verb.__name__)(verb)


def show_version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"dlrun {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=show_version, is_eager=True, help="Show the version."),
) -> None:
    """The options that come before a verb."""


def run_command() -> None:
    leave_on_sigterm()
    sys.exit(status_with_output(guarded(lambda: app(standalone_mode=False))))
