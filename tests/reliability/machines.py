"""A second machine on the same disk whose processes have the same ids: namespaces of the kernel, with host names.

The lock of a run is the kernel's and has no process id in it, so that a living process elsewhere is never taken for
one's own, and never for one that died.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.commands import ROOT

from .commands import Said, faults_of

CONFIG = """
name: slow
data: {source: moons, samples: 400, noise: 0.3}
network: {width: 8}
training: {epochs: 1000000, batch_size: 8, checkpoint_epochs: 1}
"""

# Of whatever is waited for, on a machine that does much else.
PATIENCE_SECONDS = 120

# The exit status of a command that Ctrl-C ended.
INTERRUPTED = 130

# The command is the first process of its machine, with the id 1 there.
MACHINE = ("unshare", "--pid", "--fork", "--kill-child", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"')


def two(folder: Path) -> dict | None:
    """What a machine is told of a run that the other trains: {commands, faults}; None without namespaces."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return None
    folder.mkdir(parents=True)
    (folder / "slow.yaml").write_text(CONFIG)
    training = begun("one", folder, "train", "slow.yaml", "-q")
    if not (waited_for(folder, "runs/2*/checkpoint-*")):
        return {"commands": 1, "faults": [f"no checkpoint: {interrupted(training)}"]}
    [path] = folder.glob("runs/2*")
    faults = asked_beside(folder, path)
    if training.poll() is not None:
        faults.append("the training was ended by the other machine")
    faults += [f"dlrun train: {fault}" for fault in faults_of(interrupted(training), (INTERRUPTED,))]
    # It has ended, so the other machine may go on with it, though its own process has the id that the first one had.
    resumed = begun("two", folder, "resume", path.name, "-q")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(json.loads((path / "run.json").read_text())["sessions"]) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    faults += [f"dlrun resume: {fault}" for fault in faults_of(interrupted(resumed), (INTERRUPTED,))]
    return {"commands": 2 + len(BESIDE), "faults": faults}


# What the other machine asks meanwhile, how it ends, and what it says.
BESIDE = (
    ("runs", (0,), "running"),
    ("resume RUN -q", (6,), "another process is at work"),
    ("rm RUN", (6,), "at work"),
    ("gc", (0,), ""),
    ("show RUN", (0, 6), ""),
)


def asked_beside(folder: Path, path: Path) -> list[str]:
    """What is wrong with the answers that another machine gets while this run is trained, and with its files after."""
    faults = []
    before = {file.name for file in path.iterdir() if not file.name.startswith((".", "checkpoint"))}
    for line, statuses, words in BESIDE:
        process = begun("two", folder, *line.replace("RUN", path.name).split())
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        found = faults_of(Said(process.returncode, out, err), statuses)
        found += [] if words in out + err else [f"does not say {words!r}: {out + err!r}"]
        faults += [f"dlrun {line}: {fault}" for fault in found]
    left = {file.name for file in path.iterdir()}
    return faults + ([f"files of a run at work are gone: {before - left}"] if before - left else [])


def begun(machine: str, folder: Path, *words: str) -> subprocess.Popen[str]:
    """`dlrun WORDS` as the first process of a machine of this name."""
    command = [*MACHINE, machine, sys.executable, "-m", "dlrun", *words]
    variables = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
    )


def interrupted(machine: subprocess.Popen[str]) -> Said:
    """Ctrl-C for the command of a machine, and what it said."""
    children = Path(f"/proc/{machine.pid}/task/{machine.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGINT)
    out, err = machine.communicate(timeout=PATIENCE_SECONDS)
    return Said(machine.returncode, out, err)


def waited_for(folder: Path, pattern: str) -> bool:
    """Whether a file of this pattern appears."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any(folder.glob(pattern)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return any(folder.glob(pattern))
