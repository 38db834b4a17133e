"""Reads named arrays, such as X and y, or x_train, y_train and so on, as one `Table` of numbers.

Formats differ only in how a file is opened; which arrays are meant and what their shapes say is the same for all.
Each image becomes one row. Rows keep the split that the file gives them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

import numpy as np

from ...arrays import Array
from ...errors import DataError
from ...records import SPLITS, Split
from ..columns import plain_table
from ..examples import Table
from ..files import Files
from ..reading import ExamplesIn, Reading
from .labelling import Labels, labels_in, target_of
from .naming import Found, Pair, found_in
from .npz import open_npz
from .pictures import layout_of
from .stored import Opened, Opener, refuse_inflated


class Piece(NamedTuple):
    """The rows of one split: X (m, ...) and y (m,), where X stands and under which name, and where each row does."""

    where: str
    key: str
    X: Array
    y: Array
    place: str
    note: str


class ClassNames(NamedTuple):
    """The names of classes, and the array that holds them."""

    where: str
    names: tuple[str, ...]


def read_arrays(files: Files, reading: Reading) -> Table:
    """One table from the .npz of each split. Raises DataError."""
    return table_of_arrays(files, reading, open_npz)


def table_of_arrays(files: Files, reading: Reading, opened: Opener) -> Table:
    """One table from the files of arrays of each split, each opened by `opened`. Raises DataError."""
    pieces: dict[str, Piece] = {}
    notes: list[str] = []
    named: ClassNames | None = None
    for split, (shown, path) in files.items():
        with opened(shown, path) as arrays:
            only, elsewhere = (None, set(files) - {"train"}) if split == "train" else (cast(Split, split), set())
            found = found_in(shown, arrays, only=only, elsewhere=elsewhere)
            refuse_inflated(shown, path, [arrays[key] for pair in found.pairs for key in (pair.x, pair.y)])
            pieces |= {pair.split: _piece(shown, arrays, pair, reading.examples) for pair in found.pairs}
            named = _same_names(named, _class_names(shown, arrays, found))
            notes += found.notes
    return _table(files["train"][0], pieces, named, notes)


def _class_names(shown: str, arrays: Opened, found: Found) -> ClassNames | None:
    """The names of classes that a file holds as text."""
    key = found.class_names
    if key is None or len(arrays[key].shape) > 2:
        return None
    try:
        [names] = labels_in(f"{shown}: {key}", arrays[key].read())
    except (DataError, ValueError):
        # They are only names: labels without them are read all the same.
        return None
    is_text = names.y.dtype.kind == "U"
    return ClassNames(f"{shown}: {key}", tuple(str(name).strip() for name in names.y)) if is_text else None


def _same_names(first: ClassNames | None, second: ClassNames | None) -> ClassNames | None:
    if first and second and first.names != second.names:
        raise DataError(f"{second.where} names other classes than {first.where}; give all files the same")
    return first or second


def _table(shown: str, pieces: Mapping[str, Piece], named: ClassNames | None, notes: Sequence[str]) -> Table:
    shapes = {split: piece.X.shape[1:] for split, piece in pieces.items()}
    if len(set(shapes.values())) > 1:
        listing = "; ".join(f"{split} {shape}" for split, shape in shapes.items())
        raise DataError(f"{shown}: the rows of the splits differ in shape ({listing}); give all the same shape")
    if len({piece.y.dtype.kind == "U" for piece in pieces.values()}) > 1:
        raise DataError(f"{shown}: the labels of one split are text and those of another numbers; give all as one kind")
    layout = layout_of(*pieces["train"][:3])
    X = np.concatenate([layout.flattened(piece.X) for piece in pieces.values()])
    target, are_named = target_of(np.concatenate([piece.y for piece in pieces.values()]), named and named.names)
    sizes = [len(piece.X) for piece in pieces.values()]
    given = np.repeat([SPLITS.index(split) for split in pieces], sizes).astype(np.int8) if len(pieces) > 1 else None
    told = [*notes, *(piece.note for piece in pieces.values()), layout.note]
    if named and are_named:
        told.append(f"{named.where} names the classes")
    return replace(
        plain_table(shown, X, np.zeros(0), pixels=layout.pixels),
        channels=layout.channels if layout.pixels else 1,
        own_target=target,
        given=given,
        place=index_places([piece.place for piece in pieces.values()], sizes),
        notes=tuple(filter(None, told)),
    )


def _piece(shown: str, arrays: Opened, pair: Pair, examples: ExamplesIn) -> Piece:
    where = f"{shown}: {pair.x}"
    X, y = arrays[pair.x].read(), arrays[pair.y].read()
    _check(where, X)
    readings = labels_in(f"{shown}: {pair.y}", y)
    by_row = next((labels for labels in readings if len(labels.y) == len(X)), None)
    by_column = next((labels for labels in readings if len(labels.y) == X.shape[-1]), None)
    chosen = by_row if examples == "rows" else by_column
    if chosen is None:
        raise DataError(_misfit(where, pair, X, readings, by_row or by_column, examples))
    if examples == "columns":
        X = np.moveaxis(X, -1, 0)
    place = f"{where}[{{}}]" if examples == "rows" else f"{where}[{':, ' * (X.ndim - 1)}{{}}]"
    return Piece(where, pair.x, _native(X), _native(chosen.y), place, chosen.note)


def _native(array: Array) -> Array:
    """The array in this machine's order of bytes, so that equal data have an equal hash."""
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _misfit(
    where: str, pair: Pair, X: Array, readings: Sequence[Labels], fits: Labels | None, examples: ExamplesIn
) -> str:
    """What does not fit, and what would do, where the axis of the examples has another length than the labels."""
    count = len(readings[0].y)
    if fits is not None:
        count = len(fits.y)
        if examples == "columns":
            return (
                f"{where} has {len(X)} rows and {pair.y} {count} labels: its rows seem to be the examples; leave"
                " data.examples: columns out"
            )
        if X.ndim == 2:
            found = f"has {X.shape[1]} columns and {pair.y} {count} labels: its columns seem"
        else:
            found = f"has shape {X.shape} and {pair.y} {count} labels: its last axis seems"
        return f"{where} {found} to be the examples; set data.examples: columns"
    if examples == "columns":
        return (
            f"{where} has {X.shape[-1]} columns (by data.examples: columns) but {count} labels in {pair.y}; give one"
            " label a column"
        )
    return f"{where} has {len(X)} rows but {count} labels in {pair.y}; give one label a row"


def _check(where: str, X: Array) -> None:
    if X.dtype.kind not in "biuf" or X.ndim < 2:
        raise DataError(f"{where} has type {X.dtype} and shape {X.shape}; expected numbers of shape (rows, features)")
    if not X.size:
        raise DataError(f"{where} is empty, of shape {X.shape}; expected rows of numbers")
    if X.dtype.kind == "f" and not (finite := np.isfinite(X)).all():
        at = tuple(map(int, np.unravel_index(int(finite.argmin()), X.shape)))
        raise DataError(
            f"{where}[{', '.join(map(str, at))}] is {X[at]}; every feature must be finite: replace it or drop the row"
        )


def index_places(patterns: Sequence[str], sizes: Sequence[int]) -> Callable[[int], str]:
    """A function from row to its place, such as `X[4]`; the index is counted in the array that the row came from.

    patterns : the place of each array's rows, with {} for the index.
    """

    def place(row: int) -> str:
        for pattern, size in zip(patterns, sizes, strict=True):
            if row < size:
                return str(row).join(pattern.rsplit("{}", 1))
            row -= size
        raise IndexError(row)

    return place
