"""`dlrun recipe`: the basic recipe, followed."""

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_RUNS_DIR, ConfigFile, Json, Overrides, Quiet, RunsDir

DEFAULT_TRAININGS = 16


def recipe(
    config: ConfigFile,
    overrides: Overrides = None,
    trainings: Annotated[
        int, typer.Option("--trainings", min=1, help="Train at most so often, the first time included.")
    ] = DEFAULT_TRAININGS,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0, help="Begin no training that would end later than that.")
    ] = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Train, diagnose, change one thing, keep it if a paired test on the dev set favours it, and so on.

    It ends when the target is met, when dev error is surely near the optimal, or when the budget is used; only then
    does it look at the test set, once. Interrupted, the same command goes on: runs that are there are used again.

    Example: dlrun recipe configs/moons_overfit.yaml --trainings 8
    """
    from ..experiment import read_config
    from ..inspection import look_at_test
    from ..report import make_console, show_path, show_step
    from ..search import recipe as follow_recipe
    from ..store import RunFolder
    from .ending import display_of, error_of, exit_status_of
    from .output import print_json

    progress = make_console(stderr=True)
    found = follow_recipe(
        read_config(config, overrides or ()),
        runs_dir,
        trainings=trainings,
        seconds=None if minutes is None else 60 * minutes,
        display=lambda loaded: display_of(loaded, quiet=True),
        watch=lambda step: None if quiet else show_step(step, progress),
    )
    interrupted = found["interrupted"]
    if found["test_error"] is not None:
        seen = {"errors": {"test": found["test_error"]}}
        found["test_look"] = look_at_test(RunFolder(runs_dir / found["run_id"]), seen, "recipe")
    status = exit_status_of(interrupted) if interrupted else 0
    if as_json:
        print_json(found if status == 0 else found | {"error": error_of(interrupted, status)})
    else:
        show_path(found, make_console())
    return status
