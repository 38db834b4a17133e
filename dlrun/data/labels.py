"""Leaves out rows that cannot be learned from: those without a label, and those of a class with too few rows.

Both are told with their number, and the config can ask for something else.
"""

from dataclasses import replace

import numpy as np

from ..arrays import Array
from ..errors import DataError
from ..records import SPLITS
from .examples import Table
from .files import listed
from .reading import Reading
from .roles import roles_of
from .targets import Target, task_of_classes

# A class needs a row in each of train, dev and test.
FEWEST_ROWS_A_CLASS = len(SPLITS)

# The class of all rare ones together, where they are merged.
RARE = "rare"


def with_labels_alone(table: Table, reading: Reading) -> Table:
    """The rows that have a target; a warning tells how many have none. Raises DataError if that is not wanted."""
    target = roles_of(table, reading).target
    is_missing = target.is_missing()
    count = int(is_missing.sum())
    if not count:
        return table
    rows = "1 row has" if count == 1 else f"{count} rows have"
    first = table.place(int(is_missing.argmax()))
    what = f"{rows} no value in the target {target.name!r}, the first at {first}"
    if reading.unlabeled == "error":
        raise DataError(
            f"{table.shown}: {what}; fill them in, remove the rows, or set data.unlabeled: drop to leave them out"
        )
    if count == len(is_missing):
        raise DataError(f"{table.shown}: no row has a value in the target {target.name!r}; name another data.target")
    warning = f"{what}: left out of {len(is_missing)} rows (data.unlabeled: error refuses them)"
    return _with_warning(table.only(np.flatnonzero(~is_missing)), warning)


def with_enough_rows(table: Table, target: Target, reading: Reading) -> tuple[Table, Target]:
    """Without rare classes, or with all rare ones as one class, as data.rare_classes asks. Raises DataError."""
    if reading.rare_classes == "error" or not target.classes:
        return table, target
    counts = np.bincount(target.y, minlength=len(target.classes))
    is_rare = counts < FEWEST_ROWS_A_CLASS
    if not is_rare.any():
        return table, target
    names = listed([repr(target.classes[at]) for at in np.flatnonzero(is_rare)])
    rows = int(counts[is_rare].sum())
    told = f"classes with fewer than {FEWEST_ROWS_A_CLASS} rows ({names})"
    if reading.rare_classes == "drop":
        kept = np.flatnonzero(~is_rare[target.y])
        table = _with_warning(table.only(kept), f"{rows} rows of {told} were left out (data.rare_classes: drop)")
        return table, _of_classes(table, target, target.y[kept], ~is_rare, reading)
    if rows < FEWEST_ROWS_A_CLASS:
        raise DataError(
            f"{table.shown}: all {told} together have {rows}; they cannot be one class: set data.rare_classes: drop"
        )
    table = _with_warning(table, f"{told} are one class {RARE!r} of {rows} rows (data.rare_classes: merge)")
    y = np.where(is_rare[target.y], len(target.classes), target.y)
    merged = target._replace(classes=(*target.classes, RARE))
    return table, _of_classes(table, merged, y, np.append(~is_rare, True), reading)


def _of_classes(table: Table, target: Target, y: Array, kept: Array, reading: Reading) -> Target:
    """The target with only the classes that are kept, numbered anew."""
    classes = tuple(name for name, stays in zip(target.classes, kept, strict=True) if stays)
    number = np.cumsum(kept) - 1
    name = roles_of(table, reading).target.name
    task = task_of_classes(name, classes, len(y), task=reading.task, shown=table.shown)
    return Target(number[y].astype(np.int64), classes, task)


def _with_warning(table: Table, warning: str) -> Table:
    return replace(table, warnings=(*table.warnings, warning))
