"""Reads the bytes of a file, unpacked if its name ends in .gz, .bz2, .xz, .zst or .zip.

It is the first step of every reader of tables. What is unpacked is counted on the way, so that a small file that
unpacks to an enormous one stops at a stated limit.
"""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from ...damages import DAMAGES, refuse_shared_places
from ...errors import DataError
from ...machine import in_words, require_memory
from ..files import listed, read_bytes
from .quiet import needs

# A packed file may unpack to MOST_TIMES its size, or to ALWAYS_UNPACKED if that is more. Tables of text shrink to a
# third to a twentieth; only tables of nearly equal rows come near a hundredth.
MOST_TIMES = 100
ALWAYS_UNPACKED = 256 * 2**20

# What a table takes in times of its text, at least; tests/reading_memory.py holds that no format takes more than 4.
TIMES_OF_A_FILE = 2

# Unpacked at a time.
CHUNK = 2**20

# Given to zstd at a time. Four bytes of it may stand for 128 KiB, so these come to 128 MiB at most.
ZST_CHUNK = 2**12

# What zip tools add to an archive beside its files.
BESIDE_FILES = ("__MACOSX/", ".DS_Store", "Thumbs.db")


class Readable(Protocol):
    """A stream that unpacks as it is read."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


class Contents(NamedTuple):
    """The bytes of one file, unpacked: as messages name it, where it lies, what its (inner) name ends in, its bytes."""

    shown: str
    path: Path
    ending: str
    raw: bytes


def most_unpacked(size: int) -> int:
    """The most bytes that a packed file of `size` bytes may come to."""
    return max(ALWAYS_UNPACKED, MOST_TIMES * size)


def too_much(shown: str, size: int) -> DataError:
    """The error for a file of `size` bytes that unpacks to more than `most_unpacked`."""
    limit = most_unpacked(size) // 2**20
    return DataError(f"{shown}: unpacks to more than {limit} MiB, the limit for its size; unpack it yourself")


def contents_of(shown: str, path: Path) -> Contents:
    """The file's bytes and the ending that decides its reader. Raises DataError."""
    raw = read_bytes(path, shown)
    require_memory(TIMES_OF_A_FILE * len(raw), f"{shown}: a table of {in_words(len(raw))}", "take fewer rows")
    packing = path.suffix.lower()
    if packing not in PACKINGS:
        return Contents(shown, path, packing, raw)
    try:
        name, unpacked = PACKINGS[packing](shown, path.stem, raw)
    except MemoryError:
        raise DataError(f"{shown}: does not fit into memory when unpacked; take fewer rows") from None
    except (*DAMAGES, lzma.LZMAError, ValueError):
        raise damaged(shown, packing) from None
    require_memory(TIMES_OF_A_FILE * len(unpacked), f"{shown}: {in_words(len(unpacked))} unpacked", "take fewer rows")
    return Contents(shown, path, PurePosixPath(name).suffix.lower(), unpacked)


def damaged(shown: str, packing: str) -> DataError:
    """The error for a file that its packing cannot read."""
    return DataError(f"{shown}: not a {packing} file, or a damaged one; pack it anew, or give the file unpacked")


def _unpacked(stream: Readable, shown: str, size: int) -> bytes:
    """All that a stream unpacks. Raises DataError beyond the limit for a packed file of `size` bytes."""
    limit, unpacked = most_unpacked(size), io.BytesIO()
    while chunk := stream.read(CHUNK):
        unpacked.write(chunk)
        if unpacked.tell() > limit:
            raise too_much(shown, size)
    return unpacked.getvalue()


def _gz(shown: str, name: str, raw: bytes) -> tuple[str, bytes]:
    with gzip.open(io.BytesIO(raw)) as stream:
        return name, _unpacked(stream, shown, len(raw))


def _bz2(shown: str, name: str, raw: bytes) -> tuple[str, bytes]:
    with bz2.open(io.BytesIO(raw)) as stream:
        return name, _unpacked(stream, shown, len(raw))


def _xz(shown: str, name: str, raw: bytes) -> tuple[str, bytes]:
    with lzma.open(io.BytesIO(raw)) as stream:
        return name, _unpacked(stream, shown, len(raw))


def _zst(shown: str, name: str, raw: bytes) -> tuple[str, bytes]:
    with needs("zstandard", f"{shown}: reading .zst"):
        import zstandard

    whole, frame = io.BytesIO(), zstandard.ZstdDecompressor().decompressobj()
    try:
        # A stream would take the end of a cut file for its own, so each frame is followed to its end.
        for start in range(0, len(raw), ZST_CHUNK):
            piece = raw[start : start + ZST_CHUNK]
            while piece:
                frame = zstandard.ZstdDecompressor().decompressobj() if frame.eof else frame
                whole.write(frame.decompress(piece))
                if whole.tell() > most_unpacked(len(raw)):
                    raise too_much(shown, len(raw))
                piece = frame.unused_data if frame.eof else b""
    except zstandard.ZstdError:
        raise damaged(shown, ".zst") from None
    if not frame.eof:
        raise damaged(shown, ".zst")
    return name, whole.getvalue()


def _zip(shown: str, name: str, raw: bytes) -> tuple[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        refuse_shared_places(archive.infolist())
        members = [m for m in archive.infolist() if not m.is_dir() and not _is_beside(m.filename)]
        if len(members) != 1:
            held = listed([member.filename for member in members]) or "nothing"
            raise DataError(f"{shown}: holds {len(members)} files ({held}); unpack it, or pack one table alone")
        if members[0].flag_bits & 1:
            raise DataError(f"{shown}: is locked with a password; unpack it yourself and name the file in it")
        with archive.open(members[0]) as stream:
            return members[0].filename, _unpacked(stream, shown, len(raw))


def _is_beside(name: str) -> bool:
    return name.startswith(BESIDE_FILES) or PurePosixPath(name).name in BESIDE_FILES


# The function that unpacks a file, by the ending of its name: from the name in messages, the name without the ending
# and the bytes, to the name of the file within and its bytes.
PACKINGS: dict[str, Callable[[str, str, bytes], tuple[str, bytes]]] = {
    ".gz": _gz,
    ".bz2": _bz2,
    ".xz": _xz,
    ".zst": _zst,
    ".zip": _zip,
}
