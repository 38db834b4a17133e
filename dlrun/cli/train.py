"""`dlrun train`: run one experiment, from its config to its run folder."""

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_RUNS_DIR, ConfigFile, Json, Overrides, Quiet, RunsDir


def train(
    config: ConfigFile,
    overrides: Overrides = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    needed: Annotated[
        bool, typer.Option("--needed", help="Reuse a finished run with the same config, data and dlrun version.")
    ] = False,
    reference: Annotated[
        bool, typer.Option("--reference", help="Then say whether trees are better on the same dev rows.")
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
    contents = run(loaded, runs_dir, lambda experiment: display_of(experiment, quiet), needed=needed)
    if reference:
        from ..inspection import with_trees

        contents = with_trees(contents)
    wants_report = loaded.config.report and not contents.result_required().reused
    return end_with(contents, loaded.origins if wants_report else None, as_json)
