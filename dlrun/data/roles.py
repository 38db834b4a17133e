"""Decides which column of a table is the target, which are features, and which one decides the split.

`reader` turns a `Table` into `Examples` by these roles.
"""

from typing import NamedTuple

from ..errors import DataError
from .examples import Column, Table
from .files import listed
from .reading import Reading
from .wishes import wishes_of


class Roles(NamedTuple):
    """The target, the feature columns by name, the column that decides the split, with what it decides, and the one
    that says how often each row counts."""

    target: Column
    features: tuple[str, ...]
    split_by: str | None
    splitter: Column | None
    weight: Column | None = None


def roles_of(table: Table, reading: Reading) -> Roles:
    """What each column is for. Raises DataError if a column does not exist or has two roles."""
    own = table.own_target
    wishes = wishes_of(table.names, reading, shown=table.shown, has_target=own is not None)
    target = own if own is not None else table.column(str(wishes.target))
    apart = {*wishes.dropped, wishes.splitter, wishes.target, wishes.weight}
    features = tuple(name for name in table.names if name not in apart)
    if not features:
        why = "; ".join(table.notes) or f"drop fewer of {listed(table.names)}"
        raise DataError(f"{table.shown}: no feature columns are left; {why}")
    splitter = table.column(wishes.splitter) if wishes.splitter is not None else None
    weight = table.column(wishes.weight) if wishes.weight is not None else None
    return Roles(target, features, wishes.split_by, splitter, weight)
