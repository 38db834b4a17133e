"""Harm at the n-th thing that is done to the disk: the process ends there, or the disk refuses.

For children only: nothing is put back. A write that is harmed has half of its bytes written, as disks do.
"""

import errno
import io
import os
from collections.abc import Callable

from dlrun.store import disk
from dlrun.sweep import line_file

DIED = 137
NEEDS_ROOM = ("write", "mkdir")


class Harm:
    """Counts writes, syncs, renames and the like, and does harm at number `at` (from 1); at 0 it only counts.

    error : the number of the OSError to raise; None ends the process. lasting : whether the disk refuses ever after.
    """

    def __init__(self, at: int = 0, error: int | None = None, lasting: bool = False):
        self.at, self.error, self.lasting, self.count = at, error, lasting, 0
        self.kinds: dict[str, int] = {}

    def is_due(self, kind: str) -> bool:
        self.count += 1
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        return self.count == self.at or (self.lasting and self.at and self.count > self.at and self.hinders(kind))

    def hinders(self, kind: str) -> bool:
        """Whether a disk that goes on refusing refuses this; one that is full takes what needs no new room."""
        return self.error != errno.ENOSPC or kind in NEEDS_ROOM

    def do(self) -> None:
        if self.error is None:
            os._exit(DIED)
        raise OSError(self.error, os.strerror(self.error))

    def wrapped(self, kind: str, deed: Callable) -> Callable:
        def harmed(*arguments, **options):
            if self.is_due(kind):
                self.do()
            return deed(*arguments, **options)

        return harmed

    def install(self) -> None:
        """From here on, in this process."""
        file = self.file_class()
        disk.open = lambda path, mode: io.BufferedRandom(file(path, mode.replace("b", "")))
        line_file.open = lambda path, mode, buffering: file(path, mode.replace("b", ""))
        for module_name in ("fsync", "replace", "rename", "mkdir"):
            setattr(os, module_name, self.wrapped(module_name, getattr(os, module_name)))

    def file_class(self) -> type[io.FileIO]:
        """A file whose writes are counted, and harmed."""
        harm = self

        class File(io.FileIO):
            def write(self, data):
                grows = self.tell() + len(data) > os.fstat(self.fileno()).st_size
                if harm.is_due("write" if grows else "overwrite"):
                    super().write(memoryview(data)[: len(data) // 2])
                    harm.do()
                return super().write(data)

            def truncate(self, size=None):
                if harm.is_due("truncate"):
                    harm.do()
                return super().truncate(size)

        return File
