"""What a prediction tells beside the answers: what was odd in the rows, and the errors where the target is known."""

from dataclasses import dataclass
from typing import Literal

from ..records import omitted
from ..statistics.calibration import Bin
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
    unknown_class : rows of a class that training did not have, all of them wrong. held : the share of the rows whose
    interval, or set, holds the target, where such are asked for. Rows that were not answered do not count.
    """

    rows: int
    error: float
    interval: Interval | None
    confidence: float
    rmse: float | None = omitted()
    mae: float | None = omitted()
    unknown_class: int | None = omitted()
    held: float | None = omitted()


@dataclass(frozen=True)
class Calibration:
    """How well probabilities say how often an answer is right, before and after a division of the logits.

    temperature : by which they are divided, fitted to the dev rows; 1 where these do not surely gain by it.
    measured_on : the split whose rows the errors and bins are of. error_before, error_after : the expected calibration
    error, a mean distance of probability and share of right answers.
    """

    temperature: float
    dev_rows: int
    measured_on: Literal["dev", "test"]
    rows: int
    error_before: float
    error_after: float
    before: tuple[Bin, ...]
    after: tuple[Bin, ...]


@dataclass(frozen=True)
class Coverage:
    """level : the share of rows whose interval, or set, is to hold the truth. dev_rows : by which it was made so wide.

    test_rows, held, interval : the test rows, the share of them whose interval holds the truth, and its interval; None
    without test rows.
    """

    level: float
    dev_rows: int
    test_rows: int | None = omitted()
    held: float | None = omitted()
    interval: Interval | None = omitted()


@dataclass(frozen=True)
class Abstention:
    """error : that of the answered rows is to be below it. dev_rows : by which that was found, and `share` of which is
    answered.

    test_rows, test_error, interval : of the test rows that are answered; None without any.
    """

    error: float
    dev_rows: int
    share: float
    test_rows: int | None = omitted()
    test_error: float | None = omitted()
    interval: Interval | None = omitted()


@dataclass(frozen=True)
class Threshold:
    """From which probability on `label`, the rarer class, is answered, by what the two mistakes cost.

    dev_rows : by which it was found. cost, cost_at_half : the mean cost of one of them, and what answering from 50% on
    costs. recall, precision : of the label on dev; the latter None where it is never answered. test_* : the same on the
    test rows, None without any.
    """

    label: str
    threshold: float
    false_alarm: float
    miss: float
    dev_rows: int
    cost: float
    cost_at_half: float
    recall: float
    precision: float | None
    test_rows: int | None = omitted()
    test_cost: float | None = omitted()
    test_recall: float | None = omitted()
    test_precision: float | None = omitted()


@dataclass(frozen=True)
class Prediction:
    """What `dlrun predict` tells of a file that was answered.

    left_out : columns of the file that training did not know. notes : how the file was read.
    odd_rows : rows with anything noticed. errors : None where no row has a target. calibration : of the probabilities.
    coverage, abstention, threshold : what was asked for, and what it is worth on the run's own rows. abstained : rows
    left without an answer.
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
    calibration: Calibration | None = omitted()
    coverage: Coverage | None = omitted()
    abstention: Abstention | None = omitted()
    abstained: int | None = omitted()
    threshold: Threshold | None = omitted()
