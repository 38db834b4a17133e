"""Turns a target column into classes or numbers: the rule that decides the task, and the errors of an unfit target.

Labels stay as people see them in the file. Only this module decides which integer a label gets.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .columns import label
from .examples import Column
from .files import listed, short
from .reading import AskedTask, Task

# A target of whole numbers with at most this many different values is read as classes: enough for digits (10) and
# ratings, while counts and prices have more. `data.task` has precedence.
MOST_INTEGER_CLASSES = 20

# A target with more different values than this share of the rows is a name or a measurement, not a class.
LARGEST_CLASS_SHARE = 0.5

# With fewer rows than this, each may have its own class.
FEWEST_ROWS_TO_JUDGE = 20

# The squares of numbers up to this, and sums of as many of them as there ever are, stay within float64.
LARGEST_TARGET = 1e100


class Target(NamedTuple):
    """y (m,): int64 class indices into `classes`, or float64 where the task is regression and `classes` is empty."""

    y: Array
    classes: tuple[str, ...]
    task: Task


def read_target(column: Column, *, task: AskedTask, shown: str, place: Callable[[int], str]) -> Target:
    """The target as the task (auto, binary, multiclass, regression) needs it. Raises DataError if it cannot be."""
    if column.levels is not None:
        if task == "regression":
            row = 0
            word = column.levels[column.values[row]]
            raise DataError(
                f"{place(row)}: data.task is regression but the target {column.name!r} holds text ({short(word)});"
                " set data.task: auto, or list the words for missing values in data.missing"
            )
        used, y = _distinct(column.values)
        classes = tuple(column.levels[code] for code in used)
        return Target(y, classes, task_of_classes(column.name, classes, len(y), task=task, shown=shown))
    values = column.values.astype(np.float64)
    if not np.isfinite(values).all():
        row = int(np.isfinite(values).argmin())
        raise DataError(f"{place(row)}: the target {column.name!r} is {values[row]}; it must be finite: correct it")
    if task != "regression":
        distinct, y = _distinct(values)
        if task != "auto" or are_classes(distinct):
            classes = tuple(label(value) for value in distinct)
            return Target(y, classes, task_of_classes(column.name, classes, len(y), task=task, shown=shown))
    refuse_unlearnable(column.name, values.min(), values.max(), shown)
    return Target(values, (), "regression")


def _distinct(values: Array) -> tuple[Array, Array]:
    """The different values, sorted, and for each value (m,) int64 which of them it is."""
    distinct, index = np.unique(values, return_inverse=True)
    return distinct, index.astype(np.int64)


def are_classes(distinct: Array) -> bool:
    """Whether numbers are classes if the config does not say: whole numbers, and few different ones."""
    return len(distinct) <= MOST_INTEGER_CLASSES and bool((distinct == np.round(distinct)).all())


def refuse_unlearnable(name: str, least: float, greatest: float, shown: str) -> None:
    """Raises DataError for numbers that are all the same, or too large for their squares."""
    largest = max(abs(least), abs(greatest))
    if largest > LARGEST_TARGET:
        raise DataError(
            f"{shown}: the target {name!r} has numbers as large as {largest:.3g}, whose squares no float holds; express"
            " it in other units, or take its logarithm"
        )
    if least == greatest:
        raise DataError(
            f"{shown}: every row has the same target, {name!r} is {label(least)}; there is nothing to learn: name"
            " another column with data.target, or add rows with another value"
        )


def task_of_classes(name: str, classes: Sequence[str], m: int, *, task: AskedTask, shown: str) -> Task:
    """The task that a target of m rows in these classes asks for, binary or multiclass.

    Raises DataError if they cannot be classes, or contradict the task asked for.
    """
    count = len(classes)
    if count == 1:
        raise DataError(
            f"{shown}: every row has the same target, {name!r} is {classes[0]!r}; there is nothing to learn: name"
            " another column with data.target, or add rows of another class"
        )
    if task == "binary" and count > 2:
        raise DataError(
            f"{shown}: data.task is binary but the target {name!r} has {count} classes ({listed(classes)});"
            " set data.task: multiclass or auto"
        )
    if m >= FEWEST_ROWS_TO_JUDGE and count > LARGEST_CLASS_SHARE * m:
        raise DataError(
            f"{shown}: the target {name!r} has {count} different values in {m} rows, too many for classes; name"
            " another column with data.target, or set data.task: regression if they are numbers"
        )
    if task == "binary" or task == "multiclass":
        return task
    return "binary" if count == 2 else "multiclass"
