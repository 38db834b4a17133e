"""`dlrun show`: show everything that is known about a run."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .options import DEFAULT_RUNS_DIR, Csv, Json, RunReference, RunsDir


def show(
    run: RunReference = "latest",
    only_metrics: Annotated[
        bool, typer.Option("--metrics", help="Show only cost and errors of every epoch; needs --csv or --json.")
    ] = False,
    as_csv: Csv = False,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    as_json: Json = False,
) -> None:
    """Show a run: its config, errors and verdict, its files, and the command that repeats it.

    Example: dlrun show best, or dlrun show best --metrics --csv
    """
    from ..inspection import hashes_of, look_at_test, overview
    from ..report import make_console, metrics_csv, show_run
    from ..store import Result, find_run, read_metrics, to_plain
    from .output import print_json

    if only_metrics and as_csv == as_json:
        raise UsageError("--metrics: expected either --csv or --json beside it")
    if as_csv and not only_metrics:
        raise UsageError("--csv: only the metrics are a table; expected --metrics beside it")
    folder = find_run(runs_dir, run)
    if only_metrics:
        epochs = read_metrics(folder)
        if as_json:
            print_json({"run_id": folder.id, "metrics": epochs})
        else:
            print(metrics_csv(epochs), end="")
        return
    run_overview = overview(folder)
    result = run_overview.result
    test_error = result.errors.test if isinstance(result, Result) else None
    test_look = look_at_test(folder, hashes_of(folder), test_error, "show")
    if as_json:
        print_json(to_plain(run_overview) | {"test_look": test_look})
    else:
        show_run(run_overview, make_console(), test_look=test_look)
