"""Where runs are kept by default, what they may be called, and the command line that names a run.

It is at the bottom, since the config, the store, the reports and the command line all use it.
"""

import os
import shlex
from pathlib import Path

DEFAULT_RUNS_DIR = "runs"
RUNS_VARIABLE = "DLRUN_RUNS"

# What a name of a run or a tag may not hold: ASCII's controls, blanks and signs but for . _ and -, and what is not seen
# or turns the direction of writing. Letters, digits and marks of every script stay. It is one pattern for Python, for
# pydantic and for JSON Schema.
NOT_IN_A_NAME = r"\u0000-,/:-@\[-\^`\{-\u00a0\u00ad\u061c\u180e\u2000-\u206f\u3000\ufeff\ufff0-\uffff"
RUN_NAME = rf"[^{NOT_IN_A_NAME}._\-][^{NOT_IN_A_NAME}]{{0,63}}"
RUN_NAME_WORDS = "1 to 64 letters, digits, dots, dashes or underscores, a letter or digit first"


def default_runs_dir() -> str:
    """Where runs are kept when the command line does not say."""
    return os.environ.get(RUNS_VARIABLE) or DEFAULT_RUNS_DIR


def command_for(verb: str, run_dir: str | Path) -> str:
    """`dlrun VERB ID`, with --runs-dir if the run is not in the default folder."""
    runs_dir, run_id = os.path.split(run_dir)
    usual = os.path.abspath(default_runs_dir()) == os.path.abspath(runs_dir)
    return f"dlrun {verb} {run_id}" + ("" if usual else f" --runs-dir {shlex.quote(runs_dir)}")
