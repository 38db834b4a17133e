"""What a prediction tells beside the answers: what was odd in the rows, and the errors where the target is known."""

from dataclasses import dataclass

from ..records import omitted
from ..statistics.intervals import Interval


@dataclass(frozen=True)
class Noticed:
    """Something odd in a column: its kind (a key of ODDITIES), the rows that it concerns, and a sentence about it."""

    what: str
    column: str
    rows: int
    sentence: str


@dataclass(frozen=True)
class ErrorsHere:
    """The errors on rows that came with the target.

    rows : those with a target. error : the fraction answered wrongly, or 1 - R². rmse, mae : a regression's, in the
    target's own units. interval : of the error, None where it has none. confidence : of the interval.
    unknown_class : rows of a class that training did not have, all of them wrong.
    """

    rows: int
    error: float
    interval: Interval | None
    confidence: float
    rmse: float | None = omitted()
    mae: float | None = omitted()
    unknown_class: int | None = omitted()


@dataclass(frozen=True)
class Prediction:
    """What `dlrun predict` tells of a file that was answered.

    left_out : columns of the file that training did not know. notes : how the file was read.
    odd_rows : rows with anything noticed. errors : None where no row has a target.
    """

    run_id: str
    source: str
    out: str
    rows: int
    odd_rows: int
    noticed: tuple[Noticed, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    errors: ErrorsHere | None
    seconds: float
