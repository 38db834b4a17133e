"""The verbs under one command, and what becomes of their errors: a sentence, and the right exit status."""

import sys

import typer

from ..errors import Interrupted
from . import (
    bin,
    compare,
    configs,
    curve,
    decompose,
    diagnose,
    diff,
    explain,
    export,
    gradcheck,
    probe,
    recipe,
    report,
    resume,
    runs,
    show,
    tag,
    train,
    verify,
)
from .guard import guarded, leave_on_sigterm

HELP = """Train a dense network from a YAML file and learn the truth about it.

Is it biased, is it overfitting, are its gradients right, and what should be tried next?

Example: dlrun train configs/digits.yaml, then dlrun diagnose
"""


class Verbs(typer.core.TyperGroup):
    """The verbs; a KeyboardInterrupt in one leaves it as an error of ours, since Typer would end without a word."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as left:
            raise Interrupted(str(left) or "interrupted") from left


app = typer.Typer(cls=Verbs, help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command("train")(train.train)
app.command("diagnose")(diagnose.diagnose)
app.command("curve")(curve.curve)
app.command("decompose")(decompose.decompose)
app.command("explain")(explain.explain)
app.command("gradcheck")(gradcheck.gradcheck)
app.command("probe")(probe.probe)
app.command("recipe")(recipe.recipe)
app.command("runs")(runs.runs)
app.command("show")(show.show)
app.command("report")(report.report)
app.command("resume")(resume.resume)
app.command("verify")(verify.verify)
app.command("diff")(diff.diff)
app.command("compare")(compare.compare)
app.command("tag")(tag.tag)
app.command("export")(export.export)
app.command("rm")(bin.rm)
app.command("restore")(bin.restore)
app.command("gc")(bin.gc)
app.command("config")(configs.config)
app.command("schema")(configs.schema)


def show_version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"dlrun {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=show_version, is_eager=True, help="Show the version."),
) -> None:
    """Holds the options that come before a verb."""


def run_command() -> None:
    leave_on_sigterm()
    sys.exit(guarded(lambda: app(standalone_mode=False)))
