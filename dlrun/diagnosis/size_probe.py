"""What a wider network reaches in the first steps of a training: it tells a network that is too small from slow pace.

A high train error alone does not say whether the network is too small, has trained too briefly, or at a wrong rate. A
wider network on the same batches at the same rate does, if a few hundred steps of it are enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..statistics.intervals import difference_interval, error_interval
from .findings import Finding
from .rule import thresholds
from .words import percent

# The units of each hidden layer of the probe, or twice the run's own where these are more.
PROBE_UNITS, WIDER = 64, 2

# Of the work of the run's training, so much may a probe take. It has no more steps than a few hundred; with fewer than
# FEWEST_STEPS nothing is decided: only 15% of healthy networks need fewer (`tests.benchmarks.steps_needed`).
WORK_SHARE, MOST_STEPS, FEWEST_STEPS = 0.1, 300, 50

Size = Literal["too small", "not the size", "open"]

# Of these findings a network that is too small may be the cause: a wider one did better at the same rate and with the
# same dropout, which leaves too few of very few units.
EXPLAINED_BY_SIZE = ("network-too-small", "plateau", "linear-units", "dead-units", "dropout-dominates")


@dataclass(frozen=True)
class SizeProbe:
    """A probe: train errors are fractions, or 1 - R².

    units : of each hidden layer of the wider network. steps : that it took. first_error, error : its train error before
    and after these. own_error : the run's own after as many, None where not measured then. last_error, last_steps : of
    the run's end. rows : how many the errors are of. work : what the probe took of the work of the run's training, as a
    share. answer : what it says.
    """

    units: int
    steps: int
    first_error: float
    error: float
    own_error: float | None
    last_error: float
    last_steps: int
    rows: int
    work: float
    answer: Size


def probed_units(hidden: Sequence[int]) -> int:
    """The units of each hidden layer of the wider network."""
    return max(PROBE_UNITS, WIDER * max(hidden, default=0))


def answer_of(probe: SizeProbe, baseline: float | None, *, regression: bool) -> Size:
    """Too small where the wider network, after its few steps, is surely better than the run's own at its end.

    And than it was itself before them: initial weights differ by luck. Not the size where it is no better than the
    run's own after as many steps; else open. Better by more than a low distance; for classes also beyond the interval
    of the difference, which takes the rows for different ones.
    """
    low, error = thresholds(0.0, baseline, regression).low, probe.error
    beaten = min(probe.last_error, probe.first_error)
    if beaten - error > low and (regression or surely_lower(error, beaten, probe.rows)):
        return "too small"
    return "not the size" if probe.own_error is not None and error > probe.own_error - low else "open"


def surely_lower(error: float, other: float, rows: int) -> bool:
    """Whether one error of so many rows is surely below another."""
    ends = difference_interval(error, error_interval(error, rows), other, error_interval(other, rows))
    return bool(ends[1] < 0)


def size_words(probe: SizeProbe, word: str) -> str:
    """Both networks in a clause: "a network of 64 units reached 8.0% train error in 300 steps, this one 31.0%"."""
    reached = f"a probe: a network of {probe.units} units a layer reached {percent(probe.error)} train {word}"
    in_as_many = f", this one {percent(probe.own_error)}" if probe.own_error is not None else ""
    at_end = f" and {percent(probe.last_error)} in all its {probe.last_steps}"
    end = at_end if in_as_many else f", this one{at_end.removeprefix(' and')}"
    return f"{reached} in {probe.steps} steps{in_as_many}{end}"


def size_finding(probe: SizeProbe | None, word: str) -> Finding | None:
    """The finding that the network is too small; None where the probe does not say so."""
    if probe is None or probe.answer != "too small":
        return None
    do = "give it more units a layer, before another rate or more epochs"
    return Finding("network-too-small", "fail", "the network is too small", size_words(probe, word), do)
