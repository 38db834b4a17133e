"""Reads a source into `Examples`: reads its table, gives each column a role, and takes the raw features.

It is the first of the three calls on the data path; `splits` and `fitting` follow.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import DataError
from ..records import SPLITS
from .checks import kept_codes
from .examples import Column, Examples, Table
from .files import find_file, listed
from .formats import read_table
from .mapped import MappedExamples
from .readers.npy import read_npy, refuse_columns_apart, refuse_unmapped
from .readers.pictures import square_side
from .reading import Reading
from .roles import Roles, roles_of, with_types_asked
from .targets import Target, read_target

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
    table = with_types_asked(read_table(reading, folder=folder, rng=rng), reading)
    roles = roles_of(table, reading)
    target = read_target(roles.target, task=reading.task, shown=table.shown, place=table.place)
    return _examples(table, roles, target)


def _mapped(reading: Reading, folder: Path) -> MappedExamples:
    """The roles of a .npy's columns; its rows are read when a Dataset is fitted to them."""
    refuse_unmapped(reading)
    shown = reading.shown
    table = read_npy({"train": (shown, find_file(shown, folder))}, reading)
    refuse_columns_apart(table)
    roles = roles_of(table, reading)
    at = {name: index for index, name in enumerate(table.names)}
    columns, target_at = np.array([at[name] for name in roles.features]), at[roles.target.name]
    return MappedExamples(shown, table.numbers, columns, roles.features, target_at, roles.target.name, reading.task)


def _examples(table: Table, roles: Roles, target: Target) -> Examples:
    numbers, number_names, emptied = _feature_numbers(table, roles.features)
    kept, left_out = kept_codes(table, roles.features)
    at = {name: index for index, name in enumerate(table.code_names)}
    codes = table.codes[:, [at[name] for name in kept]]
    if not number_names and not kept:
        raise DataError(
            f"{table.shown}: no feature column is left that could help ({'; '.join((*emptied, *left_out))})"
        )
    division, side = _division(table, roles), _image_side(table, number_names, kept)
    examples = Examples(
        shown=table.shown,
        numbers=numbers,
        number_names=number_names,
        codes=codes,
        code_names=kept,
        levels=tuple(table.levels[at[name]] for name in kept),
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
        warnings=(*table.warnings, *emptied, *left_out),
    )
    return replace(examples, sha256=_sha256(examples))


def _feature_numbers(table: Table, features: Sequence[str]) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """The numeric features (m, p), their names, and a sentence for each that was left out for holding no value."""
    wanted = set(features)
    at = [i for i, name in enumerate(table.number_names) if name in wanted]
    # Features that are neighbours (as with the target in the last column) are a view, not a copy.
    together = at == list(range(at[0], at[-1] + 1)) if at else True
    numbers = table.numbers[:, at[0] : at[-1] + 1] if at and together else table.numbers[:, at]
    names = tuple(table.number_names[i] for i in at)
    if numbers.dtype.kind != "f":
        return numbers, names, ()
    if (infinite := np.isinf(numbers)).any():
        row, column = map(int, np.unravel_index(int(infinite.argmax()), numbers.shape))
        raise DataError(
            f"{table.place(row)}: column {names[column]!r} is {numbers[row, column]}; a feature must be finite: correct"
            " the value, or list its text in data.missing"
        )
    empty: Array = np.all(np.isnan(numbers), axis=0)
    left_out = tuple(f"column {names[i]!r} holds no value and was left out" for i in np.flatnonzero(empty))
    if not left_out:
        return numbers, names, ()
    return numbers[:, ~empty], tuple(name for name, gone in zip(names, empty, strict=True) if not gone), left_out


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
    for array in (examples.numbers, examples.codes, examples.y, examples.given):
        if array is not None:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            for start in range(0, len(array), ROWS_TO_HASH):
                digest.update(np.ascontiguousarray(array[start : start + ROWS_TO_HASH]).data)
    return digest.hexdigest()
