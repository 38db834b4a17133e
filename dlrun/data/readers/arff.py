"""Reads ARFF, the format of Weka and OpenML, into a `Sheet`: a header of attributes, and rows of separated text.

scipy reads no text and no sparse rows, and the reader within scikit-learn takes rows one at a time. So the header is
read here, and the rows are read as those of any text.
"""

import csv
import io
import re
from array import array
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...errors import DataError
from ..columns import is_number
from ..reading import Reading
from .dialects import Layout
from .headers import Names, names_of, only_header, rows_to_judge
from .plain import Form, read_plain, with_numbers
from .repairs import records_of
from .separated import Rows, read_rows, text_of
from .sheets import Sheet
from .unpacking import Contents, contents_of, most_unpacked, too_much

if TYPE_CHECKING:
    import polars

WORD = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s{,}]+"
ATTRIBUTE = re.compile(rf"@attribute\s+({WORD})\s*(\{{.*|\w+)(.*)", re.IGNORECASE | re.DOTALL)
DATA = re.compile(rb"^[ \t]*@data[^\n]*(?:\n|\Z)", re.IGNORECASE | re.MULTILINE)
PAIR = re.compile(rf"\s*(\d+)\s+({WORD})\s*(?:,|$)")

NUMBERS = ("numeric", "real", "integer")

# How ARFF writes a value that is missing.
MISSING = "?"

# The letters of Java's date formats, and those of polars; the longer ones first. The default is ISO.
DATE_LETTERS = {"yyyy": "%Y", "SSS": "%3f", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


class Attribute(NamedTuple):
    """A column of an ARFF file: its name, its kind in small letters (nominal has words), and its date format."""

    name: str
    kind: str
    words: tuple[str, ...] = ()
    date_format: str = ""


def read_arff(contents: Contents, reading: Reading) -> Sheet:
    """The table of an ARFF file; nominal values are text, and `?` is missing. Raises DataError."""
    shown, path = contents.shown, contents.path
    text = text_of(contents, reading.charset)
    begin = DATA.search(text.raw)
    if begin is None:
        raise DataError(f"{shown}: no line @data; an ARFF file has one above its rows")
    attributes = _attributes(text.raw[: begin.start()], shown)
    names = names_of([attribute.name for attribute in attributes], shown)
    start, body = text.raw.count(b"\n", 0, begin.end()), text.raw[begin.end() :]
    as_text = [name for name, attribute in zip(names.names, attributes, strict=True) if _is_text(attribute)]
    if body.lstrip()[:1] == b"{":
        rows = _sparse_rows(body, start, attributes, names, as_text, shown)
    else:
        whole = _plainly_written(text.raw, begin.end())
        layout = _layout(whole, start, names, shown)
        rows = read_rows(whole, layout, as_text, shown, lambda: _again(path, reading))
    frame = _with_meanings(rows.frame, attributes)
    return Sheet(shown, frame, rows.place, True, (*text.notes, *names.notes, *rows.notes), names.unnamed)


def _again(path: Path, reading: Reading) -> bytes:
    """The text as its rows were read, for the place of one of them."""
    raw = text_of(contents_of(path.name, path), reading.charset).raw
    begin = DATA.search(raw)
    return _plainly_written(raw, begin.end() if begin else 0)


def _attributes(header: bytes, shown: str) -> list[Attribute]:
    """The attributes in the order of the columns. Raises DataError."""
    attributes = []
    for number, line in enumerate(header.decode("utf-8").split("\n"), start=1):
        text = line.strip()
        if not text.lower().startswith("@attribute"):
            continue
        found = ATTRIBUTE.fullmatch(text)
        if found is None or found.group(2).lower() == "relational":
            raise DataError(f"{shown}:{number}: expected @attribute NAME KIND, such as '@attribute age numeric'")
        name, kind, rest = _bare(found.group(1)), found.group(2), found.group(3)
        if kind.startswith("{"):
            words = re.findall(rf"\s*({WORD})\s*(?:,|\}}|$)", kind[1:] + rest)
            attributes.append(Attribute(name, "nominal", tuple(map(_bare, words))))
        else:
            attributes.append(Attribute(name, kind.lower(), (), _bare(rest.strip())))
    if not attributes:
        raise DataError(f"{shown}: no line @attribute; an ARFF file has one for each column")
    return attributes


def _bare(word: str) -> str:
    """A word without its quotes and their escapes."""
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", word[1:-1])
    return word


def _is_text(attribute: Attribute) -> bool:
    """Whether a column is text though its values look like numbers: one of its words does not."""
    if attribute.kind == "nominal":
        return not all(map(is_number, attribute.words))
    return attribute.kind not in NUMBERS


def _plainly_written(raw: bytes, begin: int) -> bytes:
    """The text with rows as separated text has them: no comments, and quotes within quotes doubled."""
    body = raw[begin:]
    if b"%" in body:
        body = re.sub(rb"^[ \t]*%[^\n]*", b"", body, flags=re.MULTILINE)
    if b"\\" in body:
        body = re.sub(rb"\\(['\"])", rb"\1\1", body).replace(b"\\\\", b"\\")
    return raw[:begin] + body


def _layout(raw: bytes, start: int, names: Names, shown: str) -> Layout:
    """The layout of dense rows, which begin on line `start` (from 0)."""
    head = raw.split(b"\n", start + 1)[-1][: 2**12] if start else raw[: 2**12]
    separator = "," if b"," in head or b"\t" not in head else "\t"
    quote = "'" if re.search(rb"(?:^|[,\t])[ ]*'", head, re.MULTILINE) else '"'
    width = len(names.names)
    layout = Layout(separator, quote, width, names, False, start, (), ())
    first = islice(records_of(raw, layout, shown), rows_to_judge(width))
    return layout._replace(rows=tuple(tuple(cells) for _, cells in first if len(cells) == width))


def _sparse_rows(
    body: bytes, start: int, attributes: Sequence[Attribute], names: Names, as_text: Sequence[str], shown: str
) -> Rows:
    """Rows of pairs {place value, ...}; what is left out is 0, or the first word of a nominal column."""
    zeros = [attribute.words[0] if attribute.words else "0" for attribute in attributes]
    most, lines, rows, whole = most_unpacked(len(body)), array("q"), list[list[str]](), io.StringIO(newline="")
    writer = csv.writer(whole, lineterminator="\n")
    for number, line in enumerate(io.TextIOWrapper(io.BytesIO(body), "utf-8"), start=start):
        text = line.strip()
        if not text or text.startswith("%"):
            continue
        pairs = PAIR.findall(text[1:-1])
        if text[0] != "{" or text[-1] != "}" or any(int(at) >= len(zeros) for at, _ in pairs):
            raise DataError(f"{shown}:{number + 1}: expected a sparse row of places and values, such as {{0 5.1, 3 a}}")
        cells = list(zeros)
        for at, value in pairs:
            cells[int(at)] = _bare(value)
        if len(rows) < rows_to_judge(len(zeros)):
            rows.append(cells)
        writer.writerow(cells)
        lines.append(number)
        if whole.tell() > most:
            raise too_much(shown, len(body))
    if not rows:
        raise only_header(shown)
    frame = read_plain(whole.getvalue().encode(), Form(",", '"', names.names), rows, as_text)
    return Rows(frame, lambda row: f"{shown}:{lines[row] + 1}")


def _with_meanings(frame: "polars.DataFrame", attributes: Sequence[Attribute]) -> "polars.DataFrame":
    """The frame with what the header says of its columns: `?` is missing, numbers are numbers, and dates dates."""
    import polars as pl

    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    kinds = dict(zip(frame.columns, attributes, strict=True))
    numbers = [name for name in texts if kinds[name].kind in NUMBERS]
    others = [name for name in texts if name not in set(numbers)]
    if numbers:
        columns = pl.col(numbers)
        frame = with_numbers(
            frame.with_columns(
                pl.when(columns.str.strip_chars() == MISSING).then(pl.lit("")).otherwise(columns).name.keep()
            ),
            numbers,
        )
    if others:
        columns = pl.col(others)
        frame = frame.with_columns(pl.when(columns.str.strip_chars() != MISSING).then(columns).name.keep())
    dates = {name: kinds[name].date_format for name in others if kinds[name].kind == "date" and kinds[name].date_format}
    for name, written in dates.items():
        parsed = frame[name].str.to_datetime(_polars_format(written), strict=False)
        if parsed.null_count() == frame[name].null_count():
            frame = frame.with_columns(parsed)
    return frame


def _polars_format(written: str) -> str:
    """A date format of Java in the letters of polars."""
    pattern = "|".join(DATE_LETTERS)
    return re.sub(pattern, lambda found: DATE_LETTERS[found.group()], written.replace("'", ""))
