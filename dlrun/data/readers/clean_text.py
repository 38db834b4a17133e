"""The fast way to read separated text: the reader itself parses columns whose first rows are numbers.

It is for files without irregularities, as most large files are. For anything that needs a rule or a message (a short
row, a blank line, text in a column of numbers) it returns None, and `separated` then reads the file the careful way.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import DataError
from ..columns import is_number
from ..files import find_columns
from ..reading import Reading
from .separated import ROWS_TO_JUDGE_HEADER, blank_rows, has_blanks_around_quotes, has_header, header_names

if TYPE_CHECKING:
    import polars


def read_clean(raw: bytes, separator: str, shown: str, reading: Reading) -> "tuple[polars.DataFrame, bool] | None":
    """The frame with its names, and whether the first line held them; or None if the careful way is needed.

    Columns are Float64, null where missing, or String.
    """
    import polars as pl

    missing = reading.missing
    # A marker -999 may be written -999.0. Only comparing stripped text keeps the two apart.
    if any(is_number(marker) and float(marker) == float(marker) for marker in missing):
        return None
    head = first_rows(raw, separator)
    if head is None or (b'"' in raw and has_blanks_around_quotes(raw, separator)):
        return None
    titled = has_header(head, missing) if reading.header is None else reading.header
    try:
        names = header_names(head, shown) if titled else list(head.columns)
        as_text = find_columns(reading.categorical, names, setting="data.categorical", shown=shown)
        below = head.slice(int(titled)).rename(dict(zip(head.columns, names, strict=True)))
        kinds = {name: pl.String if name in as_text else kind_of(below[name], missing) for name in names}
        if pl.Float64 not in kinds.values():
            return None
        frame = pl.read_csv(
            raw,
            has_header=titled,
            schema=kinds,
            separator=separator,
            null_values=[marker for marker in missing if marker],
            empty_string_is_null=False,
        )
    except (DataError, pl.exceptions.PolarsError):
        return None
    last = frame.to_series(-1)
    # The reader also makes an empty last cell of a row that is too short, or blank.
    ends_empty = last.null_count() > 0 or (last.dtype == pl.String and bool((last == "").any()))
    return None if ends_empty else (frame, titled)


def first_rows(raw: bytes, separator: str) -> "polars.DataFrame | None":
    """The first records as text, as many as decide about a header; None if they are irregular in any way."""
    import polars as pl

    end = -1
    for _ in range(ROWS_TO_JUDGE_HEADER + 1):
        if (line_end := raw.find(b"\n", end + 1)) < 0:
            break
        end = line_end
    lines = raw if line_end < 0 else raw[: end + 1]
    if lines.count(b'"') % 2 or lines[:1] in (b"\n", b"\r"):
        return None
    try:
        head = pl.read_csv(lines, has_header=False, infer_schema=False, separator=separator, empty_string_is_null=False)
    except pl.exceptions.PolarsError:
        return None
    head.columns = [f"x{at}" for at in range(head.width)]
    return None if blank_rows(head).any() else head


def kind_of(column: "polars.Series", missing: Sequence[str]) -> "type[polars.DataType]":
    """Float64 if the values that are not missing are numbers and there are any, else String."""
    import polars as pl

    values = column.str.strip_chars()
    values = values.filter(~values.is_in([*missing, ""]))
    return pl.Float64 if len(values) and values.cast(pl.Float64, strict=False).null_count() == 0 else pl.String
