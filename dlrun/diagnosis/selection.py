"""How much a dev error may flatter itself because a run was chosen by it, and how often a test set was looked at.

The lowest of many errors is lower than what it measures. Counted from the events of a runs folder when a run is
diagnosed or shown.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..records import BySplit, Sizes
from ..statistics.intervals import CONFIDENCE, difference_interval, error_interval
from .findings import Finding
from .ills import Verdict
from .looks import Event, Looked, Scored
from .rule import LOW_GAP
from .words import percent, points

# The titles of the findings that are made here, by code.
TITLES = {
    "selected-run": "the dev error was chosen by",
    "test-gap": "test error is above dev error, as choosing allows",
    "test-gap-unexplained": "test error is above dev error, by more than choosing explains",
}


@dataclass(frozen=True)
class Selection:
    """How much was chosen by a run's dev rows, from the ledger.

    configurations : how many were scored on these rows. candidates : the same, where early stopping counts once for
    each epoch that was measured. is_lowest : whether this run's dev error is the lowest of them. optimism_up_to : by
    how much the lowest may flatter itself, a fraction; None for a regression. test_looks : so far, at the test rows.
    """

    configurations: int
    candidates: int
    is_lowest: bool
    optimism_up_to: float | None
    test_looks: int
    sentence: str


def optimism_up_to(error: float, dev_rows: int, candidates: int) -> float:
    """By how much the lowest of so many dev errors may flatter itself if all candidates are equally good; a fraction.

    The expected maximum of k normal deviates is at most sqrt(2 ln k), so an error p may be measured as low as
    p - SE(p) sqrt(2 ln k). Solved for p, this is Wilson's upper limit with z = sqrt(2 ln k). Candidates that err on the
    same rows flatter less. 0 for a single candidate.
    """
    square = 2 * math.log(max(1, candidates))
    spread = math.sqrt(square * (error * (1 - error) + square / (4 * dev_rows)) / dev_rows)
    return max(0.0, (error + square / (2 * dev_rows) + spread) / (1 + square / dev_rows) - error)


def selection(events: Sequence[Event], *, dev_error: float, dev_rows: int, regression: bool) -> Selection:
    """How much was chosen by a run's dev rows, from the events of these rows."""
    scored = {event.config_sha256: event for event in events if isinstance(event, Scored)}
    candidates = sum(event.candidates for event in scored.values())
    rivals = [event.dev_error for event in scored.values() if event.dev_error is not None]
    optimism = None if regression else optimism_up_to(dev_error, dev_rows, candidates)
    return Selection(
        configurations=len(scored),
        candidates=candidates,
        is_lowest=not rivals or dev_error <= min(rivals),
        optimism_up_to=optimism,
        test_looks=sum(isinstance(event, Looked) for event in events),
        sentence=selection_sentence(len(scored), candidates, optimism, dev_rows),
    )


def selection_sentence(n: int, candidates: int, optimism: float | None, dev_rows: int) -> str:
    """The number n of configurations, and by how much the lowest error may flatter itself."""
    epochs = f" ({candidates} candidates with the epochs that the best was chosen among)" if candidates > n else ""
    count = f"{n} configuration{'s' if n != 1 else ''}{epochs} scored on these {dev_rows} dev rows"
    if candidates < 2 or optimism is None:
        return count
    return f"{count}; the lowest dev error of so many may flatter itself by up to {points(optimism)} points"


def runs_looked_at(events: Sequence[Event], run_id: str) -> int:
    """How many runs' test errors on the same rows have been looked at, with this one's."""
    return len({event.run_id for event in events if isinstance(event, Looked)} | {run_id})


def selection_findings(
    chosen: Selection, errors: BySplit[float], sizes: Sizes, *, verdict: Verdict, compared: int = 1
) -> list[Finding]:
    """Findings about a chosen run: its variance may be larger than it looks; its test error is above its dev error.

    compared : how many runs' test errors on these rows have been looked at, each of which may seem too high by chance.
    """
    optimism = chosen.optimism_up_to
    if optimism is None:
        return []
    findings = []
    told = verdict.variance in ("high", "withheld")
    if chosen.configurations > 1 and chosen.is_lowest and optimism >= LOW_GAP and not told:
        evidence = f"{chosen.sentence}, and this run's is the lowest: its variance, {verdict.variance} by these rows,"
        do = "believe the test error of the run that is finally chosen, looked at once, or choose by more dev rows"
        findings.append(notice("selected-run", f"{evidence} may be larger by as much", do))
    if errors.test is not None and sizes.test:
        findings += gap_findings(optimism, (errors.dev, sizes.dev), (errors.test, sizes.test), compared)
    return findings


def gap_findings(optimism: float, dev: tuple[float, int], test: tuple[float, int], compared: int = 1) -> list[Finding]:
    """The finding that test error is surely above dev error, and whether choosing explains that; none if it is not.

    dev, test : (error, rows). compared : the number of runs that are compared like this on the same rows; the level is
    divided by it (Bonferroni), so that chance alone tells none of them in 95 of 100 such sets of runs.
    """
    gap, confidence = test[0] - dev[0], 1 - (1 - CONFIDENCE) / compared
    ends = [error_interval(*part, confidence) for part in (test, dev)]
    lower, upper = difference_interval(test[0], ends[0], dev[0], ends[1])
    if lower <= 0:
        return []
    among = f", since the test errors of {compared} runs were looked at" if compared > 1 else ""
    evidence = (
        f"test error {percent(test[0])} is {points(gap)} points above dev error {percent(dev[0])}"
        f" ({percent(confidence).replace('.0%', '%')} interval {points(float(lower))} to {points(float(upper))}{among})"
    )
    if gap <= optimism:
        choosing = f"; choosing allows up to {points(optimism)} points"
        do = "believe the test error, and choose by more dev rows or among fewer configurations"
        return [notice("test-gap", evidence + choosing, do)]
    choosing = f"; choosing explains {points(optimism)} points at most" if optimism else "; nothing was chosen by dev"
    do = "look for a difference between dev and test rows, and for rows or features that dev shares with train"
    return [notice("test-gap-unexplained", evidence + choosing, do)]


def notice(code: str, evidence: str, do: str) -> Finding:
    """A finding of the table above."""
    return Finding(code, "notice", TITLES[code], evidence, do)
