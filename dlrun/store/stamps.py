"""The stamp of a run: what the file system says of its files, so that a change is seen without opening any.

A stamp holds inode and ctime of the folder, and inode, ctime and size of the files that a list is read from. ctime
cannot be set by hand, and everything moves it: a write in place, a rename, other permissions. A file that is made or
deleted, a run's lock that is taken (see `lock`), and a folder put in the place of another move the folder's.
"""

import os
import stat
import struct
from collections.abc import Iterable, Mapping
from itertools import compress, product
from typing import NamedTuple

from ..places import Entry
from .manifest import FILE as MANIFEST
from .results import FILE as RESULT
from .tags import FILE as TAGS

FILES = (TAGS, MANIFEST, RESULT)

# The files that a stamp is of, by its first byte: three bits that say which of them there are. The tags come first, so
# that the bytes of a stamp begin with those of the same stamp without the other two.
ALL, TAGS_ALONE = 0b111, 0b100
PRESENT = [tuple(compress((f"/{name}" for name in FILES), bits)) for bits in product((False, True), repeat=len(FILES))]
PACKERS = [struct.Struct("<Qq" + "QqQ" * len(names)) for names in PRESENT]
LENGTHS = [1 + packer.size for packer in PACKERS]


class Stamp(NamedTuple):
    """A stamp as bytes to compare, and the time of the newest change in it, in nanoseconds."""

    bytes: bytes
    newest_ns: int


def stamp_of(path: str) -> Stamp | None:
    """The stamp of a run's folder now; None where something other than a file is in a file's place, or unreadable."""
    try:
        found = [os.lstat(path)]
        present = 0
        for name in FILES:
            present *= 2
            try:
                found.append(os.lstat(f"{path}/{name}"))
                present += 1
            except FileNotFoundError:
                continue
    except OSError:
        return None
    if not all(stat.S_ISREG(file.st_mode) for file in found[1:]):
        return None
    numbers = [found[0].st_ino, found[0].st_ctime_ns]
    for file in found[1:]:
        numbers += (file.st_ino, file.st_ctime_ns, file.st_size)
    return Stamp(bytes([present]) + PACKERS[present].pack(*numbers), max(file.st_ctime_ns for file in found))


def lines_that_hold(entries: Iterable[Entry], lines: Mapping[str, bytes], of: int = ALL) -> list[bytes | None]:
    """For each of these run folders, its line by run id if that begins with the stamp that the run has now, else None.

    of : ALL files, or TAGS_ALONE where nothing else is asked of the line. Where a folder is unchanged, a file that was
    not there is not there now; so only those that were are asked for.
    """
    lstat, held = os.lstat, list[bytes | None]()
    for entry in entries:  # 20,000 of them: two thirds of the time are spent in lstat, and no call adds to it
        line = lines.get(entry.name)
        if line is None:
            held.append(None)
            continue
        present, path = line[0] & of, entry.path
        try:
            folder = entry.stat(follow_symlinks=False)
            numbers = [folder.st_ino, folder.st_ctime_ns]
            for name in PRESENT[present]:
                file = lstat(path + name)
                numbers += file.st_ino, file.st_ctime_ns, file.st_size
        except OSError:
            held.append(None)
            continue
        held.append(line if line.startswith(PACKERS[present].pack(*numbers), 1) else None)
    return held
