"""Configs and run folders with random damage, read by everything that reads them, with little memory to be had."""

import os
import random
import resource
import shutil
import warnings
from pathlib import Path

from dlrun.errors import DlrunError
from dlrun.experiment import read_config
from dlrun.inspection import difference, overview
from dlrun.store import RunFolder, list_runs, read_result, verify
from tests.trainings import resume

from .crashes import HALF_DONE, harmed
from .faults import Harm
from .short_run import CONFIG, config_in, in_child, only_run, train

# What a process may take beyond what it has when the fuzzing begins. A giant header asks for hundreds of times that.
MEMORY_BYTES = 256 * 2**20

PIECES = (
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"&a ",
    b"*a",
    b"!!python/name:os.system ",
    b"\x00",
    b"\xff",
    b"\n",
    b"\t",
    b"- ",
)
PIECES += (b"9" * 400, b"1e999", b".nan", b"null", b"'", b'"', b"#", b"? ", b"<<: *a\n", b"\xe2\x80\xae", b"\x1b[2J")

# One mutated run in so many is also resumed, which takes longer than to read it.
RESUMED = 20


def fuzz(folder: Path, configs: int, folders: int, seed: int = 0) -> dict:
    """{configs, run folders, tracebacks}: each mutated once, and read in a process of limited memory."""
    problems = folder / "problems"
    folder.mkdir(exist_ok=True)
    problems.write_text("")
    status = [in_child(lambda: fuzz_configs(folder, configs, seed, problems))]
    finished, half = train(config_in(folder), folder / "whole"), folder / "half"
    in_child(lambda: harmed(Harm(HALF_DONE), lambda: train(config_in(folder), half)))
    originals = [RunFolder(Path(finished.run_dir)), only_run(half)]
    status += [in_child(lambda: fuzz_folders(folder, originals, folders, seed, problems))]
    losses = problems.read_text().splitlines() + [f"the fuzzing ended with {s}" for s in status if s]
    return {"configs": configs, "run folders": folders, "losses": losses}


def limit_memory(count: int = MEMORY_BYTES) -> None:
    """From here on, this process can take only so many bytes more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + count, resource.RLIM_INFINITY))


def fuzz_configs(folder: Path, count: int, seed: int, problems: Path) -> None:
    limit_memory()
    rng, path = random.Random(seed), folder / "fuzzed.yaml"
    for number in range(count):
        path.write_bytes(mutated(CONFIG.encode(), rng))
        note(problems, f"config {number}", lambda: read_config(path))


def fuzz_folders(folder: Path, originals: list[RunFolder], count: int, seed: int, problems: Path) -> None:
    limit_memory()
    rng, place = random.Random(seed), folder / "fuzzed"
    for number in range(count):
        original = rng.choice(originals)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(original.path, place / original.id)
        harm(place / original.id, rng)
        found = RunFolder(place / original.id)
        for read in READERS:
            note(problems, f"folder {number}, {read.__name__}", lambda: read(found))  # noqa: B023
        if number % RESUMED == 0:
            note(problems, f"folder {number}, resume", lambda: resume(found))  # noqa: B023


def listed(folder: RunFolder) -> None:
    """A damaged run never takes the listing with it."""
    assert len(list_runs(folder.path.parent)) == 1


def verified(folder: RunFolder) -> None:
    verify(folder)


def compared(folder: RunFolder) -> None:
    difference(folder, folder)


READERS = (listed, overview, read_result, verified, compared)


def note(problems: Path, what: str, deed) -> None:
    """Anything but a DlrunError is a problem; so is a warning, which would be a traceback's cousin on the screen."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            deed()
    except DlrunError:
        return
    except BaseException as problem:
        with problems.open("a") as file:
            file.write(f"{what}: {problem!r}\n".replace("\n", " ") + "\n")


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The data with up to four changes: bits, pieces put in, parts taken out, doubled or exchanged."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at, end = sorted((rng.randint(0, len(found)), rng.randint(0, len(found))))
        kind = rng.randrange(5)
        if kind == 0 and found:
            found[min(at, len(found) - 1)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            found[at:at] = rng.choice(PIECES)
        elif kind == 2:
            del found[at : min(end, at + 40)]
        elif kind == 3:
            found[at:at] = found[at : min(end, at + 200)]
        else:
            found[at : at + 1] = rng.choice(PIECES)
    return bytes(found)


def harm(path: Path, rng: random.Random) -> None:
    """Damages one file of a run folder, or puts something in its place that is no file."""
    target = rng.choice(sorted(path.iterdir()))
    kind = rng.randrange(12)
    data = target.read_bytes()
    if kind < 8:
        target.write_bytes(mutated(data, rng))
        return
    target.unlink()
    if kind == 8:
        target.mkdir()
    elif kind == 9:
        os.mkfifo(target)
    elif kind == 10:
        target.symlink_to("/etc/passwd")
