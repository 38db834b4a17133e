"""TensorBoard's event files, read without TensorBoard: scalars by tag and step.

A file is a sequence of records, each its length, a checksum, the bytes of a message `Event`, and a checksum. Only the
fields of scalars are read, so that no package is needed. Source: tensorflow/core/lib/io/record_writer.h; event.proto,
summary.proto and tensor.proto of tensorboard/compat/proto.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from ...errors import DataError
from .lines import Line

# In every name of an event file that TensorBoard itself would find.
MARK = "tfevents"

# Fields of the messages: Event.step, Event.summary; Summary.value; Value.tag, .simple_value, .tensor;
# TensorProto.dtype, .tensor_content, .float_val, .double_val.
STEP, SUMMARY, VALUE, TAG, SIMPLE, TENSOR = 2, 5, 1, 1, 2, 8
DTYPE, CONTENT, FLOATS, DOUBLES = 1, 4, 5, 6

# DataType of types.proto: how one number of it is written.
FORMS = {1: "<f", 2: "<d"}

# Records of this many bytes hold pictures or graphs; no scalar is so long.
LONGEST_SCALARS = 1 << 20

Fields = dict[int, list[int | bytes]]


def is_event_log(path: Path) -> bool:
    return path.is_dir() or MARK in path.name


def event_lines(path: Path) -> list[Line]:
    """The scalars of an event file, or of all in a folder, a line for each step; a subfolder's name begins its tags."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if MARK in file.name)
    if not files:
        raise DataError(f"{path}: no event file is in it; expected one with {MARK} in its name")
    by_step: dict[int, dict[str, str | float]] = {}
    for file in files:
        folder = "" if path.is_file() else "".join(f"{part}/" for part in file.parent.relative_to(path).parts)
        for step, tag, value in scalars_of(file):
            by_step.setdefault(step, {})[folder + tag] = value
    return [Line(f"step {step}", {"step": float(step), **values}) for step, values in sorted(by_step.items())]


def scalars_of(file: Path) -> Iterator[tuple[int, str, float]]:
    """(step, tag, value) of each scalar of a file."""
    try:
        held = file.read_bytes()
    except OSError as problem:
        raise DataError(f"{file}: cannot be read: {problem.strerror or problem}") from None
    for number, record in enumerate(records_of(held, file), start=1):
        if len(record) > LONGEST_SCALARS:
            continue
        try:
            event = fields_of(record)
            step = signed(event.get(STEP, [0])[-1])
            for summary in event.get(SUMMARY, []):
                for value in fields_of(summary).get(VALUE, []):
                    fields = fields_of(value)
                    scalar = scalar_of(fields)
                    if scalar is not None:
                        yield step, bytes_of(fields[TAG][-1]).decode(), scalar
        except (IndexError, KeyError, TypeError, UnicodeDecodeError, struct.error):
            raise DataError(
                f"{file}, record {number}: is damaged; copy the file again from where it was written"
            ) from None


def records_of(held: bytes, file: Path) -> Iterator[bytes]:
    """The bytes of each record. The last may be half written, by a training that still runs, and is then left out."""
    at, number = 0, 0
    while at + 12 <= len(held):
        number += 1
        length, check = struct.unpack_from("<QI", held, at)
        if masked_checksum(held[at : at + 8]) != check:
            what = "is no event file of TensorBoard" if number == 1 else "is damaged"
            raise DataError(f"{file}, record {number}: {what}; expected a length and its checksum")
        end = at + 12 + length
        if end + 4 > len(held):
            return
        record = held[at + 12 : end]
        is_checked = length <= LONGEST_SCALARS
        if is_checked and masked_checksum(record) != struct.unpack_from("<I", held, end)[0]:
            raise DataError(f"{file}, record {number}: is damaged; copy the file again from where it was written")
        yield record
        at = end + 4


def fields_of(message: int | bytes) -> Fields:
    """The fields of a protocol-buffer message by their numbers: varints as numbers, all others as bytes."""
    message, at = bytes_of(message), 0
    fields: Fields = {}
    while at < len(message):
        key, at = varint(message, at)
        value: int | bytes
        if key & 7 == 0:
            value, at = varint(message, at)
        else:
            length, at = varint(message, at) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], at)
            value, at = message[at : at + length], at + length
            if at > len(message):
                raise IndexError
        fields.setdefault(key >> 3, []).append(value)
    return fields


def varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and the place after it."""
    value, shift = 0, 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def signed(value: int | bytes) -> int:
    """An int64 of the two's complement that a varint holds."""
    if not isinstance(value, int):
        raise TypeError
    return value - (1 << 64) if value >= 1 << 63 else value


def bytes_of(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError
    return value


def scalar_of(value: Fields) -> float | None:
    """The scalar of a Summary.Value, as version 1 writes it or as a tensor without a shape; None of anything else."""
    if SIMPLE in value:
        return float(struct.unpack("<f", bytes_of(value[SIMPLE][-1]))[0])
    if TENSOR not in value:
        return None
    tensor = fields_of(value[TENSOR][-1])
    form = FORMS.get(signed(tensor.get(DTYPE, [0])[-1]))
    held = tensor.get(CONTENT) or tensor.get(FLOATS) or tensor.get(DOUBLES) or []
    if form is None or len(held) != 1 or len(bytes_of(held[0])) != struct.calcsize(form):
        return None
    return float(struct.unpack(form, bytes_of(held[0]))[0])


def checksum_table() -> tuple[int, ...]:
    """Of Castagnoli's CRC-32, for each byte."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ 0x82F63B78 if byte & 1 else byte >> 1
        table.append(byte)
    return tuple(table)


CHECKSUMS = checksum_table()


def masked_checksum(held: bytes) -> int:
    """CRC-32C, turned and shifted as record files have it, so that a checksum of checksums is no 0."""
    crc = 0xFFFFFFFF
    for byte in held:
        crc = CHECKSUMS[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
