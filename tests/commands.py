"""The command line for tests: `dlrun` in this process, and `process` in one of its own.

A process of its own takes half a second of processor time before it does anything, which is the time of a whole short
training. So a test asks for one only where it is about processes: signals, pipes, and what a person's shell starts.
"""

import contextlib
import io
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

ROOT = Path(__file__).parents[1]

# The shipped configs, less those whose data a person has to bring.
BRINGS_ITS_DATA = ("mnist",)
CONFIGS = sorted(path for path in (ROOT / "configs").glob("*.yaml") if path.stem not in BRINGS_ITS_DATA)


class Done(NamedTuple):
    """What a command ended with and printed, by the names that `subprocess` has for it."""

    returncode: int
    stdout: str
    stderr: str


def dlrun(*words: object, cwd: Path, **environment: str) -> Done:
    """The command as a person's shell would call it from the folder `cwd`, in this process."""
    from dlrun.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    handler, status = signal.getsignal(signal.SIGTERM), None
    with contextlib.ExitStack() as changed:
        changed.callback(signal.signal, signal.SIGTERM, handler)
        changed.enter_context(contextlib.chdir(cwd))
        changed.enter_context(mock.patch.dict(os.environ, {"COLUMNS": "100"}))
        os.environ.pop("DLRUN_RUNS", None)
        os.environ.update(environment)
        changed.enter_context(mock.patch.object(sys, "argv", ["dlrun", *map(str, words)]))
        changed.enter_context(mock.patch.object(sys, "path", list(sys.path)))
        changed.enter_context(contextlib.redirect_stdout(out))
        changed.enter_context(contextlib.redirect_stderr(err))
        try:
            main()
        except SystemExit as leaving:
            status = leaving.code
    return Done(int(status or 0), text_of(out), text_of(err))


def typed(line: str, cwd: Path) -> Done:
    """A line as a person types it on a terminal of 80 columns, which begins with `dlrun`."""
    program, *words = shlex.split(line)
    assert program == "dlrun"
    return dlrun(*words, cwd=cwd, COLUMNS="80")


def text_of(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()


def process(*words: object, cwd: Path, code: str | None = None, **environment: str) -> Done:
    """The command in a process of its own, `python -m dlrun`; or `python -c CODE`, which is to call it."""
    start = ["-m", "dlrun"] if code is None else ["-c", code]
    variables = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"} | environment
    command = [sys.executable, *start, *map(str, words)]
    done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, timeout=100)
    return Done(done.returncode, done.stdout, done.stderr)
