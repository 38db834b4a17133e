"""What an outcome says in words: the winner and what it is worth, and how the sweep went."""

from collections.abc import Sequence

from ..diagnosis.words import error_word, percent, points
from ..records import Change
from ..statistics.intervals import Interval
from ..statistics.seeds import Spread
from .plan import words_of
from .ranking import Ranking
from .records import SettingOutcome, Winner

# An equal that takes no more than this share of the winner's seconds is worth naming; less is within a machine's noise.
WORTH_NAMING = 0.8


def setting_words(settings: Change) -> str:
    """A setting in a sentence."""
    return ", ".join(words_of(settings)) or "the config as it is"


def winner_sentence(
    winner: Winner, outcomes: Sequence[SettingOutcome], ranking: Ranking, *, regression: bool, confidence: float
) -> str:
    """The winner in plain words: its dev error, how much of it may be flattery, its equals and its test error.

    outcomes : of the settings that have finished with a dev error, the winner first.
    """
    word = error_word(regression)
    details = details_of(winner.dev, confidence)
    clauses = [f"{setting_words(winner.settings)} has the lowest dev {word}, {percent(winner.dev.mean)}{details}"]
    clauses += filter(None, [flattery_words(winner, ranking, word), equals_words(winner, outcomes[: ranking.rivals])])
    if winner.test is not None:
        clauses.append(f"its test {word} is {percent(winner.test.mean)}{details_of(winner.test, confidence)}")
    return "; ".join(clauses)


def details_of(spread: Spread, confidence: float) -> str:
    """Over how many seeds an error is the mean, and its interval, in brackets."""
    parts = [f"mean of {spread.seeds} seeds" if spread.seeds > 1 else "one seed"]
    if spread.interval is not None:
        parts.append(f"{confidence:.0%} interval {between(spread.interval)}")
    return f" ({', '.join(parts)})"


def between(interval: Interval) -> str:
    """An interval as "1.9% to 3.1%"."""
    return f"{percent(interval[0])} to {percent(interval[1])}"


def flattery_words(winner: Winner, ranking: Ranking, word: str) -> str | None:
    """How much the winner may flatter itself, and what is honest; None for a setting alone."""
    settings, stopped = len(ranking.candidates), ranking.stopped
    epochs = winner.candidates > settings
    if winner.candidates < 2 or (winner.optimism_up_to is None and winner.honest_dev is None):
        return None
    among = some(settings, "setting") + (f", {stopped} of them stopped early" if stopped else "")
    counted = f" ({winner.candidates} candidates with the epochs that the best was chosen among)" if epochs else ""
    parts = []
    if winner.optimism_up_to is not None:
        parts.append(f"it may flatter itself by up to {points(winner.optimism_up_to)} points")
    if winner.honest_dev is not None and len(ranking.with_error) > 1:
        interval = f" ({between(winner.honest_interval)})" if winner.honest_interval else ""
        other_choices = ["of epochs"] * epochs + ["of what was stopped"] * bool(stopped)
        but = f", which leaves aside the choice {' and '.join(other_choices)}" if other_choices else ""
        parts.append(f"an honest dev {word} is about {percent(winner.honest_dev)}{interval}{but}")
    return f"chosen among {among}{counted}, {', and '.join(parts)}" if parts else None


def equals_words(winner: Winner, rivals: Sequence[SettingOutcome]) -> str | None:
    """How many others may be as good, and the quickest of them; None where nothing was compared."""
    compared = sum(rival.difference is not None for rival in rivals)
    if not compared:
        return None
    number = len(winner.equals)
    if not number:
        whole = compared == len(rivals) - 1
        return "all others are surely worse" if whole else "all others that were compared are surely worse"
    told = f"{some(number, 'other')} cannot be told from it"
    equal = [rival for rival in rivals[1:] if rival.is_equal and rival.seconds is not None]
    quickest, own = min(equal, key=lambda rival: rival.seconds or 0.0, default=None), rivals[0].seconds
    if quickest is None or not own or (quickest.seconds or 0.0) > WORTH_NAMING * own:
        return told
    quicker = "the quickest of them" if number > 1 else "and is quicker"
    seconds = f"{quickest.seconds:.2g} s a training, not {own:.2g} s"
    return f"{told}, {quicker}: {setting_words(quickest.settings)} ({seconds})"


def notes_of(ranking: Ranking, outcomes: Sequence[SettingOutcome], read: int) -> list[str]:
    """Sentences on how the settings were ranked and compared. read : how many were compared, the winner with them."""
    notes, rivals = [], outcomes[: ranking.rivals]
    if len(rivals) > 1 and rivals[0].dev and rivals[0].dev.seeds == 1 and not rivals[0].counts.to_come:
        notes.append(
            "one seed each: another seed may rank the settings otherwise, by how much only more seeds can tell"
        )
    if ranking.partial:
        notes.append(
            f"{some(len(ranking.partial), 'setting')} without a seed that most others have so far: after these, since"
            " means over other seeds cannot be compared"
        )
    if ranking.lost and len(ranking.lost) < len(outcomes):
        notes.append(
            f"{some(len(ranking.lost), 'setting')} with seeds that diverged, failed or were stopped: after the others,"
            " since one cannot win by its lucky seeds alone"
        )
    elif ranking.lost:
        notes.append("no setting finished for each of its seeds; those that lost the fewest come first")
    if outcomes and not read:
        notes.append("the answers of the winner were not kept, so nothing was compared with it")
    elif read < len(rivals):
        more = "; the last of them may be as good, and so may more" if outcomes[read - 1].is_equal else ""
        notes.append(f"the best {read} of {len(rivals)} settings were compared with the winner{more}")
    unknown = sum(outcome.difference is None for outcome in rivals[1:read])
    if unknown:
        missing = "no seed, rows, weights or answers shared with the winner"
        notes.append(f"{some(unknown, 'setting')} not compared: {missing}")
    return notes


def some(count: int, word: str) -> str:
    """A count with its word: "1 setting", "2 settings"."""
    return f"{count} {word}{'' if count == 1 else 's'}"
