"""The nouns of the data path: a `Table` as read, `Examples` with a target, `Parts` of rows, and the prepared `Dataset`.

They hold arrays and names only; the modules that make them stand above this one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from .mapped import MappedRows, MappedTarget, Piece, pieces_as_arrays

SPLITS = ("train", "dev", "test")

DEFAULT_SPLIT = MappingProxyType({"train": 0.6, "dev": 0.2, "test": 0.2})

# The code of a missing category.
MISSING_CODE = -1


class Column(NamedTuple):
    """One column: numbers with NaN where missing (`levels` is None), or codes into `levels` with -1 where missing."""

    name: str
    values: np.ndarray
    levels: tuple[str, ...] | None = None

    def is_missing(self) -> np.ndarray:
        """(m,) booleans."""
        if self.levels is not None:
            return self.values == MISSING_CODE
        return np.isnan(self.values) if self.values.dtype.kind == "f" else np.zeros(len(self.values), dtype=bool)


@dataclass(frozen=True)
class Table:
    """What a source holds, before any column has a role.

    `numbers` is (m, p) of any numeric type, `codes` (m, c) int32; `names` are all columns in the source's own order.
    `own_target` is set by sources that come with a target, `given` (m,) holds the index in SPLITS where files fixed it.
    `place(row)` names a row as a person finds it, such as `train.csv:14`; `forced` are categories by the user's word.
    """

    shown: str
    names: tuple[str, ...]
    numbers: np.ndarray
    number_names: tuple[str, ...]
    codes: np.ndarray
    code_names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    place: Callable[[int], str]
    own_target: Column | None = None
    given: np.ndarray | None = None
    pixels: bool = False
    warnings: tuple[str, ...] = ()
    forced: frozenset[str] = frozenset()

    def column(self, name: str) -> Column:
        """The column of this name."""
        if name in self.number_names:
            return Column(name, self.numbers[:, self.number_names.index(name)])
        at = self.code_names.index(name)
        return Column(name, self.codes[:, at], self.levels[at])


@dataclass(frozen=True)
class Examples:
    """Features and target of every row, raw; rows are examples.

    `numbers` (m, p) and `codes` (m, c) hold the features; `y` is (m,) int64 class indices, or float64 for regression.
    `given` (m,) int8 says which split a row was given to (None: no row was); where `given_exactly`, all rows were.
    `group` and `order` (m,) are integer group labels and ranks, or None.
    """

    shown: str
    numbers: np.ndarray
    number_names: tuple[str, ...]
    codes: np.ndarray
    code_names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    y: np.ndarray
    task: str
    classes: tuple[str, ...]
    target_name: str
    sha256: str
    given: np.ndarray | None = None
    given_exactly: bool = False
    group: np.ndarray | None = None
    order: np.ndarray | None = None
    split_by: str | None = None
    image_side: int | None = None
    warnings: tuple[str, ...] = ()

    @property
    def m(self) -> int:
        """The number of rows."""
        return len(self.y)


class Suspicion(NamedTuple):
    """Something about the data that may be a fault: a stable code, what was found, what would do, and how much.

    `share` is the fraction of rows that it concerns, where that is a matter of degree.
    """

    code: str
    evidence: str
    remedy: str = ""
    share: float = 1.0

    def __str__(self) -> str:
        return f"{self.evidence}; {self.remedy}" if self.remedy else self.evidence


class Parts(dict[str, np.ndarray | Piece]):
    """Row indices under train, dev and, if there are any, test; `method` says in words how they were chosen.

    `by_chance` says whether they were drawn, so that nothing but chance can tell one split from another.
    """

    def __init__(self, parts: Mapping[str, np.ndarray | Piece], method: str, *, by_chance: bool = False):
        super().__init__(parts)
        self.method, self.by_chance = method, by_chance


@dataclass(frozen=True)
class Split:
    """Prepared rows: X (m, n) C-contiguous; Y (m, 1) if binary or regression, (m,) int64 if multiclass; rows (m,).

    Where the rows stay in their file, all three are worked out for the slice or the places that are asked for.
    `group` (m,) labels the rows that must stay together; None where each stands for itself.
    """

    X: np.ndarray | MappedRows
    Y: np.ndarray | MappedTarget
    rows: np.ndarray | Piece
    group: np.ndarray | None = None


@dataclass(frozen=True)
class Dataset:
    """What a network is trained and judged on.

    `classes` are labels as shown; for binary, `classes[1]` is the positive one (Y = 1); empty for regression, whose Y
    is `(y - target_mean) / target_scale`. `image_side` is set where a row is a square image of that many pixels a side.
    `facts` is plain data for JSON, `preparation` the numbers needed to prepare new rows, no array of object dtype.
    `suspicions` are among the `warnings` too, as sentences; `by_chance` says whether the splits were drawn.
    """

    train: Split
    dev: Split
    test: Split | None
    task: str
    classes: tuple[str, ...]
    feature_names: tuple[str, ...]
    target_name: str
    image_side: int | None = None
    target_mean: float = 0.0
    target_scale: float = 1.0
    facts: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    by_chance: bool = False
    preparation: dict[str, np.ndarray] = field(default_factory=dict)

    def splits(self) -> dict[str, Split]:
        """The splits that there are, by name."""
        return {name: split for name in SPLITS if (split := getattr(self, name)) is not None}

    def rows_as_arrays(self) -> dict[str, np.ndarray]:
        """The row numbers of each split, by name; or, of rows that stay in their file, what they follow from."""
        rows = {name: split.rows for name, split in self.splits().items()}
        return pieces_as_arrays(rows) if isinstance(self.train.rows, Piece) else rows
