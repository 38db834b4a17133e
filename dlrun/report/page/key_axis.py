"""The axis of a config key: numbers on a linear or logarithmic scale, with a 0 apart from the others, or words."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from ...sweep.records import SettingOutcome, SweptKey
from ..comparison import plain
from .drawing import LEFT, RIGHT, WIDTH, linear_scale, log_scale, spread, text_at, tick_text

# A key is shown on a logarithmic axis if its largest number is at least this many times its smallest.
LOG_SPAN = 20

# The range for the values of a key, in pixels.
KEY_START, KEY_END = LEFT + 12, WIDTH - RIGHT - 12

# How far a 0 stands from the start of a logarithmic axis, in pixels.
APART = 40

# The most words written at an axis, and the letters shown of each.
MOST_WORDS, MOST_LETTERS = 8, 14

# The height of a line of ticks, in pixels.
LINE_HEIGHT = 15

# The room that a letter of a tick takes, and the least between two ticks, in pixels.
LETTER_WIDTH, TICK_GAP = 7.5, 6

AxisScale = Literal["log", "linear", "words"]


class KeyAxis(NamedTuple):
    """The axis of a key: a function from value to pixels, ticks as (pixels, text), and whether values are numbers.

    break_at : where the axis is broken, between a 0 and the logarithmic rest; None without a 0 apart.
    is_staggered : every other tick is written one line lower, so that longer words fit.
    """

    place: Callable[[Any], float]
    ticks: Sequence[tuple[float, str]]
    is_number: bool
    break_at: float | None = None
    is_staggered: bool = False

    @property
    def extra(self) -> int:
        """The height that a second line of ticks needs, in pixels."""
        return LINE_HEIGHT if self.is_staggered else 0


def key_axis(
    values: Sequence[Any], scale: AxisScale | None = None, start: float = KEY_START, end: float = KEY_END
) -> KeyAxis:
    """The axis of these values of a key.

    Numbers over a wide range stand on a logarithmic axis unless `scale` says otherwise, with 0 apart at its start.
    Other values stand side by side, in the order given if `scale` is given, else sorted.
    """
    if scale != "words" and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return number_axis(values, scale, start, end)
    given = dict.fromkeys(plain(value) for value in values)
    words = sorted(given) if scale is None else list(given)
    step = (end - start) / max(len(words), 1)
    places = {word: start + (number + 0.5) * step for number, word in enumerate(words)}
    step = abs(end - start) / min(max(len(words), 1), MOST_WORDS)
    fits = max(map(len, words), default=0) * LETTER_WIDTH + TICK_GAP <= step
    is_staggered = end > start and not fits
    # Below a level axis, words that stand beside each other share its length.
    room = (2 * step - TICK_GAP) // LETTER_WIDTH if is_staggered else MOST_LETTERS
    letters = int(min(MOST_LETTERS, room))
    ticks = [(places[words[i]], shortened(words[i], letters)) for i in spread(len(words), MOST_WORDS)]
    return KeyAxis(lambda value: places[plain(value)], ticks, False, is_staggered=is_staggered)


def shortened(word: str, letters: int) -> str:
    """The word in at most so many letters."""
    return word if len(word) <= letters else word[: letters - 1] + "…"


def number_axis(values: Sequence[float], scale: AxisScale | None, start: float, end: float) -> KeyAxis:
    """The axis of numbers."""
    positive = [value for value in values if value > 0]
    is_wide = bool(positive) and max(positive) >= LOG_SPAN * min(positive)
    if positive and min(values) >= 0 and (is_wide if scale is None else scale == "log"):
        has_zero = 0 in values
        shift = APART if end > start else -APART
        logarithmic = log_scale(positive, start + (shift if has_zero else 0), end)
        fitting = value_ticks(positive, logarithmic)
        ticks = fitting or [(logarithmic(tick), tick_text(tick)) for tick in logarithmic.ticks()]
        zero = [(start, "0")] if has_zero else []
        at = start + shift / 2 if has_zero else None
        return KeyAxis(lambda value: logarithmic(value) if value > 0 else start, [*zero, *ticks], True, at)
    linear = linear_scale(values, start, end)
    ticks = value_ticks(values, linear) or [(linear(tick), tick_text(tick)) for tick in linear.ticks()]
    return KeyAxis(linear, ticks, True)


def value_ticks(values: Sequence[float], place: Callable[[float], float]) -> list[tuple[float, str]]:
    """A tick at each value, if they do not lie on each other; else none."""
    ticks = (
        [(place(value), tick_text(value)) for value in sorted(set(values))] if len(set(values)) <= MOST_WORDS else []
    )
    for (left, one), (right, other) in pairwise(ticks):
        if abs(right - left) < LETTER_WIDTH * (len(one) + len(other)) / 2 + TICK_GAP:
            return []
    return ticks


def all_values(key: SweptKey, settings: Sequence[SettingOutcome]) -> list[Any]:
    """The values of a varied key in their order, and any that a setting has besides."""
    return [*key.values, *(setting.settings[key.key] for setting in settings if key.key in setting.settings)]


def axis_marks(axis: KeyAxis, y: float, key: str) -> list[str]:
    """Ticks below a level axis at this height, the key's name, and two strokes where the axis is broken."""
    marks = [f'<path class="tickmark" d="M{at:g} {y:g}v5"/>' for at, _ in axis.ticks]
    for number, (at, text) in enumerate(axis.ticks):
        marks.append(text_at(at, y + 17 + axis.extra * (number % 2), text, "tick", "middle"))
    marks.append(text_at((LEFT + WIDTH - RIGHT) / 2, y + 35 + axis.extra, key, "label", "middle"))
    if axis.break_at is not None:
        at = axis.break_at
        marks.append(f'<path class="gap" d="M{at - 3:g} {y:g}h6"/>')
        marks.append(f'<path class="break" d="M{at - 5:g} {y + 5:g}l4 -10M{at + 1:g} {y + 5:g}l4 -10"/>')
    return marks
