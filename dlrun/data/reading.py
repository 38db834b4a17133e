"""The options for reading a source, as one record that goes from the config to the reader.

Every reader takes it and uses the fields that it needs. A new option of a format becomes a field here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# What people write into a cell without a value. An empty cell always counts as missing.
DEFAULT_MISSING = ("", "?", "NA", "N/A", "NaN", "nan", "null", "NULL")

Task = Literal["binary", "multiclass", "regression"]
AskedTask = Literal["auto", "binary", "multiclass", "regression"]

Decimal = Literal[".", ","]
Thousands = Literal[",", ".", " ", "'", "none"]
Unlabeled = Literal["drop", "error"]
RareClasses = Literal["error", "drop", "merge"]
Duplicates = Literal["together", "apart"]
ExamplesIn = Literal["rows", "columns"]

# A category with more levels than this in training shares one column among its rare ones. It keeps the 42 countries of
# the adult table apart, as one-hot codes; skrub's TableVectorizer draws the line at 40.
DEFAULT_MAX_LEVELS = 50

# A column by its name or its place, from 0 or (from the end) from -1.
ColumnWish = str | int


@dataclass(frozen=True)
class Reading:
    """How a source is to be read; all but `source` has a default.

    source : a word of SOURCES, `openml:` with a number or name (a bare number means the same), or a path.
    dev_source, test_source : paths of separate files of the same kind, or None.
    target : the column to predict; None is the last one without another role.
    header : whether the first line of text names the columns; None: the reader decides.
    separator : what separates two values of a line of text; None: the reader decides.
    drop : columns to leave out. missing : texts that stand for a missing value.
    numeric, categorical : columns to read as numbers, or as categories, whatever they look like.
    memory_map : whether the rows of a .npy stay in their file.
    task : what the target asks for; auto decides by its values.
    split_column, group, order : the column that decides the split, at most one of the three.
    decimal, thousands : what stands before the fraction and between thousands in every column of numbers ("none": there
    is no sign between thousands); None: the reader decides, column by column.
    day_first : whether 01.02.2024 is the first of February; None: the reader decides, column by column.
    charset : how a file's bytes stand for characters; None: the reader decides.
    sheet : the sheet of a workbook, by name or place; None is the first. examples : whether an array's rows or its
    columns are the examples.
    ordered : orders, each the words from the least to the greatest; a column of such words becomes numbers 0, 1, ...
    max_levels : levels of a category that get a column of their own.
    unlabeled : what becomes of rows without a target. rare_classes : of classes with too few rows for every split.
    weight : the column that says how often each row counts; None: all count alike.
    settings : those of a generator, by name; the others keep their defaults.
    """

    source: str | int
    dev_source: str | None = None
    test_source: str | None = None
    target: ColumnWish | None = None
    header: bool | None = None
    separator: str | None = None
    drop: tuple[ColumnWish, ...] = ()
    missing: tuple[str, ...] = DEFAULT_MISSING
    numeric: tuple[ColumnWish, ...] = ()
    categorical: tuple[ColumnWish, ...] = ()
    memory_map: bool = False
    task: AskedTask = "auto"
    split_column: ColumnWish | None = None
    group: ColumnWish | None = None
    order: ColumnWish | None = None
    decimal: Decimal | None = None
    thousands: Thousands | None = None
    day_first: bool | None = None
    charset: str | None = None
    sheet: str | int | None = None
    examples: ExamplesIn = "rows"
    ordered: tuple[tuple[str, ...], ...] = ()
    max_levels: int = DEFAULT_MAX_LEVELS
    unlabeled: Unlabeled = "drop"
    rare_classes: RareClasses = "error"
    weight: ColumnWish | None = None
    settings: Mapping[str, float] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The source as messages name it."""
        return f"openml:{self.source}" if isinstance(self.source, int) else self.source

    @property
    def paths(self) -> dict[str, str]:
        """The source under train and, if given, those of dev and test."""
        named = {"train": self.shown, "dev": self.dev_source, "test": self.test_source}
        return {split: path for split, path in named.items() if path is not None}

    @property
    def splitters(self) -> dict[str, ColumnWish]:
        """The columns that are to decide the split, by their key below `data`."""
        named = {"split_column": self.split_column, "group": self.group, "order": self.order}
        return {key: column for key, column in named.items() if column is not None}
