"""`dlrun diff`: show what differs between two runs."""

from pathlib import Path

from .options import DEFAULT_RUNS_DIR, Json, OneRun, RunsDir


def diff(first: OneRun, second: OneRun, runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR), as_json: Json = False) -> None:
    """Show the config keys and the results in which two runs differ, and no others.

    Example: dlrun diff best latest
    """
    from ..inspection import difference
    from ..report import make_console, show_difference
    from ..store import find_run
    from .output import print_json

    differing = difference(find_run(runs_dir, first), find_run(runs_dir, second))
    if as_json:
        print_json(differing)
    else:
        show_difference(differing, make_console())
