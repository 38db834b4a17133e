"""A few numbers about single rows: rows of each class, the comparison with the baseline, a regression's intervals.

The result keeps them, so that a run can be diagnosed again without its rows.
"""

from dataclasses import dataclass

from ..records import omitted
from ..statistics.intervals import Interval
from .measured import MeasuredErrors


@dataclass(frozen=True)
class ClassCount:
    """How many dev rows a class has, and how many of them are answered rightly."""

    label: str
    rows: int
    right: int


@dataclass(frozen=True)
class Duel:
    """How many dev rows only the network gets right, and how many only the baseline, which always gives `answer`."""

    network: int
    baseline: int
    answer: str


@dataclass(frozen=True)
class Order:
    """How well dev rows of unequal classes are told apart by their probabilities, whatever the threshold.

    auc : the mean over the classes of the area under the ROC curve; 0.5 by chance. chance : the probability of one as
    large if the probabilities had nothing to do with the classes. log_loss, prior_log_loss : the mean loss in nats, of
    the network and of answering every row with the classes' shares in training.
    """

    auc: float
    chance: float
    log_loss: float
    prior_log_loss: float


@dataclass(frozen=True)
class AbsoluteErrors:
    """The mean and the median absolute dev error, in the target's own units; None for one that is not finite."""

    mean: float | None
    median: float | None


@dataclass(frozen=True)
class RowSummary:
    """Figures about single rows, each None where it does not apply. classes, pairs, order : on dev; others : a
    regression's.

    intervals : of 1 - R² by split, and of `variance`, which is dev less train. tail_share : the share of the sum of
    squared dev errors that comes from the largest 1% of them. weighted : whether rows have weights. measured : the
    errors in the measure of diagnosis.metric, where that is not the error.
    """

    classes: tuple[ClassCount, ...] | None = None
    pairs: Duel | None = None
    intervals: dict[str, Interval | None] | None = None
    tail_share: float | None = None
    absolute_errors: AbsoluteErrors | None = None
    weighted: bool | None = omitted()
    measured: MeasuredErrors | None = omitted()
    order: Order | None = omitted()
