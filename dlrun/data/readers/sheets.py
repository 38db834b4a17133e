"""The record that readers of tables return: one file as a frame with names.

`tables` puts the sheets of several files under each other.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import polars


class Sheet(NamedTuple):
    """One file: its frame with names as header, a function from row to `file:line`, and how it was read.

    Columns of text hold the cells as they stand in the file; others have a type of their own, such as Float64 or Date.
    notes : sentences about how the file was read, such as its encoding or lines that were left out.
    unnamed : the columns that have no name in the file, by the names that they were given. separator : what stands
    between the cells of a text; None for other files.
    """

    shown: str
    frame: "polars.DataFrame"
    place: Callable[[int], str]
    has_header: bool
    notes: tuple[str, ...] = ()
    unnamed: frozenset[str] = frozenset()
    separator: str | None = None
