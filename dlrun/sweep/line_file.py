"""A file that grows by whole pieces, lines or others, while one process writes it; whatever ends that process."""

import os
from pathlib import Path

from ..store.disk import complete_lines_length
from ..store.problems import raised_as_store_error


class LineFile:
    """A file that only grows. An end that a killed process has left incomplete is cut off when it is opened.

    length : how much of it is complete, where that is not seen from its newlines.
    """

    def __init__(self, path: Path, length: int | None = None):
        self.path = path
        with raised_as_store_error(path, "written"):
            self.file = open(path, "a+b", buffering=0)  # noqa: SIM115 (it is open as long as the sweep)
            self.file.truncate(complete_lines_length(self.file) if length is None else length)

    def append(self, data: bytes) -> int:
        """Adds the bytes at the end, hands them to the system, and returns where they begin."""
        with raised_as_store_error(self.path, "written"):
            at = self.file.seek(0, os.SEEK_END)
            written = 0
            try:
                while written < len(data):
                    written += self.file.write(data[written:]) or 0
            except BaseException:  # a full disk, or a signal: half a line is none
                self.file.truncate(at)
                raise
            return at

    def sync(self) -> None:
        """Syncs the file to the disk."""
        with raised_as_store_error(self.path, "written"):
            os.fsync(self.file.fileno())

    def close(self) -> None:
        """Syncs the file to the disk and closes it."""
        try:
            self.sync()
        finally:
            self.file.close()
