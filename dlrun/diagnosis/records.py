"""The diagnosis as records: each field is a key of diagnosis.json."""

from dataclasses import dataclass

from ..records import BySplit, Mapped, Sizes, Split
from ..statistics.intervals import Interval
from .findings import Finding
from .ills import ByIll, Shares, Verdict
from .optimal import OptimalKind
from .rule import Thresholds


@dataclass(frozen=True)
class Intervals(Mapped):
    """The interval of each error and of each distance, as fractions; None where not known."""

    train: Interval | None
    dev: Interval | None
    test: Interval | None
    optimal: Interval | None
    avoidable_bias: Interval | None
    variance: Interval | None

    def of(self, split: Split) -> Interval | None:
        """The interval of a split's error by the split's name."""
        found: Interval | None = getattr(self, split)
        return found


@dataclass(frozen=True)
class OptimalUsed(Mapped):
    """The optimal error a diagnosis measures bias from, and how it is known: `errors` of `n` judgements, or `n` rows.

    break_even : of an assumed one, up to which value the bias keeps its level. refuted : dev rows are answered better.
    """

    kind: OptimalKind
    error: float
    errors: int | None
    n: int | None
    break_even: float | None
    sentence: str
    refuted: bool


@dataclass(frozen=True)
class RowsNeeded(Mapped):
    """How many more dev rows would settle an inconclusive ill.

    rows : None where no number would. at_least : whether it is a lower bound. low, high : its range.
    """

    rows: int | None
    at_least: bool
    low: int | None
    high: int | None
    sentence: str


@dataclass(frozen=True)
class Target(Mapped):
    """A dev error that is good enough, and whether it is met: by a dev error that is surely no larger."""

    error: float
    met: bool
    sentence: str


@dataclass(frozen=True)
class Recall(Mapped):
    """The share of a class's dev rows that are answered rightly."""

    label: str
    rows: int
    recall: float
    interval: Interval


@dataclass(frozen=True)
class ClassErrors(Mapped):
    """The recalls of unequal classes, and 1 less their mean."""

    balanced_error: float
    recalls: tuple[Recall, ...]


@dataclass(frozen=True)
class Diagnosis(Mapped):
    """What the errors say. All numbers are fractions.

    confidence : of the intervals. avoidable_bias, variance : the two distances. thresholds : between which they are
    moderate. shares : None without an excess error. dev_rows_needed : of an ill that these rows do not settle.
    classes : where they are unequally common. findings : what outranks the verdict, the worst first.
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
