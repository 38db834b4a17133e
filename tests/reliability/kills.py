"""kill -9 at random moments, as often as it takes until the run is finished."""

import os
import random
import signal
import time
from pathlib import Path

from tests.trainings import resume

from .essence import essence
from .short_run import CONFIG, begun, config_in, exit_status_of, in_child, only_run, train

LONGER = CONFIG.replace("epochs: 3", "epochs: 600").replace("checkpoint_epochs: 1", "checkpoint_epochs: 50")


def random_kills(folder: Path, kills: int, seed: int = 0) -> dict:
    """Kills processes until `kills` have died so: {kills, runs, losses}."""
    path, rng, losses, done, runs = config_in(folder, LONGER), random.Random(seed), [], 0, 0
    began = time.perf_counter()
    whole = essence(train(path, folder / "whole").run_dir)
    length = time.perf_counter() - began
    while done < kills:
        runs += 1
        runs_dir = folder / f"killed-{runs}"
        died = killed(lambda: train(path, runs_dir), rng.uniform(0, length))  # noqa: B023
        done += died
        run_folder = only_run(runs_dir)
        if run_folder is None or not (run_folder.path / "run.json").exists():
            continue
        while died and done < kills:
            died = killed(lambda: resume(run_folder), rng.uniform(0, length))  # noqa: B023
            done += died
        status = in_child(lambda: resume(run_folder))  # noqa: B023
        if status != 0 or essence(run_folder.path) != whole:
            losses.append(f"run {runs}: resume ended with {status}")
    return {"kills": done, "runs": runs, "losses": losses}


def killed(deed, after: float) -> bool:
    """Whether a child that does the deed was still at it after so many seconds, and was killed."""
    child = begun(deed)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    return exit_status_of(child) == -signal.SIGKILL
