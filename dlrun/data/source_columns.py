"""What `dlrun data` and `dlrun init` are told of a table's columns, for tables that do not say it themselves."""

import numpy as np

from ..arrays import Array
from .checks import FEWEST_ROWS_TO_JUDGE, ID_NAME, MOST_LEVELS
from .columns import label
from .examples import Column, Table
from .records import ColumnKind, SourceColumn

# Levels and different values that are shown of a column, and equal parts that its numbers are counted in.
SHOWN_LEVELS, SHOWN_EXAMPLES, PARTS = 20, 3, 20

# Words of a column of yes or no.
FLAG_WORDS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})


def columns_of(table: Table) -> tuple[SourceColumn, ...]:
    """Every column of the table as it was read, with the role of a feature, in the source's order."""
    described = [_described(table.column(name)) for name in table.names]
    target = [] if table.own_target is None else [_described(table.own_target)]
    return (*described, *target)


def _described(column: Column) -> SourceColumn:
    return _of_numbers(column) if column.levels is None else _of_words(column)


def _of_numbers(column: Column) -> SourceColumn:
    gone = column.is_missing()
    values = column.values[~gone].astype(np.float64)
    distinct = np.unique(values)
    counts: Array = np.histogram(values, bins=PARTS)[0] if len(distinct) > 1 else np.zeros(0, dtype=int)
    return SourceColumn(
        column.name,
        _kind_of_numbers(column.name, values, distinct),
        "feature",
        "",
        tuple(label(value) for value in dict.fromkeys(values[:1000].tolist()))[:SHOWN_EXAMPLES],
        len(gone),
        int(gone.sum()),
        {"": int(gone.sum())} if gone.any() else {},
        len(distinct),
        low=float(distinct[0]) if len(distinct) else None,
        high=float(distinct[-1]) if len(distinct) else None,
        counts=tuple(counts.tolist()),
        features=(column.name,),
    )


def _kind_of_numbers(name: str, values: Array, distinct: Array) -> ColumnKind:
    if not len(values):
        return "empty"
    whole = bool((distinct == np.round(distinct)).all())
    if whole and len(distinct) == len(values) >= FEWEST_ROWS_TO_JUDGE:
        in_row_order = bool((np.diff(values) == 1).all())
        return "id" if in_row_order or ID_NAME.fullmatch(name) else "number"
    return "flag" if set(distinct.tolist()) == {0.0, 1.0} else "number"


def _of_words(column: Column) -> SourceColumn:
    assert column.levels is not None
    gone = column.is_missing()
    counts = np.bincount(column.values[~gone], minlength=len(column.levels))
    order = np.argsort(-counts, kind="stable")[:SHOWN_LEVELS]
    return SourceColumn(
        column.name,
        _kind_of_words(column.levels, int((~gone).sum())),
        "feature",
        "",
        tuple(column.levels[at] for at in order[:SHOWN_EXAMPLES]),
        len(gone),
        int(gone.sum()),
        {"": int(gone.sum())} if gone.any() else {},
        len(column.levels),
        levels={column.levels[at]: int(counts[at]) for at in order},
        features=(column.name,) if len(column.levels) <= MOST_LEVELS else (),
    )


def _kind_of_words(levels: tuple[str, ...], filled: int) -> ColumnKind:
    if not levels:
        return "empty"
    if {level.casefold() for level in levels} in FLAG_WORDS:
        return "flag"
    if len(levels) == filled >= FEWEST_ROWS_TO_JUDGE:
        return "text" if any(" " in level for level in levels) else "id"
    return "text" if len(levels) > MOST_LEVELS else "category"
