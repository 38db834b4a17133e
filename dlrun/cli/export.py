"""`dlrun export`: export a run to TensorBoard or MLflow, or its network to a file that needs no dlrun."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .options import DEFAULT_RUNS_DIR, Json, RunReference, RunsDir

NO_TARGET = (
    "export: no target given; expected --onnx FILE, --python FILE, --card FILE, --tensorboard DIR or --mlflow URI"
)


def export(
    run: RunReference = "latest",
    onnx: Annotated[
        Path | None, typer.Option("--onnx", metavar="FILE", help="Write the network and its preparation as ONNX.")
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option("--python", metavar="FILE.py", help="Write the same as Python that needs NumPy alone."),
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option("--card", metavar="FILE.md", help="Write a model card: what, on what, how well, limits."),
    ] = None,
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
    """Export a run's network as ONNX or Python, its model card, or its metrics and verdict to another program.

    --onnx, --tensorboard and --mlflow need a package: pip install 'dlrun[onnx]', 'dlrun[tensorboard]', 'dlrun[mlflow]'.

    Example: dlrun export latest --python network.py, or dlrun export latest --onnx network.onnx
    """
    from ..inspection import overview
    from ..model import load_model
    from ..report import make_console, say
    from ..report.exports import export_mlflow, export_tensorboard
    from ..report.files import make_files, write_files
    from ..store import Result, find_run, read_metrics
    from .output import print_json

    if not any((onnx, python, card, tensorboard, mlflow)):
        raise UsageError(NO_TARGET)
    folder = find_run(runs_dir, run)
    files = make_files(folder, onnx=onnx, python=python, card=card)
    for note in files.notes:
        say(make_console(stderr=True), "note: ", note)
    exported = write_files(folder.id, files.contents)
    run_overview, epochs = overview(folder), read_metrics(folder)
    if tensorboard is not None:
        exported.append(export_tensorboard(run_overview, epochs, tensorboard))
    if mlflow is not None:
        result = run_overview.result
        can_answer = isinstance(result, Result) and result.status != "diverged"
        exported.append(export_mlflow(run_overview, epochs, mlflow, load_model(folder) if can_answer else None))
    if as_json:
        print_json({"run_id": folder.id, "exported": exported})
    else:
        for export_made in exported:
            print(f"{folder.id}: exported to {export_made.to}")
