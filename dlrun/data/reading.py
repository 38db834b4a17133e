"""From a source to `Examples`: which reader, which column plays which role, and which columns are features.

The first of the three calls on the data path; `splits` and `preparation` follow.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError
from .arrays import read_arrays, square_side
from .checks import kept_codes
from .columns import with_categories, with_numbers
from .examples import DEFAULT_MISSING, SPLITS, Column, Examples, Table
from .files import find_column, find_columns, find_file, listed
from .mapped import MappedExamples
from .npy import read_npy, refuse_columns_apart, refuse_unmapped
from .openml import read_openml
from .sources import SOURCES, read_named
from .tables import read_tables
from .targets import read_target

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".data", ".parquet")

# The kind of file that an ending announces; one kind for all splits.
KINDS = dict.fromkeys(TABLE_SUFFIXES, "table") | {".npz": "arrays", ".npy": "array"}

# Column names under which tables of pictures circulate: pixel7, px_7, and 3x4 for row 3, column 4.
PIXEL_NAME = re.compile(r"(pixel|px)[ _]?\d+|\d+x\d+", re.IGNORECASE)

# Rows made contiguous at a time while hashing, so that no copy of all of them is made.
ROWS_TO_HASH = 2**14

# The words that a split column may hold, in any case.
SPLIT_WORDS = {"train": "train", "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev", "test": "test"}


def read_examples(
    source: str | int,
    *,
    folder: Path,
    rng: np.random.Generator,
    dev_source: str | None = None,
    test_source: str | None = None,
    settings: Mapping[str, Any] = MappingProxyType({}),
    target: str | int | None = None,
    header: bool | None = None,
    separator: str | None = None,
    drop: Sequence[str | int] = (),
    missing: Sequence[str] = DEFAULT_MISSING,
    numeric: Sequence[str | int] = (),
    categorical: Sequence[str | int] = (),
    memory_map: bool = False,
    task: str = "auto",
    split_column: str | int | None = None,
    group: str | int | None = None,
    order: str | int | None = None,
) -> Examples | MappedExamples:
    """The rows of a source, with raw features and a target; with `memory_map`, the rows of a .npy where they lie.

    `source` is a word of SOURCES, `openml:` with a number or name (a bare number means the same), or a path to a table,
    .npz or .npy, looked for in `folder` and then in the working directory. Columns are named, or counted from 0 (or
    from -1 at the end); the target is the last column without another role unless named. Generators draw their seed
    from `rng`. Raises DataError.
    """
    shown = f"openml:{source}" if isinstance(source, int) else source
    paths = {"train": shown, "dev": dev_source, "test": test_source}
    paths = {split: str(path) for split, path in paths.items() if path is not None}
    if memory_map:
        apart = {"dev_source": dev_source, "test_source": test_source, "categorical": categorical}
        refuse_unmapped(shown, apart | {"split_column": split_column, "group": group, "order": order})
        return _mapped(shown, find_file(shown, folder), target=target, drop=drop, task=task)
    options = {"header": header, "separator": separator, "missing": missing, "categorical": categorical}
    table = _read(shown, paths, folder=folder, rng=rng, settings=settings, target=target, options=options)
    table = _typed(table, numeric, categorical)
    roles = _roles(table, target=target, drop=drop, split_column=split_column, group=group, order=order)
    found = read_target(roles.target, task=task, shown=table.shown, place=table.place)
    return _examples(table, roles, found._asdict())


def _read(
    shown: str,
    paths: dict[str, str],
    *,
    folder: Path,
    rng: np.random.Generator,
    settings: Mapping[str, Any],
    target: str | int | None,
    options: dict[str, Any],
) -> Table:
    is_named = is_named_source(shown)
    if is_named and len(paths) > 1:
        other = list(paths)[1]
        raise DataError(f"data.{other}_source: {shown} is no file and is split by data.split; leave {other}_source out")
    if shown in SOURCES:
        return read_named(shown, rng=rng, settings=settings)
    for key, value in settings.items():
        if value is not None:
            raise DataError(f"data.{key}: a setting of generators; source {shown} takes none, leave it out")
    if is_named:
        return read_openml(shown, target=target)
    kinds = {split: _kind_of_file(path) for split, path in paths.items()}
    if len(set(kinds.values())) > 1:
        raise DataError(f"{', '.join(paths.values())}: tables, .npz and .npy cannot be mixed; give all as one kind")
    files = {split: (path, find_file(path, folder)) for split, path in paths.items()}
    if kinds["train"] == "table":
        return read_tables(files, **options)
    return read_arrays(files) if kinds["train"] == "arrays" else read_npy(files)


def is_named_source(source: str | int) -> bool:
    """Whether a source is bundled, generated or fetched, rather than a file."""
    return isinstance(source, int) or source in SOURCES or source.startswith("openml:")


def _kind_of_file(name: str) -> str:
    suffix = Path(name).suffix.lower()
    if suffix in KINDS:
        return KINDS[suffix]
    known = ", ".join(KINDS)
    if suffix and "/" not in suffix:
        raise DataError(f"{name}: {suffix} is no kind of file that can be read; save it as one of {known}")
    close = difflib.get_close_matches(name, SOURCES, n=1)
    advice = f"did you mean {close[0]}?" if close else f"known are {', '.join(SOURCES)}"
    raise DataError(f"data.source: unknown source {name!r}; {advice} (or openml:NAME, or a path ending in {known})")


def _mapped(
    shown: str, path: Path, *, target: str | int | None, drop: Sequence[str | int], task: str
) -> MappedExamples:
    """The roles of a .npy's columns; what its rows hold is found when a Dataset is fitted to them."""
    table = read_npy({"train": (shown, path)}, mapped=True)
    refuse_columns_apart(table)
    roles = _roles(table, target=target, drop=drop)
    at = {name: index for index, name in enumerate(table.names)}
    columns, target_at = np.array([at[name] for name in roles.features]), at[roles.target.name]
    return MappedExamples(shown, table.numbers, columns, roles.features, target_at, roles.target.name, task)


def _typed(table: Table, numeric: Sequence[str | int], categorical: Sequence[str | int]) -> Table:
    """The table with the columns that the user typed by hand."""
    as_numbers = find_columns(numeric, table.names, setting="data.numeric", shown=table.shown)
    as_text = find_columns(categorical, table.names, setting="data.categorical", shown=table.shown)
    if both := [name for name in as_numbers if name in as_text]:
        raise DataError(f"data.numeric: {both[0]!r} is in data.categorical too; name it in one of them")
    return replace(with_numbers(with_categories(table, as_text), as_numbers), forced=frozenset(as_text))


class Roles(NamedTuple):
    """The target, the feature columns by name, and the column that decides the split, with what it decides."""

    target: Column
    features: tuple[str, ...]
    split_by: str | None
    splitter: Column | None


def _roles(
    table: Table, *, target: str | int | None, drop: Sequence[str | int], **splitters: str | int | None
) -> Roles:
    def named(wanted: str | int, setting: str) -> str:
        return find_column(wanted, table.names, setting=f"data.{setting}", shown=table.shown)

    dropped = find_columns(drop, table.names, setting="data.drop", shown=table.shown)
    chosen = {setting: named(wanted, setting) for setting, wanted in splitters.items() if wanted is not None}
    if len(chosen) > 1:
        told = " and ".join(f"data.{setting}" for setting in chosen)
        raise DataError(f"{told}: one way of splitting at a time; keep one of them")
    setting, splitter = next(iter(chosen.items()), (None, None))
    if table.own_target is None:
        free = [name for name in table.names if name not in dropped and name != splitter]
        if target is None and not free:
            raise DataError(f"{table.shown}: every column is dropped or splits; keep one as the target")
        target_name = free[-1] if target is None else named(target, "target")
        found = table.column(target_name)
        _refuse_double_role(target_name, dropped, setting, splitter)
    else:
        found, target_name = table.own_target, None
        if target is not None and not table.shown.startswith("openml:"):
            raise DataError(f"data.target: {table.shown} comes with its own target; leave data.target out")
    apart = {*dropped, splitter, target_name}
    features = tuple(name for name in table.names if name not in apart)
    if not features:
        raise DataError(f"{table.shown}: no feature columns are left; drop fewer of {listed(table.names)}")
    return Roles(found, features, setting, table.column(splitter) if splitter is not None else None)


def _refuse_double_role(target: str, dropped: Sequence[str], setting: str | None, splitter: str | None) -> None:
    clash = "data.drop" if target in dropped else f"data.{setting}" if target == splitter else None
    if clash:
        raise DataError(f"{clash}: {target!r} is the target; name another data.target, or take it out of {clash}")


def _examples(table: Table, roles: Roles, target: dict[str, Any]) -> Examples:
    numbers, number_names, emptied = _feature_numbers(table, roles.features)
    kept, said = kept_codes(table, roles.features)
    at = {name: index for index, name in enumerate(table.code_names)}
    codes = table.codes[:, [at[name] for name in kept]]
    if not number_names and not kept:
        raise DataError(f"{table.shown}: no feature column is left that could help ({'; '.join((*emptied, *said))})")
    examples = Examples(
        shown=table.shown,
        numbers=numbers,
        number_names=number_names,
        codes=codes,
        code_names=kept,
        levels=tuple(table.levels[at[name]] for name in kept),
        target_name=roles.target.name,
        sha256="",
        given=table.given,
        split_by=roles.split_by,
        image_side=_image_side(table, number_names, kept),
        warnings=(*table.warnings, *emptied, *said),
        **target,
    )
    examples = replace(examples, **_splitter(table, roles))
    return replace(examples, sha256=_sha256(examples))


def _feature_numbers(table: Table, features: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """The numeric features (m, p), their names, and a sentence for each that was left out for holding no value."""
    wanted = set(features)
    at = [i for i, name in enumerate(table.number_names) if name in wanted]
    # Features that stand together, as they do beside a target in the last column, are a view and no copy.
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
    empty = np.isnan(numbers).all(axis=0)
    said = tuple(f"column {names[i]!r} holds no value and was left out" for i in np.flatnonzero(empty))
    if not said:
        return numbers, names, ()
    return numbers[:, ~empty], tuple(name for name, gone in zip(names, empty, strict=True) if not gone), said


def _image_side(table: Table, number_names: Sequence[str], code_names: Sequence[str]) -> int | None:
    """The side, where every column is a number, their count is a square, and they are known or named as pixels."""
    if code_names or not (table.pixels or all(PIXEL_NAME.fullmatch(name) for name in number_names)):
        return None
    return square_side(len(number_names))


def _splitter(table: Table, roles: Roles) -> dict[str, Any]:
    """The fields of Examples that the splitting column sets; raises DataError where it cannot split."""
    if roles.splitter is None:
        return {}
    column, setting = roles.splitter, roles.split_by
    if table.given is not None:
        raise DataError(f"data.{setting}: the splits are given as files already; leave data.{setting} out")
    if (gone := column.is_missing()).any():
        row = int(gone.argmax())
        raise DataError(
            f"{table.place(row)}: column {column.name!r} has no value, but data.{setting} needs one in every row;"
            " fill it in or remove the row"
        )
    method = {"split_by": f"{setting} {column.name}"}
    if setting == "split_column":
        return method | {"given": _given(column, table.shown), "given_exactly": True}
    return method | {setting: np.unique(column.values, return_inverse=True)[1]}


def _given(column: Column, shown: str) -> np.ndarray:
    words = column.levels or tuple(str(value) for value in np.unique(column.values))
    unknown = [word for word in words if word.casefold() not in SPLIT_WORDS]
    if unknown or column.levels is None:
        raise DataError(
            f"data.split_column: column {column.name!r} of {shown} holds {listed(unknown)}; expected the words"
            " train, dev and test"
        )
    index = np.array([SPLITS.index(SPLIT_WORDS[word.casefold()]) for word in words], dtype=np.int8)
    return index[column.values]


def _sha256(examples: Examples) -> str:
    """The hash of names, raw features, target and given split: equal data, equal hash, on any machine."""
    names = [examples.number_names, examples.code_names, examples.levels, examples.classes, examples.target_name]
    found = hashlib.sha256(json.dumps(names).encode())
    for array in (examples.numbers, examples.codes, examples.y, examples.given):
        if array is not None:
            found.update(f"{array.dtype.str}{array.shape}".encode())
            for start in range(0, len(array), ROWS_TO_HASH):
                found.update(np.ascontiguousarray(array[start : start + ROWS_TO_HASH]))
    return found.hexdigest()
