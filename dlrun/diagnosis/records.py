"""The diagnosis as records: each field is a key of diagnosis.json."""

from dataclasses import dataclass

from ..records import BySplit, Sizes, Split, omitted
from ..statistics.intervals import Interval
from .findings import Finding
from .ills import ByIll, Shares, Verdict
from .optimal import OptimalKind
from .rule import Thresholds
from .words import error_word

# What is said beside sizes that are fewer than the rows.
WEIGHTED = "rows have weights: the errors are weighted, and as sure as those of so many rows that all count alike"


@dataclass(frozen=True)
class Intervals:
    """The interval of each error and of each distance, as fractions; None where not known."""

    train: Interval | None
    dev: Interval | None
    test: Interval | None
    optimal: Interval | None
    avoidable_bias: Interval | None
    variance: Interval | None

    def of(self, split: Split) -> Interval | None:
        """The interval of a split's error by the split's name."""
        interval: Interval | None = getattr(self, split)
        return interval


@dataclass(frozen=True)
class OptimalUsed:
    """The optimal error a diagnosis measures bias from, and how it is known: `errors` of `n` judgements, or `n` rows.

    break_even : for an assumed one, the largest value at which the bias keeps its level. refuted : whether dev rows are
    answered better than it allows.
    """

    kind: OptimalKind
    error: float
    errors: int | None
    n: int | None
    break_even: float | None
    sentence: str
    refuted: bool


@dataclass(frozen=True)
class RowsNeeded:
    """How many more dev rows would settle an inconclusive bias or variance.

    rows : None where no number would. at_least : whether it is a lower bound. low, high : its range.
    """

    rows: int | None
    at_least: bool
    low: int | None
    high: int | None
    sentence: str


@dataclass(frozen=True)
class Target:
    """A dev error that is good enough. met : whether this run's dev error is surely no larger."""

    error: float
    met: bool
    sentence: str


@dataclass(frozen=True)
class Recall:
    """The share of a class's dev rows that are answered rightly."""

    label: str
    rows: int
    recall: float
    interval: Interval


@dataclass(frozen=True)
class ClassErrors:
    """The recalls of unequal classes, and 1 less their mean."""

    balanced_error: float
    recalls: tuple[Recall, ...]


@dataclass(frozen=True)
class Diagnosis:
    """What the errors say. All numbers are fractions.

    confidence : of the intervals. avoidable_bias, variance : the two distances. thresholds : a distance between them is
    moderate. shares : None without an excess error. dev_rows_needed : where these rows do not settle bias or variance.
    classes : None where they are about equally common. findings : what outranks the verdict, the worst first.
    weighted : whether rows have weights; errors are then weighted, and sizes are those of WEIGHTED.
    measure : what the errors are called, where they are told in another measure than the error.
    """

    errors: BySplit[float]
    sizes: Sizes | None
    confidence: float
    intervals: Intervals
    optimal_error: float
    optimal: OptimalUsed
    avoidable_bias: float
    variance: float
    thresholds: Thresholds
    shares: Shares | None
    verdict: Verdict
    dev_rows_needed: ByIll[RowsNeeded | None]
    sentence: str
    target: Target | None
    baseline_error: float | None
    classes: ClassErrors | None
    findings: tuple[Finding, ...]
    regression: bool
    weighted: bool | None = omitted()
    measure: str | None = omitted()

    @property
    def word(self) -> str:
        """What an error is called."""
        return self.measure or error_word(self.regression)
