"""From examples and their split to the `Dataset` that a network sees: scaled, filled in, one-hot coded.

The last of the three calls on the data path, and the only place that fits anything to data: always to the training
rows, never to the others. Statistics are float64, whatever type the features end in.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..nn.moments import Moments
from .checks import suspicions_of
from .examples import Dataset, Examples, Split
from .facts import class_counts, facts_of, missing_cells
from .mapped import MappedExamples, Piece
from .mapped_dataset import fit_mapped_dataset
from .preparation import MISSING_CODE, Preparation
from .scaling import Scaling, out_of_range

# Cells turned to float64 at a time: 2 MiB, so that they stay in a processor's second-level cache.
CELLS_AT_A_TIME = 2**18


def fit_dataset(
    examples: Examples | MappedExamples,
    parts: Mapping[str, np.ndarray | Piece],
    *,
    normalize: bool = True,
    dtype: Any = np.float32,
) -> Dataset:
    """Features and targets of every split, prepared by what the training rows say.

    Missing numbers become the training median, with a 0/1 column that says so; a category becomes a 0/1 column for
    each level seen in training, a missing one being a level of its own, and an unseen one all zeros. Numbers are scaled
    by `(x - mu) / sigma`, `sigma^2 = (1/m) sum (x - mu)^2`, if `normalize`; a constant column becomes 0.
    Rows that stay in their file are read through once, and prepared whenever they are asked for.
    Raises DataError where numbers leave the range of `dtype`.
    """
    dtype = np.dtype(dtype)
    if isinstance(examples, MappedExamples):
        return fit_mapped_dataset(examples, parts, normalize=normalize, dtype=dtype)
    # What overflows is found afterwards, and told by the name of its column.
    with np.errstate(over="ignore", invalid="ignore"):
        preparation = _fitted(examples, parts["train"], normalize)
        codes = preparation.recoded(examples.codes, examples.levels)
        X = {name: _features(preparation, examples.numbers, codes, rows, dtype) for name, rows in parts.items()}
    _refuse_overflow(examples, preparation, X, dtype)
    splits = {
        name: Split(
            X[name],
            preparation.target(examples.y[rows], examples.task, dtype),
            rows,
            None if examples.group is None else examples.group[rows],
        )
        for name, rows in parts.items()
    }
    suspicions = suspicions_of(examples, parts)
    return Dataset(
        train=splits["train"],
        dev=splits["dev"],
        test=splits.get("test"),
        task=examples.task,
        classes=examples.classes,
        target_name=examples.target_name,
        preparation=preparation,
        image_side=examples.image_side,
        facts=facts_of(
            examples,
            parts,
            features=len(preparation.feature_names),
            normalize=normalize,
            missing=missing_cells(examples),
            class_counts=class_counts(examples, parts),
            warnings=(*examples.warnings, *map(str, suspicions)),
        ),
        suspicions=suspicions,
        by_chance=getattr(parts, "by_chance", False),
    )


def _fitted(examples: Examples, train: np.ndarray, normalize: bool) -> Preparation:
    mean, scale = _target_statistics(examples, train)
    if not examples.code_names and not _has_missing(examples.numbers):
        found = _fitted_plain(examples, train, normalize)
    else:
        found = _fitted_mixed(examples, train, normalize)
    return replace(found, target_mean=mean, target_scale=scale)


def _has_missing(numbers: np.ndarray) -> bool:
    return numbers.dtype.kind == "f" and bool(np.isnan(numbers).any())


def _fitted_plain(examples: Examples, train: np.ndarray, normalize: bool) -> Preparation:
    """Numbers alone with nothing missing: looked at a few rows at a time."""
    width = examples.numbers.shape[1]
    scaling = Scaling.none(width)
    if normalize:
        moments = Moments(width)
        for rows in _batches(train, width):
            moments.add(examples.numbers[rows])
        scaling = Scaling.fitted(moments)
    return Preparation(examples.number_names, scaling.mean, scaling.scale)


def _fitted_mixed(examples: Examples, train: np.ndarray, normalize: bool) -> Preparation:
    """Numbers with gaps, or categories, or both. The scaler never sees the columns of 0 and 1."""
    levels = tuple(
        tuple("" if code == MISSING_CODE else words[code] for code in np.unique(codes[train]).tolist())
        for codes, words in zip(examples.codes.T, examples.levels, strict=True)
    )
    found = Preparation(categorical_columns=examples.code_names, levels=levels)
    return _with_numbers(found, examples, train, normalize) if examples.number_names else found


def _with_numbers(found: Preparation, examples: Examples, train: np.ndarray, normalize: bool) -> Preparation:
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler

    width = examples.numbers.shape[1]
    # One column after the other in memory: the scaler's last digits depend on it.
    numbers = np.asfortranarray(examples.numbers[train], dtype=np.float64)
    # A column that is empty in training alone keeps its place: dev and test may hold it.
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    filled = imputer.fit_transform(numbers)
    scaler = StandardScaler().fit(filled) if normalize else None
    has_gaps = np.isnan(numbers).any(axis=0)
    return replace(
        found,
        numeric_columns=examples.number_names,
        medians=imputer.statistics_.astype(np.float64),
        means=scaler.mean_ if scaler is not None else np.zeros(width),
        scales=scaler.scale_ if scaler is not None else np.ones(width),
        gap_columns=tuple(name for name, has in zip(examples.number_names, has_gaps, strict=True) if has),
    )


def _features(
    preparation: Preparation, numbers: np.ndarray, codes: np.ndarray, rows: np.ndarray, dtype: np.dtype
) -> np.ndarray:
    """X (k, n) of these rows, a few at a time."""
    width = len(preparation.feature_names)
    X, done = np.empty((len(rows), width), dtype=dtype), 0
    for batch in _batches(rows, width):
        X[done : done + len(batch)] = preparation.features(numbers[batch], codes[batch], dtype)
        done += len(batch)
    return X


def _batches(rows: np.ndarray, width: int) -> list[np.ndarray]:
    step = max(1, CELLS_AT_A_TIME // width)
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def _refuse_overflow(
    examples: Examples, preparation: Preparation, X: Mapping[str, np.ndarray], dtype: np.dtype
) -> None:
    """Raise DataError where a prepared number, or the scale of a column, is not finite."""
    fits = np.ones(len(preparation.feature_names), dtype=bool)
    fits[: len(preparation.scales)] = np.isfinite(preparation.scales)
    for of_split in X.values():
        fits &= np.isfinite(of_split).all(axis=0)
    if not fits.all():
        raise out_of_range(examples.shown, preparation.feature_names[int(fits.argmin())], dtype)


def _target_statistics(examples: Examples, train: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of the training targets; 0 and 1 for classes, and never a deviation of 0."""
    if examples.classes:
        return 0.0, 1.0
    y = examples.y[train]
    return float(y.mean()), float(y.std()) or 1.0
