"""The facts about the data that a run keeps as data.json, for readers without the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..records import Sizes, omitted
from .reading import Task


@dataclass(frozen=True)
class ColumnFacts:
    """A feature column; `levels` are the words of a categorical one, and None elsewhere."""

    name: str
    kind: Literal["numeric", "categorical"]
    levels: tuple[str, ...] | None = omitted()


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
    """

    source: str
    sha256: str
    rows: int
    columns: tuple[ColumnFacts, ...]
    missing: Mapping[str, int]
    features: int
    normalize: bool
    target: str
    task: Task
    classes: tuple[str, ...]
    split: str
    sizes: Sizes
    class_counts: Mapping[str, Mapping[str, int]]
    image_side: int | None
    warnings: tuple[str, ...]
