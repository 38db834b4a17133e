"""What the records of all rooms share: each is a frozen dataclass, and two marks say how its fields become JSON.

It is at the bottom, since every room defines records. `store.codec` turns them into JSON.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# A config as its JSON has it, section by section; and values for some of its keys, by dotted path.
ConfigData = Mapping[str, Any]
Change = Mapping[str, Any]

# The values of a config by dotted path.
Flat = dict[str, object]

R = TypeVar("R", bound="DataclassInstance")

# Marks in a field's metadata, for `store.codec`. OMITTED : JSON has no such key if the field is None. FLAT : the field
# holds another record, and JSON has the keys of that record instead of the field.
OMITTED, FLAT = {"json": "omitted"}, {"json": "flat"}


def omitted() -> Any:
    """A field whose key is left out of JSON if it is None."""
    return field(default=None, metadata=OMITTED)


def flat() -> Any:
    """A field that holds another record; JSON has the keys of that record instead of the field."""
    return field(metadata=FLAT)


def without_infinities(record: R) -> R:
    """The record with None, as in JSON, for every number in it that is not finite, at any depth."""
    changed = {}
    for item in fields(record):
        held = getattr(record, item.name)
        if (kept := finite(held)) is not held:
            changed[item.name] = kept
    return replace(record, **changed) if changed else record


def finite(value: Any) -> Any:
    """The same for a field's value; the value itself if nothing changes."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple):
        kept = tuple(map(finite, value))
        return value if all(a is b for a, b in zip(kept, value, strict=True)) else kept
    return without_infinities(value) if is_dataclass(value) and not isinstance(value, type) else value


def flattened(config: ConfigData, above: str = "") -> Flat:
    """The values of a config, or of other nested data, by dotted path."""
    flat: Flat = {}
    for key, value in config.items():
        flat |= flattened(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}": value}
    return flat


T_co = TypeVar("T_co", covariant=True)

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class BySplit(Generic[T_co]):
    """One figure for each split; None for test if there is no test split."""

    train: T_co
    dev: T_co
    test: T_co | None = None

    def of(self, split: Split) -> T_co | None:
        """The figure of a split by its name."""
        figure: T_co | None = getattr(self, split)
        return figure

    def items(self) -> Iterator[tuple[Split, T_co | None]]:
        """Each split's name and figure."""
        return ((split, self.of(split)) for split in SPLITS)


# The errors of a run that has none yet.
NO_ERRORS: BySplit[float | None] = BySplit(None, None, None)


@dataclass(frozen=True)
class Sizes:
    """The rows of each split; without a test split, JSON has no such key."""

    train: int
    dev: int
    test: int | None = omitted()

    def of(self, split: Split) -> int | None:
        """The rows of a split by its name."""
        rows: int | None = getattr(self, split)
        return rows
