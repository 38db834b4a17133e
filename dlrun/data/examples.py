"""The records of the data path: a `Table` as read, `Examples` with a target, `Parts` of rows, a prepared `Dataset`.

They hold only arrays and names, so that every module of the room can use them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from ..arrays import Array
from ..records import SPLITS
from .cells.forms import ColumnForm
from .hashing import row_hashes
from .mapped import MappedRows, MappedTarget, Piece, pieces_as_arrays
from .preparation import MISSING_CODE, Preparation
from .reading import Task
from .records import ColumnKind, DataFacts, SourceColumn
from .source_form import SourceForm

# Rows of a split: numbers in memory, or a piece of a permutation.
R = TypeVar("R")

DEFAULT_SPLIT = MappingProxyType({"train": 0.6, "dev": 0.2, "test": 0.2})


class Column(NamedTuple):
    """One column: numbers with NaN where missing (`levels` is None), or codes into `levels` with -1 where missing."""

    name: str
    values: Array
    levels: tuple[str, ...] | None = None

    def is_missing(self) -> Array:
        """(m,) booleans."""
        if self.levels is not None:
            missing: Array = self.values == MISSING_CODE
            return missing
        return np.isnan(self.values) if self.values.dtype.kind == "f" else np.zeros(len(self.values), dtype=bool)


class ReadAs(NamedTuple):
    """How a column of a file was read: its form, cells of each text that was read as missing, words that are no number
    in a column of numbers, a few cells as they stand in the file, and sentences about what was chosen.
    """

    form: ColumnForm
    markers: Mapping[str, int] = MappingProxyType({})
    strays: Mapping[str, int] = MappingProxyType({})
    examples: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """What a source holds, before any column has a role.

    `numbers` is (m, p) of any numeric type, `codes` (m, c) int32; `names` are all columns in the source's order.
    `own_target` is set by sources that come with a target, `given` (m,) holds the index in SPLITS if files fix it.
    `place(row)` names a row as a person finds it, such as `train.csv:14`; `forced` are categories that the user named.
    `pixels` says that the numbers are those of pictures, of `channels` numbers a pixel that stand side by side.
    `read_as` says of each column of a file how it was read, `unnamed` are those without a name there, and `notes` are
    sentences about how the file itself was read. A date is a number of days, and `numbers` hold it.
    """

    shown: str
    names: tuple[str, ...]
    numbers: Array
    number_names: tuple[str, ...]
    codes: Array
    code_names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    place: Callable[[int], str]
    own_target: Column | None = None
    given: Array | None = None
    pixels: bool = False
    channels: int = 1
    warnings: tuple[str, ...] = ()
    forced: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    unnamed: frozenset[str] = frozenset()
    read_as: Mapping[str, ReadAs] = field(default_factory=dict)

    def kind_of(self, name: str) -> ColumnKind:
        """What a column holds, as it was read; for a source without cells of text, number or category."""
        if name in self.read_as:
            return self.read_as[name].form.kind
        return "number" if name in self.number_places else "category"

    @cached_property
    def number_places(self) -> Mapping[str, int]:
        """The column of `numbers` that each column of numbers is; there may be a hundred thousand of them."""
        return {name: at for at, name in enumerate(self.number_names)}

    @cached_property
    def code_places(self) -> Mapping[str, int]:
        """The column of `codes` that each column of words is."""
        return {name: at for at, name in enumerate(self.code_names)}

    def only(self, rows: Array) -> "Table":
        """The table with these rows alone."""
        own = self.own_target
        return replace(
            self,
            numbers=self.numbers[rows],
            codes=self.codes[rows],
            place=lambda row: self.place(int(rows[row])),
            own_target=None if own is None else own._replace(values=own.values[rows]),
            given=None if self.given is None else self.given[rows],
        )

    def column(self, name: str) -> Column:
        """The column of this name."""
        if name in self.number_places:
            return Column(name, self.numbers[:, self.number_places[name]])
        at = self.code_places[name]
        return Column(name, self.codes[:, at], self.levels[at])


@dataclass(frozen=True)
class Examples:
    """Features and target of every row, raw; rows are examples.

    `numbers` (m, p) and `codes` (m, c) hold the features; `y` is (m,) int64 class indices, or float64 for regression.
    `given` (m,) int8 says which split the source gives a row (None: none). With `given_exactly` it gives all rows one.
    `group` and `order` (m,) are integer group labels and ranks, or None.
    `notes` are sentences about how the source was read, `suspicions` what was found in doing so, and `source_columns`
    all of its columns as they were read. `form` is what is needed to read other rows of it. `weight` (m,) float64 is
    how often each row counts, None if all count alike. `gives_features` : whether who prepares the rows may take the
    features from here, so that memory does not hold all rows raw and prepared.
    """

    shown: str
    numbers: Array
    number_names: tuple[str, ...]
    codes: Array
    code_names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    y: Array
    task: Task
    classes: tuple[str, ...]
    target_name: str
    sha256: str
    given: Array | None = None
    given_exactly: bool = False
    group: Array | None = None
    order: Array | None = None
    split_by: str | None = None
    image_side: int | None = None
    image_channels: int | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    suspicions: tuple["Suspicion", ...] = ()
    source_columns: tuple[SourceColumn, ...] = ()
    form: SourceForm | None = None
    weight: Array | None = None
    gives_features: bool = False

    @property
    def m(self) -> int:
        """The number of rows."""
        return len(self.y)

    def features(self) -> tuple[Array, Array]:
        """The numbers and codes. If they are to be given they are, and asked later these examples have no features."""
        features = self.numbers, self.codes
        if self.gives_features:
            for name, array in zip(("numbers", "codes"), features, strict=True):
                object.__setattr__(self, name, np.empty((0, array.shape[1]), array.dtype))
        return features

    @cached_property
    def row_hashes(self) -> "RowHashes":
        """Of every row; `splits` and `checks` look for equal rows."""
        features = row_hashes(self.numbers, self.codes)
        return RowHashes(features, row_hashes(features[:, None], self.y[:, None]))


class RowHashes(NamedTuple):
    """(m,) uint64 each: of a row's features, and of its features and target together."""

    features: Array
    both: Array


class Groups(NamedTuple):
    """A column that seems to name groups: values (m,) say to which each row of the source belongs."""

    column: str
    values: Array


class Suspicion(NamedTuple):
    """Something about the data that may be a fault: a stable code, what was found, what to do, and how much.

    `share` is the fraction of rows that it concerns; 1 if it concerns the data in general. `groups` : where it is about
    groups, those, for a look at what a network makes of them.
    """

    code: str
    evidence: str
    remedy: str = ""
    share: float = 1.0
    groups: Groups | None = None

    def __str__(self) -> str:
        return f"{self.evidence}; {self.remedy}" if self.remedy else self.evidence


class Parts(dict[str, R], Generic[R]):
    """Row indices under train, dev and, if there are any, test; `method` says in words how they were chosen.

    `by_chance` says whether they were drawn at random, so that splits differ only by chance.
    """

    def __init__(self, parts: Mapping[str, R], method: str = "by hand", *, by_chance: bool = False):
        super().__init__(parts)
        self.method, self.by_chance = method, by_chance


@dataclass(frozen=True)
class Split:
    """Prepared rows: X (m, n) C-contiguous; Y (m, 1) if binary or regression, (m,) int64 if multiclass; rows (m,).

    If the rows stay in their file, all three are computed for the slice or the places that are read.
    `group` (m,) labels rows that must stay together; None if there are no groups. `weight` (m,) float64 is how often
    each row counts in losses and errors; None if all count alike.
    """

    X: Array | MappedRows
    Y: Array | MappedTarget
    rows: Array | Piece
    group: Array | None = None
    weight: Array | None = None


@dataclass(frozen=True)
class Dataset:
    """What a network is trained and judged on.

    `preparation` prepared the rows, and can prepare others, which are read by `form`. `suspicions` are also in the
    warnings of `facts`, as sentences. `by_chance` says whether the splits were drawn at random.
    """

    train: Split
    dev: Split
    test: Split | None
    preparation: Preparation
    facts: DataFacts
    suspicions: tuple[Suspicion, ...] = ()
    by_chance: bool = False
    form: SourceForm | None = None

    @property
    def task(self) -> Task:
        """Binary, multiclass or regression."""
        return self.facts.task

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels as shown; for binary, `classes[1]` is the positive one (Y = 1); empty for regression."""
        return self.facts.classes

    @property
    def target_name(self) -> str:
        """The target's column."""
        return self.facts.target

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of X are called."""
        return self.preparation.feature_names

    @property
    def image_side(self) -> int | None:
        """Pixels a side where a row is a square image."""
        return self.facts.image_side

    @property
    def image_channels(self) -> int | None:
        """3 where a row is a picture in colour: the numbers of a pixel stand side by side."""
        return self.facts.image_channels

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what is suspicious."""
        return self.facts.warnings

    def splits(self) -> dict[str, Split]:
        """The splits that there are, by name."""
        return {name: split for name in SPLITS if (split := getattr(self, name)) is not None}

    def rows_as_arrays(self) -> dict[str, Array]:
        """The row numbers of each split, by name; for rows that stay in their file, what they are computed from."""
        rows = {name: split.rows for name, split in self.splits().items()}
        if pieces := {name: piece for name, piece in rows.items() if isinstance(piece, Piece)}:
            return pieces_as_arrays(pieces)
        return {name: listed for name, listed in rows.items() if isinstance(listed, np.ndarray)}
