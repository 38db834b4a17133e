"""Finds out how the text of a table is laid out: what separates its values, and what stands above them.

It looks at the first lines only. `separated` then reads the file by the `Layout` that comes out.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from ...errors import DataError
from ..reading import Reading
from .headers import (
    ROWS_TO_JUDGE,
    Names,
    are_names,
    has_header,
    is_value,
    names_of,
    numbered,
    only_header,
    rows_to_judge,
)

# Where several fit equally well, the first one: a comma stands in numbers and texts more often than the others.
# A blank stands for runs of blanks and tabs.
BLANKS = " "
SEPARATORS = (";", "\t", "|", ",", BLANKS)
# Those that stand in no number.
SIGNS = (";", "\t", "|")
SEPARATOR_WORDS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar", BLANKS: "blanks"}

# A number with a unit, such as 4,5kg, is a value too, but may as well be a name in a header: 1stFlrSF.
MEASURE = re.compile(r"[-+−(]?\s?\d[\d.,'’\s]*\s?[^\W\d_°²³/]{1,8}[)\-−]?")

# Blanks stand in texts and dates, so what another separator explains is not theirs. A judgement, held by random tables.
LESS_FOR_BLANKS = 0.7

QUOTES = ("'", '"')

# How lines begin that tell about the table and are no part of it.
COMMENTS = ("#", "%", "//")

# What is looked at of a file: so many bytes, but at least a few whole lines.
SAMPLE = 2**18
FEWEST_LINES = 20
LONGEST_CELL = 2**31 - 1  # what a C long holds everywhere

# Of these, so many decide about the separator.
ROWS_TO_SCORE = 300
CELLS_TO_SCORE = 2000

# A separator that is not in the first line must divide more than this share of the lines: commas stand in texts.
LEAST_SHARE = 0.5


class Layout(NamedTuple):
    """How a table is written: its separator and quote, its columns, and the line (from 0) on which its rows begin.

    rows : the first rows, as text, all of them `width` long.
    """

    separator: str
    quote: str
    width: int
    names: Names
    has_header: bool
    start: int
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


class Record(NamedTuple):
    """One record of a text: the line it starts on, from 0, and its cells."""

    line: int
    cells: list[str]

    @property
    def is_blank(self) -> bool:
        return not any(cell.strip() for cell in self.cells)

    @property
    def is_comment(self) -> bool:
        return bool(self.cells) and self.cells[0].lstrip().startswith(COMMENTS)


class Candidate(NamedTuple):
    """A separator and a quote, with the records that they make of a text and how well these explain it (`_score`)."""

    score: tuple[float, float, int]
    separator: str
    quote: str
    records: list[Record]


class Header(NamedTuple):
    """The record that names the columns, its cells as many as the rows have, and what is to be told of it."""

    record: Record
    cells: Sequence[str]
    notes: tuple[str, ...] = ()


@contextmanager
def any_length() -> Iterator[None]:
    """The standard library's reader takes cells of any length within."""
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def layout_of(raw: bytes, shown: str, ending: str, reading: Reading) -> Layout:
    """The layout of a text in UTF-8 with line feeds. Raises DataError."""
    sample, is_whole = _sample(raw)
    declared = re.match(r'"?sep=(.)"?[;,\t]*\r?\n', sample)
    above = 1 if declared else 0
    separator = _checked(reading.separator) or (declared and declared.group(1)) or ""
    tried = (separator,) if separator else SEPARATORS
    text = sample[declared.end() :] if declared else sample
    with any_length():
        found = [(one, quote, _records(text, one, quote, is_whole)) for one in tried for quote in _quotes(text)]
    scored = [Candidate(_score(records, one, ending), one, quote, records) for one, quote, records in found]
    score, separator, quote, records = _best(scored)
    if not score[0]:
        raise _one_column(shown, separator if len(tried) == 1 else "")
    records = [record._replace(line=record.line + above) for record in records]
    layout = _with_header(records, separator, quote, shown, reading)
    notes = list(layout.notes)
    if separator == BLANKS:
        notes.insert(0, f"{shown}: values are separated by blanks; data.separator says otherwise")
    if quote == "'":
        notes.insert(0, f"{shown}: single quotes around values are read as quotes and left out")
    return layout._replace(notes=tuple(notes))


def _best(scored: "Sequence[Candidate]") -> "Candidate":
    """The separator that explains the text best; blanks only if no other explains all of it.

    A cell may hold blanks (12 kg, or a date with a time), and then there are as many of them in every line.
    """
    best = max(scored, key=lambda candidate: candidate.score)
    if best.separator != BLANKS:
        return best
    signs = SIGNS if best.score[1] == 1 else SEPARATORS
    complete = [one for one in scored if one.score[0] and one.score[1] == 1 and one.separator in signs]
    return max(complete, key=lambda candidate: candidate.score, default=best)


def _checked(separator: str | None) -> str:
    if separator is not None and (len(separator.encode()) != 1 or separator in "\n\r\"'"):
        raise DataError(f"data.separator: got {separator!r}; expected one character, such as ',' or ';'")
    return separator or ""


def _one_column(shown: str, separator: str) -> DataError:
    tried = SEPARATOR_WORDS.get(separator, repr(separator)) if separator else "comma, semicolon, tab or bar"
    return DataError(
        f"{shown}: the first line holds one value separated by {tried}; set data.separator to what the file uses"
    )


def _sample(raw: bytes) -> tuple[str, bool]:
    """The first lines as text, and whether they are all of them."""
    end = 0
    for number in range(2 * ROWS_TO_JUDGE):
        if end > SAMPLE and number > FEWEST_LINES:
            break
        at = raw.find(b"\n", end)
        if at < 0:
            return raw.decode("utf-8"), True
        end = at + 1
    return raw[:end].decode("utf-8"), end == len(raw)


def _quotes(text: str) -> tuple[str, ...]:
    """The quotes to try: single ones only where they surround cells."""
    return ('"', "'") if re.search(r"'[,;\t| ]+'", text) else ('"',)


def _records(text: str, separator: str, quote: str, is_whole: bool) -> list[Record]:
    """The records of a sample; the last one is left out if the sample may end within it."""
    if separator == BLANKS:
        text = "\n".join(line.rstrip() for line in text.replace("\t", " ").split("\n"))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quotechar=quote, skipinitialspace=True)
    records, line = [], 0
    try:
        for cells in reader:
            records.append(Record(line, cells))
            line = reader.line_num
    except csv.Error:
        return records
    return records if is_whole or len(records) < 2 else records[:-1]


def _score(records: Sequence[Record], separator: str, ending: str) -> tuple[float, float, int]:
    """How well a separator explains the records; the first number is 0 if it does not at all.

    That is the share of records of the usual length (squared, since a wrong separator divides many lines alike by
    chance, but hardly all), times a factor that grows with the share of values among their cells. Then, that share
    alone, and of two quotes the one that is found around more cells.
    """
    told = [record for record in records[:ROWS_TO_SCORE] if not record.is_blank]
    told = [record for record in told if not record.is_comment] or told
    widths = Counter(len(record.cells) for record in told if len(record.cells) > 1)
    if not widths:
        return (0.0, 0.0, 0)
    width = widths.most_common(1)[0][0]
    first = next(at for at, record in enumerate(told) if len(record.cells) == width)
    share = widths[width] / (len(told) - first)
    rows = [record.cells for record in told[first:] if len(record.cells) == width]
    cells = [cell for row in rows[1:] or rows for cell in row if cell.strip()][:CELLS_TO_SCORE]
    values = sum(is_value(cell) or MEASURE.fullmatch(cell.strip()) is not None for cell in cells) / max(len(cells), 1)
    is_told_by_few = share <= LEAST_SHARE and len(told[0].cells) == 1
    is_below_names = first == 0 or _are_above(told[first - 1].cells, told[first].cells, separator)
    if is_told_by_few or (separator == BLANKS and (share < 1 or not values or not is_below_names)):
        return (0.0, 0.0, 0)
    # Lines above the first row count here: one line that another separator divides as well is not the whole table.
    share = widths[width] / len(told)
    if ending == ".tsv" and separator == "\t":
        return (2.0, 1.0, 0)
    # The right quotes leave none around cells.
    bare = -sum(cell[:1] == cell[-1:] and cell[:1] in QUOTES for cell in cells)
    # Where the first line of values is the first that is divided, the line above may be the names, divided otherwise.
    doubt = (1 if is_below_names else 0.5) * (LESS_FOR_BLANKS if separator == BLANKS else 1)
    return (doubt * share**2 * (1 + values) / 2, share, bare)


def _are_above(above: Sequence[str], first: Sequence[str], separator: str) -> bool:
    """Whether the first line of the usual length, or the one above it that is one shorter, may hold the names.

    Blanks stand within names that something else separates.
    """
    names = above if 1 < len(above) == len(first) - 1 else first
    others = [sign for sign in SEPARATORS if sign != separator] if separator == BLANKS else []
    return are_names(names) and not any(sign in name for name in names for sign in others)


def _with_header(records: Sequence[Record], separator: str, quote: str, shown: str, reading: Reading) -> Layout:
    """The layout that the records of the right separator have: where the rows begin, and their names."""
    told = [record for record in records if not record.is_blank]
    plain = [record for record in told if not record.is_comment] or told
    widths = Counter(len(record.cells) for record in plain if len(record.cells) > 1)
    width = widths.most_common(1)[0][0]
    first = next(at for at, record in enumerate(told) if len(record.cells) == width)
    titles, table = _without_titles([record for record in told[first:] if len(record.cells) == width], width)
    above, table = [*told[:first], *titles], table[: rows_to_judge(width) + 1]
    header = None if reading.header is False else _header_above(above, table, separator, reading)
    if header is not None:
        above.remove(header.record)
    elif has_header([r.cells for r in table], reading.missing) if reading.header is None else reading.header:
        header, table = Header(table[0], _without_hash(table[0].cells)), table[1:]
    if header is None:
        start, names = table[0].line, numbered(width)
    else:
        start = next((r.line for r in records if r.line > header.record.line), header.record.line + 1)
        names = names_of(header.cells, shown)
        if records[-1].line <= header.record.line:
            raise only_header(shown)
    _refuse_ragged(above, header, table, shown)
    notes = (
        *_told_above(above, shown),
        *names.notes,
        *(f"{shown}: {note}" for note in (header.notes if header else ())),
    )
    return Layout(
        separator, quote, width, names, header is not None, start, tuple(tuple(r.cells) for r in table), notes
    )


def _without_hash(cells: Sequence[str]) -> list[str]:
    """A header's cells without the sign that NumPy writes before them."""
    return [cells[0].removeprefix("# ") or cells[0], *cells[1:]]


def _without_titles(table: Sequence[Record], width: int) -> tuple[list[Record], list[Record]]:
    """What stands above the header with as many separators: titles alone in their line, and comments; then the rest."""
    at = 0
    while at + 1 < len(table):
        filled = [sum(bool(cell.strip()) for cell in record.cells) for record in table[at : at + 2]]
        is_title = width > 2 and filled[0] == 1 < filled[1] and bool(table[at].cells[0].strip())
        if not is_title and not (table[at].is_comment and _is_header(table[at + 1 : at + 3])):
            break
        at += 1
    return list(table[:at]), list(table[at:])


def _is_header(records: Sequence[Record]) -> bool:
    """Whether the first of two records is names above values."""
    return len(records) == 2 and are_names(records[0].cells) and any(map(is_value, records[1].cells))


def _header_above(above: Sequence[Record], table: Sequence[Record], separator: str, reading: Reading) -> Header | None:
    """A header of another length than the rows, its cells made to fit.

    It may lack a name for the rows' own names, as R writes it, or end without the separator that ends each row, or have
    one at its end that rows lack; or be a comment, as NumPy writes it.
    """
    if not above or any(map(is_value, above[-1].cells)):
        return None
    last, rows, width = above[-1], [record.cells for record in table], len(table[0].cells)
    cells = [cell.strip() for cell in last.cells]
    if last.is_comment:
        words = last.cells[0].lstrip().lstrip("".join(COMMENTS)).strip()
        cells = [words, *cells[1:]] if words else cells[1:]
        fits = len(cells) == width and are_names(cells) and not has_header(rows, reading.missing)
        return Header(last, cells) if fits else None
    if len(cells) == width + 1 and not cells[-1]:
        return Header(last, cells[:-1])
    if len(cells) != width - 1 or not are_names(cells, reading.missing):
        return None
    if not any(row[-1].strip() for row in rows):
        return Header(last, [*cells, ""])
    first = [row[0] for row in rows]
    if separator not in (BLANKS, "\t") or len(set(first)) < len(first) or are_names(rows[0]):
        return None
    return Header(last, ["", *cells], ("the header names one column less than there are; the first has no name",))


def _refuse_ragged(above: Sequence[Record], header: Header | None, table: Sequence[Record], shown: str) -> None:
    """Raise DataError if what stands above the table looks like a part of it, and no header below is a sure one."""
    if header and are_names(header.cells) and any(map(is_value, table[0].cells if table else ())):
        return
    for record in above:
        if not record.is_comment and sum(bool(cell.strip()) for cell in record.cells) > 1:
            below = table[0] if table else record
            raise uneven(shown, below.line + 1, len(below.cells), record.line + 1, len(record.cells))


def uneven(shown: str, line: int, found: int, first: int, width: int) -> DataError:
    """The error for a row of another length; lines are counted from 1."""
    return DataError(
        f"{shown}:{line}: {found} values where line {first} has {width}; give every row as many values, and quote a"
        " value that holds the separator"
    )


def _told_above(above: Sequence[Record], shown: str) -> Iterator[str]:
    comments = [record for record in above if record.is_comment]
    titles = [record for record in above if not record.is_comment]
    for kind, records in (("comment", comments), ("title", titles)):
        if records:
            lines = f"{len(records)} {kind} lines" if len(records) > 1 else f"a {kind} line"
            yield f"{shown}: {lines} above the table left out, the first at line {records[0].line + 1}"
