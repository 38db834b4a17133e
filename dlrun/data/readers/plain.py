"""Reads regular text into a frame: Float64 where every cell is a plain number, and the cells as written elsewhere.

A number is plain if nobody could mean anything else by it: no leading zeros, no blanks, no more digits than a float64
holds. Columns whose first rows are decimal numbers are parsed as such at once, which is fastest, and those of whole
numbers too where there are many; what that could hide (a code `00501` far below, a whole number beyond 2^53) is then
looked for, and such columns are read again as text.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import polars

# Numbers, and whole ones, as every program reads them.
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][+-]?\d+)?")
WHOLE = re.compile(r"-?(?:0|[1-9]\d*)")

# Three decimals after at most three digits: 1.234 may mean one and a bit, or a thousand and more.
EITHER = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")

# From here on, a float64 takes neighbouring whole numbers for the same.
FIRST_INEXACT = 2.0**53

# Whole numbers of so many digits are exact.
MOST_DIGITS = 15

# Codes with leading zeros are shorter than this.
LONGEST_CODE = 64

# Whole numbers are parsed at once in tables where more than this share of the columns begins with such.
MANY_WHOLE = 0.5

# Compared at a time when zeros are looked for: within the processor's cache.
ZEROS_AT_ONCE = 2**18


class Form(NamedTuple):
    """How regular text is to be read: what separates and quotes its cells, its names, and the lines above its rows."""

    separator: str
    quote: str
    names: Sequence[str]
    start: int = 0


def read_plain(raw: bytes, form: Form, rows: Sequence[Sequence[str]], as_text: Iterable[str]) -> "polars.DataFrame":
    """The frame, judged by its first `rows`; columns in `as_text` stay text. Raises PolarsError for irregular text."""
    import polars as pl

    texts = set(as_text)
    cells = {name: [row[at] for row in rows] for at, name in enumerate(form.names) if name not in texts}
    numbers = {name for name, column in cells.items() if _are_numbers(column)}
    whole = {name for name in numbers if _are_whole(cells[name])}
    # To look for codes in the whole text takes as long as to cast many columns, but not most of them.
    at_once = numbers if len(whole) > MANY_WHOLE * len(form.names) else numbers - whole
    try:
        frame = _read(raw, form, at_once)
    except pl.exceptions.PolarsError:
        if not at_once:
            raise
        # One of them holds text after all, unless the file is irregular, which the second reading shows again.
        return with_numbers(_read(raw, form, set()), numbers)
    doubtful = _doubtful(raw, form, frame, at_once, at_once & whole)
    frame = with_numbers(frame, numbers - at_once)
    if not doubtful:
        return frame
    again = with_numbers(_read(raw, form, set(), only=doubtful), doubtful)
    return frame.with_columns(again[name] for name in doubtful)


def _read(raw: bytes, form: Form, numbers: set[str], only: Sequence[str] | None = None) -> "polars.DataFrame":
    import polars as pl

    return pl.read_csv(
        raw,
        has_header=False,
        skip_lines=form.start,
        schema={name: pl.Float64 if name in numbers else pl.String for name in form.names},
        # By their places, since polars refuses names of its schema where the text has no header.
        columns=None if only is None else [form.names.index(name) for name in only],
        separator=form.separator,
        quote_char=form.quote,
        empty_string_is_null=False,
    )


def _are_numbers(cells: Sequence[str]) -> bool:
    """Whether a column's first cells are numbers that mean one thing only; codes are whole and all of one length."""
    told = [cell for cell in cells if cell]
    if not told or not all(NUMBER.fullmatch(cell) and cell[-1] in "0123456789." and cell != "." for cell in told):
        return False
    if _are_whole(told):
        return len({len(cell) for cell in told}) > 1 or len(told[0]) == 1
    return not all(EITHER.fullmatch(cell) for cell in told if "." in cell)


def _are_whole(cells: Sequence[str]) -> bool:
    return all(WHOLE.fullmatch(cell) for cell in cells if cell)


def with_numbers(frame: "polars.DataFrame", names: Iterable[str]) -> "polars.DataFrame":
    """The frame with those columns of text as Float64 in which every cell that is not empty is a plain number."""
    import polars as pl

    names = list(names)
    if not names:
        return frame
    columns = pl.col(names)
    numbers = frame.select(columns.cast(pl.Float64, strict=False))
    told, parsed = frame.select((columns != "").sum()).row(0), numbers.select(columns.count()).row(0)
    exact = numbers.select(((columns.abs() < FIRST_INEXACT) | columns.is_null()).all()).row(0)
    # Cheaper than a pattern, and it finds 0e5 as well, which is as rare.
    is_padded = columns.str.starts_with("0") & (columns.str.len_bytes() > 1) & ~columns.str.starts_with("0.")
    padded = frame.select(is_padded.any()).row(0)
    fits = [told[at] == parsed[at] and exact[at] and not padded[at] for at in range(len(names))]
    return frame.with_columns(numbers[name] for name, fit in zip(names, fits, strict=True) if fit)


def _doubtful(raw: bytes, form: Form, frame: "polars.DataFrame", numbers: set[str], whole: set[str]) -> list[str]:
    """The columns parsed as numbers whose text must be looked at: words such as nan, large numbers, and codes.

    A code with leading zeros, 00501, is parsed as a whole number; beside decimals it is none.
    """
    import polars as pl

    names = [name for name in form.names if name in numbers]
    if not names:
        return []
    columns = pl.col(names)
    inexact = frame.select(~((columns.abs() < FIRST_INEXACT) | columns.is_null()).all()).row(0)
    padded = whole if whole and _has_padded(raw, form) else set()
    return [name for name, is_inexact in zip(names, inexact, strict=True) if is_inexact or name in padded]


def _has_padded(raw: bytes, form: Form) -> bool:
    """Whether any cell holds nothing but digits, of which the first is a zero and no decimal follows."""
    text = np.frombuffer(raw, dtype=np.uint8)
    edges = np.array([ord(form.separator), ord("\n"), ord(form.quote), ord(" ")], dtype=np.uint8)
    ends = np.append(edges, np.uint8(ord("\r")))
    for start in range(0, len(text), ZEROS_AT_ONCE):
        piece = text[start : start + ZEROS_AT_ONCE + LONGEST_CODE]
        before, cell, after = piece[:-2], piece[1:-1], piece[2:]
        found = (cell == ord("0")) & (after - np.uint8(ord("0")) < 10)
        found &= (before == edges[0]) | (before == edges[1]) | (before == edges[2]) | (before == edges[3])
        at = np.flatnonzero(found) + 2
        # Where dates such as 01.02.2024 stand in the file, most of them end here.
        while len(at):
            at += 1
            if at[-1] == len(piece):
                if start + len(piece) == len(text):
                    return True
                at = at[:-1]
            if np.isin(piece[at], ends).any():
                return True
            at = at[piece[at] - np.uint8(ord("0")) < 10]
    return False
