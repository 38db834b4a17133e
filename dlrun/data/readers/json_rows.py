"""Reads JSON into a `Sheet`: one object a line (.jsonl, .ndjson), or an array of objects (.json)."""

import io
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError
from ..reading import Reading
from .plain import FIRST_INEXACT
from .quiet import told
from .separated import text_of
from .sheets import Sheet
from .typed import typed_sheet
from .unpacking import Contents

if TYPE_CHECKING:
    import polars


# Looked at together.
AT_ONCE = 2**20

OPENING, CLOSING = np.frombuffer(b"[{", dtype=np.uint8), np.frombuffer(b"]}", dtype=np.uint8)


def read_json(contents: Contents, reading: Reading) -> Sheet:
    """The table of the objects; a key that an object lacks is a missing value. Raises DataError."""
    import polars as pl

    shown = contents.shown
    text = text_of(contents, reading.charset)
    is_array = text.raw.lstrip()[:1] == b"["
    sentence = (
        f"{shown}: not JSON of rows, or damaged; give one object a line, or an array of objects, such as"
        ' [{"a": 1, "y": 0}, {"a": 2, "y": 1}]'
    )
    try:
        with told(sentence, pl.exceptions.PolarsError):
            lines = _objects_in_lines(text.raw) if is_array else text.raw
            frame = pl.read_ndjson(io.BytesIO(lines), infer_schema_length=None)
    except DataError:
        # polars refuses columns that mix numbers with true, or with lists.
        with told(sentence, RecursionError):
            frame = _read_slowly(text.raw, is_array=is_array)
    if not frame.width or (len(frame) == 1 and all(kind.is_nested() for kind in frame.dtypes)):
        raise DataError(sentence)
    return typed_sheet(shown, frame, reading, notes=text.notes)


def _objects_in_lines(raw: bytes) -> bytes:
    """The elements of an array, a line each: polars takes sixteen times a text's size for an array, three for lines.

    Raises ValueError if brackets or quotes do not end.
    """
    # What follows a backslash is no quote.
    told = re.sub(rb"\\.", b"__", raw, flags=re.DOTALL) if b"\\" in raw else raw
    lines, quotes, depth = np.frombuffer(bytearray(raw), dtype=np.uint8), 0, 0
    signs = np.frombuffer(told, dtype=np.uint8)
    for start in range(0, len(raw), AT_ONCE):
        piece, made = signs[start : start + AT_ONCE], lines[start : start + AT_ONCE]
        quoted = quotes + np.cumsum(piece == ord('"'))
        bare = np.where(quoted % 2 == 0, piece, 0)
        steps = np.isin(bare, OPENING).astype(np.int64) - np.isin(bare, CLOSING)
        depths = depth + np.cumsum(steps)
        made[(bare == ord("\n")) | ((depths == 1) & (steps == 1)) | ((depths == 0) & (steps == -1))] = ord(" ")
        made[(bare == ord(",")) & (depths == 1)] = ord("\n")
        quotes, depth = int(quoted[-1]), int(depths[-1])
    if quotes % 2 or depth:
        raise ValueError("brackets or quotes that do not end")
    return lines.tobytes()


def _read_slowly(raw: bytes, *, is_array: bool) -> "polars.DataFrame":
    """The objects by the standard library. Raises ValueError for anything else."""
    import polars as pl

    rows = json.loads(raw) if is_array else [json.loads(line) for line in raw.split(b"\n") if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("not all objects")
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame([_column(name, [row.get(name) for row in rows]) for name in names])


def _column(name: str, values: list[Any]) -> "polars.Series":
    """A column of one type, or of text as JSON writes it if the values mix types; lists stay lists."""
    import polars as pl

    kinds = {type(value) for value in values if value is not None}
    if kinds & {list, dict}:
        return pl.Series(name, [[json.dumps(value)] for value in values])
    if kinds in ({bool}, {str}):
        return pl.Series(name, values)
    if kinds <= {int, float} and all(value is None or abs(value) < FIRST_INEXACT for value in values):
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
    return pl.Series(
        name, [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
    )
