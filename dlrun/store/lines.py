"""Records as lines with their own checksum, so that a damaged number is never taken for a measured one.

For files that grow during a training: `{"epoch": 1, ..., "crc32": "0a1b2c3d"}`. The checksum is that of the line
without it, so that any reader of JSON can read the line as it is.
"""

import zlib
from collections.abc import Mapping
from typing import Any

from . import strict_json

FIELD = b', "crc32": "'
ENDING = b'"}'
DIGITS = 8
SEAL_LENGTH = len(FIELD) + DIGITS + len(ENDING)


def sealed(record: Mapping[str, object]) -> bytes:
    """A record, which must not be empty, as one line with its checksum and a newline."""
    body = strict_json.encode(record).rstrip(b"\n")
    return body[:-1] + FIELD + checksum(body) + ENDING + b"\n"


def unsealed(line: bytes) -> dict[str, Any]:
    """The record of a line without its newline. Raises ValueError for anything but what `sealed` wrote."""
    record = strict_json.decode(body_of(line))
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    return record


def body_of(line: bytes) -> bytes:
    """The JSON of such a line, without its checksum. Raises ValueError where the two do not fit."""
    body, seal = line[:-SEAL_LENGTH] + b"}", line[-SEAL_LENGTH:]
    if not seal.startswith(FIELD) or not seal.endswith(ENDING):
        raise ValueError("no checksum")
    if seal[len(FIELD) : -len(ENDING)] != checksum(body):
        raise ValueError("its checksum does not fit")
    return body


def checksum(body: bytes) -> bytes:
    """CRC-32 in hexadecimal: it detects with certainty any damage of up to 32 bits in a row."""
    return f"{zlib.crc32(body):0{DIGITS}x}".encode()
