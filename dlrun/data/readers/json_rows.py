"""Reads JSON into a `Sheet`: one object a line (.jsonl, .ndjson), or an array of objects (.json)."""

import io

from ...errors import DataError
from ..reading import Reading
from .quiet import told
from .separated import text_of
from .sheets import Sheet
from .typed import typed_sheet
from .unpacking import Contents


def read_json(contents: Contents, reading: Reading) -> Sheet:
    """The table of the objects; a key that an object lacks is a missing value. Raises DataError."""
    import polars as pl

    shown = contents.shown
    text = text_of(contents, reading.encoding)
    is_array = text.raw.lstrip()[:1] == b"["
    sentence = (
        f"{shown}: not JSON of rows, or damaged; give one object a line, or an array of objects, such as"
        ' [{"a": 1, "y": 0}, {"a": 2, "y": 1}]'
    )
    with told(sentence, pl.exceptions.PolarsError):
        read = pl.read_json if is_array else pl.read_ndjson
        frame = read(io.BytesIO(text.raw), infer_schema_length=None)
    if not frame.width or (len(frame) == 1 and all(kind.is_nested() for kind in frame.dtypes)):
        raise DataError(sentence)
    return typed_sheet(shown, frame, reading, notes=text.notes)
