"""Collects the facts about a dataset as it is fitted: where it came from and how it was divided.

A run keeps them, so that a later reader has the data's hash and every count without the data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..arrays import Array
from ..records import Sizes
from .examples import Examples, Parts
from .mapped import MappedExamples, Piece
from .preparation import Preparation
from .reading import Task
from .records import ColumnFacts, DataFacts, SourceColumn
from .scaling import Normalize


def facts_of(
    examples: Examples | MappedExamples,
    parts: Parts[Array] | Parts[Piece],
    *,
    task: Task,
    preparation: Preparation,
    normalize: Normalize,
    class_counts: Mapping[str, Array],
    warnings: tuple[str, ...],
) -> DataFacts:
    """The facts of examples whose task and classes are known, with these splits.

    `class_counts` are (K,) for each split.
    """
    return DataFacts(
        source=examples.shown,
        sha256=examples.sha256,
        rows=examples.m,
        columns=_columns(examples),
        missing=missing_cells(examples) if isinstance(examples, Examples) else {},
        features=len(preparation.feature_names),
        normalize=normalize,
        target=examples.target_name,
        task=task,
        classes=examples.classes,
        split=parts.method,
        sizes=Sizes(**{name: len(rows) for name, rows in parts.items()}),
        class_counts={name: _by_label(examples.classes, counts) for name, counts in class_counts.items()},
        image_side=examples.image_side,
        warnings=warnings,
        source_columns=_with_inputs(examples, preparation) if isinstance(examples, Examples) else None,
        notes=(examples.notes or None) if isinstance(examples, Examples) else None,
        image_channels=examples.image_channels,
        encodings=preparation.words or None,
    )


def _with_inputs(examples: Examples, preparation: Preparation) -> tuple[SourceColumn, ...] | None:
    """The columns of the source with the inputs that preparation makes of their features."""
    described = [
        replace(column, features=tuple(name for feature in column.features for name in preparation.inputs_of(feature)))
        for column in examples.source_columns
    ]
    return tuple(described) or None


def _columns(examples: Examples | MappedExamples) -> tuple[ColumnFacts, ...]:
    named = zip(examples.code_names, examples.levels, strict=True)
    numeric = [ColumnFacts(name, "numeric") for name in examples.number_names]
    return (*numeric, *(ColumnFacts(name, "categorical", levels) for name, levels in named))


def missing_cells(examples: Examples) -> dict[str, int]:
    """Missing cells of each column that has any."""
    is_float = examples.numbers.dtype.kind == "f"
    gaps = np.isnan(examples.numbers).sum(axis=0) if is_float else np.zeros(len(examples.number_names), dtype=int)
    counts = [*gaps.tolist(), *(examples.codes < 0).sum(axis=0).tolist()]
    names = (*examples.number_names, *examples.code_names)
    return {name: count for name, count in zip(names, counts, strict=True) if count}


def class_counts(examples: Examples, parts: Mapping[str, Array]) -> dict[str, Array]:
    """(K,) rows of each class, for each split; K is 0 where there are no classes."""
    if not examples.classes:
        return {name: np.zeros(0, dtype=np.int64) for name in parts}
    return {name: np.bincount(examples.y[rows], minlength=len(examples.classes)) for name, rows in parts.items()}


def _by_label(classes: Sequence[str], counts: Array) -> dict[str, int]:
    return {label: int(count) for label, count in zip(classes, counts, strict=True)}
