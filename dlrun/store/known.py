"""What is known of many runs at once: from the index where a run has not changed since, else from its folder.

Every verb that asks all runs goes through here. The answers are those of the folders; the index makes them fast.
"""

import hashlib
import math
import os
import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from ..diagnosis.ills import Level
from ..errors import StoreError
from ..places import Entry
from ..records import NO_ERRORS
from . import index, strict_json
from .folder import RunFolder
from .manifest import Identity
from .results import ENDINGS
from .stamps import ALL, LENGTHS, TAGS_ALONE, Stamp, lines_that_hold, stamp_of
from .status import Status, glance_at, manifest_of
from .tags import read_tags

# Fewer runs are read in 0.05 s; an index of them would save no time that is felt.
FEWEST_INDEXED = 100

# A run that changed within this time of being read is not put into the index: a second change within one tick of the
# clock that stamps files would not be seen. The longest tick of a file system is that of FAT.
SETTLED_NS = 2_000_000_000

# So many runs are read before they are put into the index: whoever stops a long reading loses half a second of it.
BATCH = 1000

# JSON can escape half a character, which then is one of a tag.
UTF8 = ("utf-8", "surrogatepass")

# How the index keeps what a run says: the numbers of its status and of its two levels in these tuples, the errors with
# NaN for None, which no error is, and the identity. JSON would take three times as long to read.
IDENTITY_BYTES = 16
NO_IDENTITY = bytes(IDENTITY_BYTES)
FIGURES = struct.Struct(f"<BBB3d{IDENTITY_BYTES}s")
STATUSES: tuple[Literal[Status, "broken"], ...] = (*ENDINGS, "crashed")
LEVELS: tuple[Level | None, ...] = (None, "high", "low", "moderate", "inconclusive", "withheld")


class Known(NamedTuple):
    """What a run says of itself; a tuple, since 20,000 of them are made at once.

    identity : the same for two runs that would be the same run again, None where run.json is missing or the run is
    running. problem : why a broken run cannot be read.
    """

    status: Status | Literal["broken"]
    tags: tuple[str, ...] = ()
    train: float | None = None
    dev: float | None = None
    test: float | None = None
    bias: Level | None = None
    variance: Level | None = None
    identity: bytes | None = None
    problem: str | None = None


def known(
    runs_dir: Path,
    entries: Sequence[Entry],
    progress: Callable[[int, int], None] = lambda done, total: None,
    asked: int = ALL,
) -> list[Known]:
    """What is known of each of these run folders, in their order.

    progress : told how many of them have been read. asked : ALL of it; or only the FIGURES, and then a run that is over
    may be running all the same, and its tags be others.
    """
    if len(entries) < FEWEST_INDEXED:
        return [read_run(RunFolder(runs_dir / entry.name)) for entry in entries]
    lines = index.load(runs_dir)
    runs, names = still_known(entries, lines, asked), [entry.name for entry in entries]
    if sum(map(lines.__contains__, names)) < len(lines):
        others = lines.keys() - set(names)
        index.save(runs_dir, {}, [run_id for run_id in others if not os.path.lexists(f"{runs_dir}/{run_id}")])
    if changed := [run_id for run_id, run in zip(names, runs, strict=True) if run is None]:
        read = read_again(runs_dir, changed, index.clock_ns(runs_dir), progress)
        return [run or read[run_id] for run_id, run in zip(names, runs, strict=True)]
    return [run for run in runs if run]


def still_known(entries: Sequence[Entry], lines: Mapping[str, bytes], asked: int) -> list[Known | None]:
    """What the index knows of each of these runs; None for those that have changed since.

    A run that is over is not asked for its lock: whoever takes that leaves a trace in the stamp. The others are, since
    a dlrun before this one, which leaves none, may be at work on them. It may have ended after the stamp was compared
    and before the lock was asked for; so the stamp is compared again.
    """
    runs: list[Known | None] = []
    for entry, line in zip(entries, lines_that_hold(entries, lines, asked), strict=True):
        run = None if line is None else unpacked(line)
        if line is not None and run is not None and run.status not in ("finished", "diverged"):
            is_at_rest = not RunFolder(Path(entry.path)).is_locked() and is_current(entry.path, line)
            run = run if is_at_rest else None
        runs.append(run)
    return runs


def known_tags(runs_dir: Path, entries: Sequence[Entry]) -> list[tuple[str, ...]]:
    """The tags of each of these runs; one whose tags are damaged has none, so that it does not hide the others.

    Files of tags are small. So those that the index does not know are read, and not all else that it would keep.
    """
    lines = index.load(runs_dir) if len(entries) >= FEWEST_INDEXED else {}
    held = lines_that_hold(entries, lines, TAGS_ALONE)
    return [
        sound_tags(RunFolder(runs_dir / entry.name)) if line is None else unpacked(line).tags
        for entry, line in zip(entries, held, strict=True)
    ]


def sound_tags(folder: RunFolder) -> tuple[str, ...]:
    """A run's tags; none where they are damaged."""
    try:
        return tuple(read_tags(folder))
    except StoreError:
        return ()


def is_current(path: str, line: bytes) -> bool:
    """Whether a line begins with the stamp that the run has at this moment."""
    stamp = stamp_of(path)
    return stamp is not None and line.startswith(stamp.bytes)


def read_again(
    runs_dir: Path, run_ids: Sequence[str], clock_ns: int | None, progress: Callable[[int, int], None]
) -> dict[str, Known]:
    """Reads runs from their folders, by run id, and puts those that stay as they are into the index.

    clock_ns : the time before the first of them is read, None where no index can be written.
    """
    found, remaining = {}, reversed(run_ids)  # SQLite packs rows tightest in the order of their keys
    while batch := list(islice(remaining, BATCH)):
        lines = {}
        for run_id in batch:
            # The stamp is taken first: a change while the run is read makes another one.
            stamp = stamp_of(f"{runs_dir}/{run_id}")
            found[run_id] = run = read_run(RunFolder(runs_dir / run_id))
            progress(len(found), len(run_ids))
            # The problem of a broken run is not kept: it names the path as it was typed this time.
            if stamp is None or run.status in ("running", "broken"):
                continue
            if clock_ns is not None and stamp.newest_ns < clock_ns - SETTLED_NS:
                lines[run_id] = packed(stamp, run)
        if lines:
            index.save(runs_dir, lines)
    return found


def packed(stamp: Stamp, run: Known) -> bytes:
    """The line of the index for a run: its stamp, its figures, and its tags, which hold no commas."""
    figures = (math.nan if figure is None else figure for figure in (run.train, run.dev, run.test))
    words = (STATUSES.index(run.status), LEVELS.index(run.bias), LEVELS.index(run.variance))
    return stamp.bytes + FIGURES.pack(*words, *figures, run.identity or b"") + ",".join(run.tags).encode(*UTF8)


def unpacked(line: bytes) -> Known:
    """What a line of the index says of its run."""
    begin = LENGTHS[line[0]]
    status, bias, variance, train, dev, test, identity = FIGURES.unpack_from(line, begin)
    tags = line[begin + FIGURES.size :]
    return Known(
        STATUSES[status],
        tuple(tags.decode(*UTF8).split(",")) if tags else (),
        train if train == train else None,
        dev if dev == dev else None,
        test if test == test else None,
        LEVELS[bias],
        LEVELS[variance],
        identity if identity != NO_IDENTITY else None,
    )


def read_run(folder: RunFolder) -> Known:
    """What a run says of itself, whatever the state of its folder."""
    try:
        tags = tuple(read_tags(folder))
        if folder.is_locked():
            return Known("running", tags)
        manifest = manifest_of(folder)
        glance = glance_at(folder, manifest)
    except (StoreError, OSError) as problem:
        return Known("broken", problem=str(problem))
    identity = None if manifest is None else identity_key(manifest.identity)
    if glance is None:
        return Known("crashed", tags, identity=identity)
    errors, verdict = glance.errors or NO_ERRORS, glance.verdict
    bias, variance = (None, None) if verdict is None else (verdict.bias, verdict.variance)
    return Known(glance.status, tags, errors.train, errors.dev, errors.test, bias, variance, identity)


def identity_key(identity: Identity) -> bytes:
    """A few bytes that are the same for two identities where one `is_same` as the other."""
    hashes = identity.hashes
    told = [hashes.config_sha256, hashes.data_sha256, hashes.split_sha256, identity.dlrun]
    return hashlib.sha256(strict_json.encode(told)).digest()[:IDENTITY_BYTES]
