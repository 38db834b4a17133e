"""`dlrun recipe`: follow the basic recipe from a config."""

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_RUNS_DIR, ConfigFile, Json, Overrides, Quiet, RunsDir

DEFAULT_TRAININGS = 16


def recipe(
    config: ConfigFile,
    overrides: Overrides = None,
    trainings: Annotated[
        int, typer.Option("--trainings", min=1, help="Train at most this many times, the first one included.")
    ] = DEFAULT_TRAININGS,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0, help="Begin no training that would end after this time.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Say why each change was tried, and show each figure of the tests.")
    ] = False,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Train, diagnose, change one thing, keep the change if a paired test on the dev set favours it, and repeat.

    It ends when the target is met, when dev error is surely near the optimal, or when the budget is used. Only
    then does it look at the test set, once. After an interruption, the same command continues: it reuses its runs.

    Example: dlrun recipe configs/moons_overfit.yaml --trainings 4
    """
    from ..experiment import read_config
    from ..inspection import hashes_of, look_at_test
    from ..report import make_console, show_path, show_step
    from ..search.recipe import recipe as follow_recipe
    from ..store import RunFolder, to_plain
    from .ending import display_of, error_of, exit_status_of
    from .output import print_json

    progress = make_console(stderr=True)
    followed = follow_recipe(
        read_config(config, overrides or ()),
        runs_dir,
        trainings=trainings,
        seconds=None if minutes is None else 60 * minutes,
        display=lambda experiment: display_of(experiment, quiet=True),
        watch=lambda step: None if quiet else show_step(step, progress),
    )
    interrupted, look = followed.interrupted, {}
    if followed.test_error is not None and followed.run_id:
        folder = RunFolder(runs_dir / followed.run_id)
        look = {"test_look": look_at_test(folder, hashes_of(folder), followed.test_error, "recipe")}
    status = exit_status_of(interrupted) if interrupted else 0
    if as_json:
        error = {"error": error_of(interrupted, status)} if interrupted else {}
        print_json(to_plain(followed) | look | error)
    else:
        show_path(followed, make_console(), verbose=verbose, test_look=look.get("test_look"))
    return status
