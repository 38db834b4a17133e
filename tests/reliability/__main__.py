"""`python -m tests.reliability`: every kind of harm in full, and the figures that the README quotes."""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# Before NumPy loads, and as the command itself has it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from . import (
    at_once,
    crashes,
    damage,
    elsewhere,
    extremes,
    formats,
    full_disk,
    fuzz,
    hostile,
    keyboard,
    kills,
    numbers,
    planted,
    power,
    power_scenes,
    readers,
    supply,
    sweep_cluster,
    sweep_crashes,
    sweep_damage,
    sweep_kills,
    together,
)

# Where there is a file system in memory a sync costs nothing, and a child's death leaves it as it is.
MEMORY = Path("/dev/shm")

# What is done, in its quick form and in full; each function takes a folder of its own. Without a quick form: what
# takes long, or rights and tools that are not everywhere.
Form = Callable[[Path], dict]
HARMS: dict[str, tuple[Form | None, Form]] = {
    "ended at every n-th write, sync and rename": (
        lambda folder: crashes.crash_matrix(folder, every=37),
        crashes.crash_matrix,
    ),
    "ended so while resuming": (
        lambda folder: crashes.crashes_of_resuming(folder, every=29),
        crashes.crashes_of_resuming,
    ),
    "ENOSPC, EIO and EROFS at every such deed": (
        lambda folder: crashes.disk_faults(folder, every=97),
        crashes.disk_faults,
    ),
    "kill -9 at random moments": (lambda folder: kills.random_kills(folder, 2), lambda f: kills.random_kills(f, 100)),
    "files cut short and bits flipped": (
        lambda folder: damage.damaged_files(folder, cuts=1, flips=3),
        lambda folder: damage.damaged_files(folder, cuts=60, flips=60),
    ),
    "mutated configs and run folders": (
        lambda folder: fuzz.fuzz(folder, configs=300, folders=100),
        lambda folder: fuzz.fuzz(folder, configs=10_000, folders=10_000),
    ),
    "hostile files": (hostile.corpus, hostile.corpus),
    "starts in one moment": (lambda folder: together.starts(folder, 200), lambda f: together.starts(f, 200)),
    "two resumes at once": (lambda folder: together.resumes(folder, 2), lambda f: together.resumes(f, 20)),
    "Ctrl-C at a terminal, once and twice": (keyboard.typed, keyboard.typed),
    "numbers at the edge": (
        lambda folder: numbers.at_the_edge(folder, numbers.CASES[3::12], ("float32",)),
        lambda folder: numbers.at_the_edge(folder, many=numbers.MANY),
    ),
    "words that are hostile to readers": (
        lambda folder: readers.shown(folder, readers.FEW[:1], in_full=False),
        readers.shown,
    ),
    "elsewhere: without HOME, TERM and locks, in odd folders, with another clock": (
        lambda folder: elsewhere.at_all_places(folder, elsewhere.PLACES[1:2]),
        elsewhere.at_all_places,
    ),
    "on a disk that ignores case, and beside a second machine": (None, elsewhere.on_other_disks),
    "every number of a config at its extremes": (
        lambda folder: extremes.every_number(folder, extremes.EXTREMES[-2:-1], every=22),
        extremes.every_number,
    ),
    "power that fails, with what was not synced lost": (
        lambda folder: power.power_cuts(folder, every=600),
        power.power_cuts,
    ),
    "power that fails in the trash, tags, ledgers, a refit, answers and exports": (
        lambda folder: power_scenes.power_cuts(folder, ("rm", "gc", "tag", "refit", "predict"), every=40),
        lambda folder: power_scenes.power_cuts(folder, power_scenes.SCENES),
    ),
    "power that fails in a sweep": (
        lambda folder: power_scenes.power_cuts(folder, ("sweep, light",), every=60),
        lambda folder: power_scenes.power_cuts(folder, power_scenes.SWEEPS),
    ),
    "a network that refuses, and wheels built twice": (
        lambda folder: supply.without_a_network(folder, supply.VERBS[:3], wheels=False),
        supply.without_a_network,
    ),
    "everything at once in one runs folder": (
        lambda folder: at_once.everything(folder, processes=3, seconds=2),
        lambda folder: at_once.everything(folder, processes=16, seconds=600),
    ),
    "damaged files of every format, and configs beside them": (
        lambda folder: formats.damaged(folder, files=26, pairs=4),
        lambda folder: formats.damaged(folder, files=20_000, pairs=2000),
    ),
    **{what: (look, look) for what, look in planted.PLANTED.items()},
}

# The same for sweeps. Without a quick form: what tests/test_sweep_cluster.py and tests/test_sweep_cli.py show in a
# short one, and what takes long.
SWEEP_HARMS: dict[str, tuple[Form | None, Form]] = {
    "a sweep ended at every n-th write, sync and rename": (
        lambda folder: sweep_crashes.crash_matrix(folder, every=400, kinds=sweep_crashes.KINDS[::3]),
        lambda folder: sweep_crashes.crash_matrix(folder, every=3),
    ),
    "a sweep's disk refuses (ENOSPC, EIO)": (
        lambda folder: sweep_crashes.disk_faults(folder, every=4500, kinds=sweep_crashes.KINDS[1:3]),
        lambda folder: sweep_crashes.disk_faults(folder, every=11),
    ),
    "a sweep's disk is full": (None, lambda f: full_disk.full_disks(f, 30)),
    "kill -9 of a sweep": (lambda f: sweep_kills.parents_killed(f, 1), lambda f: sweep_kills.parents_killed(f, 90)),
    "kill -9 of a process that trains for a sweep": (
        lambda folder: sweep_kills.workers_killed(folder, 1),
        lambda folder: sweep_kills.workers_killed(folder, 90),
    ),
    "kill -9 of a machine of a sweep's cluster": (None, lambda folder: sweep_cluster.machines_killed(folder, 20)),
    "SIGINT and SIGTERM to a sweep, once and twice": (None, lambda f: sweep_kills.signalled(f, 20)),
    "two resumes of a sweep at once": (
        lambda folder: sweep_kills.resumed_twice(folder, 1),
        lambda folder: sweep_kills.resumed_twice(folder, 20),
    ),
    "files of a sweep cut short and bytes changed": (
        lambda folder: sweep_damage.damaged_files(folder, 8, kinds=sweep_crashes.KINDS[:2]),
        lambda folder: sweep_damage.damaged_files(folder, 300),
    ),
    **{what: (None if what in planted.LONG else look, look) for what, look in planted.PLANTED_IN_SWEEPS.items()},
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="the form that the tests run")
    parser.add_argument("--only", choices=("runs", "sweeps"), help="harm to these alone")
    parser.add_argument("--about", metavar="WORDS", default="", help="the kinds of harm that have these words")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each kind of harm")
    given = parser.parse_args(arguments)
    lost, at_first = 0, processor_seconds()
    for what, form in chosen(given.only, given.about, quick=given.quick):
        began, spent = time.perf_counter(), processor_seconds()
        with tempfile.TemporaryDirectory(dir=MEMORY if given.quick and os.access(MEMORY, os.W_OK) else None) as place:
            found = form(Path(place) / "place")
        found["losses"] += children_left()
        lost += len(found["losses"])
        times = f"{time.perf_counter() - began:.0f} s, {processor_seconds() - spent:.1f} s of a processor"
        told = sentence(what, found, times)
        print(json.dumps({"harm": what, "found": found, "sentence": told}) if given.json else told, flush=True)
    if not given.json:
        print(f"losses in all: {lost}; {processor_seconds() - at_first:.0f} s of a processor")
    return 1 if lost else 0


def chosen(only: str | None, about: str, *, quick: bool) -> list[tuple[str, Form]]:
    """What is to be done, in which form."""
    harms = {**(HARMS if only != "sweeps" else {}), **(SWEEP_HARMS if only != "runs" else {})}
    forms = [(what, forms[0 if quick else 1]) for what, forms in harms.items() if about in what]
    return [(what, form) for what, form in forms if form is not None]


def children_left() -> list[str]:
    """Children that were begun and not waited for are a loss, too."""
    try:
        return [f"a child is left: {os.waitpid(-1, os.WNOHANG)}"]
    except ChildProcessError:
        return []


def processor_seconds() -> float:
    """The time of a processor that this process and the children that it waited for have had."""
    return sum(os.times()[:4])


def sentence(what: str, found: dict, times: str) -> str:
    """One line of figures, with what was lost in lines below, and each case with its exit status."""
    figures = ", ".join(f"{key} {value}" for key, value in found.items() if key not in ("losses", "cases"))
    cases = found.get("cases", [])
    figures += f", cases {len(cases) if isinstance(cases, list) else cases}" if cases else ""
    lines = [f"{what}: {figures.lstrip(', ')}, losses {len(found['losses'])} ({times})"]
    lines += [f"  exit {status}: {case}" for case, status in cases] if isinstance(cases, list) else []
    return "\n".join([*lines, *(f"  LOST {loss}" for loss in found["losses"])])


if __name__ == "__main__":
    sys.exit(main())
