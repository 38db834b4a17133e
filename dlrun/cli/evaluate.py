"""`dlrun evaluate`: judge a run's network on other labelled rows."""

from pathlib import Path
from typing import Annotated

import typer

from ..places import at_hand
from .options import DEFAULT_RUNS_DIR, Json, OneRun, Quiet, RunsDir

LabelledFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="A file of rows with the target; - for CSV on standard input.", callback=at_hand
    ),
]


def evaluate(
    run: OneRun,
    file: LabelledFile,
    by: Annotated[
        str | None, typer.Option("--by", metavar="COLUMN", help="The error of each group of this column of FILE.")
    ] = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Judge a run's network on other labelled rows: the error, its distance to dev, and what that means.

    It may be chance, or the rows are of another kind than dev's, or they look the same and are labelled otherwise.
    With --by, the error of each group, and which groups differ from the others beyond chance when all are looked at.

    Example: dlrun evaluate flowers configs/data/flowers.csv --by soil
    """
    from ..inspection.evaluation import evaluate_file
    from ..model import load_model
    from ..report import make_console, share_display
    from ..report.evaluation import show_evaluation
    from ..store import find_run
    from .output import print_json

    folder = find_run(runs_dir, run)
    with share_display("rows", make_console(stderr=True), quiet=quiet) as tell:
        evaluated = evaluate_file(folder, load_model(folder), file, by, tell)
    if as_json:
        print_json(evaluated)
    else:
        show_evaluation(evaluated, make_console())
