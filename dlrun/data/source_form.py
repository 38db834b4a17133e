"""The form of a source: its columns, and how each is written. A run keeps it, so that other rows are read alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from .cells.forms import ColumnForm
from .preparation import Preparation
from .reading import DEFAULT_MISSING

# A column of plain numbers, as nearly all are.
PLAIN = ColumnForm("number")


@dataclass(frozen=True)
class SourceForm:
    """What must be known of a source to read other rows of the same columns.

    names : its columns in their order, the target among them if it is one of them. target : the target's name.
    features : the columns that are features. missing : texts that stand for a missing value.
    forms : of the features and the target, those that are not plain numbers.
    """

    names: tuple[str, ...]
    target: str
    features: tuple[str, ...]
    missing: tuple[str, ...] = DEFAULT_MISSING
    forms: Mapping[str, ColumnForm] = field(default_factory=dict)

    @classmethod
    def of_preparation(cls, preparation: Preparation, target: str) -> Self:
        """What is known of the source of a run that did not keep its form."""
        features = (*preparation.numeric_columns, *preparation.categorical_columns)
        forms = {name: ColumnForm("category") for name in preparation.categorical_columns}
        return cls((*features, target), target, features, forms=forms)

    def form(self, name: str) -> ColumnForm:
        """How a feature or the target is written."""
        return self.forms.get(name, PLAIN)

    @property
    def features_in_order(self) -> tuple[str, ...]:
        """The features as they stand in the source, from left to right."""
        features = set(self.features)
        return tuple(name for name in self.names if name in features)

    @property
    def without_header(self) -> bool:
        """Whether the columns have no names but numbers."""
        return self.names == tuple(f"x{at}" for at in range(len(self.names)))
