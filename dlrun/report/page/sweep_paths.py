"""The curves of a sweep: all trainings in one picture; and one key's values one by one, with what the network answers.

The pictures of one key share their axes, so that a slider that moves through them shows what the key does.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from ...arrays import Array
from ...diagnosis.words import error_word
from ...sweep.records import Drawn, SettingOutcome, SweepOutcome, TrainingPath
from ..comparison import short_names, with_interval
from ..sweep_words import counted, counts_phrase, settings_text, value_text
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
    even_ticks,
    linear_scale,
    log_scale,
    percent_text,
    spread,
    svg,
    text_at,
)
from .sweep_planes import Planes, planes_of
from .sweep_weights import weights_of

# The most trainings whose paths are drawn; more are one grey area.
MOST_PATHS = 150

# The most values that a slider moves through, and the seeds drawn at each.
MOST_FRAMES, MOST_SEEDS = 20, 8


class Paths(NamedTuple):
    """The paths of trainings on a linear and on a logarithmic scale. drawn, left_out : how many."""

    even: Markup
    log: Markup
    drawn: int
    left_out: int


class Frame(NamedTuple):
    """One value of a key: its title, what is told about it, its curves, and of its first seed's network what it answers
    over the plane and how its weights are spread.
    """

    value: str
    told: str
    curves: Markup | None
    plane: Markup | None
    weights: Markup | None


class Frames(NamedTuple):
    """The values of the only key. start : the place of the winner. left_out : values that are not drawn."""

    key: str
    frames: tuple[Frame, ...]
    start: int
    left_out: int
    planes: Planes

    @property
    def has_weights(self) -> bool:
        """Whether the weights of any value are drawn."""
        return any(frame.weights for frame in self.frames)


def paths_of(outcome: SweepOutcome, drawn: Drawn) -> Paths | None:
    """The dev error of trainings against the epoch, the winner's in front; None without paths."""
    order = {setting.number: place for place, setting in enumerate(outcome.settings)}
    known = sorted((p for p in drawn.paths if finite_points(p)), key=lambda p: order.get(p.number, len(order)))
    if not known:
        return None
    winner = outcome.winner.number if outcome.winner else None
    first = [path for path in known if path.number == winner][: MOST_PATHS // 2]
    rest = [path for path in known if path.number != winner]
    rest = [rest[i] for i in spread(len(rest), MOST_PATHS - len(first))]
    word = error_word(outcome.task == "regression")
    even, log = (picture_of_paths(rest, first, word, is_log=is_log) for is_log in (False, True))
    trainings = outcome.counts.finished + outcome.counts.stopped + outcome.counts.diverged
    total = max(len(known), trainings)
    return Paths(even, log, len(rest) + len(first), total - len(rest) - len(first))


def finite_points(path: TrainingPath) -> list[tuple[float, float]]:
    """Epochs and dev errors that can be drawn."""
    both = zip(path.epochs.tolist(), path.dev_errors.tolist(), strict=True)
    return [(epoch, error) for epoch, error in both if math.isfinite(error)]


def picture_of_paths(rest: Sequence[TrainingPath], first: Sequence[TrainingPath], word: str, *, is_log: bool) -> Markup:
    """Thin lines, the winner's bold; a dot where one ends before the longest."""
    drawable = ((path, [(a, b) for a, b in finite_points(path) if b > 0 or not is_log]) for path in (*rest, *first))
    lines = [(path, line) for path, line in drawable if line]
    xs, ys = ([point[i] for _, line in lines for point in line] for i in (0, 1))
    longest = max(xs, default=1.0)
    x = epoch_scale(xs)
    y = (log_scale if is_log else linear_scale)(ys, HEIGHT - BOTTOM, TOP + 8)
    marks = axes(x, y, "epoch", f"dev {word}", y_text=percent_text, x_ticks=epoch_ticks(x))
    of_winner = {id_of(path) for path in first}
    for path, line in lines:
        kind = "line dev" if id_of(path) in of_winner else "path"
        marks.append(f'<path class="{kind}" d="M{"L".join(f"{x(a):g} {y(b):g}" for a, b in line)}"/>')
        if line[-1][0] < longest:
            end = "dev" if id_of(path) in of_winner else "end"
            marks.append(f'<circle class="dot {end}" cx="{x(line[-1][0]):g}" cy="{y(line[-1][1]):g}" r="2"/>')
    ends = [(y(line[-1][1]), "best") for path, line in lines if id_of(path) in of_winner][:1]
    marks += [text_at(WIDTH - RIGHT + 6, at + 4, name, "name dev") for at, name in ends]
    last = [line[-1][1] for _, line in lines]
    label = f"Dev {word} of {counted(len(lines), 'training')} against epoch"
    return svg(f"{label}; in the end from {shown(min(last, default=None))} to {shown(max(last, default=None))}.", marks)


def id_of(path: TrainingPath) -> tuple[int, int]:
    """A training's setting and seed."""
    return path.number, path.seed


def epoch_scale(epochs: Sequence[float]) -> Scale:
    low, high = min(epochs, default=0.0), max(epochs, default=1.0)
    return Scale(low, high if high > low else low + 1, LEFT, WIDTH - RIGHT)


def epoch_ticks(x: Scale) -> list[float]:
    """Whole epochs alone."""
    return [tick for tick in even_ticks(x.low, x.high, 4) if float(tick).is_integer()]


def frames_of(outcome: SweepOutcome, drawn: Drawn) -> Frames | None:
    """The values of the only key, with curves and boundaries; None with more keys, or with nothing to draw."""
    if len(outcome.keys) != 1 or not (drawn.paths or drawn.boundaries):
        return None
    key = outcome.keys[0]
    by_value = {value_key(setting.settings.get(key.key)): setting for setting in outcome.settings}
    settings = [by_value[value_key(value)] for value in key.values if value_key(value) in by_value]
    winner = outcome.winner.number if outcome.winner else None
    wanted = set(spread(len(settings), MOST_FRAMES))
    chosen = [s for place, s in enumerate(settings) if place in wanted or s.number == winner]
    of_setting: dict[int, list[TrainingPath]] = {}
    for path in drawn.paths:
        of_setting.setdefault(path.number, []).append(path)
    paths = {setting.number: of_setting.get(setting.number, [])[:MOST_SEEDS] for setting in chosen}
    both = [error for some in paths.values() for path in some for error in (path.train_errors, path.dev_errors)]
    errors = np.concatenate([*both, np.zeros(1)])
    epochs = [float(epoch) for some in paths.values() for path in some for epoch in path.epochs]
    x = epoch_scale(epochs)
    y = linear_scale(errors[np.isfinite(errors)].tolist(), HEIGHT - BOTTOM, TOP + 8, from_zero=True)
    word, name = error_word(outcome.task == "regression"), short_names([key.key])[0]
    planes = planes_of(outcome.task, drawn, [setting.number for setting in chosen])
    weights = weights_of(drawn, [setting.number for setting in chosen])
    frames = tuple(
        Frame(
            value_text(setting.settings.get(key.key)),
            told(setting, name, word),
            curves_of(setting, paths[setting.number], x, y, word) if paths[setting.number] else None,
            planes.pictures.get(setting.number),
            weights.get(setting.number),
        )
        for setting in chosen
    )
    start = next((place for place, setting in enumerate(chosen) if setting.number == winner), 0)
    return Frames(
        key=key.key,
        frames=frames,
        start=start,
        left_out=len(settings) - len(chosen),
        planes=planes,
    )


def value_key(value: object) -> str:
    """A value as a key of a dictionary; 1 and 1.0 are one, true is another."""
    return repr(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)


def told(setting: SettingOutcome, name: str, word: str) -> str:
    """The errors of a value in words: "lambda 0.1: train error 0.3%, dev error 16.5% [14.0, 19.2], mean of 5 seeds"."""
    parts = []
    if setting.train and setting.dev:
        parts.append(f"train {word} {shown(setting.train.mean)}")
        parts.append(f"dev {word} {with_interval(setting.dev.mean, setting.dev.interval)}")
        if setting.dev.seeds > 1:
            parts.append(f"means of {setting.dev.seeds} seeds")
    if not parts or setting.counts.diverged or setting.counts.failed:
        parts.append(counts_phrase(setting.counts))
    return f"{settings_text(setting.settings)}: {', '.join(parts)}"


def curves_of(setting: SettingOutcome, paths: Sequence[TrainingPath], x: Scale, y: Scale, word: str) -> Markup:
    """Train and dev error against the epoch: a thin line for each seed, and a bold one for their mean."""
    marks, ends = axes(x, y, "epoch", word, y_text=percent_text, x_ticks=epoch_ticks(x)), []
    for split in ("train", "dev"):
        lines = [finite_line(path.epochs, getattr(path, f"{split}_errors")) for path in paths]
        lines = [line for line in lines if len(line[0])]
        if not lines:
            continue
        if len(lines) > 1:
            marks += [f'<path class="seed {split}" d="{path_through(line, x, y)}"/>' for line in lines]
        mean = mean_line(lines)
        marks.append(f'<path class="line {split}" d="{path_through(mean, x, y)}"/>')
        ends.append((y(float(mean[1][-1])), split))
    marks += [text_at(x.end + 6, at + 4, split, f"name {split}") for at, split in apart(ends, y.end, y.start + 4)]
    return svg(f"Train and dev {word} against epoch at {settings_text(setting.settings)}, {len(paths)} seeds.", marks)


Line = tuple[Array, Array]


def finite_line(epochs: Array, errors: Array) -> Line:
    """The epochs and errors that can be drawn."""
    kept = np.isfinite(errors.astype(np.float64))
    return epochs[kept], errors[kept]


def mean_line(lines: Sequence[Line]) -> Line:
    """The mean of lines, up to where the shortest ends; between two measured epochs a line is straight."""
    end = min(epochs[-1] for epochs, _ in lines)
    longest = max(lines, key=lambda line: len(line[0]))[0]
    epochs = longest[longest <= end] if (longest <= end).any() else longest[:1]
    return epochs, np.mean([np.interp(epochs, at, errors) for at, errors in lines], axis=0)


def path_through(line: Line, x: Scale, y: Scale) -> str:
    points = zip(line[0].tolist(), line[1].tolist(), strict=True)
    return "M" + "L".join(f"{x(a):g} {y(b):g}" for a, b in points)
