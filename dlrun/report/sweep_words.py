"""The words and cells of a sweep that its table, its Markdown and its page share."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..diagnosis.words import error_word, points
from ..places import command_for, default_runs_dir
from .comparison import plain, short_names, signed, with_interval
from .text import UNKNOWN, seconds_phrase, shown

if TYPE_CHECKING:
    from ..statistics.seeds import Spread
    from ..sweep.records import Counts, SettingOutcome, SweepOutcome, Winner

# The messages of failed and of diverged trainings that are shown, for each of the two.
MOST_MESSAGES = 3

# Numbers drawn from a range have seventeen digits; so many tell two settings apart.
VALUE_DIGITS = 4

# What a setting is to the winner.
BEST, EQUAL = "best", "equal"


class Trouble(NamedTuple):
    """What kept trainings from finishing: failed or diverged, how many did, and the messages of some, with settings."""

    kind: str
    trainings: int
    messages: tuple[str, ...]


def sweep_phrase(outcome: "SweepOutcome") -> str:
    """The size of a sweep and how its trainings ended: "6 settings x 5 seeds: 30 finished in 12.3 s of training"."""
    size = f"{counted(len(outcome.settings), 'setting')} x {counted(len(outcome.seeds), 'seed')}"
    saved = f", {seconds_phrase(outcome.saved_seconds)} saved by stopping early" if outcome.saved_seconds else ""
    return f"{size}: {counts_phrase(outcome.counts)} in {seconds_phrase(outcome.seconds)} of training{saved}"


def counted(count: int, thing: str) -> str:
    """1 and "seed" -> "1 seed", 1234 -> "1,234 seeds"."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def counts_phrase(counts: "Counts") -> str:
    """How trainings ended: "28 finished, 1 diverged, 1 failed, 3 to come"."""
    ways = ("finished", "stopped", "diverged", "failed", "to_come")
    parts = [f"{number:,} {way.replace('_', ' ')}" for way in ways if (number := getattr(counts, way))]
    return ", ".join(parts) or "none trained"


def value_text(value: object) -> str:
    """A value of a varied key as text; a number with many digits is rounded."""
    rounded = isinstance(value, float) and len(repr(value)) > VALUE_DIGITS + 3
    return f"{value:.{VALUE_DIGITS}g}" if rounded else plain(value)


def settings_text(settings: Mapping[str, object]) -> str:
    """A setting in words: "width 64, keep_prob 0.8"."""
    names = short_names(list(settings))
    told = [f"{name} {value_text(value)}" for name, value in zip(names, settings.values(), strict=True)]
    return ", ".join(told) or "the config as it is"


def key_names(outcome: "SweepOutcome") -> list[str]:
    """The keys as short as they can be told apart."""
    return short_names([key.key for key in outcome.keys])


def cells_of(setting: "SettingOutcome", outcome: "SweepOutcome") -> dict[str, str]:
    """The texts of a setting's row by header; the first header, empty, is whether it is the best or equal to it."""
    counts = setting.counts
    others = (
        counts_phrase(counts) if (counts.diverged, counts.stopped, counts.failed, counts.to_come) != (0,) * 4 else ""
    )
    values = [key_text(setting, key.key) for key in outcome.keys]
    sd = setting.dev.deviation if setting.dev else None
    return {
        "": mark_of(setting, outcome),
        **dict(zip(key_names(outcome), values, strict=True)),
        "train": spread_text(setting.train, whole=False),
        "dev": spread_text(setting.dev),
        "sd": UNKNOWN if sd is None else points(sd),
        "difference": difference_text(setting),
        "seeds": str(setting.dev.seeds) if setting.dev else "0",
        "seconds": UNKNOWN if setting.seconds is None else f"{setting.seconds:.3g}",
        "ended": others,
    }


def key_text(setting: "SettingOutcome", key: str) -> str:
    """A setting's value of a key; a dash where the key does not apply to it."""
    return value_text(setting.settings[key]) if key in setting.settings else UNKNOWN


def mark_of(setting: "SettingOutcome", outcome: "SweepOutcome") -> str:
    """Whether a setting is the best, or cannot be told from it."""
    if outcome.winner and setting.number == outcome.winner.number:
        return BEST
    return EQUAL if setting.is_equal else ""


def spread_text(spread: "Spread | None", *, whole: bool = True) -> str:
    """An error over seeds, with its interval if `whole`."""
    return UNKNOWN if spread is None else with_interval(spread.mean, spread.interval if whole else None)


def difference_text(setting: "SettingOutcome") -> str:
    """How much above the winner's dev error, with the interval; a dash where that is not known."""
    if setting.difference is None:
        return UNKNOWN
    lower, upper = setting.difference.interval
    return f"{signed(setting.difference.difference)} [{signed(lower)}, {signed(upper)}]"


def headers(outcome: "SweepOutcome") -> list[str]:
    """The columns; how trainings ended is left out where all have finished."""
    all_finished = outcome.counts.finished == outcome.planned
    always = ["", *key_names(outcome), "train", "dev", "sd", "difference", "seeds", "seconds"]
    return always if all_finished else [*always, "ended"]


def rest_sentences(outcome: "SweepOutcome", most: int) -> list[str]:
    """What is not in a table of so many rows, in a sentence; none if nothing is."""
    rest = outcome.settings[most:]
    if not rest:
        return []
    known = [setting.dev.mean for setting in rest if setting.dev]
    parts = [f"dev {shown(min(known))} to {shown(max(known))}"] if known else []
    if len(known) < len(rest):
        parts.append(f"{len(rest) - len(known):,} without an error")
    return [f"and {counted(len(rest), 'more setting')}: {', '.join(parts)}"]


def equal_words(outcome: "SweepOutcome") -> str:
    """What it means to be equal to the best; and why some are whose interval says otherwise, where there are such."""
    told = "cannot be told from the best"
    equal = [one.difference for one in outcome.settings if one.is_equal and one.difference is not None]
    if not any(difference.interval[0] > 0 for difference in equal):
        return told
    compared = sum(setting.dev is not None for setting in outcome.settings)
    return (
        f"{told}, even where its interval is above 0: the best was chosen by the same rows, and of {compared} equal"
        " settings some would be as far above it by chance"
    )


def legend(outcome: "SweepOutcome", *, has_intervals: bool = True, has_sd: bool = True) -> list[str]:
    """A sentence that says what the columns mean, as far as a table has them."""
    parts, share = [], f", [{100 * outcome.confidence:g}% interval]" if has_intervals else ""
    if any(setting.difference for setting in outcome.settings):
        word = error_word(outcome.task == "regression")
        parts.append(f"difference: points of dev {word} above the best, over the same seeds and dev rows{share}")
    if outcome.winner and outcome.winner.equals:
        parts.append(f"{EQUAL}: {equal_words(outcome)}")
    if has_sd and any(setting.dev and setting.dev.deviation is not None for setting in outcome.settings):
        parts.append("sd: standard deviation over seeds, in points")
    return ["; ".join(parts)] if parts else []


def troubles(outcome: "SweepOutcome") -> list[Trouble]:
    """Failed trainings, then diverged ones, with the messages of some settings; none of a kind that did not happen."""
    found = []
    for kind, count in (("failed", outcome.counts.failed), ("diverged", outcome.counts.diverged)):
        if not count:
            continue
        # A setting has one message: where trainings of both kinds ended so, it is told with the failed ones.
        told = [
            f"{settings_text(setting.settings)}: {setting.message}"
            for setting in outcome.settings
            if setting.message and (setting.counts.failed > 0) == (kind == "failed") and getattr(setting.counts, kind)
        ]
        found.append(Trouble(kind, count, tuple(told[:MOST_MESSAGES])))
    return found


def trouble_phrase(trouble: Trouble) -> str:
    """How many trainings did not finish, and for example why."""
    such = f", such as {'; '.join(trouble.messages)}" if trouble.messages else ""
    return f"{counted(trouble.trainings, 'training')}{such}"


def resume_command(outcome: "SweepOutcome", runs_dir: Path | None) -> str:
    """The command that goes on with the sweep. runs_dir : where it is; None for the default runs folder."""
    return command_for("sweep --resume", Path(runs_dir or default_runs_dir(), outcome.sweep_id))


def retry_command(outcome: "SweepOutcome", runs_dir: Path | None) -> str:
    """The command that does the failed trainings again."""
    return f"{resume_command(outcome, runs_dir)} --retry"


def test_look(winner: "Winner") -> str:
    """How often the test error in the winner's sentence was looked at; empty without one."""
    return "" if winner.test is None else "of the test errors only that of the winner was looked at"


def winner_command(winner: "Winner", outcome: "SweepOutcome") -> str:
    """The command that trains the winner."""
    return " ".join(["dlrun train", *(shlex.quote(word) for word in (outcome.config, *winner.overrides))])
