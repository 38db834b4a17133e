"""Files of a sweep cut short, or with a byte changed: a sentence, or a resume that does again what was damaged."""

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

from dlrun.errors import StoreError
from dlrun.store import to_plain
from dlrun.sweep.folder import SweepFolder
from dlrun.sweep.telling import outcome_of_folder

from .short_run import exit_status_of
from .sweep_crashes import CONFIG, KINDS
from .sweep_trials import (
    Kind,
    Place,
    begun_sweep,
    command,
    figures_of,
    in_child,
    other_figures,
    place_in,
    resumed_sweep,
)

# Of an outcome: what differs between two sweeps that have found the same.
OF_THE_OCCASION = {"sweep_id", "config", "seconds", "saved_seconds", "notes", "run_ids", "sentence"}

# So long after its plan is there is a sweep ended whose files are damaged in the middle of it.
HALF_SECONDS = 0.25


def damaged_files(folder: Path, cases: int, seed: int = 4, kinds: tuple[Kind, ...] = KINDS) -> dict:
    """Damages one file of a sweep that is half done, or done, and resumes it: {cases, refused, resumed, losses}."""
    rng, losses, refused, resumed = random.Random(seed), [], 0, 0
    sweeps = [(kind, half(folder / f"{kind.name}-{state}", kind, state)) for kind in kinds for state in (1, 2)]
    wholes = {kind.name: whole(folder / f"whole-{kind.name}", kind) for kind in kinds}
    for number in range(cases):
        kind, place = sweeps[number % len(sweeps)]
        copy = Place(folder / "copy")
        shutil.rmtree(copy.path, ignore_errors=True)
        shutil.copytree(place.path, copy.path)
        (copy.path / "said").unlink(missing_ok=True)
        harm = damage(copy.sweep(), rng)
        in_child(lambda: command(("compare", copy.sweep().id, "--json"), copy.path))  # noqa: B023
        status = resumed_sweep(copy)
        refused, resumed = refused + (status == StoreError.exit_status), resumed + (status == 0)
        found = loss(copy, kind, status, wholes[kind.name])
        losses += [f"{kind.name}: {harm}: {found}"] if found else []
        if found:
            shutil.copytree(copy.path, folder / f"lost-{number}")
    return {"cases": cases, "resumed": resumed, "refused": refused, "losses": losses}


def half(folder: Path, kind: Kind, state: int) -> Place:
    """A sweep that was killed after its first pause or training, or that is done (state 2)."""
    place = place_in(folder, CONFIG)
    leader = begun_sweep(place, kind, 1)
    if state == 1:
        while not (place.sweep() and any(place.sweep().path.glob("[tp]*.jsonl"))):
            time.sleep(0.002)
        time.sleep(0.05)
        os.kill(leader, signal.SIGKILL)
    exit_status_of(leader)
    return place


def whole(folder: Path, kind: Kind) -> tuple[dict, dict]:
    """The figures of each training of a sweep that nothing happens to, and those of its outcome."""
    sweep = half(folder, kind, 2).sweep()
    return {line.key: figures_of(line) for line in sweep.lines()}, outcome_figures(sweep)


def outcome_figures(sweep: SweepFolder) -> object:
    return stripped(json.loads(json.dumps(to_plain(outcome_of_folder(sweep)))))


def stripped(value: object) -> object:
    """The plain value without what belongs to the occasion."""
    if isinstance(value, dict):
        return {key: stripped(item) for key, item in value.items() if key not in OF_THE_OCCASION}
    return [stripped(item) for item in value] if isinstance(value, list) else value


def damage(sweep: SweepFolder, rng: random.Random) -> str:
    """Cuts one file of the sweep short, or changes a byte of it; says which and where."""
    files = [path for path in sorted(sweep.path.rglob("*")) if path.is_file() and path.stat().st_size]
    path = rng.choice([path for path in files if path.name not in ("report.html", ".lock", "log.txt")])
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data))
    if rng.random() < 0.3:
        path.write_bytes(data[:at])
        return f"{path.name} cut to {at} of {len(data)} bytes"
    before, data[at] = data[at], data[at] ^ rng.randrange(1, 256)
    path.write_bytes(data)
    return f"{path.name}: byte {at} of {len(data)} is {data[at]} and was {before}"


def loss(place: Place, kind: Kind, status: int, wanted: tuple[dict, dict]) -> str | None:
    """What the damage did, if anything but a sentence or more work."""
    said = place.said()
    if "Traceback" in said or "a bug in dlrun" in said or status not in (0, StoreError.exit_status):
        return f"ended with {status}: {said[-600:]!r}"
    if status == StoreError.exit_status:
        return None if "corrupt" in said or "no such" in said else f"an odd sentence: {said[-300:]!r}"
    sweep, (lines, outcome) = place.sweep(), wanted
    if other_figures(place, kind, list(sweep.lines()), lines):
        return "other figures"
    if outcome_figures(sweep) != outcome:
        return "another outcome"
    return None
