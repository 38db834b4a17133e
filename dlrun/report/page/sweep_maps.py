"""The pictures of several keys of a sweep at once: a heat map of two, parallel coordinates of more.

In both, the stronger the colour, the lower the dev error.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from ...diagnosis.words import error_word, points
from ...sweep.records import SettingOutcome, SweepOutcome, SweptKey
from ..comparison import plain
from ..sweep_words import BEST, EQUAL, key_names, mark_of, settings_text, value_text
from ..text import shown
from .drawing import BOTTOM, LEFT, TOP, WIDTH, linear_scale, log_scale, percent_text, spread, svg, text_at
from .key_axis import KeyAxis, all_values, key_axis

# A key with more values than this, as drawn from a range, is not a row or a column of cells.
MOST_CELLS = 16

# A cell must be so wide and high for its number to be read, in pixels.
READABLE_WIDTH, READABLE_HEIGHT = 33, 17

# The height of the cells together, and of one of them at least and at most, in pixels.
CELLS_HEIGHT, LOWEST_CELL, HIGHEST_CELL = 220, 14, 44

# The room for the numbers of the rows, in pixels: for each letter, and at most.
LETTER_WIDTH, WIDEST_NAME = 7.5, 110

# The height of a picture of two keys with values from ranges, in pixels.
PLACES_HEIGHT = 300

# The most settings drawn as lines or dots; more hide each other, and make the page large.
MOST_SETTINGS = 300

# The most keys with an axis of their own, and the room of one, in pixels.
MOST_AXES, AXIS_WIDTH = 10, 110
AXES_TOP, AXES_BOTTOM, AXES_HEIGHT = 44, 16, 320

# Errors are on a logarithmic axis if the highest is so many times the lowest; that axis is never shorter than this.
WIDE = 1.5

# How a setting is framed that is the winner, or cannot be told from it.
FRAMES = {BEST: "winner", EQUAL: "equal"}


class Drawing(NamedTuple):
    """A picture of the settings. width : in its own pixels. left_out : settings that are not drawn."""

    picture: Markup
    width: int
    left_out: int
    has_troubles: bool = False
    keys_left_out: tuple[str, ...] = ()


def shade_of(outcome: SweepOutcome) -> Callable[[float], float]:
    """A function from a dev error to its shade: 1 for the lowest error of the sweep, 0 for the highest.

    By the logarithm, for one setting that learns nothing would make all others equal. 0 counts as half of the lowest
    error above it.
    """
    errors = [setting.dev.mean for setting in outcome.settings if setting.dev]
    positive = [error for error in errors if error > 0]
    least = min(positive, default=1.0) / (2 if len(positive) < len(errors) else 1)
    low, high = (math.log(max(error, least)) for error in (min(errors), max(errors)))
    width = high - low or 1.0
    return lambda error: round((high - math.log(max(error, least))) / width, 3)


def of_two_keys(outcome: SweepOutcome) -> Drawing | None:
    """The dev error against two keys: a heat map, or dots where keys have many values; None without errors."""
    known = [setting for setting in outcome.settings if setting.dev]
    if len(outcome.keys) != 2 or not known:
        return None
    down, across = sorted(outcome.keys, key=lambda key: len(key.values))
    if len(across.values) > MOST_CELLS:
        return dots_of_two(across, down, outcome)
    return heat_of_two(across, down, outcome)


def heat_of_two(across: SweptKey, down: SweptKey, outcome: SweepOutcome) -> Drawing:
    """A cell for each pair of values, its dev error in it where there is room, the winner and its equals framed."""
    rows, columns = ([value_text(value) for value in key.values] for key in (down, across))
    start = min(max(LEFT, 12 + LETTER_WIDTH * max(map(len, rows))), WIDEST_NAME)
    wide = (WIDTH - 8 - start) / len(columns)
    high = min(max(CELLS_HEIGHT / len(rows), LOWEST_CELL), HIGHEST_CELL)
    bottom = TOP + 10 + high * len(rows)
    shade, marks, frames = shade_of(outcome), [], []
    for setting in outcome.settings:
        j, i = place_in(across, setting), place_in(down, setting)
        if j is None or i is None:
            continue
        x, y = start + j * wide, bottom - (i + 1) * high
        box = f'x="{x + 1:.1f}" y="{y + 1:.1f}" width="{wide - 2:.1f}" height="{high - 2:.1f}"'
        middle = (round(x + wide / 2, 1), round(y + high / 2 + 4.5, 1))
        if setting.dev:
            marks.append(f'<rect class="heat" style="--shade:{shade(setting.dev.mean):g}" {box}/>')
            if wide >= READABLE_WIDTH and high >= READABLE_HEIGHT:
                marks.append(text_at(*middle, points(setting.dev.mean), "label", "middle"))
        elif setting.counts.diverged or setting.counts.failed:
            marks.append(text_at(*middle, "×", "label", "middle"))
        if mark := mark_of(setting, outcome):
            inside = f'x="{x + 3:.1f}" y="{y + 3:.1f}" width="{wide - 6:.1f}" height="{high - 6:.1f}"'
            frames.append(f'<rect class="frame {FRAMES[mark]}" {inside}/>')
    marks += [text_at(start - 6, bottom - (i + 0.5) * high + 4, row[:14], "tick", "end") for i, row in enumerate(rows)]
    marks += [
        text_at(start + (j + 0.5) * wide, bottom + 17, columns[j], "tick", "middle")
        for j in spread(len(columns), max(2, int((WIDTH - start) / (LETTER_WIDTH * max(map(len, columns)) + 6))))
    ]
    marks.append(text_at((start + WIDTH - 8) / 2, bottom + 35, across.key, "label", "middle"))
    marks.append(text_at(2, 12, down.key, "label"))
    troubled = any(s.dev is None and (s.counts.diverged or s.counts.failed) for s in outcome.settings)
    label = map_in_words(across, down, outcome)
    return Drawing(svg(label, [*marks, *frames], height=round(bottom + BOTTOM)), WIDTH, 0, troubled)


def place_in(key: SweptKey, setting: SettingOutcome) -> int | None:
    """Which of the key's values a setting has; None where the key does not apply to it."""
    texts = [plain(value) for value in key.values]
    text = plain(setting.settings[key.key]) if key.key in setting.settings else None
    return texts.index(text) if text in texts else None


def dots_of_two(across: SweptKey, down: SweptKey, outcome: SweepOutcome) -> Drawing:
    """A dot for each setting at its two values; the winner and its equals have rings."""
    both = [s for s in outcome.settings if s.dev and across.key in s.settings and down.key in s.settings]
    chosen = chosen_settings(both)
    bottom, end = PLACES_HEIGHT - BOTTOM, WIDTH - 16
    x = key_axis(all_values(across, both), across.scale, LEFT + 18, end - 8)
    y = key_axis(all_values(down, both), down.scale, bottom - 8, TOP + 18)
    marks = [f'<rect class="frame" x="{LEFT + 6}" y="{TOP + 6}" width="{end - LEFT - 6}" height="{bottom - TOP - 6}"/>']
    marks += [text_at(at, bottom + 17, text, "tick", "middle") for at, text in x.ticks]
    marks += [text_at(LEFT, at + 4, text, "tick", "end") for at, text in y.ticks]
    shade = shade_of(outcome)
    for setting in reversed(chosen):
        at = f'cx="{x.place(setting.settings[across.key]):g}" cy="{y.place(setting.settings[down.key]):g}"'
        assert setting.dev is not None
        marks.append(f'<circle class="heat" style="--shade:{shade(setting.dev.mean):g}" {at} r="6"/>')
        if mark := mark_of(setting, outcome):
            marks.append(f'<circle class="frame {FRAMES[mark]}" {at} r="{9 if mark == BEST else 7.5}"/>')
    marks.append(text_at((LEFT + end) / 2, bottom + 35, across.key, "label", "middle"))
    marks.append(text_at(2, 12, down.key, "label"))
    picture = svg(map_in_words(across, down, outcome), marks, height=PLACES_HEIGHT)
    return Drawing(picture, WIDTH, len(both) - len(chosen))


def chosen_settings(settings: Sequence[SettingOutcome]) -> list[SettingOutcome]:
    """The settings to draw, best first: all, or the better half of the room for the best and the rest evenly spread."""
    if len(settings) <= MOST_SETTINGS:
        return list(settings)
    best, rest = settings[: MOST_SETTINGS // 2], settings[MOST_SETTINGS // 2 :]
    return [*best, *(rest[i] for i in spread(len(rest), MOST_SETTINGS - len(best)))]


def map_in_words(across: SweptKey, down: SweptKey, outcome: SweepOutcome) -> str:
    """The lowest and the highest error of a picture of two keys, in words."""
    known = sorted((s.dev.mean, place) for place, s in enumerate(outcome.settings) if s.dev)
    ends = [f"{settings_text(outcome.settings[place].settings)}, {shown(error)}" for error, place in known]
    word = error_word(outcome.task == "regression")
    return f"Dev {word} against {across.key} and {down.key}: lowest at {ends[0]}; highest at {ends[-1]}."


def parallel_coordinates(outcome: SweepOutcome) -> Drawing | None:
    """A line for each setting through its value of each key to its dev error; None for fewer than three keys."""
    known = [setting for setting in outcome.settings if setting.dev]
    if len(outcome.keys) < 3 or not known:
        return None
    keys, names = outcome.keys[:MOST_AXES], key_names(outcome)[:MOST_AXES]
    chosen = chosen_settings(known)
    bottom = AXES_HEIGHT - AXES_BOTTOM
    width = max(WIDTH, AXIS_WIDTH * len(keys) + 2 * LEFT + 20)
    places = {key.key: axis_of(key, known, bottom) for key in keys}
    found = [s.dev.mean for s in chosen if s.dev]
    # Over a wide range a linear axis would press the best settings together. Where an error is 0 there is no logarithm.
    errors = (log_scale if 0 < WIDE * min(found) <= max(found) else linear_scale)(found, bottom, AXES_TOP)
    step = (width - 2 * LEFT) / len(keys)
    xs = [round(LEFT + number * step, 1) for number in range(len(keys) + 1)]
    shade, marks = shade_of(outcome), []
    for setting in reversed(chosen):
        assert setting.dev is not None
        heights = [
            places[key.key].place(setting.settings[key.key]) if key.key in setting.settings else None for key in keys
        ]
        at = [(x, y) for x, y in zip(xs, [*heights, errors(setting.dev.mean)], strict=True) if y is not None]
        mark = " winner" if mark_of(setting, outcome) == BEST else ""
        path = "L".join(f"{x:g} {y:g}" for x, y in at)
        marks.append(f'<path class="setting{mark}" style="--shade:{shade(setting.dev.mean):g}" d="M{path}"/>')
    ticks = [*(places[key.key].ticks for key in keys), [(errors(tick), percent_text(tick)) for tick in errors.ticks()]]
    for number, (x, name, of_axis) in enumerate(zip(xs, [*names, "dev"], ticks, strict=True)):
        marks.append(f'<path class="upright" d="M{x:g} {AXES_TOP - 6:g}V{bottom + 6:g}"/>')
        # Neighbouring names stand on two lines, since a name may be longer than the distance between two axes.
        # The first may also be longer than what is left of its axis.
        named_at = max(x, 2 + LETTER_WIDTH * len(name) / 2) if number == 0 else x
        marks.append(text_at(named_at, 12 + 16 * (number % 2), name, "label", "middle"))
        marks += [text_at(x + 5, at_tick + 4, text, "tick onlines") for at_tick, text in of_axis]
    word = error_word(outcome.task == "regression")
    best = f"the best at {settings_text(known[0].settings)}"
    label = f"A line for each of {len(chosen)} settings, through {', '.join(names)} to its dev {word}; {best}."
    left_out = tuple(key.key for key in outcome.keys[MOST_AXES:])
    picture = svg(label, marks, width=width, height=AXES_HEIGHT)
    return Drawing(picture, width, len(known) - len(chosen), keys_left_out=left_out)


def axis_of(key: SweptKey, settings: Sequence[SettingOutcome], bottom: float) -> KeyAxis:
    """The upright axis of a key."""
    return key_axis(all_values(key, settings), key.scale, bottom, AXES_TOP)
