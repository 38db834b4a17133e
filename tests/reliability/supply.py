"""What is delivered and what it asks for: no command speaks to a network, and the same sources make the same wheel."""

import ctypes
import hashlib
import os
import platform
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tests.commands import ROOT

from .commands import ended, faults_of, start
from .short_run import CONFIG

# Any moment does that is the same for both wheels; files in a wheel cannot be older than 1980.
MOMENT = "1700000000"

TABLE = "a,b,y\n" + "".join(f"{at % 7},{at * 5 % 11},{'uv'[at % 2]}\n" for at in range(60))

# Every verb, and the ways of one that start processes. None asks for data that OpenML has, or names a cluster.
VERBS: tuple[tuple[str, ...], ...] = (
    ("--version",),
    ("init", "t.csv", "-o", "made.yaml"),
    ("data", "t.csv", "--html", "data.html"),
    ("train", "made.yaml", "-q", "training.epochs=2"),
    ("train", "short.yaml", "-q"),
    ("diagnose", "latest"),
    ("diagnose", "latest", "--apply", "2", "-q"),
    ("gradcheck", "short.yaml"),
    ("probe", "short.yaml"),
    ("predict", "made", "t.csv"),
    ("evaluate", "made", "t.csv"),
    ("report", "latest"),
    ("runs", "--html"),
    ("show", "latest", "--metrics", "--csv"),
    ("diff", "made", "latest"),
    ("compare", "made", "short"),
    ("curve", "short", "-q"),
    ("decompose", "latest", "-q"),
    ("recipe", "short.yaml", "--trainings", "2", "-q"),
    ("refit", "made", "-q"),
    ("sweep", "short.yaml", "training.learning_rate=0.1,0.2", "-q", "--processes", "1"),
    ("sweep", "short.yaml", "training.learning_rate=0.3,0.4", "-q", "--processes", "2"),
    ("resume", "short", "training.epochs=4", "-q"),
    ("verify", "short", "--rerun"),
    ("export", "made", "--card", "card.md", "--python", "network.py"),
    ("config", "short.yaml"),
    ("tag", "made", "kept"),
    ("rm", "made"),
    ("restore", "made"),
    ("gc", "--dry-run"),
    ("explain",),
    ("schema",),
)

# The kernel's numbers, by machine: its name in a filter of system calls, and that of socket().
MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}

# From linux/prctl.h, linux/filter.h and linux/seccomp.h.
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38
LOAD, SKIP_UNLESS, ANSWER = 0x20, 0x15, 0x06
ALLOW, KILL = 0x7FFF0000, 0x80000000
CALL_AT, MACHINE_AT, FAMILY_AT = 0, 4, 16


def refuse_the_network() -> None:
    """From here on, whoever asks for a socket of the internet is killed by the kernel (SIGSYS), loopback or not.

    It holds for this process and all that it starts, and for what libraries do without Python.
    """
    machine, call = MACHINES[platform.machine()]
    steps = [(LOAD, 0, 0, MACHINE_AT), (SKIP_UNLESS, 0, 5, machine), (LOAD, 0, 0, CALL_AT), (SKIP_UNLESS, 0, 3, call)]
    steps += [(LOAD, 0, 0, FAMILY_AT), (SKIP_UNLESS, 2, 0, socket.AF_INET), (SKIP_UNLESS, 1, 0, socket.AF_INET6)]
    steps += [(ANSWER, 0, 0, ALLOW), (ANSWER, 0, 0, KILL)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for words in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0)):
        if prctl(*words):
            raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")


def without_a_network(folder: Path, verbs: Iterable[tuple[str, ...]] = VERBS, *, wheels: bool = True) -> dict:
    """Every verb where sockets refuse, and two wheels of one source: {commands, wheels, losses}."""
    folder.mkdir(parents=True)
    (folder / "t.csv").write_text(TABLE)
    (folder / "short.yaml").write_text(CONFIG)
    losses, commands = [], 0
    for words in verbs:
        done = ended(start(folder, *words, before=refuse_the_network), folder)
        commands += 1
        losses += [f"dlrun {' '.join(words)}: {fault}" for fault in faults_of(done, (0,))]
    digests = [wheel_of(folder / str(number)) for number in range(2)] if wheels else []
    if len(set(digests)) > 1:
        losses.append(f"wheels of one source differ: {digests}")
    return {"commands": commands, "wheels": len(digests), "losses": losses}


def wheel_of(folder: Path) -> str:
    """The digest of a wheel that is built in this folder from a copy of the sources."""
    left_out = shutil.ignore_patterns(".*", "runs", "tests", "__pycache__", "*.egg-info", "build")
    shutil.copytree(ROOT, folder / "source", ignore=left_out)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(folder / "source")]
    subprocess.run(command, check=True, env=os.environ | {"SOURCE_DATE_EPOCH": MOMENT}, capture_output=True)
    time.sleep(2)  # a wheel's times have a step of two seconds
    [wheel] = folder.glob("*.whl")
    return hashlib.sha256(wheel.read_bytes()).hexdigest()
