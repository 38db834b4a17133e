"""Makes tables of arrays, and changes the types of their columns to those that the config asks for.

Tables of files with cells of text are made in `frames`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .cells.forms import ColumnForm
from .examples import Column, Table
from .files import listed, short
from .preparation import MISSING_CODE
from .reading import Reading
from .wishes import wishes_of

if TYPE_CHECKING:
    pass


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


def with_types_asked(table: Table, reading: Reading) -> Table:
    """The table with the types of data.numeric and data.categorical. Raises DataError."""
    wishes = wishes_of(table.names, reading, shown=table.shown, has_target=table.own_target is not None)
    typed = with_numbers(with_categories(table, wishes.categorical), wishes.numeric)
    return replace(typed, forced=frozenset(wishes.categorical))


def with_orders(table: Table, reading: Reading) -> Table:
    """The table with numbers 0, 1, ... for the words of data.ordered, in each column that holds only these.

    The target stays as it is. Raises DataError if no column holds the words of an order.
    """
    target = wishes_of(table.names, reading, shown=table.shown, has_target=table.own_target is not None).target
    for order in reading.ordered:
        names = [
            name
            for name, levels in zip(table.code_names, table.levels, strict=True)
            if name != target and name not in table.forced and levels and set(levels) <= set(order)
        ]
        if not names:
            raise DataError(
                f"data.ordered: no column of {table.shown} holds only the words {listed(order)}; correct them"
            )
        for name in names:
            column = table.column(name)
            places = np.array([*map(order.index, column.levels or ()), np.nan])
            table = _with_number(table, name, places[column.values], order)
    return table


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
        table = _with_number(table, name, np.array([*map(float, column.levels), np.nan])[column.values])
    return table


def _with_number(table: Table, name: str, values: Array, order: tuple[str, ...] = ()) -> Table:
    """The table with numbers (m,) instead of a column's words, which may be the places of an order."""
    at = table.code_names.index(name)
    read_as = dict(table.read_as)
    if name in read_as:
        read_as[name] = read_as[name]._replace(form=ColumnForm("number", order=order))
    return replace(
        table,
        numbers=np.column_stack([table.numbers, values]),
        number_names=(*table.number_names, name),
        codes=np.delete(table.codes, at, axis=1),
        code_names=table.code_names[:at] + table.code_names[at + 1 :],
        levels=table.levels[:at] + table.levels[at + 1 :],
        read_as=read_as,
    )


def check_same_names(names: Sequence[str], first: Sequence[str], *, shown: str, first_shown: str) -> None:
    """Raise DataError unless a second file has every column of the first."""
    present = set(names)
    absent = [name for name in first if name not in present]
    if absent:
        raise DataError(
            f"{shown}: lacks {listed(absent)}, which {first_shown} has; both files need the same columns,"
            " and both a header line or neither"
        )
