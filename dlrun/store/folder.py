"""One run's folder: the only place where its files are written and read.

Stands between the experiment, which hands over records, and the disk, which may be full, slow or damaged. A file
appears whole or not at all; what is read back is checked, because it may have been edited, cut short or replaced.
"""

import io
import os
import secrets
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..errors import StoreError
from . import strict_json
from .problems import told_as_store_error


@dataclass(frozen=True)
class RunFolder:
    """The files of one run. Everything that goes wrong on the disk is raised as StoreError."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id, which is the folder's name."""
        return self.path.name

    def write_bytes(self, name: str, data: bytes) -> None:
        """Puts `data` into the file `name`, whole or not at all."""
        write_whole(self.path / name, lambda file: file.write(data))

    def write_json(self, name: str, value: object) -> None:
        """Puts `value` into the file `name` as indented strict JSON; floats that are not finite become null."""
        self.write_bytes(name, strict_json.encode(value, indent=2))

    def write_arrays(self, name: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Puts arrays of any shape into the .npz file `name`; equal arrays give equal bytes.

        Raises TypeError for arrays of Python objects, which could only be kept as code that runs when they are read.
        """
        plain_arrays = {key: np.asanyarray(array) for key, array in arrays.items()}
        for key, array in plain_arrays.items():
            if array.dtype.hasobject:
                raise TypeError(f"{name}: array {key!r} holds Python objects; numbers, booleans or text can be kept")
        write_whole(self.path / name, lambda file: write_npz(file, plain_arrays))

    def append_line(self, name: str, record: Mapping[str, object]) -> None:
        """Adds `record` to the file `name` as one line of strict JSON, and hands it to the operating system at once."""
        path = self.path / name
        with told_as_store_error(path, "written"), open(path, "ab") as file:
            file.write(strict_json.encode(record))

    def read_bytes(self, name: str) -> bytes:
        """The bytes of the file `name`; raises StoreError where it is missing or cannot be read."""
        path = self.path / name
        try:
            return path.read_bytes()
        except FileNotFoundError as problem:
            raise StoreError(f"{path}: no such file; the run may not have come that far: train it again") from problem
        except OSError as problem:
            reason = problem.strerror or problem
            raise StoreError(f"{path}: cannot be read: {reason}; check its permissions, or train again") from problem

    def read_json(self, name: str) -> object:
        """The value in the JSON file `name`; raises StoreError where it is missing or corrupt."""
        data = self.read_bytes(name)
        try:
            return strict_json.decode(data)
        except ValueError as problem:
            raise corrupt(self.path / name, problem) from problem

    def read_arrays(self, name: str) -> dict[str, np.ndarray]:
        """The arrays in the .npz file `name`, by key; raises StoreError where it is missing or corrupt."""
        path, data = self.path / name, io.BytesIO(self.read_bytes(name))
        try:
            with np.load(data, allow_pickle=False) as archive:
                arrays = {key: archive[key] for key in archive.files}
        except Exception as problem:  # a damaged archive trips the reader in many ways, all of them meaning the same
            raise corrupt(path, problem) from problem
        for key, array in arrays.items():
            if not isinstance(array, np.ndarray):
                raise corrupt(path, f"member {key!r} is no array")
        return arrays

    def read_lines(self, name: str) -> list[dict]:
        """The records of the file `name`; a last line without its newline was cut short and is left out.

        Raises StoreError where the file is missing, and for any other line that is no JSON object.
        """
        *lines, _ = self.read_bytes(name).split(b"\n")
        return [self.record(name, number, line) for number, line in enumerate(lines, start=1)]

    def record(self, name: str, number: int, line: bytes) -> dict:
        """The JSON object in one line of the file `name`; `number` counts from 1 and is for the message."""
        try:
            record = strict_json.decode(line)
        except ValueError as problem:
            raise corrupt(self.path / name, f"line {number}: {problem}") from problem
        if not isinstance(record, dict):
            raise corrupt(self.path / name, f"line {number}: not a JSON object")
        return record


def corrupt(path: Path, reason: object) -> StoreError:
    """The error for a file that does not hold what dlrun wrote."""
    return StoreError(f"{path}: corrupt ({reason}); restore it from a copy, or train again")


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Lets `write` fill a file beside `path`, brings it to the disk and moves it into place."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with told_as_store_error(path, "written"):
        try:
            with open(beside, "xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:  # an interrupt, too, leaves no half of a file behind
            beside.unlink(missing_ok=True)
            raise


def write_npz(file: BinaryIO, arrays: Mapping[str, np.ndarray]) -> None:
    """NumPy's .npz layout, without the time of day that `numpy.savez` puts in and the keys that it cannot take."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for key, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{key}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
