"""`dlrun train`: one experiment, from its config to its run folder."""

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_RUNS_DIR, ConfigFile, Json, Overrides, Quiet, RunsDir


def train(
    config: ConfigFile,
    overrides: Overrides = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    needed: Annotated[
        bool, typer.Option("--needed", help="Use a finished run of the same config, data and dlrun again.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Train the network of a config and write its errors and diagnosis to a run folder.

    Example: dlrun train configs/digits.yaml network.depth=5 regularization.lambda=0.7
    """
    from ..experiment import read_config, run
    from .ending import display_of, end_with

    loaded = read_config(config, overrides or ())
    with display_of(loaded, quiet) as display:
        result = run(loaded, runs_dir, watch=display.update, needed=needed)
    return end_with(result, as_json, report=loaded.config.report and not result.get("reused"))
