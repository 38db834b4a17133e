"""The labels that may be wrong: how many, which to look at first, and what that makes of the optimal error."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..records import BySplit, omitted
from ..statistics.intervals import Interval
from ..statistics.label_noise import Surest
from .findings import Finding
from .words import percent, span

# The least share of wrong labels that is told, by the lower end of its interval. Chosen on the benchmark's known tasks
# without a wrong label, whose classes overlap by up to 15%: it was 1.3% at most, and 1.5% with other seeds
# (`python -m tests.benchmarks.suspects`).
LEAST_NOISE = 0.02

# The same for one network's answers to dev rows, which are not so good. In 110 trainings on the known tasks without a
# wrong label (32 units; 128-128 by heart; the same on a third of the rows) the lower end was 3.5% at most, and in 14
# more 1.1%; with a quarter of the labels drawn anew it was above 4% in 36 of 44 that were learned by heart, and in 15
# of 16 that were not.
LEAST_NOISE_IN_RUN = 0.04

# A network that makes more of the errors of one answer for all than this has learned too little to be sure of anything.
# With a quarter of the labels drawn anew, sound networks on eight known tasks made 0.34 to 0.60 of them.
LEARNED_ENOUGH = 0.6

# Below this train error the training rows were learned by heart, wrong labels and all.
BY_HEART = 0.05


@dataclass(frozen=True)
class LabelNoise:
    """How many of the labels of train and dev rows may be wrong.

    rows : looked at. learner : which one or two answered, with their error out of fold. surest_rows : those that were
    answered most surely, surest_wrong : those of them with another label; share : the quotient, with its interval.
    joint_share : by confident learning, which takes classes that overlap for noise. is_told : whether it is a finding.
    """

    rows: int
    learner: str
    error: float
    surest_rows: int
    surest_wrong: int
    share: float
    interval: Interval
    joint_share: float
    is_told: bool
    sentence: str


@dataclass(frozen=True)
class Suspect:
    """A row whose label may be wrong: its number in the data from 1, and both labels.

    probability : of the likely label, out of fold; of_given : of the given one. place : where a person finds the row,
    None where that was not looked up.
    """

    row: int
    given: str
    likely: str
    probability: float
    of_given: float
    place: str | None = omitted()


@dataclass(frozen=True)
class Suspects:
    """How many labels may be wrong, and the rows to look at first."""

    noise: LabelNoise
    rows: tuple[Suspect, ...]


def with_sentence(noise: LabelNoise) -> LabelNoise:
    """The same with whether it is told, and in words."""
    where = f"of the {noise.surest_rows} rows that {noise.learner} answer most surely without having learned from them,"
    have = "has" if noise.surest_wrong == 1 else "have"
    share = f"{noise.surest_wrong} {have} another label, {percent(noise.share)} {span(noise.interval)}"
    joint = f"confident learning has {percent(noise.joint_share)}, which counts classes that overlap as well"
    return replace(noise, is_told=noise.interval[0] > LEAST_NOISE, sentence=f"{where} {share}; {joint}")


def label_noise_finding(noise: LabelNoise) -> Finding | None:
    """The finding that labels may be wrong; None where that is not shown."""
    if not noise.is_told:
        return None
    optimal = f"diagnosis.optimal_error={noise.share:.2g}"
    do = f"look at the rows that dlrun data CONFIG --suspects names first; if their labels are noise, set {optimal}"
    return Finding("label-noise", "notice", "labels may be wrong", noise.sentence, do)


def is_suspicious(
    surest: Surest, errors: BySplit[float], baseline: float, of_data: Iterable[Finding], others: Iterable[Finding]
) -> bool:
    """Whether a network's answers to the dev rows are a reason to look at the labels.

    of_data, others : what else was found, of the data and in all. A network that has hardly been trained, is too small
    or learned little is wrong where it is sure, too; one that knows its training rows by heart has learned enough.
    """
    by_heart = errors.train <= BY_HEART
    if surest.interval[0] <= LEAST_NOISE_IN_RUN or (not by_heart and errors.dev > LEARNED_ENOUGH * baseline):
        return False
    return not any(finding.severity == "fail" for finding in (of_data if by_heart else others))
