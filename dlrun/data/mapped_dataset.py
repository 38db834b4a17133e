"""From a file that stays where it is to a `Dataset`: what one reading of it found, made into scaled rows and facts.

The counterpart of `preparation` for data beyond the memory; it holds nothing for every row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import DataError
from .checks import absent_classes, constants_told
from .columns import label
from .examples import Dataset, Split, Suspicion
from .facts import facts_of
from .mapped import MappedExamples, MappedRows, MappedTarget, Piece
from .scaling import Scaling, out_of_range
from .splits import refuse_untaught
from .survey import MOST_CLASSES, Survey, survey
from .targets import are_classes, task_of_classes

UNCHECKED = Suspicion(
    "unchecked",
    "columns that give the target away or number the rows, and rows that stand in two splits, were not looked for:"
    " data.memory_map leaves the rows in their file",
)


def fit_mapped_dataset(
    examples: MappedExamples, pieces: Mapping[str, Piece], *, normalize: bool, dtype: np.dtype
) -> Dataset:
    """The `Dataset` whose rows stay in the file. Reads it once; raises DataError where it cannot be used."""
    found = survey(examples, pieces)
    examples, values = classified(examples, found)
    counts = class_counts(found, values, pieces)
    if len(values):
        refuse_untaught(examples, counts["train"], "give train a larger share, or drop the rows")
    fitted = Scaling.fitted(found.moments)
    columns, target = examples.columns, [examples.target]
    scaling = Scaling(*(part[columns] for part in fitted)) if normalize else Scaling.none(len(columns))
    refuse_overflow(examples, found, scaling, dtype)
    of_target = Scaling.none(1) if len(values) else Scaling(*(part[target] for part in fitted))
    splits = {
        name: Split(
            MappedRows(examples, rows, scaling, dtype), MappedTarget(examples, rows, values, of_target, dtype), rows
        )
        for name, rows in pieces.items()
    }
    suspicions = tuple(suspicions_of(examples, found, counts))
    facts = facts_of(examples, pieces, features=len(columns), normalize=normalize, missing={}, class_counts=counts)
    return Dataset(
        train=splits["train"],
        dev=splits["dev"],
        test=splits.get("test"),
        task=examples.task,
        classes=examples.classes,
        feature_names=examples.number_names,
        target_name=examples.target_name,
        target_mean=float(of_target.mean[0]),
        target_scale=float(of_target.scale[0]),
        facts=facts,
        warnings=tuple(map(str, suspicions)),
        suspicions=suspicions,
        by_chance=getattr(pieces, "by_chance", False),
        preparation=preparation_of(examples, scaling, of_target),
    )


def classified(examples: MappedExamples, found: Survey) -> tuple[MappedExamples, np.ndarray]:
    """The examples with their task, classes and hash; and the sorted numbers of the classes, none for regression."""
    examples = replace(examples, sha256=found.sha256)
    is_auto = examples.task == "auto"
    if found.counts is None and not is_auto and examples.task != "regression":
        raise DataError(
            f"{examples.shown}: the target {examples.target_name!r} has more than {MOST_CLASSES} different values, too"
            " many for classes; name another column with data.target, or set data.task: regression"
        )
    values = np.array(sorted(found.counts or ()))
    if examples.task == "regression" or (is_auto and (found.counts is None or not are_classes(values))):
        return replace(examples, task="regression"), values[:0]
    classes = tuple(label(value) for value in values)
    told = {"task": examples.task, "shown": examples.shown}
    task = task_of_classes(examples.target_name, classes, examples.m, **told)
    return replace(examples, task=task, classes=classes), values


def class_counts(found: Survey, values: np.ndarray, pieces: Mapping[str, Piece]) -> dict[str, np.ndarray]:
    """(K,) rows of each class, for each split."""
    table = np.array([found.counts[value] for value in values.tolist()], dtype=np.int64).reshape(-1, len(pieces))
    return dict(zip(pieces, table.T, strict=True))


def refuse_overflow(examples: MappedExamples, found: Survey, scaling: Scaling, dtype: np.dtype) -> None:
    """Raise DataError if a column's least or greatest number leaves the range of `dtype` when scaled."""
    with np.errstate(over="ignore", invalid="ignore"):
        extremes = scaling.of(np.stack([found.low, found.high])[:, examples.columns], dtype)
    fits = np.isfinite(extremes).all(axis=0) & np.isfinite(scaling.scale)
    if not fits.all():
        raise out_of_range(examples.shown, examples.number_names[int(fits.argmin())], dtype)


def suspicions_of(examples: MappedExamples, found: Survey, counts: Mapping[str, np.ndarray]) -> Iterator[Suspicion]:
    is_constant = found.moments.variance() == 0
    names = [name for name, at in zip(examples.number_names, examples.columns, strict=True) if is_constant[at]]
    constant_target = not examples.classes and is_constant[examples.target]
    yield from constants_told(names, examples.target_name if constant_target else None)
    yield from absent_classes(examples.classes, counts)
    yield UNCHECKED


def preparation_of(examples: MappedExamples, scaling: Scaling, of_target: Scaling) -> dict[str, Any]:
    """The numbers needed to prepare new rows, under the names that `preparation` gives them."""
    return {
        "numeric_columns": np.array(examples.number_names, dtype=np.str_),
        "means": scaling.mean,
        "scales": scaling.scale,
        "target_mean": of_target.mean[0],
        "target_scale": of_target.scale[0],
    }
