"""SHA-256 of what this process has written into a run's files, so that none is read back to be hashed.

The run folder notes every write here; `verification` takes the hashes at the run's end.
"""

import hashlib
from io import BufferedRandom


class Written:
    """For each file by name, its running hash and the number of bytes hashed so far."""

    def __init__(self) -> None:
        self.running: dict[str, tuple[hashlib._Hash, int]] = {}

    def note_file(self, name: str, file: BufferedRandom) -> None:
        """Notes a file that has just been written, by reading the open file."""
        file.seek(0)
        self.running[name] = hashlib.file_digest(file, "sha256"), file.tell()

    def note_line(self, name: str, before: int, line: bytes) -> None:
        """Notes a line added to a file that had `before` bytes; a file begun by another process has no hash here."""
        hashed, length = self.running.get(name, (hashlib.sha256(), 0))
        if length == before:
            hashed.update(line)
            self.running[name] = hashed, length + len(line)
        else:
            self.running.pop(name, None)

    def digest(self, name: str) -> str | None:
        """The hash of a file in hexadecimal; None where this process has not written all of it."""
        return self.running[name][0].hexdigest() if name in self.running else None
