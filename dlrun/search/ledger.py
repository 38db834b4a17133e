"""The ledger of advice: for each item what it was expected to do and what it did.

A line for each item that was carried out, in a file beside the runs, so that a person can ask whether advice is any
good.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal

from ..advice.records import LEDGER, About, Advice, Confidence, Rate
from ..diagnosis.words import percent, points
from ..records import Change, Split
from ..statistics.paired import Paired
from ..store import Misfit, RunFolder, from_plain, lock, looks, now, read_manifest, read_result
from .follow import TrainAndDev

if TYPE_CHECKING:
    from ..inspection.comparison import ComparedBy

# From so many trials on a rate is told: where all of five have helped, more than half of such runs do (the lower end of
# the 90% interval is 0.05 ** (1 / 5) = 55%; of four it is 47%).
FEWEST_TRIED = 5

# Whether an error fell as expected: "held", "reversed" or "not shown".
Outcome = Literal["held", "reversed", "not shown"]


@dataclass(frozen=True)
class LedgerLine:
    """An item of a parent's advice that a child run carried out, and its effect.

    before, after : the errors of parent and child. train, dev : paired comparisons, None where rows cannot be compared.
    outcome : whether the error that was expected to fall did so.
    """

    time: str
    parent: str
    child: str
    action: str
    change: Change
    expected: str
    about: About
    confidence: Confidence | None
    before: TrainAndDev[float | None]
    after: TrainAndDev[float | None]
    train: Paired | None
    dev: Paired | None
    outcome: Outcome
    sentence: str


@dataclass(frozen=True)
class ActionCount:
    """How often an action was tried, and how often the error fell as expected (held) or rose (reversed)."""

    action: str
    tried: int
    held: int
    reversed: int


@dataclass(frozen=True)
class Tally:
    """The ledger's lines, and the counts of each action, the most frequent first."""

    entries: tuple[LedgerLine, ...]
    actions: tuple[ActionCount, ...]


def record(runs_dir: Path, parent: RunFolder, child: RunFolder, item: Advice) -> LedgerLine:
    """Compares a child with the parent whose advice it followed, and adds the line unless it is there. Returns it."""
    from ..inspection.comparison import compared_by  # which reads configs; whoever only reads the ledger need not

    by_child = {line.child: line for line in lines(runs_dir)}
    if child.id in by_child:
        return by_child[child.id]
    before, after = (
        TrainAndDev(errors.train, errors.dev) for errors in (read_result(folder).errors for folder in (parent, child))
    )
    old, new = (compared_by(folder, read_manifest(folder)) for folder in (parent, child))
    train = compared_on("train", old, new)
    dev = compared_on("dev", old, new)
    outcome = outcome_of(train if item.about == "train" else dev)
    line = LedgerLine(
        time=now(),
        parent=parent.id,
        child=child.id,
        action=item.action,
        change=item.change or {},
        expected=item.expected,
        about=item.about,
        confidence=item.confidence,
        before=before,
        after=after,
        train=train,
        dev=dev,
        outcome=outcome,
        sentence=sentence_of(item, before, after, dev, outcome),
    )
    with lock.held(runs_dir, looks.PATIENCE_SECONDS):
        RunFolder(runs_dir).append_surely(LEDGER, line)
    return line


def lines(runs_dir: Path) -> list[LedgerLine]:
    """The ledger's lines up to the first damaged one, oldest first; none where there is no ledger yet."""
    if not (runs_dir / LEDGER).exists():
        return []
    sound: list[LedgerLine] = []
    for plain in RunFolder(runs_dir).sound_lines(LEDGER)[0]:
        try:
            sound.append(from_plain(LedgerLine, plain))
        except Misfit:
            break
    return sound


def tally(ledger: Sequence[LedgerLine]) -> Tally:
    """The counts of each action."""
    tried = Counter(line.action for line in ledger)
    outcomes = Counter((line.action, line.outcome) for line in ledger)
    counts = [
        ActionCount(action, n, outcomes[action, "held"], outcomes[action, "reversed"]) for action, n in tried.items()
    ]
    return Tally(tuple(ledger), tuple(sorted(counts, key=lambda count: -count.tried)))


def rates(ledger: Sequence[LedgerLine]) -> dict[str, Rate]:
    """What came of each action that was tried often enough to say so."""
    by_action: dict[str, list[LedgerLine]] = {}
    for line in ledger:
        by_action.setdefault(line.action, []).append(line)
    return {
        action: Rate(len(tried), sum(line.outcome == "held" for line in tried), median(map(fall_of, tried)))
        for action, tried in by_action.items()
        if len(tried) >= FEWEST_TRIED
    }


def fall_of(line: LedgerLine) -> float:
    """By how much the error fell that was expected to; 0 where it is not known."""
    before, after = (side.train if line.about == "train" else side.dev for side in (line.before, line.after))
    return 0.0 if before is None or after is None else before - after


def compared_on(split: Split, old: "ComparedBy", new: "ComparedBy") -> Paired | None:
    """Compares the new run with the old one on the rows of a split; None where these are not the same rows."""
    from ..inspection.comparison import paired, same_weights

    targets = f"{split}_targets"
    if old.hashes.split_sha256 != new.hashes.split_sha256 or not all(targets in run.arrays for run in (old, new)):
        return None
    if not same_weights(new, old, split):
        return None
    return paired(new, old, split)


def outcome_of(difference: Paired | None) -> Outcome:
    """The outcome, by the interval of the child's error less the parent's."""
    if difference is None:
        return "not shown"
    lower, upper = difference.interval
    return "held" if upper < 0 else "reversed" if lower > 0 else "not shown"


def sentence_of(
    item: Advice,
    before: TrainAndDev[float | None],
    after: TrainAndDev[float | None],
    dev: Paired | None,
    outcome: Outcome,
) -> str:
    """A sentence that says whether the error fell as expected."""
    was, became = (side.train if item.about == "train" else side.dev for side in (before, after))
    moved = f"{item.about} error went from {percent(was or 0.0)} to {percent(became or 0.0)}"
    verdict = {"held": "as expected", "reversed": "against the expectation", "not shown": "no more than chance"}
    sentence = f"{moved}, {verdict[outcome]}"
    if dev is None:
        return sentence
    lower, upper = dev.interval
    return f"{sentence}; dev error changed by {points(dev.difference)} points [{points(lower)}, {points(upper)}]"
