"""One run's folder: the only place where its files are written and read.

The disk may be full, slow or damaged, and files may have been edited, cut short or replaced. So a file is written
completely or not at all, and whatever is read back is checked.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from io import BufferedRandom
from pathlib import Path
from typing import Self, TypeVar

import numpy as np

from ..arrays import Array
from ..errors import StoreError
from . import disk, lines, lock, strict_json
from .arrays import Form, read_npz, write_npz
from .codec import Misfit, Plain, from_plain, to_plain
from .problems import raised_as_store_error
from .written import Written

# Far larger than any record of a run; dlrun did not write a larger file.
MAX_JSON_BYTES = 16 * 1024 * 1024

R = TypeVar("R")


@dataclass(frozen=True)
class RunFolder:
    """The files of one run. Everything that goes wrong on the disk is raised as StoreError.

    syncs_names : whether a file's name is on the disk as soon as it is written; see `together`.
    """

    path: Path
    written: Written = field(default_factory=Written, compare=False, repr=False)
    syncs_names: bool = field(default=True, compare=False, repr=False)

    @property
    def id(self) -> str:
        """The run's id, which is the folder's name."""
        return self.path.name

    @contextmanager
    def together(self) -> Iterator[Self]:
        """The same folder for files that belong together: their names are synced once, at the end of the block.

        So it takes half as many syncs. Each file is complete or missing all the same.
        """
        yield replace(self, syncs_names=False)
        with raised_as_store_error(self.path, "written"):
            disk.sync_folder(self.path)

    def write_bytes(self, name: str, data: bytes) -> None:
        """Writes `data` to the file `name`, completely or not at all."""
        self._write(name, lambda file: file.write(data))

    def _write(self, name: str, write: Callable[[BufferedRandom], object]) -> None:
        """Writes the file `name` with `write`, and notes its hash once the file is in place."""
        hashed = Written()

        def write_and_hash(file: BufferedRandom) -> None:
            write(file)
            hashed.note_file(name, file)

        self.written.running.pop(name, None)
        disk.write_whole(self.path / name, write_and_hash, syncs_name=self.syncs_names)
        self.written.running |= hashed.running

    def write_json(self, name: str, value: object) -> None:
        """Writes `value` to the file `name` as indented strict JSON; floats that are not finite become null."""
        self.write_bytes(name, strict_json.encode(to_plain(value), indent=2))

    def write_arrays(self, name: str, arrays: Mapping[str, Array]) -> None:
        """Writes arrays of any shape to the .npz file `name`; equal arrays give equal bytes.

        Raises TypeError for arrays of Python objects, because reading those would run code from the file.
        """
        plain_arrays = {key: np.asanyarray(array) for key, array in arrays.items()}
        for key, array in plain_arrays.items():
            if array.dtype.hasobject:
                raise TypeError(f"{name}: array {key!r} holds Python objects; numbers, booleans or text can be kept")
        self._write(name, lambda file: write_npz(file, plain_arrays))

    def append_line(self, name: str, record: object) -> None:
        """Adds `record` to the file `name` as one line with a checksum, and hands it to the operating system at once.

        An incomplete last line, which a write that was cut short has left, is cut off first.
        """
        line = lines.sealed(to_plain(record))
        self.written.note_line(name, disk.append(self.path / name, line), line)

    def append_surely(self, name: str, record: object) -> None:
        """The same, and returns when the line is on the disk."""
        disk.append_surely(self.path / name, lines.sealed(to_plain(record)))

    def keep_lines(self, name: str, count: int) -> None:
        """Deletes all but the first `count` lines of the file `name`, which must have that many."""
        data = self.read_bytes(name) if (self.path / name).exists() else b""
        first_lines = data.split(b"\n")[:-1][:count]
        self.write_bytes(name, b"".join(line + b"\n" for line in first_lines))

    def sync(self, name: str) -> None:
        """Syncs the lines appended to the file `name` to the disk."""
        disk.sync(self.path / name)

    def locked(self) -> AbstractContextManager[None]:
        """Holds the run's lock during a with block; raises StoreError while another process works in this run."""
        return lock.held(self.path)

    def is_locked(self) -> bool:
        """Whether a living process works in this run."""
        return lock.is_held(self.path)

    def tidy(self) -> None:
        """Deletes the temporary files of processes that died while writing; the caller must hold the lock."""
        for path in disk.leftovers(self.path):
            disk.discard(path)

    def paths(self) -> list[Path]:
        """All that lies in the folder, by name. Raises StoreError, as where it was moved meanwhile."""
        with raised_as_store_error(self.path, "read"):
            return sorted(self.path.iterdir())

    def read_bytes(self, name: str, at_most: int | None = None) -> bytes:
        """The bytes of the file `name`; raises StoreError where it is missing, too large or cannot be read."""
        return disk.read(self.path / name, at_most)

    def read_json(self, name: str) -> object:
        """The value in the JSON file `name`; raises StoreError where it is missing or corrupt."""
        data = self.read_bytes(name, MAX_JSON_BYTES)
        try:
            return strict_json.decode(data)
        except ValueError as problem:
            raise corrupt(self.path / name, problem) from problem

    def read_record(self, name: str, kind: type[R]) -> R:
        """The record of this kind in the JSON file `name`; raises StoreError where it is missing or corrupt."""
        try:
            return from_plain(kind, self.read_json(name))
        except Misfit as problem:
            raise corrupt(self.path / name, problem) from problem

    def read_arrays(self, name: str, expected: Mapping[str, Form] | None = None) -> dict[str, Array]:
        """The arrays in the .npz file `name`, by key; raises StoreError where it is missing or corrupt.

        They must have the `expected` keys and forms, where these are given; that is checked before memory is taken.
        """
        with disk.opened(self.path / name) as file:
            try:
                return read_npz(file, expected)
            except ValueError as problem:
                raise corrupt(self.path / name, problem) from problem

    def read_lines(self, name: str) -> list[Plain]:
        """The records of the file `name`; a last line without its newline was cut short and is left out.

        Raises StoreError where the file is missing, and for any other line that is not as it was written.
        """
        records, problem = self.sound_lines(name)
        if problem:
            raise corrupt(self.path / name, problem)
        return records

    def sound_lines(self, name: str) -> tuple[list[Plain], str | None]:
        """The records up to the first damaged line of the file `name`, and what is wrong with that line, else None."""
        *complete_lines, _ = self.read_bytes(name).split(b"\n")
        records: list[Plain] = []
        for number, line in enumerate(complete_lines, start=1):
            try:
                record = lines.unsealed(line)
            except ValueError as problem:
                return records, f"line {number}: {problem}"
            records.append(record)
        return records, None


def corrupt(path: Path, reason: object) -> StoreError:
    """The error for a file that does not hold what dlrun wrote."""
    return StoreError(f"{path}: corrupt ({reason}); restore it from a copy, or train again")
