"""Bias and variance from the errors of one run, with how sure they are.

Stands between the evaluation, which measures the errors, and the run folder, which keeps the verdict. The two distances
are those of the course: what training could still gain, and what is lost from the training set to the dev set.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ..statistics.intervals import CONFIDENCE
from .classes import unequal_classes
from .figures import ILLS, Figures, figures_of
from .optimal import Optimal, break_even, how_known
from .rows_needed import rows_needed
from .rule import shares
from .sanity import Finding, sanity
from .sentences import target_sentence, verdict_sentence

# The findings under which "low" is not said: of a network that learned nothing, or of errors that no interval holds.
WITHHOLDING = ("no-better-than-baseline", "few-large-errors")


@dataclass(frozen=True)
class Diagnosis:
    """What the errors say, key for key as diagnosis.json has it. All numbers are fractions.

    verdict : of bias and variance "high", "low", "moderate" or "inconclusive".
    intervals : [lower, upper] of train, dev, test, optimal, avoidable_bias and variance; None where not known.
    shares : of bias and variance in the excess of dev error over the optimal one; None without an excess.
    dev_rows_needed : of an inconclusive ill {rows, at_least, low, high, sentence}, None of another.
    optimal : {kind, error, errors, n, break_even, sentence, refuted}. target : {error, met, sentence} or None.
    classes : {balanced_error, recalls} where classes are unequal, else None.
    """

    errors: dict[str, float | None]
    sizes: dict[str, int] | None
    confidence: float
    intervals: dict[str, list[float] | None]
    optimal_error: float
    optimal: dict
    avoidable_bias: float
    variance: float
    thresholds: dict[str, float]
    shares: dict[str, float] | None
    verdict: dict[str, str]
    dev_rows_needed: dict[str, dict | None]
    sentence: str
    target: dict | None
    baseline_error: float | None
    classes: dict | None
    findings: tuple[Finding, ...]
    regression: bool

    def to_dict(self) -> dict:
        """Plain values for JSON; `findings` is a list of dicts."""
        return {
            key: [asdict(item) for item in value] if isinstance(value, tuple) else value
            for key, value in vars(self).items()
        }


def diagnose(
    errors: Mapping[str, float | None],
    *,
    optimal_error: "float | Mapping | Optimal | None" = None,
    baseline_error: float | None = None,
    regression: bool = False,
    sizes: Mapping[str, int | None] | None = None,
    rows: Mapping | None = None,
    target_error: float | None = None,
) -> Diagnosis:
    """The verdict over train and dev error, and what outranks it.

    errors : the fractions train, dev and perhaps test; in a regression 1 - R², which may exceed 1.
    optimal_error : a number, {errors, n}, an `Optimal`, or None for "assume 0 and say so".
    baseline_error : of always answering the majority class (regression: of predicting the mean), where it is known.
    sizes : rows of train, dev and perhaps test; without them the verdict is by points, and there are no intervals.
    rows : what is known of single rows, as `experiment.rows` finds it.
    target_error : a dev error surely no larger is good enough.
    Raises UsageError for a value that cannot be an error.
    """
    figures = figures_of(errors, optimal_error, baseline_error, regression, sizes, rows)
    findings = sanity(figures)
    withheld = next((finding.title for finding in findings if finding.code in WITHHOLDING), None)
    levels = {ill: figures.level(ill) for ill in ILLS}
    verdict = {ill: "inconclusive" if withheld and found == "low" else found for ill, found in levels.items()}
    needed = {ill: rows_needed(figures, ill, withheld) for ill in ILLS}
    target = target_of(target_error, figures)
    return Diagnosis(
        errors=dict(figures.errors),
        sizes=figures.sizes and dict(figures.sizes),
        confidence=CONFIDENCE,
        intervals=intervals_told(figures),
        optimal_error=figures.optimal.error,
        optimal=optimal_told(figures, findings),
        avoidable_bias=figures.gaps["bias"],
        variance=figures.gaps["variance"],
        thresholds=figures.thresholds()._asdict(),
        shares=shares(**figures.gaps),
        verdict=verdict,
        dev_rows_needed=needed,
        sentence=verdict_sentence(figures, verdict),
        target=target,
        baseline_error=figures.baseline_error,
        classes=unequal_classes(figures.rows.get("classes") or []),
        findings=tuple(findings),
        regression=regression,
    )


def intervals_told(figures: Figures) -> dict[str, list[float] | None]:
    """Every interval by the name of its number."""
    optimal, gaps = figures.optimal.interval, figures.gap_intervals
    found = {**figures.intervals, "optimal": optimal, "avoidable_bias": gaps["bias"], "variance": gaps["variance"]}
    return {name: list(interval) if interval else None for name, interval in found.items()}


def optimal_told(figures: Figures, findings: list[Finding]) -> dict:
    """The optimal error and how it is known; of an assumed one, from which value on the bias would not be high."""
    optimal, found, even = figures.optimal, figures.level("bias"), None
    if optimal.kind == "assumed" and found in ("high", "moderate"):
        train = figures.intervals["train"] or (figures.errors["train"], figures.errors["train"])
        even = break_even(train, found, figures.baseline_error, figures.regression)
    return {
        "kind": optimal.kind,
        "error": optimal.error,
        "errors": optimal.errors,
        "n": optimal.n,
        "break_even": even,
        "sentence": how_known(optimal, found, even),
        "refuted": any(finding.code == "optimal-error-refuted" for finding in findings),
    }


def target_of(target_error: float | None, figures: Figures) -> dict | None:
    """{error, met, sentence}: the target is met by a dev error that is surely no larger."""
    if target_error is None:
        return None
    dev = figures.intervals["dev"]
    met = (dev[1] if dev else figures.errors["dev"]) <= target_error
    return {"error": target_error, "met": met, "sentence": target_sentence(target_error, figures, met)}
