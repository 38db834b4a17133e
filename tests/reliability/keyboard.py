"""Ctrl-C typed at a terminal: once, and twice in a row."""

import os
import pty
import re
import select
import sys
import time
from pathlib import Path

from dlrun.experiment import read_config, resume, run
from dlrun.store import RunFolder, list_runs

from .essence import essence
from .short_run import CONFIG, config_in

LONG = CONFIG.replace("epochs: 3", "epochs: 2500").replace("checkpoint_epochs: 1", "checkpoint_epochs: 500")
CTRL_C = b"\x03"
DEADLINE_SECONDS = 60


def typed(folder: Path, times: int) -> dict:
    """Types Ctrl-C so many times in a row: {typed, status, shows, losses}."""
    path = config_in(folder, LONG)
    status, shown = at_a_terminal(["train", str(path), "--runs-dir", str(folder / "runs")], folder, times)
    (row,) = list_runs(folder / "runs")
    losses = [] if status == 130 else [f"ended with {status}: {shown[-300:]!r}"]
    if times == 1 and not (row["status"] == "interrupted" and re.search(rf"dlrun resume {row['run_id']}", shown)):
        losses.append(f"{row['status']}, and no line to go on with: {shown[-300:]!r}")
    if row["status"] not in ("interrupted", "crashed"):
        losses.append(f"the run is {row['status']}")
    resume(RunFolder(folder / "runs" / row["run_id"]))
    whole = run(read_config(path), folder / "whole")
    if essence(folder / "runs" / row["run_id"]) != essence(whole["run_dir"]):
        losses.append("resumed, it has other bits")
    return {"typed": times, "status": status, "run": row["status"], "losses": losses}


def at_a_terminal(arguments: list[str], folder: Path, times: int) -> tuple[int, str]:
    """The status and the output of the command at a terminal where Ctrl-C is typed once its bar is there."""
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
        if typed_so_far < times and b"epoch" in shown and any((folder / "runs").glob("*/metrics.jsonl")):
            os.write(terminal, CTRL_C)
            typed_so_far += 1
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    return status, shown.decode(errors="replace")
