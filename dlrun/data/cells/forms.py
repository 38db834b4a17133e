"""The form of a column: what its cells are and how they are written, decided by all of them; and its cells as values.

A form is decided once. Other rows of the same column are read by it in the same manner.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..reading import Decimal, Thousands
from ..records import ColumnKind
from .dates import DateForm
from .numbers import NumberForm

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True)
class ColumnForm:
    """What the cells of a column are.

    number, date : how numbers and dates are written. date_parts : the cycles that become features of a date.
    missing : texts that stand for a missing value. spellings : for words written in several ways, the one that is kept.
    order : the words that stand for the numbers 0, 1, ...
    """

    kind: ColumnKind
    number: NumberForm | None = None
    date: DateForm | None = None
    date_parts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    def in_words(self) -> str:
        """How its cells are written; empty where they are plain."""
        written = self.number or self.date
        return written.in_words() if written else ""


class Asked(NamedTuple):
    """What is asked of a column: the options that concern it, whether it is the target, and its file's usual form.

    keeps_name : whether a class may be called NA. preferred : how other numbers of the file are written; likely : how
    they may be.
    """

    missing: tuple[str, ...] = ()
    decimal: Decimal | None = None
    thousands: Thousands | None = None
    day_first: bool | None = None
    as_text: bool = False
    as_number: bool = False
    is_target: bool = False
    keeps_name: bool = False
    preferred: NumberForm | None = None
    likely: NumberForm | None = None


class Cells(NamedTuple):
    """A column that was read.

    values : Float64 (numbers, dates in days) or String, null where missing. markers : cells of each text that was read
    as missing. strays : cells of each word that is no number in a column of numbers, which were read as missing.
    notes : sentences about what was chosen, without the column's name. is_unsure : whether another form of numbers
    would also read all of it.
    """

    form: ColumnForm
    values: "polars.Series"
    markers: Mapping[str, int] = {}
    strays: Mapping[str, int] = {}
    notes: tuple[str, ...] = ()
    is_unsure: bool = False
