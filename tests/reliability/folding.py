"""A real file system that ignores case and has no links: exFAT, as on sticks and cards, mounted for one process alone.

Only where this process may mount, and has the tools (Debian: exfatprogs, exfat-fuse). `python -m
tests.reliability.folding FOLDER` is what is done in a folder of it.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.commands import ROOT

from .commands import ended, faults_of, start
from .essence import essence
from .short_run import CONFIG

TOOLS = ("unshare", "mkfs.exfat", "mount.exfat-fuse", "umount", "losetup")
IMAGE_BYTES = 64 * 2**20

# $0 is the image, $1 the folder, $2 Python. The file system ends with its mount, so that is always taken away.
MOUNTED = """
device=$(losetup --find --show "$0" 2>/dev/null) || exit 9
trap 'cd /; umount "$1"; losetup --detach "$device"' EXIT
mount.exfat-fuse "$device" "$1" >/dev/null 2>&1 || { trap 'losetup --detach "$device"' EXIT; exit 9; }
"$2" -m tests.reliability.folding "$1"
"""

LONGER = 5

TABLE = "x0,x1\n0.5,0.25\n-1,1\n"


def on_exfat(folder: Path) -> dict | None:
    """{commands, faults, bits of the run} there; None where it cannot be mounted."""
    if os.geteuid() != 0 or not all(map(shutil.which, TOOLS)):
        return None
    place, image = folder / "mounted", folder / "image"
    place.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    subprocess.run(["mkfs.exfat", str(image)], check=True, capture_output=True)
    command = ["unshare", "--mount", "sh", "-c", MOUNTED, str(image), str(place), sys.executable]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode == 9:
        return None
    return json.loads(done.stdout) if done.returncode == 0 else {"commands": 0, "faults": [done.stderr], "bits": None}


def visited(place: Path) -> dict:
    """What a person does there, with names in other letters than the files have."""
    faults: list[str] = []
    asked = 0
    (place / "Short.yaml").write_text(CONFIG)
    (place / "rows.csv").write_text(TABLE)
    if not (place / "SHORT.YAML").exists():
        faults.append("the file system does not ignore case")

    def ask(*words: object, statuses: tuple[int, ...] = (0,), says: str = "") -> None:
        nonlocal asked
        asked += 1
        done = ended(start(place, *words), place)
        found = faults_of(done, statuses)
        if says not in done.err:
            found.append(f"says {done.err[-300:]!r}")
        faults.extend(f"dlrun {words[0]}: {fault}" for fault in found)

    ask("train", "short.yaml", "-q")
    [run] = place.glob("runs/2*")
    other = run.name.upper()
    ask("train", "SHORT.YAML", "-q", "name=Short")
    for words in (
        ("show", "latest"),
        ("runs",),
        ("report", run.name),
        ("verify", run.name),
        ("tag", run.name, "A", "a"),
    ):
        ask(*words)
    ask("predict", run.name, "Rows.csv", "-o", "answers.csv")
    ask("predict", run.name, "rows.csv", "-o", "ROWS.csv", statuses=(2,), says="is the file of the rows itself")
    ask("export", run.name, "--python", "Network.py")
    ask("export", run.name, "--python", "network.py", statuses=(6,), says="exists already")
    # A run has one name, though the disk would find its folder by others.
    for words in (("show", other), ("verify", other), ("rm", other), ("resume", other)):
        ask(*words, statuses=(6,), says="no such run")
    ask("sweep", "Short.yaml", "network.activation=relu,tanh", "-q", "--processes", "1")
    ask("resume", run.name, f"training.epochs={LONGER}", "-q")
    ask("rm", run.name)
    ask("restore", run.name)
    ask("gc")
    if (place / "rows.csv").read_text() != TABLE:
        faults.append("the rows are lost")
    longer = next((path.parent for path in place.glob("runs/2*/result.json") if is_longer(path)), None)
    return {"commands": asked, "faults": faults, "bits": digest_of(essence(longer)) if longer else "no run"}


def is_longer(result: Path) -> bool:
    """Whether it is that of the run that was resumed up to more epochs."""
    return json.loads(result.read_text()).get("epochs") == LONGER


def digest_of(bits: dict) -> str:
    """The same for equal bits, and short enough to be told by another process."""
    return hashlib.sha256(json.dumps(bits, sort_keys=True, default=bytes.hex).encode()).hexdigest()


if __name__ == "__main__":
    print(json.dumps(visited(Path(sys.argv[1]))))
