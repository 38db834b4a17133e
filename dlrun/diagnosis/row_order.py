"""Rows whose neighbours are alike: what a random split then hides, and by how much."""

from dataclasses import dataclass

from ..statistics.intervals import Interval
from ..statistics.order import LAGS, Alike, Together
from .findings import Finding, Severity
from .words import error_word, percent, points, span

# Healthy runs, whose rows are in no order, are told at most this often, by the test itself: of none of 110 in
# `python -m tests.benchmarks.row_order 10`.
LEVEL = 0.002

# From this correlation on, of levels over the lags and not only of slopes, the errors of a random split mean little. A
# judgement: the drifting levels of `tests.benchmarks.diagnosis` (state in_time) had 0.05 to 0.68 in 18 runs on known
# and fresh tasks; digits, collected in sequences, have 0.012 at most, whatever the network. Of a thousand rows in no
# order the mean over the lags has a deviation of 0.014.
MUCH_ALIKE = 0.05

# In fewer rows no correlation is sure at this level.
FEWEST_ROWS = 50


@dataclass(frozen=True)
class Gap:
    """How much better a learner does on rows that were drawn at random than on rows apart from those it learned from.

    by : what keeps rows apart. rows : judged, in so many `parts`. random_error, apart_error : of the same rows, learned
    from equally many. gap : their difference, with its interval over the parts. is_told : whether it is surely above 0.
    """

    by: str
    learner: str
    rows: int
    parts: int
    random_error: float
    apart_error: float
    gap: float
    interval: Interval
    is_told: bool
    sentence: str


def gap_sentence(gap: Gap, *, regression: bool) -> str:
    """The gap in words."""
    word = error_word(regression)
    both = f"{word} {percent(gap.apart_error)} apart {gap.by}, and {percent(gap.random_error)} among rows at random"
    sure = "a random split flatters" if gap.is_told else "not shown to differ"
    return (
        f"a {gap.learner} has {both}, on the same {gap.rows} rows in {gap.parts} parts, a difference of"
        f" {points(gap.gap)} points {span(gap.interval)}; {sure}"
    )


def groups_finding(answers: Together, targets: Together, column: str, share: float) -> Finding | None:
    """The finding that rows of one group are alike; None where shuffled rows are as much so.

    answers : how what is wrong of two rows of one group goes together; targets : how their targets do, which a network
    that has learned to know the groups answers rightly. share : of the dev rows, whose group has rows in train.
    """
    found, what = (answers, "what is wrong") if answers.p_value <= targets.p_value else (targets, "the target")
    if 2 * found.p_value > LEVEL:  # of two looks the better one
        return None
    evidence = (
        f"{what} of two rows with one {column!r} goes together (correlation {found.correlation:.2f} over"
        f" {found.pairs:,} pairs; chance in rows of no groups {2 * found.p_value:.1g}), and {share:.0%} of the dev"
        " rows have one of train's: the dev error is that of groups which the network knows"
    )
    do = f"split by it: data.group={column}; dlrun data CONFIG data.group={column} --gap measures what the split hides"
    return Finding("groups-alike", "fail", "rows of one group are alike, and stand on both sides", evidence, do)


def row_order_finding(alike: Alike) -> Finding | None:
    """The finding that neighbouring rows are alike; None where shuffled orders have as much."""
    if alike.p_value > LEVEL or alike.rows < FEWEST_ROWS:
        return None
    by_levels, by_inputs = f"the {LAGS} after it goes together", "the next goes together, the more, the more alike"
    others = f"{by_inputs} their inputs are," if alike.by_inputs else by_levels
    evidence = (
        f"what is wrong of one row and of {others} over {alike.rows} rows of train and dev in the"
        f" order of the source (correlation {alike.correlation:.2f}; chance in rows of no order {alike.p_value:.1g})"
    )
    do = (
        "if rows follow in time, or stretches of them are of one thing, dlrun data CONFIG --gap measures what the"
        " random split hides; then name the time in data.order, or the thing in data.group"
    )
    severity: Severity = "fail" if alike.correlation >= MUCH_ALIKE and not alike.by_inputs else "notice"
    return Finding("neighbours-alike", severity, "rows next to each other are alike", evidence, do)
