"""The columns that the config names, found among those of a source.

It comes before cells are read, because a target is read with more care than a feature.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ..errors import DataError
from .files import find_column, find_columns
from .reading import Reading


class Wishes(NamedTuple):
    """The columns by what the config wants of them.

    target : None where the source comes with its own. split_by : the key below `data` that names `splitter`, the column
    that decides the split; None without one. weight : the column that says how often each row counts, or None.
    """

    target: str | None
    dropped: tuple[str, ...]
    split_by: str | None
    splitter: str | None
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    weight: str | None = None


def wishes_of(names: Sequence[str], reading: Reading, *, shown: str, has_target: bool = False) -> Wishes:
    """The wishes for a source with these columns. Raises DataError if a column does not exist or has two roles."""
    dropped = find_columns(reading.drop, names, setting="data.drop", shown=shown)
    numeric = find_columns(reading.numeric, names, setting="data.numeric", shown=shown)
    categorical = find_columns(reading.categorical, names, setting="data.categorical", shown=shown)
    if both := [name for name in numeric if name in categorical]:
        raise DataError(f"data.numeric: {both[0]!r} is in data.categorical too; name it in one of them")
    split_by, splitter = _splitter(names, reading, shown)
    weight = None
    if reading.weight is not None:
        weight = find_column(reading.weight, names, setting="data.weight", shown=shown)
        if clash := "data.drop" if weight in dropped else f"data.{split_by}" if weight == splitter else None:
            raise DataError(f"{clash}: {weight!r} is data.weight; take it out of {clash}, or name another weight")
    if has_target:
        if reading.target is not None and not shown.startswith("openml:"):
            raise DataError(f"data.target: {shown} comes with its own target; leave data.target out")
        target = None
    else:
        target = _target(names, reading, shown, dropped, split_by, (splitter, weight))
    return Wishes(target, dropped, split_by, splitter, numeric, categorical, weight)


def _splitter(names: Sequence[str], reading: Reading, shown: str) -> tuple[str | None, str | None]:
    """The key below `data` that names the column which decides the split, and that column; None without one."""
    chosen = {
        setting: find_column(wanted, names, setting=f"data.{setting}", shown=shown)
        for setting, wanted in reading.splitters.items()
    }
    if len(chosen) > 1:
        keys = " and ".join(f"data.{setting}" for setting in chosen)
        raise DataError(f"{keys}: one way of splitting at a time; keep one of them")
    return next(iter(chosen.items()), (None, None))


def _target(
    names: Sequence[str],
    reading: Reading,
    shown: str,
    dropped: Sequence[str],
    split_by: str | None,
    others: tuple[str | None, str | None],
) -> str:
    """The target among these names; `others` are the column that splits and that of the weights."""
    splitter, weight = others
    if reading.target is None:
        free = [name for name in names if name not in dropped and name not in others]
        if not free:
            raise DataError(f"{shown}: every column is dropped or splits; keep one as the target")
        return free[-1]
    name = find_column(reading.target, names, setting="data.target", shown=shown)
    clash = "data.drop" if name in dropped else f"data.{split_by}" if name == splitter else None
    clash = "data.weight" if name == weight else clash
    if clash:
        raise DataError(f"{clash}: {name!r} is the target; name another data.target, or take it out of {clash}")
    return name
