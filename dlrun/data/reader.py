"""Reads a source into `Examples`: reads its table, gives each column a role, and takes the raw features.

It is the first of the three calls on the data path; `splits` and `fitting` follow.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import DataError
from ..records import SPLITS
from .columns import with_orders, with_types_asked
from .describing import source_columns, source_form
from .examples import Column, Examples, Table
from .features import features_of
from .files import find_file, listed
from .formats import read_table
from .labels import with_enough_rows, with_labels_alone
from .mapped import MappedExamples
from .readers.pictures import square_side
from .reading import Reading
from .roles import Roles, roles_of
from .row_weights import with_counted_rows
from .targets import Target, read_target
from .telling import columns_told, faults_in_columns

# Column names in common tables of images: pixel7, px_7, and 3x4 for row 3, column 4.
PIXEL_NAME = re.compile(r"(pixel|px)[ _]?\d+|\d+x\d+", re.IGNORECASE)

# Rows made contiguous at a time while hashing, so that no copy of all of them is made.
ROWS_TO_HASH = 2**14

# The words that a split column may hold, in any case.
SPLIT_WORDS = {"train": "train", "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev", "test": "test"}


def read_examples(reading: Reading, *, folder: Path, rng: np.random.Generator) -> Examples | MappedExamples:
    """The rows of a source, with raw features and a target; with `memory_map`, the rows of a .npy in their file.

    Files are looked for in `folder` and then in the working directory. Generators draw their seed from `rng`.
    Raises DataError.
    """
    if reading.memory_map:
        return _mapped(reading, folder)
    table, target = _rows_with_target(reading, folder, rng)
    return _examples(table, roles_of(table, reading), target, reading)


def places_of_rows(reading: Reading, *, folder: Path, rng: np.random.Generator) -> Callable[[int], str]:
    """A function from a row of `read_examples` to where a person finds it, such as train.csv:14. Raises DataError."""
    if reading.memory_map:
        return lambda row: f"{reading.shown}, row {row + 1}"
    return _rows_with_target(reading, folder, rng)[0].place


def _rows_with_target(reading: Reading, folder: Path, rng: np.random.Generator) -> tuple[Table, Target]:
    """The rows of a source that can be learned from, and their target."""
    table = with_types_asked(read_table(reading, folder=folder, rng=rng), reading)
    table, _ = with_counted_rows(with_labels_alone(with_orders(table, reading), reading), reading)
    column = roles_of(table, reading).target
    target = read_target(column, task=reading.task, shown=table.shown, place=table.place)
    return with_enough_rows(table, target, reading)


def _mapped(reading: Reading, folder: Path) -> MappedExamples:
    """The roles of a .npy's columns; its rows are read when a Dataset is fitted to them."""
    from .readers.npy import read_npy, refuse_columns_apart, refuse_unmapped

    refuse_unmapped(reading)
    shown = reading.shown
    table = read_npy({"train": (shown, find_file(shown, folder))}, reading)
    refuse_columns_apart(table)
    roles = roles_of(table, reading)
    at = {name: index for index, name in enumerate(table.names)}
    columns, target_at = np.array([at[name] for name in roles.features]), at[roles.target.name]
    form = source_form(table, roles.target.name, roles.features, reading.missing)
    return MappedExamples(
        shown, table.numbers, columns, roles.features, target_at, roles.target.name, reading.task, form=form
    )


def _examples(table: Table, roles: Roles, target: Target, reading: Reading) -> Examples:
    made = features_of(table, roles.features, reading.max_levels)
    notes, warnings = columns_told(table, [*roles.features, roles.target.name], reading)
    division = _division(table, roles)
    _, weight = with_counted_rows(table, reading)
    side = _image_side(table, made.number_names, made.code_names)
    examples = Examples(
        shown=table.shown,
        numbers=made.numbers,
        number_names=made.number_names,
        codes=made.codes,
        code_names=made.code_names,
        levels=made.levels,
        y=target.y,
        task=target.task,
        classes=target.classes,
        target_name=roles.target.name,
        sha256="",
        given=division.given,
        given_exactly=division.given_exactly,
        group=division.group,
        order=division.order,
        split_by=division.split_by,
        image_side=side,
        image_channels=table.channels if side and table.channels > 1 else None,
        warnings=(*table.warnings, *warnings, *made.left_out),
        notes=(*table.notes, *notes),
        suspicions=tuple(faults_in_columns(table, list(made.made_of))),
        source_columns=source_columns(table, roles, made.made_of, are_pixels=side is not None),
        form=source_form(table, roles.target.name, made.made_of, reading.missing),
        weight=weight,
    )
    return replace(examples, sha256=_sha256(examples))


def _image_side(table: Table, number_names: Sequence[str], code_names: Sequence[str]) -> int | None:
    """The side of square images: all columns are numbers, a square number of them, known or named as pixels."""
    if code_names or not (table.pixels or all(PIXEL_NAME.fullmatch(name) for name in number_names)):
        return None
    return square_side(len(number_names), table.channels)


class Division(NamedTuple):
    """The given division of the rows, or what decides it; the fields are those of `Examples` with these names."""

    split_by: str | None = None
    given: Array | None = None
    given_exactly: bool = False
    group: Array | None = None
    order: Array | None = None


def _division(table: Table, roles: Roles) -> Division:
    """What the splitting column says, if there is one. Raises DataError if it cannot split."""
    if roles.splitter is None:
        return Division(given=table.given)
    column, setting = roles.splitter, roles.split_by
    if table.given is not None:
        raise DataError(f"data.{setting}: the splits are given as files already; leave data.{setting} out")
    if (gone := column.is_missing()).any():
        row = int(gone.argmax())
        raise DataError(
            f"{table.place(row)}: column {column.name!r} has no value, but data.{setting} needs one in every row;"
            " fill it in or remove the row"
        )
    split_by = f"{setting} {column.name}"
    if setting == "split_column":
        return Division(split_by, _given(column, table.shown), given_exactly=True)
    ranks = np.unique(column.values, return_inverse=True)[1]
    return Division(split_by, group=ranks) if setting == "group" else Division(split_by, order=ranks)


def _given(column: Column, shown: str) -> Array:
    words = column.levels or tuple(str(value) for value in np.unique(column.values))
    unknown = [word for word in words if word.casefold() not in SPLIT_WORDS]
    if unknown or column.levels is None:
        raise DataError(
            f"data.split_column: column {column.name!r} of {shown} holds {listed(unknown)}; expected the words"
            " train, dev and test"
        )
    index = np.array([SPLITS.index(SPLIT_WORDS[word.casefold()]) for word in words], dtype=np.int8)
    given: Array = index[column.values]
    return given


def _sha256(examples: Examples) -> str:
    """The hash of names, raw features, target and given split: equal data, equal hash, on any machine."""
    names = [examples.number_names, examples.code_names, examples.levels, examples.classes, examples.target_name]
    digest = hashlib.sha256(json.dumps(names).encode())
    for array in (examples.numbers, examples.codes, examples.y, examples.given, examples.weight):
        if array is not None:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            for start in range(0, len(array), ROWS_TO_HASH):
                digest.update(np.ascontiguousarray(array[start : start + ROWS_TO_HASH]).data)
    return digest.hexdigest()
