"""`dlrun train`: one experiment, from its config to its run folder."""

from pathlib import Path

from ..errors import Diverged
from .guard import INTERRUPTED_STATUS
from .options import DEFAULT_RUNS_DIR, ConfigFile, Json, Overrides, Quiet, RunsDir

# What each status of a run ends the process with.
EXIT_STATUS = {"finished": 0, "diverged": Diverged.exit_status, "interrupted": INTERRUPTED_STATUS}


def train(
    config: ConfigFile,
    overrides: Overrides = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Train the network of a config and write its errors and diagnosis to a run folder.

    Example: dlrun train configs/digits.yaml network.depth=5 regularization.lambda=0.7
    """
    from ..experiment import read_config, run
    from ..report import make_console, show_result, training_display
    from .output import print_json

    loaded = read_config(config, overrides or ())
    progress = make_console(stderr=True)
    with training_display(loaded.config.training.epochs, progress, quiet=quiet) as display:
        result = run(loaded, runs_dir, watch=display.update)
    status = EXIT_STATUS[result["status"]]
    if as_json:
        print_json(result if status == 0 else result | {"error": error_of(result, status)})
    else:
        show_result(result, make_console())
    return status


def error_of(result: dict, status: int) -> dict:
    """What scripts find under `error` beside the result of a run that did not finish."""
    return {"kind": result["status"], "message": result["message"], "exit_status": status}
