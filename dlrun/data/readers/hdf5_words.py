"""Reads text of variable length from HDF5 files, which h5py writes for a list of Python strings.

HDF5's own reader believes what it finds: a changed byte made it fetch gigabytes for each of forty words, or never end.
So the places and lengths are checked here. The format is section III.E, "Global heap", of the HDF5 File Format: an
array holds references, and the words stand in collections, each an object of one.
"""

import struct
from pathlib import Path
from typing import IO

import numpy as np

# How a word stands in an array: its bytes, the place of its collection, and its number in there.
REFERENCE = np.dtype([("length", "<u4"), ("collection", "<u8"), ("number", "<u4")])

# A collection begins with its name, version and size; each object with its number, uses and size, and then its bytes,
# filled up to a multiple of eight. Number 0 is the free space at the end.
COLLECTION, OBJECT, NAME, FREE, STEP = struct.Struct("<4s4xQ"), struct.Struct("<HH4xQ"), b"GCOL", 0, 8


def words_at(path: Path, offset: int, count: int, *, base: int) -> list[str]:
    """The words of an array of `count` references at `offset` in a file; `base` is where the file's places begin.

    Bytes that are no UTF-8 are written as \\xNN. Raises ValueError or LookupError if the file is damaged.
    """
    with path.open("rb") as stream:
        stream.seek(offset)
        references = np.frombuffer(stream.read(count * REFERENCE.itemsize), REFERENCE)
        if len(references) != count:
            raise ValueError("an array that ends before its file")
        places = np.unique(references["collection"][references["length"] > 0]).tolist()
        collections = {place: _collection(stream, base + place, path.stat().st_size) for place in places}
    return [
        _word(collections[place][number], length) if length else "" for length, place, number in references.tolist()
    ]


def _word(held: memoryview, length: int) -> str:
    if length > len(held):
        raise ValueError("a word longer than its place")
    return bytes(held[:length]).decode("utf-8", "backslashreplace")


def _collection(stream: IO[bytes], at: int, file_bytes: int) -> dict[int, memoryview]:
    """The objects of the collection at a place, by their numbers."""
    if at + COLLECTION.size > file_bytes:
        raise ValueError("a place outside of the file")
    stream.seek(at)
    name, size = COLLECTION.unpack(stream.read(COLLECTION.size))
    if name != NAME or at + size > file_bytes:
        raise ValueError("no collection at its place")
    data, start, objects = memoryview(stream.read(size - COLLECTION.size)), 0, {}
    while start + OBJECT.size <= len(data):
        number, _, count = OBJECT.unpack_from(data, start)
        if number == FREE:
            break
        start += OBJECT.size
        objects[number] = data[start : start + count]
        start += count + -count % STEP
    return objects
