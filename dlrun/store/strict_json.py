"""JSON that every reader accepts: no NaN, no Infinity, plain values only.

Records contain NumPy's numbers, and scripts in any language read the files.
"""

import json
import math
from pathlib import PurePath

import numpy as np


def plain(value: object) -> object:
    """`value` in the six kinds of values that JSON has; a float that is not finite becomes None.

    Takes dicts, lists, tuples, paths, NumPy scalars and arrays, to any depth. Raises TypeError for anything else.
    """
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str | PurePath):
        # A path may contain bytes that are no text. UTF-8 cannot express them, an escape can.
        return str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"no JSON for a {type(value).__name__}: {value!r}")


def encode(value: object, *, indent: int | None = None) -> bytes:
    """`value` as strict JSON in UTF-8, ended by a newline; on one line unless `indent` is given."""
    try:
        return text_of(value, indent)
    except (TypeError, ValueError):  # not yet plain, as most records are
        return text_of(plain(value), indent)


def text_of(value: object, indent: int | None) -> bytes:
    """`value` as JSON. Raises TypeError or ValueError for what JSON or UTF-8 cannot express unchanged."""
    return (json.dumps(value, allow_nan=False, ensure_ascii=False, indent=indent) + "\n").encode("utf-8")


def decode(data: bytes) -> object:
    """The value of strict JSON; raises ValueError for anything else, however deeply nested."""
    try:
        return json.loads(data.decode("utf-8"), parse_constant=refuse_constant)
    except RecursionError as problem:
        raise ValueError("nested too deeply") from problem


def refuse_constant(word: str) -> None:
    """Refuses NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(f"{word} is not JSON")
