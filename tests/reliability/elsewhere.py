"""Surroundings that a command does not expect: each trains, reads and resumes as at home, to the bit, or says why not.

No HOME, TERM or LANG; another umask; folders with odd names, reached by a link; a clock that was set back or forward
before a resume; a file system without locks or hard links; an install and a home that are another user's.
"""

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.commands import ROOT

from . import folding, machines
from .commands import Said, ended, faults_of, start
from .essence import essence
from .short_run import CONFIG

BARE = dict.fromkeys(("HOME", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "USER", "LOGNAME", "PATH", "TMPDIR", "SHELL"))

# A clock that is wrong by so much.
YEARS = timedelta(days=4000)

# The rows that predictions are asked of.
TABLE = "x1,x2\n0.5,0.25\n-1,1\n"


def as_it_is() -> None:
    """Nothing is done before the command."""


class Surroundings(NamedTuple):
    """What they are; the name of the folder; its environment; what is done in the process before training and before
    resuming; the exit statuses that are right there.
    """

    what: str
    name: str = "plain"
    environment: Mapping[str, str | None] = {}
    before: Callable[[], object] = as_it_is
    before_resume: Callable[[], object] | None = None
    statuses: tuple[int, ...] = (0,)


def without_locks() -> None:
    """As a file system on a network that has no lock daemon."""

    def refuse(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    fcntl.flock = refuse


def without_links() -> None:
    """As FAT and some file systems on a network."""

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    os.link = os.symlink = refuse


def clock_off_by(off: timedelta) -> Callable[[], None]:
    """The clock of this process tells another time."""

    def turn() -> None:
        from dlrun.store import manifest, runs

        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(UTC) + off

        manifest.datetime = runs.datetime = Clock
        real = time.time
        time.time = lambda: real() + off.total_seconds()

    return turn


PLACES = (
    Surroundings("at home"),
    Surroundings("without any variable", environment=BARE),
    Surroundings("a home that is not there", environment={"HOME": "/nonexistent", "XDG_CACHE_HOME": "/proc/none"}),
    Surroundings("a terminal of no known kind", environment={"TERM": "no-such", "COLUMNS": "1", "LINES": "x"}),
    Surroundings("the language C", environment={"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"}),
    Surroundings("umask 077", before=lambda: os.umask(0o077)),
    Surroundings("umask 777", before=lambda: os.umask(0o777), statuses=(0, 6)),
    Surroundings("blanks in the folder's name", "a b  c "),
    Surroundings("quotes in it", "a'b\"c`d"),
    Surroundings("a new line in it", "a\nb"),
    Surroundings("emoji in it", "runs 🧪é漢"),
    Surroundings("200 characters in it", "x" * 200),
    Surroundings("signs of shells and of formats in it", "-a $HOME %s {0} \\ ; & * ? [b]"),
    Surroundings("bytes that are no UTF-8 in it", os.fsdecode(b"a\xff\xfeb")),
    Surroundings("a clock set back before the resume", before_resume=clock_off_by(-YEARS)),
    Surroundings("a clock set forward before the resume", before_resume=clock_off_by(YEARS)),
    Surroundings("no hard and no symbolic links", before=without_links),
    Surroundings("no locks", before=without_locks, statuses=(6,)),
    Surroundings("no locks at the resume", before_resume=without_locks),
)


def at_all_places(folder: Path, places: tuple[Surroundings, ...] = PLACES) -> dict:
    """Train, show, predict, report and resume at each: {places, commands, losses}; the bits are those of home."""
    folder.mkdir(parents=True)
    losses, commands, home = [], 0, None
    for number, place in enumerate(places):
        for linked in (False, True) if place.what == "at home" else (False,):
            done, found, bits = visited(folder / str(number) / ("linked" if linked else "here"), place, linked=linked)
            commands, home = commands + done, home or bits
            if bits is not None and bits != home:
                found.append("the bits are not those of home")
            losses += [f"{place.what}: {fault}" for fault in found]
    losses += as_another_user(folder / "theirs")
    return {"places": len(places) + 2, "commands": commands, "losses": losses}


def on_other_disks(folder: Path) -> dict:
    """On a file system that ignores case, and beside a second machine: {places, commands, losses}.

    Both are real, and need rights and tools that are not everywhere; without them there are fewer places.
    """
    _, losses, bits = visited(folder / "home", PLACES[0], linked=False)
    told = [("exFAT", folding.on_exfat(folder / "exfat")), ("two machines", machines.two(folder / "two"))]
    met = [(what, found) for what, found in told if found is not None]
    losses += [f"{what}: {fault}" for what, found in met for fault in found["faults"]]
    wanted = folding.digest_of(bits) if bits else None
    losses += [f"{what}: the bits are not those of home" for what, found in met if found.get("bits", wanted) != wanted]
    return {"places": len(met), "commands": sum(found["commands"] for _, found in met), "losses": losses}


def visited(above: Path, place: Surroundings, *, linked: bool) -> tuple[int, list[str], dict | None]:
    """(commands, faults, the bits of the run) of one place, perhaps reached by a link."""
    there = above / place.name
    there.mkdir(parents=True)
    if linked:
        real, there = there, above / "link"
        there.symlink_to(real)
    (there / "short.yaml").write_text(CONFIG)
    (there / "rows.csv").write_text(TABLE)
    faults: list[str] = []

    def ask(*words: object, before: Callable[[], object] = place.before, statuses: tuple[int, ...] = (0,)) -> Said:
        done = ended(start(there, *words, environment=place.environment, before=before), there)
        faults.extend(f"dlrun {words[0]}: {fault}" for fault in faults_of(done, statuses))
        return done

    if ask("train", "short.yaml", statuses=place.statuses).status or place.statuses == (6,):
        return 1, faults, None
    for words in (("show", "latest"), ("runs",), ("diagnose", "latest"), ("report", "latest"), ("verify", "latest")):
        ask(*words)
    ask("predict", "latest", "rows.csv", "-o", "answers.csv")
    resumes = place.before_resume or place.before
    wants = (6,) if place.before_resume is without_locks else (0,)
    ask("resume", "latest", "training.epochs=5", "-q", before=resumes, statuses=wants)
    ask("runs", "--json")
    runs = {result_of(path)["epochs"]: path for path in there.glob("runs/2*")}
    if wants != (0,):
        return 8, faults, None
    if set(runs) != {3, 5}:
        return 8, [*faults, f"runs of {sorted(runs)} epochs"], None
    ask("rm", runs[3].name)
    ask("gc")
    return 10, faults, essence(runs[5])


def result_of(run: Path) -> dict:
    return json.loads((run / "result.json").read_text())


def as_another_user(place: Path) -> list[str]:
    """The command as a user who may read everything and write nothing but the folder; what is wrong with it.

    An install and a home of somebody else are the same to it. Only where this process may become another user.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None or os.geteuid() != 0:
        return []
    place.mkdir(parents=True)
    (place / "short.yaml").write_text(CONFIG)
    place.chmod(0o777)
    reads = "+dac_read_search"
    user = [
        setpriv,
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        f"--inh-caps={reads}",
        f"--ambient-caps={reads}",
    ]
    command = [*user, sys.executable, "-m", "dlrun", "train", "short.yaml", "-q", "--json"]
    variables = os.environ | {"PYTHONPATH": str(ROOT), "HOME": "/root"}
    done = subprocess.run(command, cwd=place, env=variables, capture_output=True, text=True, timeout=100, check=False)
    found = faults_of(Said(done.returncode, done.stdout, done.stderr), (0,))
    if not found and json.loads(done.stdout)["status"] != "finished":
        found.append("did not finish")
    return [f"as another user: {fault}" for fault in found]
