"""`dlrun runs`: the runs so far."""

from pathlib import Path

from .options import DEFAULT_RUNS_DIR, Json, RunsDir


def runs(runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR), as_json: Json = False) -> None:
    """List the runs so far, newest first: id, name, status, errors and verdict.

    Example: dlrun runs --json
    """
    from ..report import make_console, show_runs
    from ..store import list_runs
    from .output import print_json

    found = list_runs(runs_dir)
    if as_json:
        print_json({"runs": found})
    else:
        show_runs(found, make_console())
