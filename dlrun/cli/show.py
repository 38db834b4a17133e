"""`dlrun show`: all that is known of a run."""

from pathlib import Path

from .options import DEFAULT_RUNS_DIR, Json, RunReference, RunsDir


def show(run: RunReference = "latest", runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR), as_json: Json = False) -> None:
    """Show a run: its config, errors and verdict, its files, and how to make it again.

    Example: dlrun show best
    """
    from ..experiment import look_at_test, overview
    from ..report import make_console, show_run
    from ..store import find_run
    from .output import print_json

    folder = find_run(runs_dir, run)
    found = overview(folder)
    found["test_look"] = look_at_test(folder, found["result"], "show")
    if as_json:
        print_json(found)
    else:
        show_run(found, make_console())
