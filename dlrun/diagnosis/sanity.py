"""Checks of the errors that outrank bias and variance: a network that learned nothing, an impossible optimal error.

Each check takes figures and gives a finding or None. `diagnose` runs them.
"""

from typing import Literal

from ..statistics.beta import heads_or_more
from ..statistics.intervals import Interval
from .figures import Figures
from .findings import Finding, Severity
from .words import percent, span

# A network counts as better than the baseline if chance alone would show as large a lead in fewer than 5 of 100 cases,
# or as good an order.
SIGN_TEST_LEVEL = 0.05

# From which error on twenty rows there is a notice, and from which it fails.
NOT_BY_HEART, NOT_BY_HEART_FAILS = 0.01, 0.05

# If the largest 1% of the squared errors make up more of their sum than this, no interval of 1 - R² is known to be wide
# enough. A judgement: for normal errors that share is 8%, and for lognormal ones the upper end of bootstrap-t was too
# low in 10 to 20 of 100 samples.
HEAVY_TAIL = 0.20


def not_finite(message: str) -> Finding:
    """The finding of a run that diverged; its errors are those of the last good parameters."""
    do = "train with a tenth of the learning rate; the errors below are of the last parameters before it happened"
    return Finding("not-finite", "fail", "the numbers left the finite ones", message, do)


def cannot_overfit(error: float, rows: int, steps: int) -> Finding | None:
    """The finding of a network that was trained on a few rows only and still has an error there.

    A regression's error is never exactly 0, so a small error is allowed.
    """
    if error <= NOT_BY_HEART:
        return None
    severity: Severity = "fail" if error > NOT_BY_HEART_FAILS else "notice"
    evidence = f"{steps} steps of adam on {rows} training rows, penalty and dropout off, leave an error of {error:.0%}"
    do = "look at initial weights, depth, inputs and labels: dlrun explain cannot-overfit-twenty"
    return Finding("cannot-overfit-twenty", severity, "twenty rows cannot be learned by heart", evidence, do)


def sanity(figures: Figures) -> list[Finding]:
    """All findings that outrank the verdict of these figures, the worst first."""
    checks = (no_better_than_baseline, optimal_refuted, train_below_optimal, heavy_tail)
    return [finding for check in checks if (finding := check(figures))]


def no_better_than_baseline(figures: Figures) -> Finding | None:
    """The network is not shown to be better than one answer for all rows.

    Decided by the exact sign test on the dev rows that only one of the two answers rightly; without these rows, by the
    upper end of the dev error's interval; without an interval, by the dev error itself. Of unequal classes the order of
    the probabilities decides: where one answer is right in 96 of 100 rows, few answers can be better than that, and a
    network that tells the rare rows from the others has learned something. The log loss would not do: of twelve
    networks that had learned 4% positives by heart, all had 2 to 4 times that of the classes' shares, at areas of 0.8
    to 0.95.
    """
    error, baseline, dev = figures.errors.dev, figures.baseline_error, figures.intervals.dev
    pairs, order = (None, None) if figures.measured else (figures.rows.pairs, figures.rows.order)
    if baseline is None:
        return None
    if order:
        is_better = order.chance < SIGN_TEST_LEVEL
        evidence = (
            f"dev error {percent(error)} beside {percent(baseline)}; of unequal classes the order of the probabilities"
            f" decides, and {percent(order.auc)} of pairs of rows of two classes stand in the right one, 50% by chance;"
            f" log loss {order.log_loss:.3g} beside {order.prior_log_loss:.3g} of the classes' shares"
        )
    elif pairs:
        chance = heads_or_more(pairs.network, pairs.network + pairs.baseline)
        is_better = chance < SIGN_TEST_LEVEL
        rows = f"of the rows that one of them alone gets right, the network has {pairs.network}"
        evidence = f"dev error {percent(error)} beside {percent(baseline)}; {rows}, the other {pairs.baseline}"
    else:
        is_better = (dev[1] if dev else error) < baseline
        interval = f" {span(dev)}" if dev else ""
        evidence = f"dev {figures.word} {percent(error)}{interval} beside {percent(baseline)}"
    if is_better:
        return None
    rival = "predicting the mean" if figures.regression else "always answering the majority class"
    rival = "one answer for all rows" if figures.measured else rival
    rival = f"always answering {pairs.answer}" if pairs else rival
    do = "check the learning rate, the inputs and the labels before all else"
    return Finding("no-better-than-baseline", "fail", f"not shown to be better than {rival}", evidence, do)


def optimal_refuted(figures: Figures) -> Finding | None:
    """Dev rows are answered better than the optimal error allows."""
    do = "lower diagnosis.optimal_error; or look for inputs that give the dev rows' answers away"
    evidence = surely_below(figures, "dev", figures.beyond_optimal())
    if evidence is None:
        return None
    return Finding("optimal-error-refuted", "notice", "the optimal error is refuted", evidence, do)


def train_below_optimal(figures: Figures) -> Finding | None:
    """Training rows are answered better than the optimal error allows: noise is fitted, or that error is wrong."""
    do = "regularize if the optimal error is right: the network then fits the noise of its training rows"
    evidence = surely_below(figures, "train", figures.gap_intervals.bias)
    if evidence is None:
        return None
    return Finding("train-below-optimal", "notice", "train error is below the optimal error", evidence, do)


def surely_below(figures: Figures, split: Literal["train", "dev"], distance: Interval | None) -> str | None:
    """The evidence that a split's error is below the optimal one; None where its distance may be 0."""
    if distance is None or distance[1] >= 0:
        return None
    error, optimal = (
        percent(figures.errors.dev if split == "dev" else figures.errors.train),
        percent(figures.optimal.error),
    )
    word = figures.word
    return f"{split} {word} {error} is surely below the optimal {optimal} (distance {span(distance)} points)"


def heavy_tail(figures: Figures) -> Finding | None:
    """A few large errors make up much of a regression's dev error."""
    share, absolute = figures.rows.tail_share, figures.rows.absolute_errors
    if share is None or share <= HEAVY_TAIL:
        return None
    evidence = f"the largest 1% of the squared dev errors hold {percent(share)} of their sum"
    if absolute and absolute.mean is not None and absolute.median is not None:
        evidence += f"; the mean absolute error is {absolute.mean:.4g}, the median {absolute.median:.4g}"
    do = "look at those rows: no interval is known to be wide enough for such errors"
    return Finding("few-large-errors", "notice", "a few large errors dominate", evidence, do)
