"""A short run with many checkpoints, made in child processes that may die of it.

A child is a fork, which takes milliseconds where a new Python takes a second. Only a process with one thread may fork:
a child has no other threads, and waits for ever on what they had locked. So all harm is done in a process that
`python -m tests.reliability` begins, and never in one of pytest's.
"""

import os
import sys
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path

from dlrun.errors import DlrunError
from dlrun.experiment import read_config
from dlrun.store import Result, RunFolder, list_runs
from tests.trainings import resume, run

CONFIG = """
name: short
data: {source: moons, samples: 40, noise: 0.3}
network: {width: 4}
regularization: {keep_prob: 0.8, lambda: 0.1}
training: {epochs: 3, batch_size: 8, checkpoint_epochs: 1, learning_rate: 0.02}
"""

# What a child that saw an exception nobody should see ends with.
TRACEBACK_STATUS = 99


def config_in(folder: Path, text: str = CONFIG) -> Path:
    """The config as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "short.yaml"
    path.write_text(text)
    return path


def in_child(deed: Callable[[], object]) -> int:
    """The exit status of a forked child that does the deed: 0, that of a DlrunError, or how it was made to end."""
    return exit_status_of(begun(deed))


def begun(deed: Callable[[], object]) -> int:
    """The process id of a forked child that does the deed."""
    require_one_thread()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os._exit(status_of(deed))
    return child


def exit_status_of(child: int) -> int:
    """The exit status of a child, waited for; the negative number of the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def require_one_thread() -> None:
    threads = os.listdir("/proc/self/task")
    assert len(threads) == 1, f"{len(threads)} threads in a process that is to fork"


def status_of(deed: Callable[[], object]) -> int:
    try:
        deed()
        return 0
    except DlrunError as error:
        return error.exit_status
    except SystemExit as leaving:
        return leaving.code
    except BaseException:
        traceback.print_exc()
        return TRACEBACK_STATUS


def train(path: Path, runs_dir: Path) -> Result:
    return run(loaded(path), runs_dir)


@cache
def loaded(path: Path):
    return read_config(path)


def only_run(runs_dir: Path) -> RunFolder | None:
    """The one run in a runs folder, if it came as far as having a folder."""
    rows = list_runs(runs_dir)
    return RunFolder(runs_dir / rows[0].run_id) if rows else None


def resume_in_child(folder: RunFolder) -> int:
    return in_child(lambda: resume(folder))
