"""The diagnosis: bias and variance from the errors of one run, with how sure they are.

The two distances are those of the course: what training could still gain, and what is lost from the training set to
the dev set. `experiment.judge` calls it for a run, `dlrun diagnose --errors` for figures alone.
"""

from collections.abc import Sequence
from dataclasses import replace

from ..records import BySplit, Sizes
from ..statistics.intervals import CONFIDENCE
from .classes import unequal_classes
from .figures import Figures, figures_of
from .findings import Finding, causes_first
from .ills import ByIll, Level, Verdict
from .optimal import ASSUMED, Judgements, Optimal, break_even, how_known, optimal_of
from .records import Diagnosis, Intervals, OptimalUsed, Target
from .row_summary import RowSummary
from .rows_needed import rows_needed
from .rule import shares
from .sanity import sanity
from .sentences import target_sentence, verdict_sentence

# Where one of these fails, bias and variance are those of another task than the one that is meant: of copying a column,
# or of rows that were learned by heart. No verdict is given, and the errors stay as they are.
MEANINGLESS = ("leak", "rows-in-two-splits")

# With these findings no verdict is "low": the network learned nothing, or no interval of its errors can be trusted.
WITHHOLDING = ("no-better-than-baseline", "few-large-errors")


def diagnose(
    errors: BySplit[float | None],
    *,
    optimal_error: float | Judgements | Optimal | None = None,
    baseline_error: float | None = None,
    regression: bool = False,
    sizes: Sizes | None = None,
    rows: RowSummary | None = None,
    target_error: float | None = None,
) -> Diagnosis:
    """The verdict on train and dev error, and the findings that outrank it.

    errors : the fractions; in a regression 1 - R², which may exceed 1.
    optimal_error : a number, judgements, an `Optimal`, or None for "assume 0 and say so".
    baseline_error : of always answering the majority class (regression: of predicting the mean), where it is known.
    sizes : without them there are no intervals, and the verdict comes from the distances alone.
    rows : what is known of single rows.
    target_error : a dev error surely no larger is good enough.
    Where `rows` has the errors in another measure, these take the place of `errors` and `baseline_error`, and an
    optimal and a target error are in that measure too.
    Raises UsageError for a value that cannot be an error.
    """
    figures = figures_of(errors, optimal_of(optimal_error), baseline_error, regression, sizes, rows or RowSummary())
    findings = causes_first(sanity(figures))
    withheld = next((finding.title for finding in findings if finding.code in WITHHOLDING), None)

    def sure(level: Level) -> Level:
        return "inconclusive" if withheld and level == "low" else level

    verdict = Verdict(sure(figures.level("bias")), sure(figures.level("variance")))
    return Diagnosis(
        errors=figures.errors,
        sizes=figures.sizes,
        confidence=CONFIDENCE,
        intervals=intervals_of(figures),
        optimal_error=figures.optimal.error,
        optimal=optimal_used(figures, findings),
        avoidable_bias=figures.gaps.bias,
        variance=figures.gaps.variance,
        thresholds=figures.thresholds(),
        shares=shares(figures.gaps.bias, figures.gaps.variance),
        verdict=verdict,
        dev_rows_needed=ByIll(rows_needed(figures, "bias", withheld), rows_needed(figures, "variance", withheld)),
        sentence=verdict_sentence(figures, verdict),
        target=None if target_error is None else target_of(target_error, figures),
        baseline_error=figures.baseline_error,
        classes=unequal_classes(figures.rows.classes or ()),
        findings=findings,
        regression=regression,
        weighted=figures.rows.weighted,
        measure=figures.measured.word if figures.measured else None,
    )


def intervals_of(figures: Figures) -> Intervals:
    """All intervals of the figures, by what they are of."""
    splits, gaps = figures.intervals, figures.gap_intervals
    return Intervals(splits.train, splits.dev, splits.test, figures.optimal.interval, gaps.bias, gaps.variance)


def optimal_used(figures: Figures, findings: Sequence[Finding]) -> OptimalUsed:
    """The optimal error and how it is known; for an assumed one, the value above which the bias would not be high."""
    optimal, level, break_even_error = figures.optimal, figures.level("bias"), None
    if optimal.kind == "assumed" and level in ("high", "moderate"):
        train = figures.intervals.train or (figures.errors.train, figures.errors.train)
        break_even_error = break_even(train, level, figures.baseline_error, figures.is_share)
    return OptimalUsed(
        kind=optimal.kind,
        error=optimal.error,
        errors=optimal.errors,
        n=optimal.n,
        break_even=break_even_error,
        sentence=how_known(optimal, level, break_even_error),
        refuted=any(finding.code == "optimal-error-refuted" for finding in findings),
    )


def target_of(target_error: float, figures: Figures) -> Target:
    """The target is met by a dev error that is surely no larger."""
    dev = figures.intervals.dev
    met = (dev[1] if dev else figures.errors.dev) <= target_error
    return Target(target_error, met, target_sentence(target_error, figures, met))


def unless_meaningless(diagnosis: Diagnosis, findings: Sequence[Finding]) -> Diagnosis:
    """The diagnosis without its verdict, and with the reason in a sentence, where a finding makes the verdict idle."""
    faults = [finding for finding in findings if finding.code in MEANINGLESS and finding.severity == "fail"]
    if not faults:
        return diagnosis
    optimal = replace(diagnosis.optimal, break_even=None)
    if optimal.kind == "assumed":
        optimal = replace(optimal, sentence=ASSUMED)
    reasons = " and ".join(fault.title for fault in faults)
    return replace(
        diagnosis,
        verdict=Verdict("withheld", "withheld"),
        sentence=f"no verdict on bias and variance: {reasons}, so these errors do not hold for new rows",
        dev_rows_needed=ByIll(None, None),
        optimal=optimal,
    )
