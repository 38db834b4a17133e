"""Counts what is odd in rows, and the rows that get no answer, a piece at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ..arrays import Array
from ..data.new_rows import ODDITIES, Oddity
from .records import Noticed


@dataclass
class Tally:
    """What is counted over all pieces."""

    rows: int = 0
    odd_rows: int = 0
    abstained: int = 0
    kinds: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def add(self, given: Array, oddities: Iterable[Oddity], notes: Iterable[str]) -> None:
        """Count a piece's rows (k,), given an answer or not, and what is odd in them; the first row is the example."""
        is_odd = np.zeros(len(given), dtype=bool)
        for oddity in oddities:
            is_odd[oddity.rows] = True
            self.count(oddity)
        self.rows += len(given)
        self.abstained += int((~given).sum())
        self.odd_rows += int(is_odd.sum())
        self.notes |= dict.fromkeys(notes)

    def count(self, oddity: Oddity) -> None:
        """Count the rows of an oddity, which makes no row odd by itself."""
        count, example = self.kinds.get((oddity.column, oddity.what), (0, oddity.example))
        self.kinds[oddity.column, oddity.what] = (count + len(oddity.rows), example)

    def noticed(self) -> tuple[Noticed, ...]:
        """Everything noticed, that of most rows first."""
        told = []
        for (column, what), (count, example) in self.kinds.items():
            rows = "1 row" if count == 1 else f"{count} rows"
            sentence = f"column {column!r}: " + ODDITIES[what].sentence.format(rows=rows, example=example)
            told.append(Noticed(what, column, count, sentence))
        return tuple(sorted(told, key=lambda noticed: (-noticed.rows, noticed.column, noticed.what)))
