"""What a log holds, whatever wrote it: its lines, each with what was logged together."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import DataError

# What stands for "not measured" in a cell: Keras writes NA for what an epoch did not measure, others leave it empty.
NOT_MEASURED = ("", "na", "n/a", "none", "null", "-")


@dataclass(frozen=True)
class Line:
    """where : for messages, such as "line 3". values : text or a number by column, only of what was measured."""

    where: str
    values: Mapping[str, str | float]

    def number(self, column: str, file: str) -> float | None:
        """The number in a column, None where none was measured. Raises DataError for what is no number."""
        value = self.values.get(column)
        if value is None or isinstance(value, float):
            return value
        text = value.strip()
        if text.lower() in NOT_MEASURED:
            return None
        try:
            return float(text)
        except ValueError:
            raise DataError(
                f"{file}, {self.where}: column {column!r} has {text!r}, which is no number; expected one such as 0.31,"
                " or an empty cell where nothing was measured"
            ) from None


def finite(number: float) -> float:
    """The number, and infinity for anything that is none, so that "left the finite numbers" is one thing."""
    return number if math.isfinite(number) else math.inf
