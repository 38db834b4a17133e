"""Ctrl-C typed at a terminal: once, and twice in a row."""

import os
import pty
import re
import select
import sys
import time
from pathlib import Path

from dlrun.experiment import read_config
from dlrun.store import RunFolder, list_runs
from tests.trainings import resume, run

from .essence import essence
from .short_run import CONFIG, config_in, exit_status_of, require_one_thread

LONG = CONFIG.replace("epochs: 3", "epochs: 1500").replace("checkpoint_epochs: 1", "checkpoint_epochs: 300")
CTRL_C = b"\x03"
DEADLINE_SECONDS = 60


def typed(folder: Path) -> dict:
    """Types Ctrl-C once, and twice in a row: {statuses, runs, losses}."""
    path = config_in(folder, LONG)
    whole = essence(run(read_config(path), folder / "whole").run_dir)
    met = [interrupted(path, folder / f"runs-{times}", times, whole) for times in (1, 2)]
    statuses, runs, losses = zip(*met, strict=True)
    return {"exits": list(statuses), "runs": list(runs), "losses": [loss for found in losses for loss in found]}


def interrupted(path: Path, runs_dir: Path, times: int, whole: dict) -> tuple[int, str, list[str]]:
    """The exit status after so many Ctrl-C, the status of the run, and what was lost."""
    status, shown = at_a_terminal(["train", str(path), "--runs-dir", str(runs_dir)], runs_dir, times)
    (row,) = list_runs(runs_dir)
    losses = [] if status == 130 else [f"ended with {status}: {shown[-300:]!r}"]
    if row.status != "interrupted":
        losses.append(f"the run is {row.status}")
    # The second may come while the terminal is handed back, when all that is left to say is that.
    words = rf"dlrun resume {row.run_id}" + ("|dlrun: interrupted" if times > 1 else "")
    if not re.search(words, shown):
        losses.append(f"no line with the command to resume: {shown[-300:]!r}")
    resume(RunFolder(runs_dir / row.run_id))
    if essence(runs_dir / row.run_id) != whole:
        losses.append("resumed, it has other bits")
    return status, row.status, [f"typed {times}: {loss}" for loss in losses]


def at_a_terminal(arguments: list[str], runs_dir: Path, times: int) -> tuple[int, str]:
    """The status and the output of the command at a terminal where Ctrl-C is typed once its bar is there."""
    require_one_thread()
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "dlrun", *arguments])
    shown, typed_so_far, deadline = b"", 0, time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # the command has ended
                break
            shown += piece
        if typed_so_far < times and b"epoch" in shown and any(runs_dir.glob("*/metrics.jsonl")):
            os.write(terminal, CTRL_C)
            typed_so_far += 1
    status = exit_status_of(child)
    os.close(terminal)
    return status, shown.decode(errors="replace")
