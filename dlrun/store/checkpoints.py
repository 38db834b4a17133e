"""Checkpoints: everything that a run is resumed from, in one file, so that its parts cannot disagree.

`experiment.checkpointing` says what the state is. A checkpoint is an .npz file whose last 64 bytes (the comment of the
archive) are the SHA-256 of all before them. It is read back before an older one is deleted.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..arrays import Array
from ..errors import StoreError
from . import disk, strict_json
from .arrays import Form, read_npz, write_npz
from .codec import from_plain, to_plain
from .folder import RunFolder
from .manifest import Hashes

NAME = re.compile(r"checkpoint-(?P<steps>[0-9]{12})-best-(?P<best>[0-9]{1,12})\.npz")

# How many of the newest are kept: if the newest is damaged, there is one before it. The first one with the best
# parameters so far is kept as well.
NEWEST_KEPT = 2

DIGEST_BYTES = 64
PIECE = 1024 * 1024

# The member with the hashes, and how large it and the archive's own data may be together.
RECORD = "record"
RECORD_FORM = Form((None,), np.dtype(np.uint8))
MAX_OVERHEAD_BYTES = 128 * 1024


@dataclass(frozen=True)
class Checkpoint:
    """A sound checkpoint: the name of its file, the hashes of its config and data, and its arrays by name."""

    name: str
    hashes: Hashes
    arrays: dict[str, Array]


def save(folder: RunFolder, steps: int, best_epoch: int, hashes: Hashes, arrays: Mapping[str, Array]) -> str:
    """Writes a checkpoint taken after so many `steps`, reads it back, deletes older ones, and returns its name.

    Raises StoreError where it cannot be written, or does not read back as it was written; then no other is deleted.
    """
    name = f"checkpoint-{steps:012d}-best-{best_epoch}.npz"
    packed = np.frombuffer(strict_json.encode(to_plain(hashes)), np.uint8)
    disk.write_whole(folder.path / name, lambda file: write_sealed(file, {RECORD: packed, **arrays}))
    with disk.opened(folder.path / name) as file:
        if not is_sealed(file):
            raise StoreError(f"{folder.path / name}: does not read back as it was written; check the disk")
    for old in superseded(names(folder)):
        disk.discard(folder.path / old)
    return name


def names(folder: RunFolder) -> list[str]:
    """The names of a run's checkpoints, newest first."""
    return [path.name for path in reversed(folder.paths()) if NAME.fullmatch(path.name)]


def superseded(newest_first: list[str]) -> list[str]:
    """The checkpoints that may be deleted: all but the newest, and the first one with the newest's best parameters."""
    best_epochs = [match["best"] for name in newest_first if (match := NAME.fullmatch(name))]
    first_with_best = max(at for at, epoch in enumerate(best_epochs) if epoch == best_epochs[0])
    kept = {*newest_first[:NEWEST_KEPT], newest_first[first_with_best]}
    return [name for name in newest_first if name not in kept]


def load(folder: RunFolder, name: str, expected: Mapping[str, Form]) -> Checkpoint:
    """The checkpoint in the file `name`, whose arrays must have the `expected` names and forms.

    Raises StoreError for any other file, before memory is taken for what it announces.
    """
    path = folder.path / name
    with disk.opened(path) as file:
        try:
            refuse_large(file, expected)
            if not is_sealed(file):
                raise ValueError("its checksum does not fit")
            arrays = read_npz(file, {RECORD: RECORD_FORM, **expected})
            record = strict_json.decode(arrays.pop(RECORD).tobytes())
            if not isinstance(record, dict):
                raise ValueError("its record is not a JSON object")
            hashes = from_plain(Hashes, record)
        except ValueError as problem:
            raise StoreError(
                f"{path}: corrupt ({problem}); an older checkpoint, or the beginning, is used instead"
            ) from problem
    return Checkpoint(name, hashes, arrays)


def refuse_large(file: BinaryIO, expected: Mapping[str, Form]) -> None:
    """Raises ValueError for a file larger than the expected arrays can make it."""
    at_most = MAX_OVERHEAD_BYTES + sum(form.most_bytes() for form in expected.values())
    size = file.seek(0, 2)
    if size > at_most:
        raise ValueError(f"{size} bytes; the run's config implies at most {at_most}")


def write_sealed(file: BinaryIO, arrays: Mapping[str, Array]) -> None:
    """Writes an archive that ends in the checksum of all bytes before it."""
    write_npz(file, arrays, comment=b"0" * DIGEST_BYTES)
    file.flush()
    digest = digest_of(file)
    file.seek(-DIGEST_BYTES, 2)
    file.write(digest)


def is_sealed(file: BinaryIO) -> bool:
    """Whether a file ends in the checksum of all bytes before it."""
    if file.seek(0, 2) < DIGEST_BYTES:
        return False
    digest = digest_of(file)
    file.seek(-DIGEST_BYTES, 2)
    return file.read(DIGEST_BYTES) == digest


def digest_of(file: BinaryIO) -> bytes:
    """SHA-256, in hexadecimal, of a file without its last 64 bytes."""
    remaining, hashed = file.seek(0, 2) - DIGEST_BYTES, hashlib.sha256()
    file.seek(0)
    while remaining > 0 and (piece := file.read(min(PIECE, remaining))):
        hashed.update(piece)
        remaining -= len(piece)
    return hashed.hexdigest().encode()


def soundness(path: Path) -> str | None:
    """What is wrong with the checkpoint at `path`, judged by its checksum alone; None if nothing."""
    with disk.opened(path) as file:
        return None if is_sealed(file) else "its checksum does not fit"
