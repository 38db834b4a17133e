"""A disk that is full in the middle of a sweep: a real one, in memory, which is made larger before the sweep goes on.

`python -m tests.reliability.full_disk FOLDER TIMES` prints what it has found as JSON. It mounts the disk in a
name space of its own, where the system allows that to anybody (`unshare`).
"""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dlrun.errors import StoreError

from .short_run import exit_status_of
from .sweep_crashes import after_resume
from .sweep_trials import CONFIG, KINDS, Place, acknowledged, begun_sweep, left_behind, place_in, undisturbed

# From what a sweep needs for its plan to what holds some of its runs.
LEAST_KIB, MOST_KIB = 40, 500

ROOMY = "size=200m"

NO_SPACE = "No space left on device"


def full_disks(folder: Path, times: int) -> dict:
    """Fills so many disks: {times, exit 6, trainings before, losses}; nothing where no disk can be mounted."""
    folder.mkdir(parents=True)
    apart = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"], check=False).returncode:
        return {"times": 0, "not possible here": 1, "losses": []}
    program = [sys.executable, "-m", __name__, str(folder), str(times)]
    return json.loads(subprocess.run([*apart, *program], stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1])


def filled(folder: Path, times: int, seed: int = 7) -> dict:
    """The same, in a process that may mount disks."""
    rng, losses, full, trained = random.Random(seed), [], 0, 0
    wholes = {kind.name: undisturbed(folder / f"whole-{kind.name}", kind) for kind in KINDS[:times]}
    for number in range(times):
        kind, place = KINDS[number % len(KINDS)], place_in(folder / f"disk-{number}", CONFIG)
        size = f"size={rng.randint(LEAST_KIB, MOST_KIB)}k"
        with disk_for(place, size, holds_temporary_files=number % 3 == 2) as make_room:
            leader = begun_sweep(place, kind, 1 + number % 2)
            status = exit_status_of(leader)
            said, before, found = place.said(), acknowledged(place.sweep()), left_behind(leader)
            full, trained = full + (status == StoreError.exit_status), trained + len(before.lines)
            if "Traceback" in said or (status and (status != StoreError.exit_status or NO_SPACE not in said)):
                found.append(f"ended with {status}: {said[-600:]!r}")
            make_room()
            if place.sweep() is not None:
                found += after_resume(place, kind, before, wholes[kind.name])
        losses += [f"{kind.name}, disk {number}: {loss}" for loss in found]
    return {"times": times, "exit 6": full, "trainings before": trained, "losses": losses}


@contextmanager
def disk_for(place: Place, size: str, *, holds_temporary_files: bool) -> Iterator[Callable[[], object]]:
    """A disk for the runs of a place, and perhaps for what a sweep keeps while it runs; yields what makes it larger."""
    place.runs_dir.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "disk", place.runs_dir], check=True)
    if holds_temporary_files:
        (place.runs_dir / "tmp").mkdir()
        (place.path / "tmp").rmdir()
        (place.path / "tmp").symlink_to(place.runs_dir / "tmp")
    try:
        yield lambda: subprocess.run(["mount", "-o", f"remount,{ROOMY}", place.runs_dir], check=True)
    finally:
        subprocess.run(["umount", place.runs_dir], check=True)


if __name__ == "__main__":
    print(json.dumps(filled(Path(sys.argv[1]), int(sys.argv[2]))))
