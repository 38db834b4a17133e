"""Whether trees are better than the network on the same dev rows, in a sentence that a practitioner can act on.

`--reference` asks for it: boosted trees and a random forest learn the run's own training rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..statistics.intervals import CONFIDENCE
from ..statistics.paired import Paired
from .words import points, span

# Which is surely better; open where the rows cannot tell.
Better = Literal["trees", "network", "open"]


@dataclass(frozen=True)
class Trees:
    """An ensemble of trees. compared : its dev error less the network's, on the same rows."""

    name: str
    error: float
    learning_seconds: float
    compared: Paired


@dataclass(frozen=True)
class BesideTrees:
    """Ensembles of trees beside the network.

    dev_rows : on which they were compared. learned_from : training rows that the trees saw, of `train_rows`.
    network_error : the network's dev error. told : the name of the ensemble that the sentence is about.
    """

    dev_rows: int
    train_rows: int
    learned_from: int
    network_error: float
    ensembles: tuple[Trees, ...]
    told: str
    better: Better
    sentence: str

    def with_seconds(self) -> str:
        """The sentence, with the time that trees took which are to be taken."""
        seconds = next(one.learning_seconds for one in self.ensembles if one.name == self.told)
        return f"{self.sentence}, in {seconds:.1f} s" if self.better == "trees" else self.sentence


class Rows(NamedTuple):
    """How many rows the trees were compared on, how many there were to learn, and how many of these they learned."""

    dev: int
    train: int
    learned: int


def confidence_among(ensembles: int) -> float:
    """The confidence of each interval, where the best of so many is chosen: all are right at once at CONFIDENCE."""
    return 1 - (1 - CONFIDENCE) / ensembles


def beside_trees(ensembles: Sequence[Trees], network_error: float, rows: Rows, *, regression: bool) -> BesideTrees:
    """Which is surely better, and the sentence.

    Trees are, where one of them surely is; the network is, where it surely is better than each. Each difference is to
    be `confidence_among` them, so that choosing the best does not flatter it.
    """
    better = [one for one in ensembles if surely(one.compared) and one.compared.difference < 0]
    worse = [one for one in ensembles if surely(one.compared) and one.compared.difference > 0]
    verdict: Better = "trees" if better else "network" if len(worse) == len(ensembles) else "open"
    told = min(better or ensembles, key=lambda one: one.error)
    sentence = sentence_of(verdict, told, rows, regression)
    return BesideTrees(
        rows.dev, rows.train, rows.learned, network_error, tuple(ensembles), told.name, verdict, sentence
    )


def surely(compared: Paired) -> bool:
    """Whether neither the interval nor the test leaves it to chance which is better."""
    low, high = compared.interval
    return not low <= 0 <= high and compared.p_value <= 1 - compared.confidence


def sentence_of(better: Better, told: Trees, rows: Rows, regression: bool) -> str:
    """What to take, by how much it is better, and on how many rows."""
    difference, (low, high) = told.compared.difference, told.compared.interval
    name = told.name if told.name[0].isupper() else f"a {told.name}"
    less, more = ("less", "more") if regression else ("fewer", "more")
    if difference < 0:
        by = f"{points(-difference)} points {span((-high, -low))} {less}"
    else:
        by = f"{points(difference)} points {span((low, high))} {more}"
    makes = f"leaves {by} of the variance unexplained" if regression else f"makes {by} errors"
    on = f"on the same {rows.dev:,} dev rows"
    if rows.learned < rows.train:
        on += f", having learned {rows.learned:,} of {rows.train:,} training rows"
    if better == "trees":
        return f"take the trees: {name} {makes} than the network {on}"
    if better == "network":
        return f"the network is better than the trees: {name}, the best of them, {makes} {on}"
    return f"network and trees cannot be told apart: {name}, the best of them, {makes} {on}"
