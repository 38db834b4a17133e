"""States of tables as people bring them: one CSV file of all rows, split by dlrun, with a fault planted or none.

Each is a function from rows to rows and a row of STATES. `faults` has those of configs and of arrays that are split
already; here the order of the rows, the names of columns and words matter.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .faults import BIGGER, Fault
from .tasks import TASKS

# How fast the walk forgets, how many rows a stretch of time has, how many a subject has, and how many of them have its
# own answer.
STAYS, STRETCH, ROWS_A_SUBJECT, LEANING = 0.98, 40, 16, 0.4
RARE = 0.04


@dataclass(frozen=True)
class Rows:
    """Rows in the file's order. words : columns of words by name."""

    X: np.ndarray
    y: np.ndarray
    words: dict[str, list[str]] = field(default_factory=dict)


Plant = Callable[[Rows, np.random.Generator], Rows]


@dataclass(frozen=True)
class State:
    """plant : what is done to the rows. fault : the change to the config, and how its cause may be named.

    is_healthy : whether nothing is to be found. always_valid : whether it is to be told though no error rises.
    classes_only : whether it makes no sense for a regression. draws : how many rows are drawn for one that is kept.
    as_short : whether test has no more rows than dev, so that nearly all rows of the file are seen.
    """

    plant: Plant
    fault: Fault
    is_healthy: bool = False
    always_valid: bool = True
    classes_only: bool = False
    draws: int = 1
    as_short: bool = False


def as_it_is(rows: Rows, rng: np.random.Generator) -> Rows:
    return rows


def unequal(rows: Rows, rng: np.random.Generator) -> Rows:
    """The last class against all others, thinned until it is 4% of the rows."""
    y = (rows.y == rows.y.max()).astype(int)
    others = np.flatnonzero(y == 0)
    few = rng.permutation(np.flatnonzero(y))[: round(RARE / (1 - RARE) * len(others))]
    kept = rng.permutation(np.concatenate([others, few]))
    return Rows(rows.X[kept], y[kept])


def near_copy(rows: Rows, rng: np.random.Generator) -> Rows:
    """One more column: the target with noise of a hundredth."""
    scale = 0.01 * (1 if is_classes(rows.y) else rows.y.std())
    return Rows(np.column_stack([rows.X, rows.y + scale * rng.standard_normal(len(rows.y))]), rows.y)


def noisy_labels(rows: Rows, rng: np.random.Generator) -> Rows:
    """A quarter of all labels drawn anew from the labels there are."""
    drawn = rng.random(len(rows.y)) < 0.25
    return Rows(rows.X, np.where(drawn, rng.permutation(rows.y), rows.y))


def in_time(rows: Rows, rng: np.random.Generator) -> Rows:
    """Rows in the order of time: a walk that neighbours share, and stretches that lean to an answer of their own."""
    m = len(rows.y)
    walk = np.empty(m)
    walk[0] = rng.standard_normal()
    for row, step in enumerate(rng.standard_normal(m - 1), start=1):
        walk[row] = STAYS * walk[row - 1] + (1 - STAYS**2) ** 0.5 * step
    y = leaning(rows.y, np.arange(m) // STRETCH, rng)
    return Rows(np.column_stack([rows.X, walk]), y)


def with_subjects(rows: Rows, rng: np.random.Generator) -> Rows:
    """Sixteen rows a subject, who are known by three measures, and lean to an answer of their own."""
    m = len(rows.y)
    subject = rng.permutation(np.arange(m) // ROWS_A_SUBJECT)
    measures = rng.standard_normal((subject.max() + 1, 3))[subject] + 0.05 * rng.standard_normal((m, 3))
    words = {"subject": [f"s{number:04d}" for number in subject]}
    return Rows(np.column_stack([rows.X, measures]), leaning(rows.y, subject, rng), words)


def leaning(y: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The targets, of which LEANING, by groups, are the group's own answer; of a number, a shift of one deviation."""
    own = rng.permutation(y)[: groups.max() + 1][groups]
    if is_classes(y):
        return np.where(rng.random(len(y)) < LEANING, own, y)
    return y + own - y.mean()


def is_classes(y: np.ndarray) -> bool:
    return np.issubdtype(y.dtype, np.integer)


LONGER = (("training.epochs", "up"),)
IN_TIME = ("neighbours-alike",)
NEAR_COPY = ("leak", "near-leak", "easy-target")
GROUPS = ("groups-alike", "groups-in-two-splits")

STATES = {
    "healthy": State(as_it_is, Fault(), is_healthy=True),
    "unequal": State(unequal, Fault(), is_healthy=True, classes_only=True, draws=3),
    "one_epoch": State(as_it_is, Fault({"training.epochs": 1}, moves=LONGER), always_valid=False),
    "width_1": State(as_it_is, Fault({"network.width": 1}, moves=BIGGER), always_valid=False),
    "unequal_one_epoch": State(
        unequal, Fault({"training.epochs": 1}, moves=LONGER), always_valid=False, classes_only=True, draws=3
    ),
    "near_copy": State(near_copy, Fault(codes=NEAR_COPY, is_config=False)),
    "noisy_labels": State(noisy_labels, Fault(codes=("label-noise",), is_config=False), classes_only=True),
    "in_time": State(in_time, Fault(codes=IN_TIME, is_config=False), as_short=True),
    "with_subjects": State(with_subjects, Fault(codes=GROUPS, is_config=False), as_short=True),
}


def state_jobs(task_name: str) -> list[str]:
    """The states that a task can be in."""
    regression = TASKS[task_name].regression
    return [name for name, state in STATES.items() if not (regression and state.classes_only)]


def write_state(folder: Path, task_name: str, seed: int, state: State) -> dict[str, object]:
    """The rows of a state as a CSV file in `folder`, and the `data` section that reads it.

    The split has the task's sizes as fractions; most rows are for the test, which judges what was said.
    """
    task = TASKS[task_name]
    rng = np.random.default_rng([seed, *task_name.encode()])
    sizes = (*task.rows[:2], task.rows[1]) if state.as_short else task.rows
    m = sum(sizes)
    rows = state.plant(Rows(*task.make(rng, state.draws * m)), np.random.default_rng([seed, 3]))
    rows = Rows(rows.X[:m], rows.y[:m], {name: column[:m] for name, column in rows.words.items()})
    names = [*(f"x{column}" for column in range(rows.X.shape[1])), *rows.words, "target"]
    answers = [f"class {label}" for label in rows.y] if is_classes(rows.y) else [repr(float(v)) for v in rows.y]
    columns = [*(map(repr, column) for column in rows.X.T.tolist()), *rows.words.values(), answers]
    path = folder / f"{task_name}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(zip(*columns, strict=True))
    split = dict(zip(("train", "dev", "test"), (n / m for n in sizes), strict=True))
    return {"source": str(path), "target": "target", "split": split}
