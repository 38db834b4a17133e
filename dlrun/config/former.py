"""Keys that once held something else: configs, runs and command lines of before are read as they were meant.

`data.encoding` was how bytes stand for characters, which is `data.charset` now; null meant that it was found out.
"""

import codecs
from typing import Any

from .problems import KeyPath
from .words import ENCODINGS, STANDARD

ENCODING: KeyPath = ("data", "encoding")
CHARSET: KeyPath = ("data", "charset")


def today(path: KeyPath, value: Any) -> tuple[KeyPath, Any]:
    """A path and its value in today's words."""
    if path != ENCODING:
        return path, value
    return (CHARSET, value) if is_charset(value) else (path, STANDARD if value is None else value)


def is_charset(value: Any) -> bool:
    """Whether a value of data.encoding names a codec, and is no word of today's."""
    if not isinstance(value, str) or value in ENCODINGS:
        return False
    try:
        codecs.lookup(value)
    except (LookupError, ValueError):
        return False
    return True
