"""Writes and reads arrays in NumPy's .npz layout: equal arrays give equal bytes, and files are read with suspicion.

The header of an 80-byte file can ask for 32 GiB. So what a header announces is compared with the size of the file, and
with what the reader expects, before memory is taken.
"""

import math
import re
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np

from ..arrays import Array
from ..damages import DAMAGES, refuse_shared_places

ENDING = ".npy"

MAGIC = b"\x93NUMPY\x01\x00"

# The header as NumPy writes it for numbers, booleans and text. The header of Python objects has no digits in its type.
HEADER = re.compile(
    rb"\{'descr': '([<>|][biufcSU][0-9]{1,9})', 'fortran_order': (True|False), 'shape': \(([0-9, ]{0,200})\), \} *\n"
)
LENGTHS = re.compile(rb"(?:[0-9]{1,18}, )*[0-9]{1,18},?")
MAX_DIMENSIONS = 32

# A member of at most so many bytes is read at once. NumPy's reader saves the memory of a second copy, and parses the
# header anew as a Python expression: of 280 us for the five arrays of a sweep's training it took half.
SMALL_BYTES = 1 << 16


class Form(NamedTuple):
    """The shape and type that an array must have; a length of None may be any length."""

    shape: tuple[int | None, ...]
    dtype: np.dtype[Any]

    def most_bytes(self) -> int:
        """The bytes of an array of this form; a length that may be any counts as 0."""
        return math.prod(length or 0 for length in self.shape) * self.dtype.itemsize

    def fits(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
        same_rank = len(shape) == len(self.shape)
        return same_rank and dtype == self.dtype and all(w in (None, n) for w, n in zip(self.shape, shape, strict=True))


def form_of(array: Array) -> Form:
    """The form that this array has."""
    return Form(array.shape, array.dtype)


def write_npz(file: BinaryIO, arrays: Mapping[str, Array], comment: bytes = b"") -> None:
    """Writes NumPy's .npz layout; unlike `numpy.savez` without the time of day, and with any keys."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.comment = comment
        for key, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{key}{ENDING}"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_npz(file: BinaryIO, expected: Mapping[str, Form] | None = None) -> dict[str, Array]:
    """The arrays by key; they must have the `expected` keys and forms, where these are given.

    Raises ValueError for anything that `write_npz` does not write. Takes no more memory than the file has bytes.
    """
    size = file.seek(0, 2)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            members = {member.filename.removesuffix(ENDING): member for member in archive.infolist()}
            check_members(archive.infolist(), size)
            refuse_shared_places(archive.infolist())
            if expected is not None and list(members) != list(expected):
                raise ValueError(f"holds {list(members)}; expected {list(expected)}")
            headers = {key: member_header(archive, member) for key, member in members.items()}
            for key, header in headers.items():
                check_form(key, header, members[key].file_size, (expected or {}).get(key))
            return {key: read_member(archive, member, headers[key]) for key, member in members.items()}
    except DAMAGES as problem:
        raise ValueError(str(problem) or type(problem).__name__) from problem


def check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    """Raises ValueError unless all members are plain, uncompressed arrays that together fit into `size` bytes."""
    for member in members:
        if not member.filename.endswith(ENDING):
            raise ValueError(f"member {member.filename!r} is no array")
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise ValueError(f"member {member.filename!r} is compressed or encrypted")
    if len({member.filename for member in members}) < len(members):
        raise ValueError("two members have one name")
    if sum(member.file_size for member in members) > size:
        raise ValueError("its members are larger than the file")


class Header(NamedTuple):
    """What the header of an array says of it, and the length of that header in bytes.

    order : "F" where the first axis lies closest in the file, else "C".
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    length: int
    order: Literal["C", "F"]


def member_header(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Header:
    """The header of a member, parsed without evaluating its text. Raises ValueError."""
    with archive.open(member) as stream:
        start = stream.read(len(MAGIC) + 2)
        text = stream.read(int.from_bytes(start[len(MAGIC) :], "little"))
    if b"'|O'" in text:
        raise ValueError(f"Object arrays cannot be loaded: member {member.filename!r}")
    match = HEADER.fullmatch(text)
    if not start.startswith(MAGIC) or match is None or not (match[3] == b"" or LENGTHS.fullmatch(match[3])):
        raise ValueError(f"member {member.filename!r} has no header of an array")
    shape = tuple(int(length) for length in match[3].replace(b",", b" ").split())
    if len(shape) > MAX_DIMENSIONS:
        raise ValueError(f"member {member.filename!r} has {len(shape)} dimensions")
    return Header(shape, np.dtype(match[1].decode()), len(start) + len(text), "F" if match[2] == b"True" else "C")


def check_form(key: str, header: Header, size: int, expected: Form | None) -> None:
    """Raises ValueError unless an array of this header fills its member and is of the expected form."""
    if header.length + math.prod(header.shape) * header.dtype.itemsize != size:
        raise ValueError(f"array {key!r} is announced as {header.shape} of {header.dtype}, which is not its size")
    if expected is not None and not expected.fits(header.shape, header.dtype):
        actual, wanted = f"{header.shape} of {header.dtype}", f"{expected.shape} of {expected.dtype}"
        raise ValueError(f"array {key!r} is {actual}; expected {wanted}")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, header: Header) -> Array:
    """The array; zipfile checks its bytes against the archive's own checksum."""
    with archive.open(member) as stream:
        if member.file_size > SMALL_BYTES:
            return np.lib.format.read_array(stream, allow_pickle=False)
        return np.ndarray(header.shape, header.dtype, bytearray(stream.read()), header.length, order=header.order)
