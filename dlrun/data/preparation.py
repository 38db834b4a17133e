"""From examples and their split to the `Dataset` that a network sees: scaled, filled in, one-hot coded.

The last of the three calls on the data path, and the only place that fits anything to data: always to the training
rows, never to the others. Statistics are float64, whatever type the features end in.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..nn.moments import Moments
from .checks import suspicions_of
from .examples import MISSING_CODE, Dataset, Examples, Split
from .facts import class_counts, facts_of, missing_cells
from .mapped import MappedExamples, Piece
from .mapped_dataset import fit_mapped_dataset
from .scaling import Scaling, out_of_range

# Cells turned to float64 at a time: 2 MiB, so that they stay in a processor's second-level cache.
CELLS_AT_A_TIME = 2**18


class Prepared(NamedTuple):
    """X of each split, what its columns are called, and the numbers that made them."""

    X: dict[str, np.ndarray]
    names: tuple[str, ...]
    numbers: dict[str, np.ndarray]


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
    is_plain = not examples.codes.shape[1] and not _has_missing(examples.numbers)
    # What overflows is found afterwards, and told by the name of its column.
    with np.errstate(over="ignore", invalid="ignore"):
        prepared = (_plain if is_plain else _mixed)(examples, parts, normalize, dtype)
    _refuse_overflow(examples, prepared, dtype)
    mean, scale = _target_statistics(examples, parts["train"])
    suspicions = suspicions_of(examples, parts)
    group = {name: None if examples.group is None else examples.group[rows] for name, rows in parts.items()}
    splits = {
        name: Split(prepared.X[name], _target(examples, rows, mean, scale, dtype), rows, group[name])
        for name, rows in parts.items()
    }
    return Dataset(
        train=splits["train"],
        dev=splits["dev"],
        test=splits.get("test"),
        task=examples.task,
        classes=examples.classes,
        feature_names=prepared.names,
        target_name=examples.target_name,
        image_side=examples.image_side,
        target_mean=mean,
        target_scale=scale,
        facts=facts_of(
            examples,
            parts,
            features=len(prepared.names),
            normalize=normalize,
            missing=missing_cells(examples),
            class_counts=class_counts(examples, parts),
        ),
        warnings=(*examples.warnings, *map(str, suspicions)),
        suspicions=suspicions,
        by_chance=getattr(parts, "by_chance", False),
        preparation=prepared.numbers | {"target_mean": np.array(mean), "target_scale": np.array(scale)},
    )


def _has_missing(numbers: np.ndarray) -> bool:
    return numbers.dtype.kind == "f" and bool(np.isnan(numbers).any())


def _plain(examples: Examples, parts: Mapping[str, np.ndarray], normalize: bool, dtype: np.dtype) -> Prepared:
    """Numbers alone with nothing missing: scaled a few rows at a time."""
    numbers, width = examples.numbers, examples.numbers.shape[1]
    scaling = Scaling.none(width)
    if normalize:
        moments = Moments(width)
        for rows in _batches(parts["train"], width):
            moments.add(numbers[rows])
        scaling = Scaling.fitted(moments)
    X = {name: np.empty((len(rows), width), dtype=dtype) for name, rows in parts.items()}
    for name, rows in parts.items():
        done = 0
        for batch in _batches(rows, width):
            X[name][done : done + len(batch)] = scaling.of(numbers[batch], dtype)
            done += len(batch)
    names = np.array(examples.number_names, dtype=np.str_)
    return Prepared(
        X, examples.number_names, {"numeric_columns": names, "means": scaling.mean, "scales": scaling.scale}
    )


def _batches(rows: np.ndarray, width: int) -> list[np.ndarray]:
    step = max(1, CELLS_AT_A_TIME // width)
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def _mixed(examples: Examples, parts: Mapping[str, np.ndarray], normalize: bool, dtype: np.dtype) -> Prepared:
    """Numbers with gaps, and categories: numbers first, then what is missing among them, then the levels."""
    width = examples.numbers.shape[1]
    both = np.hstack([examples.numbers.astype(np.float64), examples.codes.astype(np.float64)])
    transformer = _transformer(width, both.shape[1], normalize)
    X = {"train": np.ascontiguousarray(transformer.fit_transform(both[parts["train"]]), dtype=dtype)}
    for name, rows in parts.items():
        if name != "train":
            X[name] = np.ascontiguousarray(transformer.transform(both[rows]), dtype=dtype)
    fitted = transformer.named_transformers_
    names, numbers = list(examples.number_names), {}
    if width:
        gaps = [examples.number_names[at] for at in fitted["gaps"].features_]
        names += [f"{name} is missing" for name in gaps]
        numbers = _numeric_statistics(examples, fitted["numbers"], gaps)
    if examples.code_names:
        seen = [found.astype(int) for found in fitted["levels"].categories_]
        labels = [_labels(codes, levels) for codes, levels in zip(seen, examples.levels, strict=True)]
        numbers["categorical_columns"] = np.array(examples.code_names, dtype=np.str_)
        for at, (name, words) in enumerate(zip(examples.code_names, labels, strict=True)):
            # The empty text stands for the missing level, which no level in a file can be.
            numbers[f"levels_{at}"] = np.array(words, dtype=np.str_)
            names += [f"{name}={word}" if word else f"{name} is missing" for word in words]
    return Prepared(X, tuple(names), numbers)


def _transformer(width: int, total: int, normalize: bool):
    """Columns 0 to `width` are numbers, the others codes. The scaler never sees the 0/1 columns."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, codes = list(range(width)), list(range(width, total))
    # A column that is empty in training alone keeps its place: dev and test may hold it.
    filled = SimpleImputer(strategy="median", keep_empty_features=True)
    steps = [
        ("numbers", make_pipeline(filled, StandardScaler()) if normalize else make_pipeline(filled), numbers),
        ("gaps", MissingIndicator(features="missing-only", error_on_new=False), numbers),
        ("levels", OneHotEncoder(handle_unknown="ignore", sparse_output=False), codes),
    ]
    return ColumnTransformer([step for step in steps if step[2]], sparse_threshold=0)


def _numeric_statistics(examples: Examples, fitted: Any, gaps: Sequence[str]) -> dict[str, np.ndarray]:
    width = examples.numbers.shape[1]
    scaler = fitted.named_steps.get("standardscaler")
    return {
        "numeric_columns": np.array(examples.number_names, dtype=np.str_),
        "medians": fitted.named_steps["simpleimputer"].statistics_.astype(np.float64),
        "means": scaler.mean_ if scaler is not None else np.zeros(width),
        "scales": scaler.scale_ if scaler is not None else np.ones(width),
        "gap_columns": np.array(gaps, dtype=np.str_),
    }


def _labels(codes: np.ndarray, levels: Sequence[str]) -> list[str]:
    return ["" if code == MISSING_CODE else levels[code] for code in codes]


def _refuse_overflow(examples: Examples, prepared: Prepared, dtype: np.dtype) -> None:
    bad = ~np.isfinite(prepared.numbers.get("scales", np.zeros(0)))
    for X in prepared.X.values():
        if not np.isfinite(X).all():
            at = int(np.isfinite(X).all(axis=0).argmin())
            break
    else:
        if not bad.any():
            return
        at = int(bad.argmax())
    raise out_of_range(examples.shown, prepared.names[at], dtype)


def _target_statistics(examples: Examples, train: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of the training targets; 0 and 1 for classes, and never a deviation of 0."""
    if examples.classes:
        return 0.0, 1.0
    y = examples.y[train]
    return float(y.mean()), float(y.std()) or 1.0


def _target(examples: Examples, rows: np.ndarray, mean: float, scale: float, dtype: np.dtype) -> np.ndarray:
    y = examples.y[rows]
    if examples.task == "multiclass":
        return y
    if examples.task == "binary":
        return y.astype(dtype)[:, None]
    return ((y - mean) / scale).astype(dtype)[:, None]
