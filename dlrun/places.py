"""Where runs are kept by default, and the command line that names a run kept there or elsewhere.

It is at the bottom, since the store, the reports and the command line all show such commands.
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
    """`dlrun VERB ID`, with --runs-dir if the run is not in the default folder."""
    runs_dir, run_id = os.path.split(run_dir)
    usual = os.path.abspath(default_runs_dir()) == os.path.abspath(runs_dir)
    return f"dlrun {verb} {run_id}" + ("" if usual else f" --runs-dir {shlex.quote(runs_dir)}")
