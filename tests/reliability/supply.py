"""What is delivered and what it asks for: no command speaks to a network, and the same sources make the same wheel."""

import hashlib
import os
import shutil
import socket
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

VERBS: tuple[tuple[str, ...], ...] = (
    ("--version",),
    ("init", "t.csv", "-o", "made.yaml"),
    ("data", "t.csv", "--html", "data.html"),
    ("train", "made.yaml", "-q", "training.epochs=2"),
    ("train", "short.yaml", "-q"),
    ("diagnose", "latest"),
    ("diagnose", "latest", "--apply", "2", "-q"),
    ("gradcheck", "short.yaml"),
    ("predict", "made", "t.csv"),
    ("evaluate", "made", "t.csv"),
    ("report", "latest"),
    ("runs", "--html"),
    ("curve", "short.yaml"),
    ("sweep", "short.yaml", "training.learning_rate=0.1,0.2", "-q", "--processes", "1"),
    ("resume", "latest", "training.epochs=4", "-q"),
    ("verify", "latest"),
    ("export", "made", "--card", "card.md", "--python", "network.py"),
    ("explain",),
    ("schema",),
)


def refuse_the_network() -> None:
    """From here on, each address that is asked for is written down beside the command, and refused."""
    asked = Path("asked").open("a")  # noqa: SIM115 (open to the end of the process)

    def refused(*arguments: object, **options: object) -> None:
        asked.write(f"{arguments[-2:]}\n")
        asked.flush()
        raise OSError("the network is refused here")

    class Socket(socket.socket):
        def __init__(self, family=-1, *arguments, **options):
            if family in (socket.AF_INET, socket.AF_INET6):
                refused("a socket", family)
            super().__init__(family, *arguments, **options)

    socket.socket = Socket
    socket.getaddrinfo = socket.gethostbyname = socket.create_connection = refused


def without_a_network(folder: Path, verbs: Iterable[tuple[str, ...]] = VERBS, *, wheels: bool = True) -> dict:
    """Every verb where sockets refuse, and two wheels of one source: {commands, wheels, losses}."""
    folder.mkdir(parents=True)
    (folder / "t.csv").write_text(TABLE)
    (folder / "short.yaml").write_text(CONFIG)
    losses, commands = [], 0
    for words in verbs:
        done = ended(start(folder, *words, before=refuse_the_network), folder)
        commands += 1
        # What a verb answers here is other parts' business; that it answers is enough.
        losses += [f"dlrun {words[0]}: {fault}" for fault in faults_of(done, (0, *range(2, 8)))]
        if asked := (folder / "asked").read_text():
            losses.append(f"dlrun {words[0]} asked for {asked!r}")
            (folder / "asked").unlink()
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
