"""The verdict as sentences for a person.

The terminal and the pages show these sentences and make none of their own, so that all say the same.
"""

from .figures import Figures
from .ills import Ill, Level, Verdict
from .words import distance, percent, span

# The two errors between which each distance lies.
ENDS: dict[Ill, tuple[str, str]] = {"bias": ("train", "the optimal"), "variance": ("dev", "train")}


def verdict_sentence(figures: Figures, verdict: Verdict) -> str:
    """Both verdicts with their distances: "high bias: train error is 15.0 points above ...; low variance: ..."."""
    both = "; ".join(gap_sentence(figures, ill, level) for ill, level in verdict.items())
    if figures.gap_intervals.variance:
        return both
    return f"{both} (by points only: without the numbers of rows there are no intervals)"


def gap_sentence(figures: Figures, ill: Ill, level: Level) -> str:
    """One verdict with its distance: "low variance: dev error is 1.0 points [-1.0, 3.1] above train error"."""
    (split, compared_with), word = ENDS[ill], figures.word
    gap, interval = figures.gaps.of(ill), figures.gap_intervals.of(ill)
    if interval and gap < 0:  # 4.0 points below, between 5.0 below and 3.0 below
        interval = (-interval[1], -interval[0])
    gap_text = distance(gap, 0.0).replace(" points", f" points {span(interval)}" if interval else " points")
    return f"{level} {ill}: {split} {word} is {gap_text} {compared_with} {word}"


def target_sentence(target_error: float, figures: Figures, met: bool) -> str:
    """Whether the target is met, and the dev error that decides it."""
    dev, word = figures.intervals.dev, figures.word
    reached = f"dev {word} {percent(figures.errors.dev)}{f' {span(dev)}' if dev else ''}"
    return f"target {percent(target_error)} {'met' if met else 'not shown to be met'}: {reached}"
