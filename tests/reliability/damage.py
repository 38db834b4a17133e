"""Files of a half-done run cut short, with bits flipped: an older checkpoint takes over, no number is wrong."""

import random
import shutil
from pathlib import Path

from dlrun.errors import StoreError
from dlrun.store import SNAPSHOTS, RunFolder, checkpoints, list_runs

from .crashes import HALF_DONE, harmed, reference
from .essence import essence
from .faults import Harm
from .short_run import config_in, in_child, only_run, resume_in_child, train


def damaged_files(folder: Path, cuts: int, flips: int, seed: int = 0) -> dict:
    """Damages every file that a half-done run is resumed from, one by one, and resumes it: {files, cases, losses}."""
    path, whole, rng = config_in(folder), reference(folder), random.Random(seed)
    in_child(lambda: harmed(Harm(HALF_DONE), lambda: train(path, folder / "half")))
    half, losses, cases = only_run(folder / "half"), [], 0
    names = [*checkpoints.names(half), "metrics.jsonl", "trace.jsonl", SNAPSHOTS]
    for name in names:
        data = half.read_bytes(name)
        for harmed_bytes in [*cut(data, cuts, rng), *flipped(data, flips, rng)]:
            cases += 1
            found = loss(half, folder / "copied", name, harmed_bytes, whole)
            losses += [f"{name}, {len(harmed_bytes)} bytes: {found}"] if found else []
    return {"files": len(names), "cases": cases, "losses": losses}


def cut(data: bytes, count: int, rng: random.Random) -> list[bytes]:
    """The data at a sample of lengths, the empty one and the last among them."""
    return [data[:length] for length in sorted({0, len(data) - 1, *(rng.randrange(len(data)) for _ in range(count))})]


def flipped(data: bytes, count: int, rng: random.Random) -> list[bytes]:
    """The data with one bit flipped, at a sample of places."""
    found = []
    for _ in range(count):
        damaged = bytearray(data)
        damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        found.append(bytes(damaged))
    return found


def loss(half: RunFolder, place: Path, name: str, data: bytes, whole: dict) -> str | None:
    """What the damage did to the result, if anything."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(half.path, place / half.id)
    (place / half.id / name).write_bytes(data)
    (row,) = list_runs(place)
    status = resume_in_child(RunFolder(place / half.id))
    if status == StoreError.exit_status:
        return None
    if row.status == "broken" or status != 0:
        return f"{row.status}, resume ended with {status}"
    found = essence(place / half.id)
    pictures = ("snapshots",) if name == SNAPSHOTS else ()  # a run goes on without them
    return None if all(found[key] == whole[key] for key in whole if key not in pictures) else "other bits"
