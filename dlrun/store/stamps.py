"""The stamp of a run: what the file system says of its files, so that a change is seen without opening any.

A stamp holds inode, ctime and size of the folder and of the files that a list is read from. ctime cannot be set by
hand, and everything moves it: a write in place, a rename, other permissions. A file that is made or deleted, a run's
lock that is taken (see `lock`), and a folder put in the place of another move the folder's.
"""

import os
import stat
import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..places import Entry
from .manifest import FILE as MANIFEST
from .results import FILE as RESULT
from .tags import FILE as TAGS

# What a stamp is of, in the order of its bytes. Its first byte has a bit for each, whether there is one.
PARTS = (f"/{MANIFEST}", f"/{RESULT}", "", f"/{TAGS}")
PART = struct.Struct("<QqQ")

# Parts by their bits: all; those that say how a run ended; and those that say its tags.
ALL, FIGURES, TAGS_ALONE = 0b1111, 0b0011, 0b1100


class Plan(NamedTuple):
    """What to ask of a run to compare a part of its stamp: the endings of paths, and where in the stamp they stand."""

    endings: tuple[str, ...]
    packer: struct.Struct
    begin: int


def plan(present: int, asked: int) -> Plan:
    """The plan for the parts that are `asked`, in a stamp of those that are `present`."""
    if asked == FIGURES != present & FIGURES:
        asked = ALL  # only the folder shows that a missing file has come
    endings = tuple(part for bit, part in enumerate(PARTS) if present & asked & 1 << bit)
    before = present & (asked & -asked) - 1  # the parts that stand before the first that is asked
    return Plan(endings, struct.Struct("<" + "QqQ" * len(endings)), 1 + PART.size * before.bit_count())


PLANS = {asked: [plan(present, asked) for present in range(ALL + 1)] for asked in (ALL, FIGURES, TAGS_ALONE)}
LENGTHS = [1 + PART.size * present.bit_count() for present in range(ALL + 1)]


class Stamp(NamedTuple):
    """A stamp as bytes to compare, and the time of the newest change in it, in nanoseconds."""

    bytes: bytes
    newest_ns: int


def stamp_of(path: str) -> Stamp | None:
    """The stamp of a run's folder now; None where something other than a file is in a file's place, or unreadable."""
    present, newest_ns, parts = 0, 0, b""
    for bit, ending in enumerate(PARTS):
        try:
            file = os.lstat(path + ending)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        if ending and not stat.S_ISREG(file.st_mode):
            return None
        present |= 1 << bit
        newest_ns = max(newest_ns, file.st_ctime_ns)
        parts += PART.pack(file.st_ino, file.st_ctime_ns, file.st_size)
    return Stamp(bytes([present]) + parts, newest_ns) if present & 1 << PARTS.index("") else None


def lines_that_hold(entries: Iterable[Entry], lines: Mapping[str, bytes], asked: int = ALL) -> list[bytes | None]:
    """For each of these run folders, its line by run id if that begins with the stamp that the run has now, else None.

    asked : which parts of the stamp are compared. Where a folder is unchanged, a file that was not there is not there
    now; so only those that were are asked for.
    """
    plans, lstat, held = PLANS[asked], os.lstat, list[bytes | None]()
    for entry in entries:  # 20,000 of them: four fifths of the time are spent in lstat, and no call adds to it
        line = lines.get(entry.name)
        if line is not None:
            (endings, packer, begin), path, numbers = plans[line[0]], entry.path, list[int]()
            try:
                for ending in endings:
                    file = lstat(path + ending) if ending else entry.stat(follow_symlinks=False)
                    numbers += file.st_ino, file.st_ctime_ns, file.st_size
            except OSError:
                line = None
            if line is not None and not line.startswith(packer.pack(*numbers), begin):
                line = None
        held.append(line)
    return held
