"""Values that every process needs, such as a prepared experiment: written once and then mapped, not copied.

Pickle's protocol 5 gives the bytes of arrays apart from the rest. They are written to one file and read again as plain
arrays that look into a map of it, so that ten processes hold the data once. The arrays are read-only.
"""

import mmap
import pickle
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from ..errors import StoreError

T = TypeVar("T")
Value = TypeVar("Value", covariant=True)

# Where an array begins in the file: at a multiple of a cache line, as NumPy's own arrays may.
ALIGNMENT_BYTES = 64

# How many values a process keeps. A sweep has one for each preparation of its data.
KEPT_VALUES = 8


class Shared(Protocol[Value]):
    """What travels to a task instead of a value."""

    def get(self) -> Value:
        """The value. The same object in each task of a process, so that a task must not change it."""


@dataclass(frozen=True)
class Held(Generic[T]):
    """A value for tasks in this very process."""

    value: T

    def get(self) -> T:
        return self.value


@dataclass(frozen=True)
class Mapped(Generic[T]):
    """A value in a file of this machine, read once a process."""

    path: str

    def get(self) -> T:
        value: T = mapped(self.path)
        return value


def write_shared(value: object, path: Path) -> None:
    """Writes a value with its arrays to a new file. Raises StoreError where there is no room for it.

    Of the file's 64-bit words, the first is the number of parts and the next are their lengths in bytes. The parts
    follow, the pickle first, each at a multiple of ALIGNMENT_BYTES.
    """
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(pickled), *(buffer.raw() for buffer in buffers)]
    head = np.array([len(parts), *(part.nbytes for part in parts)], "<u8")
    try:
        with open(path, "xb") as file:
            for part in (head.data, *parts):
                file.write(part)
                file.write(bytes(-file.tell() % ALIGNMENT_BYTES))
    except OSError as error:
        raise StoreError(f"{path}: data for the processes cannot be written there ({error}); set TMPDIR") from error


@lru_cache(maxsize=KEPT_VALUES)
def mapped(path: str) -> Any:
    """The value that `write_shared` wrote, with arrays that look into the file."""
    with open(path, "rb") as file:
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    count = int.from_bytes(whole[:8], "little")
    lengths = np.frombuffer(whole, "<u8", count, offset=8).tolist()
    parts, at = [], aligned(8 * (count + 1))
    for length in lengths:
        parts.append(whole[at : at + length])
        at = aligned(at + length)
    return pickle.loads(parts[0], buffers=parts[1:])


def aligned(place: int) -> int:
    """The first place from this one on where a part may begin."""
    return place + -place % ALIGNMENT_BYTES
