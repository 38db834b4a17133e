"""Reads .mat files of versions 5 to 7, as `save` writes them without -v7.3: numbers, text, and cells of words.

scipy reads these too, but follows a damaged tag into foreign memory: of 3,000 small files with a few changed bytes, up
to 20 ended the process. So each tag is checked here; the tests take scipy as the oracle. The format is MathWorks'
"MAT-File Format", level 5: a header, then elements, each with a tag (kind, bytes); a matrix is an element of elements.
"""

import itertools
import math
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from ...arrays import Array
from ...errors import DataError
from .stored import Stored, damage_told

# The header ends with the order of bytes; struct has another sign for it.
HEADER_BYTES, ORDERS = 128, {b"IM": "<", b"MI": ">"}

MATRIX, COMPRESSED = 14, 15

# Elements of numbers, as NumPy calls them; and elements of text, as Python does.
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}

# Classes of matrices. Doubles that are whole are often stored as bytes; the class says what they are.
CLASSES = dict(enumerate(("cell", "struct", "object", "char", "sparse"), 1)) | {16: "function", 17: "opaque"}
NUMERIC = dict(enumerate(("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"), 6))
IS_COMPLEX = 0x0800

# Bytes of the widest value.
WIDEST = 8

# Enough to hold the tags, the shape and the name of a matrix, without its values.
HEAD_BYTES = 2**16

# More axes than NumPy has.
MOST_AXES = 32


class Head(NamedTuple):
    """What stands before the values of a matrix."""

    flags: int
    shape: tuple[int, ...]
    name: str

    @property
    def number(self) -> int:
        """The number of its class."""
        return self.flags & 0xFF

    @property
    def kind(self) -> str:
        """Its class, as messages name it."""
        dtype = NUMERIC.get(self.number)
        real = str(np.dtype(dtype)) if dtype else CLASSES.get(self.number, "value of an unknown class")
        return f"complex {real}" if self.flags & IS_COMPLEX else real


def variables(shown: str, raw: bytes, damaged: str) -> dict[str, Stored]:
    """The variables of a file of this format by name; `damaged` is the sentence for a damaged one. Raises DataError."""
    with damage_told(shown, damaged):
        order = ORDERS[raw[HEADER_BYTES - 2 : HEADER_BYTES]]
        parts = _parts(memoryview(raw)[HEADER_BYTES:], order)
        return dict(_variable(shown, damaged, kind, data, order) for kind, data in parts)


def _variable(shown: str, damaged: str, kind: int, data: memoryview, order: str) -> tuple[str, Stored]:
    """The name of a matrix, and the matrix before it is read."""
    start, count, is_packed = data, len(data), kind == COMPRESSED
    if is_packed:
        start = memoryview(zlib.decompressobj().decompress(data, HEAD_BYTES))
        kind, count = struct.unpack_from(f"{order}II", start)
        start = start[8:]
    if kind != MATRIX:
        raise ValueError("an element that is no matrix")
    head = _head([part for _, part in itertools.islice(_parts(start, order), 3)], order)
    is_numeric = head.number in NUMERIC and not head.flags & IS_COMPLEX
    width = np.dtype(NUMERIC[head.number]).itemsize if is_numeric else WIDEST

    def read() -> Array:
        if not is_numeric and head.kind not in READERS:
            raise DataError(f"{shown}: {head.name} holds a MATLAB {head.kind}; expected an array of numbers or text")
        with damage_told(shown, damaged):
            whole = memoryview(zlib.decompressobj().decompress(data, count + 8))[8:] if is_packed else data
            return _values(whole, order)

    return head.name, Stored(head.shape, head.kind, max(count, math.prod(head.shape) * width), read)


def _parts(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Each element's kind and bytes. Raises ValueError where one is longer than what is left."""
    at = 0
    while at + 8 <= len(data):
        kind, count = struct.unpack_from(f"{order}II", data, at)
        start, end = at + 8, at + 8 + count
        at = end if kind == COMPRESSED else end + -count % 8
        if kind >> 16:
            # Up to four bytes stand in the tag itself.
            kind, count = kind & 0xFFFF, kind >> 16
            start, at = start - 4, start
            end = start + min(count, 4)
        if end > len(data):
            raise ValueError("an element longer than its file")
        yield kind, data[start:end]


def _head(parts: list[memoryview], order: str) -> Head:
    flags, shape, name = parts
    sizes = np.frombuffer(shape, f"{order}i4").tolist()
    if not 2 <= len(sizes) <= MOST_AXES or min(sizes) < 0:
        raise ValueError("a shape that no matrix has")
    return Head(struct.unpack_from(f"{order}I", flags)[0], tuple(sizes), bytes(name).decode("latin-1"))


def _values(data: memoryview, order: str) -> Array:
    """The values of a matrix. Raises ValueError if they are not what its head says, or of a kind that is not read."""
    parts = list(_parts(data, order))
    head = _head([part for _, part in parts[:3]], order)
    if head.number in NUMERIC and not head.flags & IS_COMPLEX:
        kind, values = parts[3]
        return _numbers(kind, values, order).astype(NUMERIC[head.number]).reshape(head.shape, order="F")
    return READERS[head.kind](head, parts[3:], order)


def _numbers(kind: int, values: memoryview, order: str) -> Array:
    return np.frombuffer(values, order + NUMBERS[kind])


def _text(head: Head, parts: list[tuple[int, memoryview]], order: str) -> Array:
    """A matrix of letters: a word for each row."""
    kind, values = parts[0]
    codec = TEXTS[kind]
    codec += ("-le" if order == "<" else "-be") if codec.startswith("utf-") and codec != "utf-8" else ""
    letters = np.array(list(bytes(values).decode(codec)), dtype="U1").reshape(head.shape, order="F")
    rows, width = letters.shape
    words = np.ascontiguousarray(letters).view(f"U{width}")[:, 0] if width else np.zeros(rows, "U1")
    stripped: Array = np.char.rstrip(words)
    return stripped


def _words(head: Head, parts: list[tuple[int, memoryview]], order: str) -> Array:
    """A matrix of cells that hold a word each."""
    words = [_values(data, order) for kind, data in parts if kind == MATRIX]
    if any(word.dtype.kind != "U" or word.size > 1 for word in words):
        raise ValueError("a cell without a word")
    return np.array([str(word[0]) if word.size else "" for word in words]).reshape(head.shape, order="F")


def _dense(head: Head, parts: list[tuple[int, memoryview]], order: str) -> Array:
    """A sparse matrix with its zeros."""
    rows, ends, values = (_numbers(kind, data, order) for kind, data in parts[:3])
    if rows.min(initial=0) < 0 or ends[-1] > len(values):
        raise ValueError("places that no matrix has")
    # NumPy's own indexing checks each place; scipy.sparse trusts the lengths of the columns.
    columns = np.repeat(np.arange(head.shape[1]), np.diff(ends))
    dense = np.zeros(head.shape)
    # The file reserves more places than are filled.
    dense[rows[: len(columns)], columns] = values[: len(columns)]
    return dense


# How classes are read whose values are not simply numbers.
READERS: dict[str, Callable[[Head, list[tuple[int, memoryview]], str], Array]] = {
    "char": _text,
    "cell": _words,
    "sparse": _dense,
}
