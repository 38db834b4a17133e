"""The validation curves of a sweep: train and dev error against each varied key, with intervals."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from ...diagnosis.words import error_word
from ...statistics.seeds import Spread
from ...sweep.records import SettingOutcome, SweepOutcome, SweptKey
from ..sweep_words import value_text
from ..text import shown
from .drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Scale,
    apart,
    axes,
    linear_scale,
    log_scale,
    percent_text,
    spread,
    svg,
    text_at,
)
from .key_axis import KEY_END, KEY_START, KeyAxis, all_values, axis_marks, key_axis

# The splits that a figure shows; test is looked at once, for the winner.
DRAWN = ("train", "dev")

# The most points on a line. Of numbers with more values, as drawn from a range, the best setting in each of
# `PARTS` equal parts of the axis is on the line.
MOST_VALUES, PARTS = 16, 8

# The most dots of settings that are not on the line; more hide each other.
MOST_DOTS = 300

# Dots above this many times the highest point of the lines are left out, since they would flatten the lines.
HIGHEST_DOT = 2.0

# How far the marks of train and dev stand apart at a word, in pixels.
BESIDE = 5


class Validation(NamedTuple):
    """The figure of a key on a linear and on a logarithmic scale. above : dots left out on the linear one.

    left_out : settings that are not drawn on either.
    """

    key: str
    even: Markup
    log: Markup
    above: int
    left_out: int


class Place(NamedTuple):
    """A setting that has errors, at its place on the axis."""

    x: float
    value: Any
    train: Spread
    dev: Spread

    def of(self, split: str) -> Spread:
        """The error of a split by its name."""
        return self.train if split == "train" else self.dev


def validation_curve(key: SweptKey, outcome: SweepOutcome) -> Validation | None:
    """Train and dev error against the values of a key; None if no setting with this key has errors.

    With one key, a point is the setting of this value. With several, the line goes through the best setting of each
    value, and dots are the dev errors of the others.
    """
    settings = [s for s in outcome.settings if key.key in s.settings and s.dev and s.train]
    if not settings:
        return None
    axis = key_axis(all_values(key, settings), key.scale)
    places = [place_of(setting, key.key, axis) for setting in settings]
    line = best_places(places, axis)
    rest = [place for place in places if place not in line]
    others = [rest[i] for i in spread(len(rest), MOST_DOTS)]
    highest = HIGHEST_DOT * max(end for place in line for split in DRAWN for end in ends_of(place.of(split)))
    near = [place for place in others if place.dev.mean <= highest]
    even = picture(key, outcome, line, near, axis, is_log=False)
    log = picture(key, outcome, line, others, axis, is_log=True)
    return Validation(key.key, even, log, len(others) - len(near), len(rest) - len(others))


def picture(
    key: SweptKey,
    outcome: SweepOutcome,
    line: Sequence[Place],
    others: Sequence[Place],
    axis: KeyAxis,
    *,
    is_log: bool,
) -> Markup:
    """The lines of train and dev with their bands, and dots of other settings."""
    ends = [end for place in line for split in DRAWN for end in ends_of(place.of(split))]
    means = [error.mean for place in line for error in (place.train, place.dev)]
    dots = [place for place in others if place.dev.mean > 0 or not is_log]
    heights = [*(means if is_log else ends), *(place.dev.mean for place in dots)]
    y = Heights(
        log_scale(heights, HEIGHT - BOTTOM, TOP + 8)
        if is_log
        else linear_scale(heights, HEIGHT - BOTTOM, TOP + 8, from_zero=True)
    )
    word = error_word(outcome.task == "regression")
    marks = axes(Scale(0, 1, LEFT, WIDTH - RIGHT), y.scale, "", word, y_text=percent_text, x_ticks=[])
    marks += axis_marks(axis, y.scale.start, key.key)
    marks += winner_marks(key.key, outcome, axis, y.scale)
    marks += [f'<circle class="dot dev faint" cx="{p.x:g}" cy="{y(p.dev.mean):g}" r="2.5"/>' for p in dots]
    names = []
    for split in DRAWN:
        points = [(place.x, place.of(split)) for place in line if place.of(split).mean > 0 or not is_log]
        marks += split_marks(points, split, axis, y)
        names += [(y(points[-1][1].mean), split)] if points else []
    placed = apart(names, y.scale.end, y.scale.start + 4)
    marks += [text_at(WIDTH - RIGHT + 8, at + 4, split, f"name {split}") for at, split in placed]
    return svg(in_words(key.key, line, word), marks, height=HEIGHT + axis.extra)


class Heights(NamedTuple):
    """From an error to pixels; the end of an interval that is off the scale is at the edge."""

    scale: Scale

    def __call__(self, error: float) -> float:
        return self.scale(min(max(error, self.scale.low), self.scale.high))


def place_of(setting: SettingOutcome, key: str, axis: KeyAxis) -> Place:
    value = setting.settings[key]
    assert setting.train is not None
    assert setting.dev is not None
    return Place(axis.place(value), value, setting.train, setting.dev)


def best_places(places: Sequence[Place], axis: KeyAxis) -> list[Place]:
    """The setting of the lowest dev error at each value, or in each part of the axis, from left to right."""
    is_many = axis.is_number and len({place.x for place in places}) > MOST_VALUES
    width = (KEY_END - KEY_START) / PARTS
    best: dict[float, Place] = {}
    for place in places:
        part = math.floor((place.x - KEY_START) / width) if is_many else place.x
        if part not in best or place.dev.mean < best[part].dev.mean:
            best[part] = place
    return sorted(best.values(), key=lambda place: place.x)


def ends_of(error: Spread) -> tuple[float, ...]:
    """An error and the ends of its interval."""
    return (error.mean, *(error.interval or ()))


def split_marks(points: Sequence[tuple[float, Spread]], split: str, axis: KeyAxis, y: Heights) -> list[str]:
    """The line of a split with its band, dashed to a 0 that stands apart; for words, dots with their intervals."""
    if not axis.is_number:
        shift = -BESIDE if split == "train" else BESIDE
        return [mark for x, error in points for mark in dot_marks(x + shift, error, split, y)]
    at_zero = [point for point in points if axis.break_at is not None and point[0] < axis.break_at]
    rest = points[len(at_zero) :]
    marks = band_marks(rest, split, y) + line_marks(rest, split, y)
    if at_zero and rest:
        (x0, first), (x1, second) = at_zero[0], rest[0]
        marks.append(f'<path class="line {split} across" d="M{x0:g} {y(first.mean):g}L{x1:g} {y(second.mean):g}"/>')
    marks += [mark for x, error in at_zero for mark in dot_marks(x, error, split, y)]
    return marks + [dot(x, y(error.mean), split) for x, error in rest]


def line_marks(points: Sequence[tuple[float, Spread]], split: str, y: Heights) -> list[str]:
    if len(points) < 2:
        return []
    path = "L".join(f"{x:g} {y(error.mean):g}" for x, error in points)
    return [f'<path class="line {split}" d="M{path}"/>']


def band_marks(points: Sequence[tuple[float, Spread]], split: str, y: Heights) -> list[str]:
    """The intervals as a band; for a single point, as an upright line."""
    known = [(x, error.interval) for x, error in points if error.interval]
    if len(known) < 2:
        return [f'<path class="bound {split}" d="M{x:g} {y(low):g}V{y(high):g}"/>' for x, (low, high) in known]
    lower = [f"{x:g} {y(low):g}" for x, (low, _) in known]
    upper = [f"{x:g} {y(high):g}" for x, (_, high) in known]
    return [f'<path class="band {split}" d="M{"L".join([*lower, *upper[::-1]])}Z"/>']


def dot_marks(x: float, error: Spread, split: str, y: Heights) -> list[str]:
    """A dot with its interval as an upright line."""
    return [*band_marks([(x, error)], split, y), dot(x, y(error.mean), split)]


def dot(x: float, y: float, split: str) -> str:
    return f'<circle class="dot {split}" cx="{x:g}" cy="{y:g}" r="3.5"/>'


def winner_marks(key: str, outcome: SweepOutcome, axis: KeyAxis, y: Scale) -> list[str]:
    """A dotted line at the winner's value."""
    if outcome.winner is None or key not in outcome.winner.settings:
        return []
    at = axis.place(outcome.winner.settings[key])
    return [f'<path class="best" d="M{at:g} {y.start:g}V{y.end:g}"/>', text_at(at, y.end - 3, "best", "tick", "middle")]


def in_words(key: str, line: Sequence[Place], word: str) -> str:
    """The errors on the line, from left to right: "0.1: train 1.2%, dev 12.3%; 1: ..."."""
    at_each = [f"{value_text(p.value)}: train {shown(p.train.mean)}, dev {shown(p.dev.mean)}" for p in line]
    return f"Train and dev {word} against {key}. {'; '.join(at_each)}."
