"""`dlrun export`: export a run to TensorBoard or MLflow."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .options import DEFAULT_RUNS_DIR, Json, RunReference, RunsDir


def export(
    run: RunReference = "latest",
    tensorboard: Annotated[
        Path | None, typer.Option("--tensorboard", metavar="DIR", help="Write event files to DIR/RUN.", file_okay=False)
    ] = None,
    mlflow: Annotated[
        str | None,
        typer.Option("--mlflow", metavar="URI", help="Send the run to an MLflow store, e.g. sqlite:///mlflow.db."),
    ] = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    as_json: Json = False,
) -> None:
    """Export a run's config, metrics of each epoch and verdict; MLflow gets its report too.

    Both need an optional package: pip install 'dlrun[tensorboard]' or 'dlrun[mlflow]'.

    Example: dlrun export latest --tensorboard logs
    """
    from ..inspection import overview
    from ..report.exports import export_mlflow, export_tensorboard
    from ..store import find_run, read_metrics
    from .output import print_json

    if tensorboard is None and mlflow is None:
        raise UsageError("export: no target given; expected --tensorboard DIR or --mlflow URI")
    folder = find_run(runs_dir, run)
    run_overview, epochs = overview(folder), read_metrics(folder)
    exported = []
    if tensorboard is not None:
        exported.append(export_tensorboard(run_overview, epochs, tensorboard))
    if mlflow is not None:
        exported.append(export_mlflow(run_overview, epochs, mlflow))
    if as_json:
        print_json({"run_id": folder.id, "exported": exported})
    else:
        for export_made in exported:
            print(f"{folder.id}: exported to {export_made.to}")
