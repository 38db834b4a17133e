"""Makes a `Dataset` whose rows stay in their file, from one reading of that file.

It does for data larger than memory what `fitting` does for others; it holds no number for each row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .checks import absent_classes, constants_told
from .columns import label
from .examples import Dataset, Parts, Split, Suspicion
from .facts import facts_of
from .mapped import MappedExamples, MappedRows, MappedTarget, Piece, TargetColumn
from .preparation import Preparation
from .reading import Task
from .scaling import TOGETHER, Normalize, Scaling, out_of_range
from .splits import refuse_untaught
from .survey import MOST_CLASSES, Survey, survey
from .targets import are_classes, refuse_unlearnable, task_of_classes

UNCHECKED = Suspicion(
    "unchecked",
    "columns that give the target away or number the rows, and rows that stand in two splits, were not looked for:"
    " data.memory_map leaves the rows in their file",
)


def fit_mapped_dataset(
    examples: MappedExamples, pieces: Parts[Piece], *, normalize: Normalize, dtype: np.dtype[Any]
) -> Dataset:
    """The `Dataset` whose rows stay in the file. Reads it once; raises DataError if it cannot be used."""
    surveyed = survey(examples, pieces)
    examples, task, values = classified(examples, surveyed)
    counts = class_counts(surveyed, values, pieces)
    if examples.classes:
        refuse_untaught(examples, counts["train"], "give train a larger share, or drop the rows")
    preparation = preparation_of(examples, surveyed, normalize=normalize)
    refuse_overflow(examples, surveyed, preparation.scaling, dtype)
    target = TargetColumn(examples.array, examples.target, task, values)
    splits = {
        name: Split(
            MappedRows(examples, rows, preparation, dtype), MappedTarget(target, rows, preparation, dtype), rows
        )
        for name, rows in pieces.items()
    }
    suspicions = tuple(suspicions_of(examples, surveyed, counts))
    facts = facts_of(
        examples,
        pieces,
        task=task,
        preparation=preparation,
        normalize=normalize,
        class_counts=counts,
        warnings=tuple(map(str, suspicions)),
    )
    return Dataset(
        splits["train"],
        splits["dev"],
        splits.get("test"),
        preparation,
        facts,
        suspicions,
        by_chance=pieces.by_chance,
        form=examples.form,
    )


def preparation_of(examples: MappedExamples, surveyed: Survey, *, normalize: Normalize) -> Preparation:
    """The preparation of features and target, fitted to the training rows."""
    fitted, at, target = Scaling.fitted(surveyed.moments), examples.columns, examples.target
    scaling = Scaling(fitted.mean[at], fitted.scale[at]) if normalize else Scaling.none(len(at))
    if normalize == TOGETHER:
        scaling = Scaling.together(surveyed.moments.mean()[at], surveyed.moments.variance()[at])
    mean, scale = (float(fitted.mean[target]), float(fitted.scale[target])) if not examples.classes else (0.0, 1.0)
    return Preparation(
        examples.number_names,
        scaling.mean,
        scaling.scale,
        lows=surveyed.train_low[at].astype(np.float64),
        highs=surveyed.train_high[at].astype(np.float64),
        target_mean=mean,
        target_scale=scale,
    )


def classified(examples: MappedExamples, surveyed: Survey) -> tuple[MappedExamples, Task, Array]:
    """The examples with their hash and classes; their task; the sorted numbers of the classes, empty for regression."""
    examples = replace(examples, sha256=surveyed.sha256)
    asked_task, values = examples.task, np.array(sorted(surveyed.counts or ()))
    if surveyed.counts is None and asked_task != "auto" and asked_task != "regression":
        raise DataError(
            f"{examples.shown}: the target {examples.target_name!r} has more than {MOST_CLASSES} different values, too"
            " many for classes; name another column with data.target, or set data.task: regression"
        )
    if asked_task == "regression" or (asked_task == "auto" and (surveyed.counts is None or not are_classes(values))):
        least, greatest = surveyed.low[examples.target], surveyed.high[examples.target]
        refuse_unlearnable(examples.target_name, float(least), float(greatest), examples.shown)
        return examples, "regression", values[:0]
    classes = tuple(label(value) for value in values)
    task = task_of_classes(examples.target_name, classes, examples.m, task=asked_task, shown=examples.shown)
    return replace(examples, classes=classes), task, values


def class_counts(surveyed: Survey, values: Array, pieces: Mapping[str, Piece]) -> dict[str, Array]:
    """(K,) rows of each class, for each split."""
    counts = surveyed.counts or {}
    table = np.array([counts[value] for value in values.tolist()], dtype=np.int64).reshape(-1, len(pieces))
    return dict(zip(pieces, table.T, strict=True))


def refuse_overflow(examples: MappedExamples, surveyed: Survey, scaling: Scaling, dtype: np.dtype[Any]) -> None:
    """Raise DataError if a column's least or greatest number leaves the range of `dtype` when scaled."""
    with np.errstate(over="ignore", invalid="ignore"):
        extremes = scaling.of(np.stack([surveyed.low, surveyed.high])[:, examples.columns], dtype)
    fits = np.isfinite(extremes).all(axis=0) & np.isfinite(scaling.scale)
    if not fits.all():
        raise out_of_range(examples.shown, examples.number_names[int(fits.argmin())], dtype)


def suspicions_of(examples: MappedExamples, surveyed: Survey, counts: Mapping[str, Array]) -> Iterator[Suspicion]:
    is_constant = surveyed.moments.variance() == 0
    names = [name for name, at in zip(examples.number_names, examples.columns, strict=True) if is_constant[at]]
    constant_target = not examples.classes and is_constant[examples.target]
    yield from constants_told(names, examples.target_name if constant_target else None)
    yield from absent_classes(examples.classes, counts)
    yield UNCHECKED
