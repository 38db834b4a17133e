"""Where runs are kept unless somebody says otherwise, and the command that finds one again from there.

At the bottom, since the store, the reports and the command line all name such commands.
"""

import os
import shlex
from pathlib import Path

DEFAULT_RUNS_DIR = "runs"
RUNS_VARIABLE = "DLRUN_RUNS"


def default_runs_dir() -> str:
    """Where runs are kept when the command line does not say."""
    return os.environ.get(RUNS_VARIABLE) or DEFAULT_RUNS_DIR


def command_for(verb: str, run_dir: str | Path) -> str:
    """`dlrun VERB ID`, with --runs-dir where the run is not among those that dlrun looks for by itself."""
    runs_dir, run_id = os.path.split(run_dir)
    usual = os.path.abspath(default_runs_dir()) == os.path.abspath(runs_dir)
    return f"dlrun {verb} {run_id}" + ("" if usual else f" --runs-dir {shlex.quote(runs_dir)}")
