"""The facts about the data that a run keeps as data.json, for readers without the data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..records import Sizes, omitted
from .reading import Task
from .scaling import Normalize


@dataclass(frozen=True)
class ColumnFacts:
    """A feature column; `levels` are the words of a categorical one, and None elsewhere."""

    name: str
    kind: Literal["numeric", "categorical"]
    levels: tuple[str, ...] | None = omitted()


ColumnKind = Literal["number", "category", "flag", "date", "text", "id", "empty"]
Role = Literal["feature", "left out", "target", "split_column", "group", "order", "weight"]


@dataclass(frozen=True)
class SourceColumn:
    """A column of the source as it was read; `dlrun data` and the report page show it.

    name : in the source. kind : what its cells hold. role : what it is used for.
    form : how its cells are written, such as "decimal comma, in %"; "" where they are plain.
    examples : a few different cells as they stand in the source.
    rows : cells. missing : cells without a value. markers : cells of each text that was read as missing, "" for an
    empty cell. distinct : different values.
    low, high : the least and greatest number, or the first and last date as ISO text; None for words.
    levels : cells of each word, the commonest first, at most SHOWN_LEVELS of them.
    counts : cells in each of equal parts from low to high; empty for words.
    features : the inputs of the network that were made of it; empty if it is no feature.
    notes : sentences about what is odd, or what was chosen and how to choose otherwise.
    """

    name: str
    kind: ColumnKind
    role: Role
    form: str
    examples: tuple[str, ...]
    rows: int
    missing: int
    markers: Mapping[str, int]
    distinct: int
    low: float | str | None = None
    high: float | str | None = None
    levels: Mapping[str, int] = field(default_factory=dict)
    counts: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataFacts:
    """Where the data came from, what they hold and how they were divided.

    source : as messages name it. sha256 : of all that was read; equal data, equal hash.
    rows : of the source. columns : the features, numeric ones first. missing : empty cells of each column that has any.
    features : columns after preparation. normalize : whether numbers were scaled.
    target : its column's name. classes : labels as shown, empty for a regression.
    split : in words, how the rows were divided. sizes : rows of each split.
    class_counts : for each split, the rows of each class by its label.
    image_side : pixels a side where a row is a square image, else None.
    warnings : sentences about what is suspicious.
    source_columns : every column of the source as it was read; None in runs of versions that did not keep them.
    notes : sentences about how the source's files were read, such as their encoding.
    image_channels : 3 where a row is a picture in colour, else None.
    encodings : the word of each column that has other inputs than its scaled number, or than one for each word, if
    any has.
    """

    source: str
    sha256: str
    rows: int
    columns: tuple[ColumnFacts, ...]
    missing: Mapping[str, int]
    features: int
    normalize: Normalize
    target: str
    task: Task
    classes: tuple[str, ...]
    split: str
    sizes: Sizes
    class_counts: Mapping[str, Mapping[str, int]]
    image_side: int | None
    warnings: tuple[str, ...]
    source_columns: tuple[SourceColumn, ...] | None = omitted()
    notes: tuple[str, ...] | None = omitted()
    image_channels: int | None = omitted()
    encodings: Mapping[str, str] | None = omitted()
