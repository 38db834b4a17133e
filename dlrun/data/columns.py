"""Turns raw cells into typed columns: the rules that make a column numbers or categories, for frames and arrays.

All readers of tables share these rules. Frames are handled only by polars expressions, so that a million rows need no
Python loop.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .examples import Column, Table
from .files import listed, short
from .preparation import MISSING_CODE

if TYPE_CHECKING:
    import polars


def plain_table(
    shown: str,
    X: Array,
    y: Array,
    *,
    names: Iterable[object] | None = None,
    labels: Iterable[object] | None = None,
    pixels: bool = False,
) -> Table:
    """A table of numbers only, X (m, n), with its own target y (m,); `labels` name the integers in y."""
    columns = tuple(f"x{i}" for i in range(X.shape[1])) if names is None else tuple(map(str, names))
    target = Column("target", y, None if labels is None else tuple(map(str, labels)))
    no_codes = np.empty((len(X), 0), dtype=np.int32)
    return Table(shown, columns, X, columns, no_codes, (), (), row_places(shown), target, pixels=pixels)


def row_places(shown: str) -> Callable[[int], str]:
    """A function that names a row by its number, counted from 1, for a source without lines."""
    return lambda row: f"{shown} row {row + 1}"


def text_or_numbers(name: str, values: Array) -> Column:
    """A column from a (m,) array of numbers, booleans or text; None in text is missing."""
    if values.dtype.kind in "iuf":
        return Column(name, values)
    gone = np.array([value is None or value != value for value in values]) if values.dtype.kind == "O" else None
    text = np.char.strip(values.astype(str))
    levels, codes = np.unique(text if gone is None else np.where(gone, "", text), return_inverse=True)
    if gone is not None and gone.any():
        levels, codes = levels[1:], codes - 1
    return Column(name, codes.astype(np.int32), tuple(levels.tolist()))


def label(number: float) -> str:
    """A number as a label shows it: integers without a point, 3 and not 3.0."""
    return str(int(number)) if float(number).is_integer() else str(number)


def is_number(text: str) -> bool:
    """Whether a cell is a number; inf and nan count."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def table_from_frame(
    frame: "polars.DataFrame",
    *,
    shown: str,
    place: Callable[[int], str],
    missing: Sequence[str],
    as_text: Iterable[str] = (),
) -> Table:
    """A table from a frame of text, numbers and booleans; blanks around text are stripped.

    A column is numeric if every value that is not missing parses as a number; `as_text` names columns that stay
    categories whatever they hold. An empty cell is always missing, and so is a number that is NaN.
    """
    import polars as pl

    frame = _as_texts_or_floats(frame)
    as_text, schema = set(as_text), frame.schema
    texts = [name for name, kind in schema.items() if kind == pl.String]
    numbers = _parsed_at_once(frame, [name for name in texts if name not in as_text], missing)
    slow = [name for name in texts if name not in numbers]
    cleaned = frame.select(_cleaned(pl.col(name), missing) for name in slow)
    parsed = cleaned.select(pl.all().cast(pl.Float64, strict=False))
    numeric = {
        name: parsed[name]
        for name in slow
        if name not in as_text and len(frame) > cleaned[name].null_count() == parsed[name].null_count()
    }
    numeric.update((name, frame[name]) for name, kind in schema.items() if kind != pl.String)
    numeric.update(numbers)
    number_names = tuple(name for name in frame.columns if name in numeric)
    code_names = tuple(name for name in frame.columns if name not in numeric)
    matrix = pl.DataFrame([numeric[name].alias(name) for name in number_names]).to_numpy(order="c")
    return Table(
        shown,
        tuple(frame.columns),
        matrix if number_names else np.empty((len(frame), 0)),
        number_names,
        _codes(cleaned.select(code_names)) if code_names else np.empty((len(frame), 0), dtype=np.int32),
        code_names,
        tuple(tuple(cleaned[name].drop_nulls().unique().sort().to_list()) for name in code_names),
        place,
    )


def _as_texts_or_floats(frame: "polars.DataFrame") -> "polars.DataFrame":
    """Every column as String or Float64; booleans read True and False, as people write them."""
    import polars as pl

    def shaped(name: str, kind: "polars.DataType") -> "polars.Expr":
        column = pl.col(name)
        if kind == pl.Boolean:
            return pl.when(column).then(pl.lit("True")).when(~column).then(pl.lit("False")).alias(name)
        return column.cast(pl.Float64 if kind.is_numeric() else pl.String)

    return frame.select(shaped(name, kind) for name, kind in frame.schema.items())


def _cleaned(column: "polars.Expr", missing: Sequence[str]) -> "polars.Expr":
    import polars as pl

    stripped = column.str.strip_chars()
    return pl.when(~stripped.is_in(sorted({*missing, ""}))).then(stripped).name.keep()


def _parsed_at_once(frame: "polars.DataFrame", names: list[str], missing: Sequence[str]) -> "dict[str, polars.Series]":
    """The columns that parse as numbers at once: the common case, where no cell needs stripping.

    Does nothing if a missing marker is itself a number (-999), because then the text must be compared first.
    """
    import polars as pl

    if any(is_number(marker) and float(marker) == float(marker) for marker in missing):
        return {}
    parsed = frame.select(pl.col(names).cast(pl.Float64, strict=False)) if names else frame.select([])
    # A column that holds only "nan" need not be a column of numbers.
    numeric = [name for name in names if parsed[name].null_count() == 0]
    return {name: parsed[name] for name in numeric if not parsed[name].is_nan().all()}


def _codes(frame: "polars.DataFrame") -> Array:
    """(m, c) int32 ranks of each column's sorted distinct values, -1 where missing."""
    import polars as pl

    ranks = frame.select(pl.all().rank("dense").cast(pl.Int32).fill_null(MISSING_CODE + 1) - 1)
    return ranks.to_numpy(order="c")


def with_categories(table: Table, names: Sequence[str]) -> Table:
    """The table with these columns as categories; numbers become labels."""
    for name in names:
        column = table.column(name)
        if column.levels is not None:
            continue
        distinct, inverse = np.unique(np.nan_to_num(column.values, nan=np.inf), return_inverse=True)
        gone = column.is_missing()
        codes = np.where(gone, MISSING_CODE, inverse).astype(np.int32)
        levels = tuple(label(value) for value in distinct if np.isfinite(value) or not gone.any())
        table = replace(
            _without_numbers(table, name),
            codes=np.column_stack([table.codes, codes]),
            code_names=(*table.code_names, name),
            levels=(*table.levels, levels),
        )
    return table


def _without_numbers(table: Table, name: str) -> Table:
    at = table.number_names.index(name)
    numbers = np.delete(table.numbers, at, axis=1)
    return replace(table, numbers=numbers, number_names=table.number_names[:at] + table.number_names[at + 1 :])


def with_numbers(table: Table, names: Sequence[str]) -> Table:
    """The table with these columns as numbers. Raises DataError that names the first row without a number."""
    for name in names:
        column = table.column(name)
        if column.levels is None:
            continue
        wrong = [code for code, level in enumerate(column.levels) if not is_number(level)]
        if wrong:
            row = int(np.isin(column.values, wrong).argmax())
            value = column.levels[column.values[row]]
            raise DataError(
                f"{table.place(row)}: column {name!r} holds {short(value)}, which is no number, but data.numeric names"
                " the column; correct the value, list it in data.missing, or take the column out of data.numeric"
            )
        values = np.array([*map(float, column.levels), np.nan])[column.values]
        at = table.code_names.index(name)
        table = replace(
            table,
            numbers=np.column_stack([table.numbers, values]),
            number_names=(*table.number_names, name),
            codes=np.delete(table.codes, at, axis=1),
            code_names=table.code_names[:at] + table.code_names[at + 1 :],
            levels=table.levels[:at] + table.levels[at + 1 :],
        )
    return table


def check_same_names(names: Sequence[str], first: Sequence[str], *, shown: str, first_shown: str) -> None:
    """Raise DataError unless a second file has every column of the first."""
    present = set(names)
    absent = [name for name in first if name not in present]
    if absent:
        raise DataError(
            f"{shown}: lacks {listed(absent)}, which {first_shown} has; both files need the same columns,"
            " and both a header line or neither"
        )
