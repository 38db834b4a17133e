"""The labels that may be wrong: how many, which to look at first, and what that makes of the optimal error."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..records import omitted
from ..statistics.intervals import Interval
from ..statistics.label_noise import Surest
from .findings import OUTCOMES, Finding
from .words import percent, span

# The least share of wrong labels that is told, by the lower end of its interval.
LEAST_NOISE = 0.02

# Where classes overlap, or the learners know too little, the surest answers are wrong less often than all; wrong labels
# are spread over both alike. Told if the lower end is more than this share of the error of all answers. On 17 known and
# fresh tasks without a wrong label it was 0.16 at most, and with a quarter of the labels drawn anew 0.30 and more, but
# 0.18 where a class is rare (`python -m tests.benchmarks.suspects`). Of 18 real tables as they are it was more on bupa,
# on led7digit, whose inputs are noise by design, and on vehicle, of whose classes two are alike.
FLAT = 0.25

# Learners that make more of the errors of one answer for all than this know too little to be sure of anything. With a
# quarter of the labels drawn anew they made 0.24 to 0.69 of them on those tasks; real tables of which they make more
# (contraceptive 0.81) have as many errors among the surest answers as wrong labels would make.
LEARNED_ENOUGH = 0.7

# If more than this share of its own surest answers to dev rows is wrong, a network raises a suspicion, which learners
# out of fold decide. With a quarter of the labels drawn anew 3.9% and more were, in 13 runs on known and fresh tasks.
LEAST_NOISE_IN_RUN = 0.02

# What a failing finding of these says may be wrong labels' doing, so that it is no other reason.
OF_LABELS_TOO = (*OUTCOMES, "plateau")

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


def with_sentence(noise: LabelNoise, guess_error: float) -> LabelNoise:
    """The same with whether it is told, and in words. guess_error : of one answer for all rows."""
    where = f"of the {noise.surest_rows} rows that {noise.learner} answer most surely without having learned from them,"
    have = "has" if noise.surest_wrong == 1 else "have"
    share = f"{noise.surest_wrong} {have} another label, {percent(noise.share)} {span(noise.interval)}"
    of_all = f"of all rows {percent(noise.error)} have"
    joint = f"confident learning has {percent(noise.joint_share)}, which counts classes that overlap as well"
    return replace(noise, is_told=is_shown(noise, guess_error), sentence=f"{where} {share}, {of_all}; {joint}")


def is_shown(noise: LabelNoise, guess_error: float) -> bool:
    """Whether the surest answers are wrong so often, and so nearly as often as all, that labels must be."""
    has_learned = noise.error <= LEARNED_ENOUGH * guess_error
    return has_learned and noise.interval[0] > max(LEAST_NOISE, FLAT * noise.error)


def label_noise_finding(noise: LabelNoise) -> Finding | None:
    """The finding that labels may be wrong; None where that is not shown."""
    if not noise.is_told:
        return None
    optimal = f"diagnosis.optimal_error={noise.share:.2g}"
    do = f"look at the rows that dlrun data CONFIG --suspects names first; if their labels are noise, set {optimal}"
    return Finding("label-noise", "notice", "labels may be wrong", noise.sentence, do)


def is_suspicious(surest: Surest, train_error: float, of_data: Iterable[Finding], others: Iterable[Finding]) -> bool:
    """Whether a network's answers to the dev rows are a reason to look at the labels, which takes seconds.

    of_data, others : what else was found, of the data and in all. A network that has hardly been trained or is too
    small is wrong where it is sure, too; one that knows its training rows by heart has learned enough.
    """
    if surest.share <= LEAST_NOISE_IN_RUN:
        return False
    found = of_data if train_error <= BY_HEART else others
    return not any(finding.severity == "fail" and finding.code not in OF_LABELS_TOO for finding in found)
