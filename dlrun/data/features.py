"""Makes raw features of a table's columns: numbers as they are, a date as its parts, a flag as 0 and 1, words as codes.

A column that could only be learned by heart (an id, free text) or that holds no value makes none, and is told.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .cells.dates import date_features
from .examples import Table
from .preparation import MISSING_CODE

# A word of which fewer rows are known is hardly learned. A judgement.
FEWEST_ROWS_A_WORD = 10

# In fewer cells than this, it means nothing if all differ.
FEWEST_ROWS_TO_JUDGE = 20


class Features(NamedTuple):
    """Raw features: numbers (m, p) with NaN where missing, and codes (m, c) into levels with -1 where missing.

    made_of : for each column of the table that is a feature, the names of what was made of it.
    left_out : a sentence for each column that none was made of.
    """

    numbers: Array
    number_names: tuple[str, ...]
    codes: Array
    code_names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    made_of: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...]


def features_of(table: Table, names: Sequence[str], max_levels: int) -> Features:
    """The features made of these columns. Raises DataError if none is left, or one is infinite."""
    why = {name: sentence for name in names if (sentence := why_left_out(table, name, max_levels))}
    used = [name for name in names if name not in why]
    if not used:
        raise DataError(f"{table.shown}: no feature column is left that could help ({'; '.join(why.values())})")
    coded = [name for name in used if name in table.code_places and not _is_flag(table, name)]
    apart = set(coded)
    numbers, made_of = _numbers(table, [name for name in used if name not in apart])
    number_names = tuple(feature for features in made_of.values() for feature in features)
    _refuse_infinite(table, numbers, number_names)
    at = table.code_places
    return Features(
        numbers,
        number_names,
        _columns(table.codes, [at[name] for name in coded]),
        tuple(coded),
        tuple(table.levels[at[name]] for name in coded),
        {**made_of, **{name: (name,) for name in coded}},
        tuple(why.values()),
    )


def why_left_out(table: Table, name: str, max_levels: int) -> str:
    """Why a column makes no feature, as a sentence; empty if it makes one."""
    kind, column = table.kind_of(name), table.column(name)
    if column.levels is None:
        if column.values.dtype.kind == "f" and bool(np.isnan(column.values).all()):
            return f"column {name!r} holds no value and was left out"
        if kind == "id":
            return f"column {name!r} numbers the rows and was left out; name it in data.numeric to keep it"
        return ""
    filled, levels = int((column.values >= 0).sum()), len(column.levels)
    if not levels:
        return f"column {name!r} holds no value and was left out"
    if name in table.forced or not _is_learned_by_heart(column.values, filled, levels, max_levels):
        return ""
    return (
        f"column {name!r} holds {levels} different texts in {filled} rows and was left out: a feature for each could"
        " only learn rows by heart; name it in data.categorical to keep it, in data.drop to silence this"
    )


def _is_learned_by_heart(codes: Array, filled: int, levels: int, max_levels: int) -> bool:
    """Whether all words differ, or there are more than get a feature each and none of them is frequent."""
    if filled < FEWEST_ROWS_TO_JUDGE:
        return False
    if levels == filled:
        return True
    return levels > max_levels and int(np.bincount(codes[codes >= 0]).max()) < FEWEST_ROWS_A_WORD


def _is_flag(table: Table, name: str) -> bool:
    return table.kind_of(name) == "flag" and name not in table.forced and len(table.column(name).levels or ()) == 2


def _numbers(table: Table, names: Sequence[str]) -> tuple[Array, dict[str, tuple[str, ...]]]:
    """The numeric features (m, p) of these columns, and what was made of each."""
    if all(name in table.number_places and table.kind_of(name) != "date" for name in names):
        return _columns(table.numbers, [table.number_places[name] for name in names]), {name: (name,) for name in names}
    columns: dict[str, Array] = {}
    made_of: dict[str, tuple[str, ...]] = {}
    for name in names:
        values = table.column(name).values
        if _is_flag(table, name):
            made = {name: np.where(values == MISSING_CODE, np.nan, values).astype(np.float64)}
        elif table.kind_of(name) == "date":
            made = date_features(name, values, table.read_as[name].form.date_parts)
        else:
            made = {name: values}
        made_of[name] = tuple(made)
        columns |= made
    return np.stack(list(columns.values())).T, made_of


def _columns(matrix: Array, at: Sequence[int]) -> Array:
    """These columns; where they are neighbours (as with the target in the last one) a view, not a copy."""
    together = list(at) == list(range(at[0], at[-1] + 1)) if at else False
    return matrix[:, at[0] : at[-1] + 1] if together else np.asfortranarray(matrix[:, list(at)])


def _refuse_infinite(table: Table, numbers: Array, names: Sequence[str]) -> None:
    if numbers.dtype.kind != "f" or not numbers.size:
        return
    if np.isfinite([fold.reduce(numbers, axis=None) for fold in (np.fmin, np.fmax)]).all():  # without a copy
        return
    infinite = np.isinf(numbers)
    if not infinite.any():
        return
    row, column = map(int, np.unravel_index(int(infinite.argmax()), numbers.shape))
    raise DataError(
        f"{table.place(row)}: column {names[column]!r} is {numbers[row, column]}; a feature must be finite: correct"
        " the value, or list its text in data.missing"
    )
