"""What the networks of a sweep answer over the plane of two inputs, with the same dev points on each picture."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from ...arrays import Array
from ...data.reading import Task
from ...inspection.contents import Plane
from ...sweep.records import Boundary, Drawn
from .drawing import BOTTOM, WIDTH, Scale, axes, spread, svg
from .figures import boundary, region_path

# The most dev points on a picture; the page has many such pictures.
MOST_POINTS = 250

# A regression's answers are shown by so many steps of colour.
LEVELS = 7


class Planes(NamedTuple):
    """Pictures by number of setting. points, all_points : how many dev points are drawn, and how many there are."""

    pictures: Mapping[int, Markup]
    classes: tuple[str, ...]
    points: int
    all_points: int


def planes_of(task: Task, drawn: Drawn, numbers: Sequence[int]) -> Planes:
    """The pictures of the settings with these numbers that have a boundary."""
    of_setting = {number: drawn.boundaries[number] for number in numbers if number in drawn.boundaries}
    points, labels = np.zeros((0, 2)), np.zeros(0)
    if drawn.points is not None and drawn.labels is not None:
        points, labels = np.asarray(drawn.points), np.asarray(drawn.labels)
    all_points = len(points)
    inside = np.flatnonzero([all(is_inside(point, at) for at in of_setting.values()) for point in points])
    chosen = inside[spread(len(inside), MOST_POINTS)]
    points, labels = points[chosen], labels[chosen]
    names = drawn.input_names if len(drawn.input_names) == 2 else ("input 1", "input 2")
    if task == "regression":
        pictures = number_pictures(of_setting, points, labels, names)
        return Planes(pictures, (), len(points), all_points)
    classes = drawn.classes or class_names(task, of_setting, labels)
    targets = labels.astype(np.int64)
    pictures = {
        number: boundary(Plane(at.x, at.y, margins_of(task, at, len(classes))), points, targets, classes, names, "dev")
        for number, at in of_setting.items()
    }
    return Planes(pictures, classes, len(points), all_points)


def is_inside(point: Array, at: Boundary) -> bool:
    """Whether a picture of this boundary has the point."""
    (x, y) = point
    return bool(at.x[0] <= x <= at.x[-1] and at.y[0] <= y <= at.y[-1])


def class_names(task: Task, of_setting: Mapping[int, Boundary], labels: Array) -> tuple[str, ...]:
    """The numbers of the classes as their names."""
    if task == "binary":
        return ("0", "1")
    found = [labels, *(at.answers.ravel() for at in of_setting.values())]
    most = max((int(values[np.isfinite(values)].max(initial=0)) for values in found), default=0)
    return tuple(str(number) for number in range(most + 1))


def margins_of(task: Task, at: Boundary, classes: int) -> Array:
    """(n, n, classes), above 0 where a class is answered."""
    answers = np.asarray(at.answers, np.float64)
    if task == "binary":
        return np.stack([0.5 - answers, answers - 0.5], axis=2)
    return np.where(answers[:, :, None] == np.arange(classes), 1.0, -1.0)


def number_pictures(
    of_setting: Mapping[int, Boundary], points: Array, targets: Array, names: Sequence[str]
) -> dict[int, Markup]:
    """A regression's answers in steps of colour, the same in all pictures, and dots in the colour of targets."""
    every = np.concatenate([np.zeros(0), targets, *(at.answers.ravel() for at in of_setting.values())])
    finite = every[np.isfinite(every)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    levels = np.linspace(low, high, LEVELS + 1)[1:-1]
    shades = (targets - low) / ((high - low) or 1.0)
    return {number: number_picture(at, points, shades, names, levels) for number, at in of_setting.items()}


def number_picture(at: Boundary, points: Array, shades: Array, names: Sequence[str], levels: Array) -> Markup:
    """One network's answers: the region above each level, so that colours add up."""
    start, top = 44, 20
    x = Scale(float(at.x[0]), float(at.x[-1]), start, WIDTH - 8)
    y = Scale(float(at.y[0]), float(at.y[-1]), WIDTH - BOTTOM, top)
    plane = Plane(at.x, at.y, np.asarray(at.answers, np.float64)[:, :, None] - levels)
    marks = [f'<path class="step" d="{region_path(plane, k, x, y)}"/>' for k in range(len(levels))]
    marks += axes(x, y, *names)
    for (a, b), shade in zip(points.tolist(), shades.tolist(), strict=True):
        marks.append(f'<circle class="target" style="--shade:{shade:.2g}" cx="{x(a):g}" cy="{y(b):g}" r="3"/>')
    low, high = float(np.nanmin(at.answers)), float(np.nanmax(at.answers))
    label = f"Answers from {low:.4g} to {high:.4g} over {names[0]} and {names[1]}, and {len(points)} dev examples."
    return svg(label, marks, width=WIDTH, height=WIDTH)
