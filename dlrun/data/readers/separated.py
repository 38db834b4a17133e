"""Reads separated text (.csv, .tsv and the like) into a `Sheet`, whatever its encoding, its separator and its flaws.

`charsets` makes UTF-8 of it, `dialects` finds its layout, and `plain` reads it, which is fast. Text that is not
regular goes through `repairs` before.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ...errors import DataError
from ..columns import is_number
from ..files import find_columns
from ..reading import Reading
from .charsets import Decoded, decoded
from .dialects import BLANKS, Layout, layout_of
from .headers import only_header
from .plain import Form, read_plain
from .repairs import records_of, regular
from .sheets import Sheet
from .unpacking import Contents, contents_of

if TYPE_CHECKING:
    import polars


class Rows(NamedTuple):
    """The rows of a text as a frame with names, the place of each, and sentences about how they were read."""

    frame: "polars.DataFrame"
    place: Callable[[int], str]
    notes: tuple[str, ...] = ()


def read_text(contents: Contents, reading: Reading) -> Sheet:
    """The table in a text. Raises DataError."""
    shown, path = contents.shown, contents.path
    text = text_of(contents, reading.charset)
    layout = layout_of(text.raw, shown, contents.ending, reading)
    as_text = _stay_text(layout, reading, shown)
    rows = read_rows(text.raw, layout, as_text, shown, lambda: text_of(contents_of(shown, path), reading.charset).raw)
    frame, told = without_empty(rows.frame, layout.names.unnamed, shown, has_header=layout.has_header)
    unnamed = layout.names.unnamed & {*frame.columns}
    notes = (*text.notes, *layout.notes, *rows.notes, *told)
    return Sheet(shown, frame, rows.place, layout.has_header, notes, unnamed, layout.separator)


def read_rows(raw: bytes, layout: Layout, as_text: Iterable[str], shown: str, again: Callable[[], bytes]) -> Rows:
    """The rows of a text by its layout; `again` reads the same text when a place is asked for. Raises DataError."""
    frame = _read_quickly(raw, layout, as_text)
    if frame is None:
        rows = _read_carefully(raw, layout, as_text, shown)
    else:
        rows = Rows(frame, _places(shown, layout, again, layout.quote.encode() in raw))
    if not len(rows.frame):
        raise only_header(shown)
    return rows


def empty_file(shown: str) -> DataError:
    """The error for a file that is empty or holds only blanks."""
    return DataError(f"{shown}: the file is empty; expected a table with rows")


def text_of(contents: Contents, encoding: str | None) -> Decoded:
    """A text as UTF-8 with lines that end in a line feed, or in a carriage return and a line feed. Raises DataError."""
    text = decoded(contents, encoding)
    # Old programs end a text with Ctrl-Z.
    raw = text.raw.removesuffix(b"\x1a")
    if not raw or raw.isspace():
        raise empty_file(contents.shown)
    return text._replace(raw=_with_line_feeds(raw))


def _with_line_feeds(raw: bytes) -> bytes:
    """Carriage returns that end a line alone, as on old Macs, are made line feeds."""
    if b"\r" not in raw or raw.count(b"\r") == raw.count(b"\r\n"):
        return raw
    if b'"' not in raw:
        return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return re.sub(rb'("[^"]*")|\r\n?', lambda found: found.group(1) or b"\n", raw)


def _stay_text(layout: Layout, reading: Reading, shown: str) -> Iterable[str]:
    """The columns whose cells must be seen as they are written, even where they are numbers."""
    names = layout.names.names
    # A marker -999 may be written -999.0, and only text keeps the two apart; 1.234 may be a thousand and more.
    is_marked = any(is_number(marker) and float(marker) == float(marker) for marker in reading.missing)
    if is_marked or reading.decimal == "," or reading.thousands not in (None, "none"):
        return names
    return find_columns(reading.categorical, names, setting="data.categorical", shown=shown)


def _read_quickly(raw: bytes, layout: Layout, as_text: Iterable[str]) -> "polars.DataFrame | None":
    """The frame of a text that is regular as it stands; None if it is not."""
    import polars as pl

    separator, quote = layout.separator, layout.quote
    if quote.encode() in raw and (separator == BLANKS or _has_stray_quotes(raw, separator, quote)):
        return None
    if separator == BLANKS:
        separator, raw = "\t", _with_tabs(raw)
    form = Form(separator, quote, layout.names.names, layout.start)
    try:
        frame = read_plain(raw, form, layout.rows, as_text)
    except pl.exceptions.PolarsError:
        return None
    # The library also makes an empty last cell of a row that is too short, or blank.
    ends_empty = frame.select(_is_blank(frame, frame.columns[-1:])).to_series()
    if not ends_empty.any():
        return frame
    has_blank = frame.filter(ends_empty).select(_is_blank(frame, frame.columns).any()).item()
    return frame if not has_blank and _is_even(raw, form, frame) else None


def _is_blank(frame: "polars.DataFrame", names: Sequence[str]) -> "polars.Expr":
    """Whether a row has none but empty cells in these columns."""
    import polars as pl

    texts = {name for name, kind in frame.schema.items() if kind == pl.String}
    return pl.all_horizontal(
        pl.col(name).str.strip_chars() == "" if name in texts else pl.col(name).is_null() for name in names
    )


def _has_stray_quotes(raw: bytes, separator: str, quote: str) -> bool:
    """Whether a quote stands within a cell, or blanks between it and the separator: the library reads neither."""
    edges, one = re.escape(separator + "\n\r"), re.escape(quote)
    within = f"{one}(?<=[^{edges}{one}]{one})[^{edges}{one}]"
    after_blank = f"{one}{one}(?<=[ \\t]{one}{one})[ \\t]*(?=[{edges}])"
    return any(re.search(pattern.encode(), raw) for pattern in (within, after_blank))


def _with_tabs(raw: bytes) -> bytes:
    """Runs of blanks as one tab, and none at the ends of lines."""
    raw = re.sub(rb"[ \t]+", b"\t", raw)
    return re.sub(rb"^\t|\t(?=\r?$)", b"", raw, flags=re.MULTILINE)


def _is_even(raw: bytes, form: Form, frame: "polars.DataFrame") -> bool:
    """Whether there are as many separators outside cells as rows of full length have, without blank lines."""
    import polars as pl

    within, texts = 0, [name for name, kind in frame.schema.items() if kind == pl.String]
    if texts and form.quote.encode() in raw:
        within = sum(frame.select(pl.col(texts).str.count_matches(form.separator, literal=True).sum()).row(0))
    offset = 0
    for _ in range(form.start):
        offset = raw.find(b"\n", offset) + 1
    return raw.count(form.separator.encode(), offset) - within == len(frame) * (len(form.names) - 1)


def _places(shown: str, layout: Layout, again: Callable[[], bytes], is_quoted: bool) -> Callable[[int], str]:
    """Names a row by its line. A quoted value may hold line ends, so the text is then read again."""
    if not is_quoted:
        return lambda row: f"{shown}:{layout.start + row + 1}"
    return lambda row: f"{shown}:{next(islice(records_of(again(), layout, shown), row, None))[0] + 1}"


def _read_carefully(raw: bytes, layout: Layout, as_text: Iterable[str], shown: str) -> Rows:
    """The rows of a text that must be repaired."""
    import polars as pl

    repaired = regular(raw, layout, shown)
    lines = repaired.lines
    if not len(lines):
        raise only_header(shown)
    try:
        frame = read_plain(repaired.raw, Form(repaired.separator, '"', layout.names.names), layout.rows, as_text)
    except pl.exceptions.PolarsError:
        raise DataError(f"{shown}: cannot be read as a table; check its separators and quotes") from None
    return Rows(frame, lambda row: f"{shown}:{lines[row] + 1}", repaired.notes)


def without_empty(
    frame: "polars.DataFrame", unnamed: Iterable[str], shown: str, *, has_header: bool
) -> "tuple[polars.DataFrame, tuple[str, ...]]":
    """The frame without columns that have neither a name nor a value, and a sentence on them.

    Without a header, only the last columns count as such: a separator may stand at the end of each row.
    """
    import polars as pl

    candidates = set(unnamed if has_header else frame.columns)
    texts = [name for name, kind in frame.schema.items() if kind in (pl.String, pl.Null) and name in candidates]
    is_empty = pl.col(texts).cast(pl.String).str.strip_chars().fill_null("").eq("").all()
    empty = [name for name, empty in zip(texts, frame.select(is_empty).row(0), strict=True) if empty] if texts else []
    if not has_header:
        kept = max((at for at, name in enumerate(frame.columns) if name not in empty), default=-1)
        empty = list(frame.columns[kept + 1 :])
    if not empty or len(empty) == frame.width:
        return frame, ()
    one = "a column without name and value was left out"
    many = f"{len(empty)} columns without name and value were left out"
    return frame.drop(empty), (f"{shown}: {one if len(empty) == 1 else many}",)
