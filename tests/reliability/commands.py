"""The whole command in a forked child, its three streams files: milliseconds, where a new Python takes a second."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from .short_run import begun, exit_status_of


class Said(NamedTuple):
    """What a command ended with and wrote to its streams; a negative status is the signal that ended it."""

    status: int
    out: str
    err: str


def start(
    place: Path,
    *words: object,
    environment: Mapping[str, str | None] | None = None,
    before: Callable[[], object] = lambda: None,
    name: str = "said",
) -> int:
    """Begins `dlrun WORDS` in the folder `place`; returns its process id. None in the environment takes a name away.

    before : what is done in the child before the command.
    """

    def deed() -> None:
        from dlrun.cli import main

        for key, value in {"COLUMNS": "100", "DLRUN_RUNS": None, **(environment or {})}.items():
            os.environ.pop(key, None)
            if value is not None:
                os.environ[key] = value
        os.chdir(place)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, ending in ((1, "out"), (2, "err")):
            os.dup2(os.open(f"{name}.{ending}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        before()
        sys.argv = ["dlrun", *map(str, words)]
        try:
            main()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()

    return begun(deed)


def ended(child: int, place: Path, name: str = "said") -> Said:
    """What the child said and ended with, waited for."""
    status = exit_status_of(child)
    out, err = (read_text(place / f"{name}.{ending}") for ending in ("out", "err"))
    return Said(status, out, err)


def read_text(path: Path) -> str:
    return path.read_bytes().decode(errors="surrogateescape") if path.exists() else ""


def said(place: Path, *words: object, environment: Mapping[str, str | None] | None = None) -> Said:
    """`dlrun WORDS` in the folder `place`, waited for."""
    return ended(start(place, *words, environment=environment), place)


# What no person should ever read, wherever it stands.
NEVER = ("Traceback", "a bug in dlrun", "Warning:", "panicked", "jemalloc", "OpenBLAS")


def faults_of(done: Said, statuses: tuple[int, ...]) -> list[str]:
    """Each thing that is wrong with what a command said: its status, a library's words, a control character."""
    text = done.out + done.err
    found = [] if done.status in statuses else [f"ended with {done.status}, not with one of {statuses}"]
    found += [f"says {words!r}" for words in NEVER if words in text]
    found += [f"writes {letter!r}" for letter in "\x1b\x07\x00\x9b" if letter in text]
    return [f"{fault}: {text[-300:]!r}" for fault in found]
