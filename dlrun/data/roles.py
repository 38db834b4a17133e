"""Decides which column of a table is the target, which are features, and which one decides the split.

`reader` turns a `Table` into `Examples` by these roles.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from ..errors import DataError
from .columns import with_categories, with_numbers
from .examples import Column, Table
from .files import find_column, find_columns, listed
from .reading import Reading


class Roles(NamedTuple):
    """The target, the feature columns by name, and the column that decides the split, with what it decides."""

    target: Column
    features: tuple[str, ...]
    split_by: str | None
    splitter: Column | None


def with_types_asked(table: Table, reading: Reading) -> Table:
    """The table with the types of data.numeric and data.categorical. Raises DataError."""
    as_numbers = find_columns(reading.numeric, table.names, setting="data.numeric", shown=table.shown)
    as_text = find_columns(reading.categorical, table.names, setting="data.categorical", shown=table.shown)
    if both := [name for name in as_numbers if name in as_text]:
        raise DataError(f"data.numeric: {both[0]!r} is in data.categorical too; name it in one of them")
    return replace(with_numbers(with_categories(table, as_text), as_numbers), forced=frozenset(as_text))


def roles_of(table: Table, reading: Reading) -> Roles:
    """What each column is for. Raises DataError if a column does not exist or has two roles."""
    dropped = find_columns(reading.drop, table.names, setting="data.drop", shown=table.shown)
    setting, splitter = _splitter(table, reading)
    if table.own_target is None:
        target = table.column(_target_name(table, reading, dropped, setting, splitter))
        apart = {*dropped, splitter, target.name}
    else:
        target, apart = table.own_target, {*dropped, splitter}
        if reading.target is not None and not table.shown.startswith("openml:"):
            raise DataError(f"data.target: {table.shown} comes with its own target; leave data.target out")
    features = tuple(name for name in table.names if name not in apart)
    if not features:
        raise DataError(f"{table.shown}: no feature columns are left; drop fewer of {listed(table.names)}")
    return Roles(target, features, setting, table.column(splitter) if splitter is not None else None)


def _splitter(table: Table, reading: Reading) -> tuple[str | None, str | None]:
    """The key below `data` that names the column which decides the split, and that column; None without one."""
    chosen = {
        setting: find_column(wanted, table.names, setting=f"data.{setting}", shown=table.shown)
        for setting, wanted in reading.splitters.items()
    }
    if len(chosen) > 1:
        keys = " and ".join(f"data.{setting}" for setting in chosen)
        raise DataError(f"{keys}: one way of splitting at a time; keep one of them")
    return next(iter(chosen.items()), (None, None))


def _target_name(
    table: Table, reading: Reading, dropped: Sequence[str], setting: str | None, splitter: str | None
) -> str:
    if reading.target is None:
        free = [name for name in table.names if name not in dropped and name != splitter]
        if not free:
            raise DataError(f"{table.shown}: every column is dropped or splits; keep one as the target")
        return free[-1]
    name = find_column(reading.target, table.names, setting="data.target", shown=table.shown)
    clash = "data.drop" if name in dropped else f"data.{setting}" if name == splitter else None
    if clash:
        raise DataError(f"{clash}: {name!r} is the target; name another data.target, or take it out of {clash}")
    return name
