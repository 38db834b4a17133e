"""What the records that travel between rooms have in common: a frozen dataclass each, and two marks for its JSON.

At the bottom, since every room defines the records of what it knows. `store.codec` is where they become JSON.
"""

from dataclasses import field
from typing import Any

# What `store.codec` looks for in a field's metadata: a field whose key JSON lacks where it is None, and one that holds
# another record, whose keys JSON has among those of this one, where the field stands.
OMITTED, FLAT = {"json": "omitted"}, {"json": "flat"}


def omitted() -> Any:
    """A field that is None unless there is something to say; JSON then has no such key."""
    return field(default=None, metadata=OMITTED)


def flat() -> Any:
    """A field that holds another record, whose keys JSON has among those of this one, where the field stands."""
    return field(metadata=FLAT)


class Mapped:
    """Lets a record be read as the dict that it was, until the rooms that read it so have changed. Goes again."""

    def __getitem__(self, key: str) -> Any:
        if not hasattr(self, key):
            raise KeyError(key)
        return getattr(self, key)

    def get(self, key: str, default: Any = None) -> Any:
        return getattr(self, key, default)

    def __contains__(self, key: str) -> bool:
        return hasattr(self, key)
