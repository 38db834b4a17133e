"""From a file that stays where it is to a `Dataset`: what one reading of it found, made into scaled rows and facts.

The counterpart of `fitting` for data beyond the memory; it holds nothing for every row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from ..errors import DataError
from .checks import absent_classes, constants_told
from .columns import label
from .examples import Dataset, Split, Suspicion
from .facts import facts_of
from .mapped import MappedExamples, MappedRows, MappedTarget, Piece
from .preparation import Preparation
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
    preparation = preparation_of(examples, found, is_regression=not len(values), normalize=normalize)
    refuse_overflow(examples, found, preparation.scaling, dtype)
    splits = {
        name: Split(
            MappedRows(examples, rows, preparation, dtype),
            MappedTarget(examples, rows, values, preparation, dtype),
            rows,
        )
        for name, rows in pieces.items()
    }
    suspicions = tuple(suspicions_of(examples, found, counts))
    return Dataset(
        train=splits["train"],
        dev=splits["dev"],
        test=splits.get("test"),
        task=examples.task,
        classes=examples.classes,
        target_name=examples.target_name,
        preparation=preparation,
        facts=facts_of(
            examples,
            pieces,
            features=len(preparation.feature_names),
            normalize=normalize,
            missing={},
            class_counts=counts,
            warnings=tuple(map(str, suspicions)),
        ),
        suspicions=suspicions,
        by_chance=getattr(pieces, "by_chance", False),
    )


def preparation_of(examples: MappedExamples, found: Survey, *, is_regression: bool, normalize: bool) -> Preparation:
    """What the training rows say of features and target."""
    fitted, at, target = Scaling.fitted(found.moments), examples.columns, examples.target
    scaling = Scaling(fitted.mean[at], fitted.scale[at]) if normalize else Scaling.none(len(at))
    mean, scale = (float(fitted.mean[target]), float(fitted.scale[target])) if is_regression else (0.0, 1.0)
    return Preparation(examples.number_names, scaling.mean, scaling.scale, target_mean=mean, target_scale=scale)


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
