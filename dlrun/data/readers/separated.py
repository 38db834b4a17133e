"""Reads separated text (.csv, .tsv and the like) into a frame of text cells, and decides whether there is a header.

polars does the reading. What it refuses without need (blanks around quotes) or accepts too easily (short rows) is
handled here, so that the user never sees a message of polars.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import DataError
from ..columns import is_number
from ..files import read_bytes

if TYPE_CHECKING:
    import polars

SEPARATORS = (",", ";", "\t", "|")
SEPARATOR_WORDS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}

# Rows that decide whether the first line is names or data.
ROWS_TO_JUDGE_HEADER = 1000


def empty_file(shown: str) -> DataError:
    """The error for a file that is empty or holds only blanks."""
    return DataError(f"{shown}: the file is empty; expected a table with rows")


def clean_bytes(path: Path, shown: str) -> bytes:
    """The bytes without a byte order mark, with lines that end in a line feed; they are checked to be UTF-8."""
    raw = read_bytes(path, shown).removeprefix(b"\xef\xbb\xbf")
    if not raw or raw.isspace():
        raise empty_file(shown)
    if b"\r" in raw and b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    try:
        if not raw.isascii():
            raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        byte = f"byte 0x{raw[problem.start]:02x}"
        raise DataError(f"{shown}:{line}: {byte} is not UTF-8 text; save the file in UTF-8") from None
    return raw


def find_separator(raw: bytes, path: Path, shown: str, separator: str | None) -> str:
    """The separator asked for, or the most frequent one outside quotes on the first line that is not blank."""
    start = len(raw) - len(raw.lstrip(b"\r\n"))
    end = raw.find(b"\n", start)
    line = raw[start : end if end >= 0 else len(raw)].decode("utf-8")
    line = re.sub(r'"[^"]*"', "", line)
    if separator is not None:
        if len(separator.encode()) != 1:
            raise DataError(f"data.separator: got {separator!r}; expected one character, such as ',' or ';'")
        chosen = separator
    elif path.suffix.lower() == ".tsv":
        chosen = "\t"
    else:
        chosen = max(SEPARATORS, key=line.count)
    if chosen not in line:
        tried = SEPARATOR_WORDS.get(chosen, repr(separator)) if separator or path.suffix == ".tsv" else None
        what = f"separated by {tried}" if tried else "separated by comma, semicolon, tab or bar"
        raise DataError(f"{shown}: the first line holds one value {what}; set data.separator to what the file uses")
    return chosen


def parsed(raw: bytes, separator: str, shown: str) -> "polars.DataFrame":
    """All records as text, with the first line; raises DataError for rows of different lengths."""
    import polars as pl

    if (b'"' in raw and has_blanks_around_quotes(raw, separator)) or raw[:1] in (b"\n", b"\r"):
        return _parsed_slowly(raw, separator, shown)
    try:
        frame = pl.read_csv(raw, has_header=False, infer_schema=False, separator=separator, empty_string_is_null=False)
    except pl.exceptions.PolarsError:
        return _parsed_slowly(raw, separator, shown)
    if _ends_empty(frame) and not _is_even(raw, separator, frame):
        return _parsed_slowly(raw, separator, shown)
    return frame


def has_blanks_around_quotes(raw: bytes, separator: str) -> bool:
    """Whether blanks stand between a separator and a quote, before or after it: polars reads neither."""
    comma = re.escape(separator.encode())
    blanks = rb" +" if separator == "\t" else rb"[ \t]+"
    return re.search(rb'(?:^|%b)%b"|"%b(?:%b|\r?$)' % (comma, blanks, blanks, comma), raw, re.MULTILINE) is not None


def _ends_empty(frame: "polars.DataFrame") -> bool:
    """Whether any last cell is empty, which polars also makes of a row that is too short."""
    return bool((frame.to_series(-1) == "").any())


def blank_rows(frame: "polars.DataFrame") -> "polars.Series":
    """(m,) booleans: rows with only blanks."""
    import polars as pl

    if not _ends_empty(frame):
        return pl.repeat(False, len(frame), eager=True)
    return frame.select(pl.all_horizontal(pl.all().str.strip_chars() == "")).to_series()


def _is_even(raw: bytes, separator: str, frame: "polars.DataFrame") -> bool:
    """Whether there are as many separators outside quotes as rows of full length have, without blank lines."""
    rows = int((~blank_rows(frame)).sum())
    bare = re.sub(rb'"[^"]*"', b"", raw) if b'"' in raw else raw
    return bare.count(separator.encode()) == rows * (frame.width - 1)


def _records(raw: bytes, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of the line it starts on, by the standard library's less strict reader."""
    reader = csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), delimiter=separator, skipinitialspace=True)
    line = 1
    for record in reader:
        yield line, record
        line = reader.line_num + 1


def _parsed_slowly(raw: bytes, separator: str, shown: str) -> "polars.DataFrame":
    """The same records one at a time: it reads irregular quoting, and names the row with a wrong length."""
    import polars as pl

    rows: list[list[str]] = []
    width, start, line = 0, 1, 0
    try:
        for line, record in _records(raw, separator):
            blank = not any(cell.strip() for cell in record)
            if not blank and not width:
                width, start = len(record), line
            if not blank and len(record) != width:
                raise DataError(
                    f"{shown}:{line}: {len(record)} values where line {start} has {width}; give every row as many"
                    " values, and quote a value that holds the separator"
                )
            rows.append([] if blank else record)
    except csv.Error:
        raise DataError(f"{shown}:{line + 1}: a quoted value does not end; close its quote") from None
    if not width:
        raise empty_file(shown)
    rows = [row or [""] * width for row in rows]
    return pl.DataFrame(rows, schema=[f"x{i}" for i in range(width)], orient="row", infer_schema_length=1)


def line_of(raw: bytes, separator: str, record: int) -> int:
    return next(line for at, (line, _) in enumerate(_records(raw, separator)) if at == record)


def has_header(frame: "polars.DataFrame", missing: Sequence[str]) -> bool:
    """Whether the first row names the columns.

    It does not if a cell is a number or a missing marker (the first cell may be empty: an index column has no name).
    If a column below is numeric, it does. In a table of text only, it does if its cells differ and never occur again.
    """
    import polars as pl

    first = [cell.strip() for cell in frame.row(0)]
    if any(is_number(cell) or (cell in missing and (at or cell)) or (not cell and at) for at, cell in enumerate(first)):
        return False
    values = [column.str.strip_chars() for column in frame.slice(1, ROWS_TO_JUDGE_HEADER)]
    values = [column.filter(~column.is_in([*missing, ""])) for column in values]
    if any(len(column) and column.cast(pl.Float64, strict=False).null_count() == 0 for column in values):
        return True
    again = any((column.slice(1).str.strip_chars() == cell).any() for column, cell in zip(frame, first, strict=True))
    return len(set(first)) == len(first) and not again


def header_names(frame: "polars.DataFrame", shown: str) -> list[str]:
    names = [cell.strip() or f"x{at}" for at, cell in enumerate(frame.row(0))]
    first: dict[str, int] = {}
    for at, name in enumerate(names, start=1):
        if first.setdefault(name, at) != at:
            raise DataError(
                f"{shown}: columns {first[name]} and {at} are both named {name!r}; rename one, or set"
                " data.header: false if the first line is data"
            )
    return names
