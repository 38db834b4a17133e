"""What an outcome says in words: the winner and what it is worth, and how the sweep went."""

from collections.abc import Sequence

from ..config import yaml_value
from ..diagnosis.words import error_word, percent, points
from ..records import Change
from ..statistics.intervals import Interval
from ..statistics.seeds import Spread
from .ranking import Ranking
from .records import SettingOutcome, Winner

# An equal that takes no more than this share of the winner's seconds is worth naming; less is within a machine's noise.
WORTH_NAMING = 0.8


def overrides_of(settings: Change) -> tuple[str, ...]:
    """The values of a setting as words for a command line."""
    return tuple(f"{key}={yaml_value(value)}" for key, value in settings.items())


def setting_words(settings: Change) -> str:
    """A setting in a sentence."""
    return ", ".join(overrides_of(settings)) or "the config as it is"


def winner_sentence(winner: Winner, outcomes: Sequence[SettingOutcome], *, regression: bool, confidence: float) -> str:
    """The winner in plain words: its dev error, how much of it may be flattery, its equals and its test error.

    outcomes : of the settings that have a dev error, the winner first.
    """
    word = error_word(regression)
    details = details_of(winner.dev, confidence)
    clauses = [f"{setting_words(winner.settings)} has the lowest dev {word}, {percent(winner.dev.mean)}{details}"]
    clauses += filter(None, [flattery_words(winner, len(outcomes)), equals_words(winner, outcomes)])
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


def flattery_words(winner: Winner, settings: int) -> str | None:
    """How much the winner may flatter itself, and what is honest; None for a setting alone."""
    epochs = winner.candidates > settings
    if winner.candidates < 2 or (winner.optimism_up_to is None and winner.honest_dev is None):
        return None
    counted = f" ({winner.candidates} candidates with the epochs that early stopping chose among)" if epochs else ""
    parts = []
    if winner.optimism_up_to is not None:
        parts.append(f"it may flatter itself by up to {points(winner.optimism_up_to)} points")
    if winner.honest_dev is not None and settings > 1:
        interval = f" ({between(winner.honest_interval)})" if winner.honest_interval else ""
        but = " but for the choice of epochs" if epochs else ""
        parts.append(f"about {percent(winner.honest_dev)}{interval} is honest{but}")
    return f"chosen among {some(settings, 'setting')}{counted}, {', '.join(parts)}" if parts else None


def equals_words(winner: Winner, outcomes: Sequence[SettingOutcome]) -> str | None:
    """How many others may be as good, and the quickest of them; None where nothing was compared."""
    if not any(outcome.difference for outcome in outcomes):
        return None
    if not winner.equals:
        return "every other is surely worse" if all(o.difference for o in outcomes[1:]) else "no other that was compared may be as good"
    number = len(winner.equals)
    told = f"{number} other{'s' if number > 1 else ''} cannot be told from it"
    equal = [o for o in outcomes[1:] if o.is_equal and o.seconds is not None]
    quickest, own = min(equal, key=lambda o: o.seconds or 0.0, default=None), outcomes[0].seconds
    if quickest is None or not own or (quickest.seconds or 0.0) > WORTH_NAMING * own:
        return told
    which = "the quickest of them" if number > 1 else "which takes less time:"
    return f"{told}, {which} {setting_words(quickest.settings)} ({quickest.seconds:.2g} s a training, not {own:.2g} s)"


def notes_of(ranking: Ranking, outcomes: Sequence[SettingOutcome], compared: int, answered: bool) -> list[str]:
    """Sentences on how the settings were ranked and compared."""
    notes = []
    if ranking.lost:
        what = some(len(ranking.lost), "setting") + (" have" if len(ranking.lost) > 1 else " has")
        notes.append(
            f"{what} seeds that diverged, failed or were stopped, and so comes after the others: with their lucky seeds"
            " alone they cannot win"
            if ranking.whole or ranking.partial
            else "no setting finished for all of its seeds; those that lost the fewest seeds come first"
        )
    return notes


def some(count: int, word: str) -> str:
    """A count with its word: "1 setting", "2 settings"."""
    return f"{count} {word}{'' if count == 1 else 's'}"
