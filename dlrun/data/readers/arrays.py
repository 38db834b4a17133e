"""Reads arrays from .npz files: X and y, or x_train, y_train and so on, as one `Table` of numbers.

Pickled objects are never loaded. Each image becomes one row. Rows keep the split that the file gives them.
"""

import io
import math
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

import numpy as np

from ...arrays import Array
from ...damages import DAMAGES
from ...errors import DataError
from ...records import SPLITS
from ..columns import plain_table, text_or_numbers
from ..examples import Column, Table
from ..files import Files, listed, read_bytes
from ..reading import Reading

# Other names of a split that may follow x_ and y_.
ALIASES = {"val": "dev", "valid": "dev", "validation": "dev"}

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}

# Deflate compresses at most by this factor (zlib's technical notes: 1032 to 1).
MOST_DEFLATED = 1032

# Fewer than 4 x 4 pixels are not taken as an image.
SMALLEST_SIDE = 4


def square_side(n: int) -> int | None:
    """The side of a square image of n pixels, or None if n is no square of SMALLEST_SIDE or more."""
    side = round(n**0.5)
    return side if side * side == n and side >= SMALLEST_SIDE else None


def read_arrays(files: Files, reading: Reading) -> Table:
    """One table from the .npz of each split. `reading` is not used: arrays with names need no options.

    Flat rows whose length is a square count as images, since nothing else shows it. Raises DataError.
    """
    pieces: dict[str, tuple[str, Array, Array]] = {}
    for split, (shown, path) in files.items():
        arrays = _loaded(shown, path)
        pairs = _pairs(shown, arrays, only=None if split == "train" else split)
        pieces.update({name: (f"{shown}: {x_key}", arrays[x_key], arrays[y_key]) for name, x_key, y_key in pairs})
    for where, X, y in pieces.values():
        _check(where, X, y)
    shown = files["train"][0]
    shapes = {split: X.shape[1:] for split, (_, X, _) in pieces.items()}
    if len(set(shapes.values())) > 1:
        listing = "; ".join(f"{split} {shape}" for split, shape in shapes.items())
        raise DataError(f"{shown}: the rows of the splits differ in shape ({listing}); give all the same shape")
    X = np.concatenate([X.reshape(len(X), -1) for _, X, _ in pieces.values()])
    y = np.concatenate([_labels(where, y) for where, _, y in pieces.values()])
    table = plain_table(shown, X, np.zeros(0), pixels=_is_square(shapes["train"]))
    sizes = [len(X) for _, X, _ in pieces.values()]
    given = np.repeat([SPLITS.index(split) for split in pieces], sizes).astype(np.int8) if len(pieces) > 1 else None
    place = index_places([where for where, _, _ in pieces.values()], sizes)
    return replace(table, own_target=_target(y), given=given, place=place)


def _loaded(shown: str, path: Path) -> dict[str, Array]:
    raw = read_bytes(path, shown)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            wanted = {key: member for key, member in members.items() if key.lower()[:1] in ("x", "y")}
            return {key: _member(archive, member, len(raw)) for key, member in wanted.items()}
    except MemoryError:
        raise too_large(shown) from None
    except (*DAMAGES, SyntaxError, ValueError):
        raise DataError(
            f"{shown}: not an .npz of plain arrays (damaged, or it holds Python objects); write it with"
            " numpy.savez(file, X=..., y=...) from arrays of numbers"
        ) from None


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, size: int) -> Array:
    """The array in a member of an archive of so many bytes. Raises ValueError if its header promises more."""
    if member.compress_size > size or member.file_size > MOST_DEFLATED * member.compress_size:
        raise ValueError("a member larger than its archive")
    with archive.open(member) as stream:
        refuse_announced(stream, member.file_size)
    with archive.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def refuse_announced(stream: IO[bytes], size: int) -> None:
    """Raise ValueError unless the array that the header announces needs exactly the `size` bytes of its file.

    This comes before memory is allocated: the header of an 80-byte file can ask for 32 GiB.
    """
    version = np.lib.format.read_magic(stream)
    if version not in HEADERS:
        raise ValueError(f"a header of version {version}, which no array of numbers needs")
    shape, _, dtype = HEADERS[version](stream)
    if stream.tell() + math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"announced as {shape} of {dtype}, which is not its size")


def too_large(shown: str) -> DataError:
    """The error for a sound array that is too large for this machine."""
    advice = "write it as one .npy, rows and target, and set data.memory_map: true"
    return DataError(f"{shown}: does not fit into memory; take fewer rows, or {advice}")


def _pairs(shown: str, arrays: Mapping[str, Array], *, only: str | None) -> list[tuple[str, str, str]]:
    """(split, key of X, key of y) for each split in the file; `only` is the split of a separate dev or test file."""
    keys: dict[str, dict[str, str]] = {"x": {}, "y": {}}
    for key in arrays:
        letter, _, split = key.lower().partition("_")
        split = ALIASES.get(split, split) or only or "train"
        if letter in keys and split in SPLITS:
            keys[letter][split] = key
    wanted = SPLITS if only is None else (only,)
    splits = [split for split in wanted if split in keys["x"]]
    if not splits or splits[0] != wanted[0]:
        names = "X and y" if only else "X and y, or x_train and y_train"
        raise DataError(f"{shown}: expected arrays {names}; found {listed(list(arrays)) or 'none of them'}")
    for x_key in (keys["x"][split] for split in splits if split not in keys["y"]):
        raise DataError(f"{shown}: has {x_key} but no labels for it; add the array {'y' + x_key[1:]}")
    return [(split, keys["x"][split], keys["y"][split]) for split in splits]


def _check(where: str, X: Array, y: Array) -> None:
    if X.dtype.kind not in "biuf" or X.ndim < 2:
        raise DataError(f"{where} has type {X.dtype} and shape {X.shape}; expected numbers of shape (rows, features)")
    if y.ndim == 0 or len(X) != len(y):
        rows = len(y) if y.ndim else 0
        raise DataError(f"{where} has {len(X)} rows but its labels {rows}; give one label a row")
    if not X.size:
        raise DataError(f"{where} is empty, of shape {X.shape}; expected rows of numbers")
    if X.dtype.kind == "f" and not (finite := np.isfinite(X)).all():
        at = tuple(map(int, np.unravel_index(int(finite.argmin()), X.shape)))
        raise DataError(
            f"{where}[{', '.join(map(str, at))}] is {X[at]}; every feature must be finite: replace it or drop the row"
        )


def _labels(where: str, y: Array) -> Array:
    """Labels as (m,): a column is flattened, one-hot rows become their index."""
    y = np.char.decode(y, "utf-8") if y.dtype.kind == "S" else y
    flat = y.reshape(len(y), -1)
    if y.dtype.kind not in "biufU":
        raise DataError(f"{where}: its labels have type {y.dtype}; expected numbers or text")
    is_one_hot = y.dtype.kind != "U" and np.isin(flat, (0, 1)).all() and (flat.sum(axis=1) == 1).all()
    if flat.shape[1] != 1 and not is_one_hot:
        raise DataError(f"{where}: its labels have shape {y.shape}; expected one label a row, or one-hot rows")
    labels: Array = flat[:, 0] if flat.shape[1] == 1 else flat.argmax(axis=1)
    return labels


def _target(y: Array) -> Column:
    return text_or_numbers("y", y)


def _is_square(shape: tuple[int, ...]) -> bool:
    """Whether rows of this shape are square images: (h, h), (h, h, 1), (1, h, h), or flat (h * h)."""
    sides = [side for side in shape if side != 1]
    if len(sides) > 1:
        return len(sides) == 2 and sides[0] == sides[1]
    return square_side(int(np.prod(shape))) is not None


def index_places(names: Sequence[str], sizes: Sequence[int]) -> Callable[[int], str]:
    """A function from row to `name[index]`, the index counted in the array that the row came from."""

    def place(row: int) -> str:
        for name, size in zip(names, sizes, strict=True):
            if row < size:
                return f"{name}[{row}]"
            row -= size
        raise IndexError(row)

    return place
