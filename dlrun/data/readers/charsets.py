"""Turns the bytes of a text file into UTF-8, whatever they were written in.

A byte order mark or `data.charset` decides; then UTF-8, if it fits. Anything else is found out by charset-normalizer
from the lines that are not plain ASCII, and told.
"""

import codecs
import difflib
import io
import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ...errors import DataError
from .unpacking import Contents

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

# Longer marks first: that of UTF-32 begins with that of UTF-16.
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}

# What programs still write today, as charset-normalizer names it; the fewer, the surer it is.
CANDIDATES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859_2", "iso8859_5"),
    *("iso8859_7", "iso8859_15", "koi8_r", "mac_roman", "cp437", "cp850", "cp932", "euc_jp", "gb18030", "big5"),
    *("euc_kr", "cp949"),
]

# Tried in this order where the library does not recognise a language.
LIKELY = ("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp850", "mac_roman")

# The library's measure of how much a text reads like a language, from 0 to 1. Korean place names reach 0, Chinese ones
# 0.1, and European ones with the wrong letters stay at 0.
LANGUAGE_SEEN = 0.1

# Bytes that are looked at: of the lines with letters beyond ASCII, and of one such line.
SAMPLE = 2**16
SAMPLE_OF_LINE = 2**10

# UTF-16 without a mark: of the first bytes, every second one of a table of digits and letters is zero.
HEAD = 2**12
ZEROS_OF_UTF16 = 0.4

# A text holds line ends and tabs, but hardly any other control character.
CONTROLS = bytes({*range(32)} - {*b"\t\n\r\f\x1a\x1b"})
MOST_CONTROLS = 0.01

# Decoded at a time.
CHUNK = 2**22

# How files begin that are often named like text.
BEGINNINGS = {
    b"PK\x03\x04": ".zip or .xlsx",
    b"\x1f\x8b": ".gz",
    b"BZh": ".bz2",
    b"\xfd7zXZ": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"PAR1": ".parquet",
    b"ARROW1": ".arrow",
    b"\x93NUMPY": ".npy",
    b"\x89HDF": ".h5",
    b"\xd0\xcf\x11\xe0": ".xls",
}

# In a wrong encoding, signs stand within words or before them, letters before digits (a pound sign read as Ł), two
# alphabets in one word, and letters that no one uses.
ODD = re.compile(
    r"[^\W\d_][^\w\s\x00-\x7f’·\xad–—][^\W\d_]|[£¥¦¹²³¼½¾®±√∞∑∏][^\W\d_]|\b[A-Z][À-Þ][a-z]"
    r"|[À-ɏ][0-9]|[a-z][\u0370-\u05ff]|[\u0370-\u05ff][a-z]|[\u2500-\u25ff\ue000-\uf8ff]"
)

# More letters beyond ASCII than this share in words that have one: no language of Latin letters (Czech has 0.4).
MOST_ACCENTS = 0.6


class Decoded(NamedTuple):
    """A text as UTF-8 without a mark; a sentence on its encoding where that was found out, and that encoding's name."""

    raw: bytes
    notes: tuple[str, ...] = ()
    encoding: str | None = None


def decoded(contents: Contents, encoding: str | None) -> Decoded:
    """The contents as UTF-8; `encoding` is what the user declares. Raises DataError."""
    shown, raw = contents.shown, contents.raw
    if encoding is not None:
        return Decoded(_declared(raw, encoding, shown).removeprefix(codecs.BOM_UTF8))
    for mark, name in MARKS.items():
        if raw.startswith(mark):
            return Decoded(_as_text(_converted(raw[len(mark) :], name, shown), shown))
    if wide := _utf16_without_mark(raw):
        note = f"{shown}: read as {wide}, found by its zero bytes; data.charset says otherwise"
        return Decoded(_as_text(_converted(raw, wide, shown), shown), (note,))
    _refuse_binary(raw, shown)
    if raw.isascii() or _is_utf8(raw) or (problem := _utf8_problem(raw)) is None:
        return Decoded(raw)
    line = raw.count(b"\n", 0, problem) + 1
    byte = f"{shown}:{line}: byte 0x{raw[problem]:02x} is not UTF-8 text"
    if not raw[:problem].isascii():
        # In any other encoding the first such byte would have failed already: the file is UTF-8, and damaged.
        raise DataError(f"{byte}, but what stands above is; correct it, or set data.charset")
    likely = _found(raw)
    if likely is None:
        raise DataError(f"{byte}, and no other encoding fits; save the file in UTF-8, or set data.charset")
    note = f"{shown}: read as {likely}, the likeliest encoding by its letters; data.charset says otherwise"
    return Decoded(_converted(raw, likely, shown), (note,), likely)


def _declared(raw: bytes, encoding: str, shown: str) -> bytes:
    try:
        # Codecs such as base64 stand for no characters.
        "a".encode(encoding)
        codec = codecs.lookup(encoding)
    except (LookupError, ValueError):
        close = difflib.get_close_matches(encoding.lower(), ["utf-8", "utf-16", "ascii", "latin-1", *CANDIDATES], n=1)
        advice = f"did you mean {close[0]}?" if close else "give one such as utf-8, utf-16, cp1252 or cp932"
        raise DataError(f"data.charset: {encoding!r} is no encoding that Python knows; {advice}") from None
    return _as_text(_converted(raw, codec.name, shown), shown)


def _converted(raw: bytes, encoding: str, shown: str) -> bytes:
    """The bytes as UTF-8, a piece at a time, so that the text never stands in memory as a whole."""
    decode: Callable[..., str] = codecs.getincrementaldecoder(encoding)().decode
    whole = io.BytesIO()
    try:
        for start in range(0, max(len(raw), 1), CHUNK):
            piece = raw[start : start + CHUNK]
            whole.write(decode(piece, final=start + CHUNK >= len(raw)).encode("utf-8"))
    except UnicodeError:
        raise DataError(f"{shown}: cannot be read as {encoding}; set data.charset to what it was saved in") from None
    return whole.getvalue()


def _is_utf8(raw: bytes) -> bool:
    """Whether the bytes are UTF-8; False also where that is not soon to be seen."""
    import polars as pl

    start = 0
    while start < len(raw):
        end = start + CHUNK
        # A chunk ends with a line, since it may not end within a character.
        end = len(raw) if end >= len(raw) else raw.rfind(b"\n", start, end) + 1
        if not end:
            return False
        try:
            pl.Series([raw[start:end]]).cast(pl.String)
        except pl.exceptions.PolarsError:
            return False
        start = end
    return True


def _utf8_problem(raw: bytes) -> int | None:
    """Where the first byte stands that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(raw), CHUNK):
        before = len(decoder.getstate()[0])
        try:
            decoder.decode(raw[start : start + CHUNK], final=start + CHUNK >= len(raw))
        except UnicodeDecodeError as problem:
            return start - before + problem.start
    return None


def _utf16_without_mark(raw: bytes) -> str | None:
    head = raw[:HEAD]
    even, odd = head[::2], head[1::2]
    if len(odd) and odd.count(0) > ZEROS_OF_UTF16 * len(odd) and not even.count(0):
        return "utf-16-le"
    return "utf-16-be" if len(even) and even.count(0) > ZEROS_OF_UTF16 * len(even) and not odd.count(0) else None


def _refuse_binary(raw: bytes, shown: str) -> None:
    """Raise DataError for bytes that are no text in any encoding."""
    for beginning, ending in BEGINNINGS.items():
        if raw.startswith(beginning):
            raise DataError(
                f"{shown}: is no text but begins like a {ending} file; give it the name that it should have"
            )
    _as_text(raw, shown)


def _as_text(raw: bytes, shown: str) -> bytes:
    """The same bytes; raises DataError if they hold zeros or many control characters."""
    head = raw[:SAMPLE]
    controls = len(head) - len(head.translate(None, CONTROLS))
    if b"\0" in raw or controls > MOST_CONTROLS * len(head):
        raise DataError(
            f"{shown}: is no text, for it holds control characters; give a table as text, or name it rightly"
        )
    return raw


def _found(raw: bytes) -> str | None:
    """The likeliest encoding of bytes that are not UTF-8, or None if none fits them all."""
    from charset_normalizer import from_bytes

    sample = _sample(raw)
    matches = from_bytes(sample, cp_isolation=CANDIDATES)
    best = matches.best()
    seen = "" if best is None or best.coherence < LANGUAGE_SEEN else best.encoding
    # Encodings that make the same text of the sample count as one for the library, and cp1252 is the usual one of them.
    if any(_is_as_good(match, "cp1252", best) for match in matches):
        seen = "cp1252" if seen else ""
    if seen and _fits(raw, seen) and not _oddness(sample.decode(seen, "replace")):
        return seen
    likely = dict.fromkeys([*LIKELY, *([best.encoding] if best is not None else [])])
    readable = [name for name in likely if _fits(raw, name)]
    return min(readable, key=lambda name: _oddness(sample.decode(name, "replace")), default=None)


def _is_as_good(match: "CharsetMatch", encoding: str, best: "CharsetMatch | None") -> bool:
    """Whether a match is of this encoding, and reads as much like a language as the best."""
    return encoding in match.could_be_from_charset and best is not None and match.coherence >= best.coherence


def _sample(raw: bytes) -> bytes:
    """The first lines that hold bytes beyond ASCII."""
    pieces, size = [], 0
    for match in re.finditer(rb"[^\n]{0,1000}[\x80-\xff][^\n]{0,1000}\n?", raw):
        pieces.append(match.group())
        size += len(match.group())
        if size > SAMPLE:
            break
    return b"".join(pieces)


def _fits(raw: bytes, encoding: str) -> bool:
    decode = codecs.getincrementaldecoder(encoding)().decode
    try:
        for start in range(0, len(raw), CHUNK):
            decode(raw[start : start + CHUNK], final=start + CHUNK >= len(raw))
    except UnicodeError:
        return False
    return True


def _oddness(text: str) -> float:
    """How often a text shows what a wrong encoding makes of words, for each of its letters beyond ASCII."""
    beyond = sum(not character.isascii() for character in text)
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii() and _is_latin(word)]
    letters = sum(map(len, words))
    accents = sum(not character.isascii() for word in words for character in word)
    strange = len(words) if accents > MOST_ACCENTS * letters else 0
    capitals = sum(one.islower() and other.isupper() for one, other in pairwise(text) if not (one + other).isascii())
    return (len(ODD.findall(text)) + capitals + strange) / max(beyond, 1)


def _is_latin(word: str) -> bool:
    """Whether a word of several letters holds none but Latin ones."""
    return len(word) > 1 and all(character < "\u0250" for character in word)
