"""`dlrun predict`: answer the rows of a file with the network of a run."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from ..places import at_hand
from .options import DEFAULT_RUNS_DIR, Json, OneRun, Quiet, RunsDir

RowFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="A file of rows, with or without the target; - for standard input.", callback=at_hand
    ),
]
CostsOption = Annotated[
    str | None,
    typer.Option(
        "--costs",
        metavar="COSTS",
        help="Two classes: answer the rarer one from the probability on that costs the dev rows least, such as"
        " false_alarm=1,miss=10.",
    ),
]


def predict(
    run: OneRun,
    file: RowFile,
    out: Annotated[
        str,
        typer.Option(
            "--out", "-o", metavar="OUT", help="Write to OUT: .csv, .parquet or .jsonl; - is CSV on standard output."
        ),
    ] = "-",
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="COLUMN", help="Write this column of FILE too. Can be given again."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Add a column that says what is odd in each row, such as a word not seen in training."
        ),
    ] = False,
    interval: Annotated[
        float | None,
        typer.Option(
            "--interval", metavar="LEVEL", help="Add intervals, or sets of classes, that hold the truth this often."
        ),
    ] = None,
    abstain: Annotated[
        float | None,
        typer.Option("--abstain", metavar="ERROR", help="Answer only the surest rows, with an error below this."),
    ] = None,
    costs: CostsOption = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Answer each row of a file: its label and the probability of each class, or its number.

    A row in, a row out, in order. Columns are found by name, in any order. What the network cannot know (words not seen
    in training, numbers beyond its range) is counted on standard error, and so is the error where FILE has the target.

    Example: dlrun predict flowers configs/data/flowers.csv -o answers.csv --keep soil --check
    """
    from ..model import Asked, load_model, predict_file
    from ..model.answering import costs_of
    from ..report import make_console, share_display
    from ..report.prediction import show_prediction
    from ..store import find_run
    from .output import print_json

    if as_json and out == "-":
        raise UsageError("--json: the answers go to standard output already; expected -o OUT beside it")
    model = load_model(find_run(runs_dir, run))
    beside = make_console(stderr=True)
    asked = Asked(file, out, tuple(keep or ()), check, interval, abstain, costs_of(costs))
    with share_display("rows", beside, quiet=quiet) as tell:
        prediction = predict_file(model, asked, tell)
    if as_json:
        print_json(prediction)
    else:
        show_prediction(prediction, beside)
