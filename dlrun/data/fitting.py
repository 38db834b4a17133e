"""Turns examples and their split into the `Dataset` that a network sees: scaled, filled in, one-hot coded.

It is the last of the three calls on the data path, and the only place that fits anything to data: always to the
training rows, never to the others. Statistics are float64, whatever type the features have at the end.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np

from ..arrays import Array
from ..errors import DataError
from ..nn.encodings import STANDARD, TARGET, Choice, is_standard
from ..nn.moments import Moments
from .checks import suspicions_of
from .encoded import fitted_encodings, words_of
from .examples import Dataset, Examples, Parts, Split
from .facts import class_counts, facts_of
from .mapped import MappedExamples, Piece
from .mapped_dataset import fit_mapped_dataset
from .preparation import MISSING_CODE, Preparation
from .reading import DEFAULT_MAX_LEVELS
from .row_weights import ClassWeight, row_weights
from .scaling import CELLS_AT_A_TIME, TOGETHER, Normalize, Scaling, out_of_range
from .target_means import TargetMeans, fitted_target_means

T = TypeVar("T")

# Raw rows that are given are put in order in pieces of so many bytes: beyond 32 MiB the C library returns memory to the
# system as soon as it is free.
GIVEN_BYTES = 40 * 2**20


def fit_dataset(
    examples: Examples | MappedExamples,
    parts: Parts[Array] | Parts[Piece],
    *,
    normalize: Normalize = True,
    max_levels: int = DEFAULT_MAX_LEVELS,
    encoding: Choice = STANDARD,
    dtype: Any = np.float32,
    class_weight: ClassWeight | None = None,
) -> Dataset:
    """Features and targets of every split, prepared by statistics of the training rows.

    A missing number becomes the training median, and a 0/1 column marks it. A category becomes a 0/1 column for each
    level in the training rows; missing is a level too, and an unseen level becomes all zeros. Of more than `max_levels`
    levels the commonest have a column each and all others, unseen ones too, share one. Numbers are scaled
    by `(x - mu) / sigma`, `sigma^2 = (1/m) sum (x - mu)^2`, if `normalize`; a constant column becomes 0. `encoding`
    gives columns of numbers other or more inputs, by a word for all of them or for each by its name, and columns of
    words their mean target; that of a training row is made of the other rows alone.
    Rows that stay in their file are read once here, and prepared each time they are used. `parts` are the splits that
    `split_examples` returned for these examples. Weights change what a row counts in losses and errors, and none of
    these statistics; `class_weight` multiplies them class by class.
    Raises DataError if numbers leave the range of `dtype`, or as `row_weights`, `words_of` and `fitted_target_means`
    do.
    """
    if isinstance(examples, MappedExamples):
        if class_weight is not None:
            raise DataError("training.class_weight: does not go with data.memory_map; leave one of them out")
        if not is_standard(encoding):
            raise DataError("data.encoding: does not go with data.memory_map; leave one of them out")
        return fit_mapped_dataset(examples, cast("Parts[Piece]", parts), normalize=normalize, dtype=np.dtype(dtype))
    parts = cast("Parts[Array]", parts)
    weight = row_weights(examples, parts["train"], class_weight)
    # `_refuse_overflow` reports an overflow afterwards, with the name of its column.
    with np.errstate(over="ignore", invalid="ignore"):
        words = words_of(examples, encoding)
        preparation = _fitted(examples, parts["train"], words, normalize, max_levels)
        preparation = replace(preparation, encodings=fitted_encodings(examples, parts["train"], words))
        dataset = _prepared(examples, parts, preparation, words, normalize=normalize, dtype=np.dtype(dtype))
    return dataset if weight is None else _weighted(dataset, parts, weight)


def _weighted(dataset: Dataset, parts: Parts[Array], weight: Array) -> Dataset:
    """The dataset with the weights of its rows, from those (m,) of all."""
    splits = {name: replace(split, weight=weight[parts[name]]) for name, split in dataset.splits().items()}
    return replace(dataset, train=splits["train"], dev=splits["dev"], test=splits.get("test"))


def _prepared(
    examples: Examples,
    parts: Parts[Array],
    preparation: Preparation,
    words: Mapping[str, str],
    *,
    normalize: Normalize,
    dtype: np.dtype[Any],
) -> Dataset:
    """The dataset of rows whose features are prepared so; all that depends on the target is fitted here."""
    mean, scale = _target_statistics(examples, parts["train"])
    preparation = replace(preparation, target_mean=mean, target_scale=scale)
    codes = preparation.recoded(examples.codes, examples.levels)
    means = _target_means(examples, parts["train"], codes, preparation, words)
    preparation = replace(preparation, target_means={name: one.of_words for name, one in means.items()})
    suspicions = suspicions_of(examples, parts)
    facts = facts_of(
        examples,
        parts,
        task=examples.task,
        preparation=preparation,
        normalize=normalize,
        class_counts=class_counts(examples, parts),
        warnings=(*examples.warnings, *_rare_words_told(examples, preparation), *map(str, suspicions)),
    )
    gives, raw = examples.gives_features, [examples.features()[0], codes]
    del codes
    X = _features(preparation, raw, parts, dtype, gives=gives)
    if means:
        own = np.hstack([one.own for one in means.values()])
        X["train"][:, -own.shape[1] :] = own
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
    return Dataset(
        splits["train"],
        splits["dev"],
        splits.get("test"),
        preparation,
        facts,
        suspicions,
        by_chance=parts.by_chance,
        form=examples.form,
    )


def _rare_words_told(examples: Examples, preparation: Preparation) -> list[str]:
    """A sentence on each column of which some words share an input."""
    own = dict(zip(preparation.categorical_columns, preparation.levels, strict=True))
    return [
        f"column {name!r} has {len(words)} different words: at most {sum(map(bool, own[name]))}, the commonest, get a"
        " feature each and the others share one (data.max_levels)"
        for name, words in zip(examples.code_names, examples.levels, strict=True)
        if name in preparation.rare_columns
    ]


def _target_means(
    examples: Examples, train: Array, codes: Array, preparation: Preparation, words: Mapping[str, str]
) -> dict[str, TargetMeans]:
    """The mean targets of each column of words that has them for inputs; codes (m, c) are those of all rows."""
    columns = zip(preparation.categorical_columns, codes.T, preparation.levels, strict=True)
    return {
        name: fitted_target_means(examples, train, of_column[train], len(levels) - levels.count(""))
        for name, of_column, levels in columns
        if words[name] == TARGET
    }


def _fitted(
    examples: Examples, train: Array, words: Mapping[str, str], normalize: Normalize, max_levels: int
) -> Preparation:
    """The preparation of the features, fitted to the training rows; `words` are those of `words_of`."""
    has_missing = examples.numbers.dtype.kind == "f" and bool(np.isnan(examples.numbers).any())
    if examples.code_names or has_missing:
        most = [len(train) if words[name] == TARGET else max_levels for name in examples.code_names]
        return _fitted_mixed(examples, train, normalize, most)
    return _fitted_plain(examples, train, normalize)


def _fitted_plain(examples: Examples, train: Array, normalize: Normalize) -> Preparation:
    """The same for numbers only, none missing: a few rows at a time."""
    width = examples.numbers.shape[1]
    moments, lows, highs = Moments(width), np.full(width, np.inf), np.full(width, -np.inf)
    for rows in _batches(train, width):
        numbers = examples.numbers[rows]
        lows, highs = np.fmin(lows, numbers.min(axis=0)), np.fmax(highs, numbers.max(axis=0))
        if normalize:
            moments.add(numbers)
    scaling = Scaling.fitted(moments) if normalize else Scaling.none(width)
    if normalize == TOGETHER:
        scaling = Scaling.together(moments.mean(), moments.variance())
    return Preparation(examples.number_names, scaling.mean, scaling.scale, lows=lows, highs=highs)


def _fitted_mixed(examples: Examples, train: Array, normalize: Normalize, max_levels: Sequence[int]) -> Preparation:
    """The same for numbers with gaps, or categories, or both. Columns of 0 and 1 are not scaled.

    max_levels (c,) : how many words of each category have a column of their own.
    """
    kept = [kept_codes(codes[train], most) for codes, most in zip(examples.codes.T, max_levels, strict=True)]
    levels = tuple(
        tuple("" if code == MISSING_CODE else words[code] for code in codes.tolist())
        for (codes, _), words in zip(kept, examples.levels, strict=True)
    )
    rare = tuple(name for name, (_, are_rare) in zip(examples.code_names, kept, strict=True) if are_rare)
    without_numbers = Preparation(categorical_columns=examples.code_names, levels=levels, rare_columns=rare)
    return _with_numbers(without_numbers, examples, train, normalize) if examples.number_names else without_numbers


def kept_codes(codes: Array, max_levels: int) -> tuple[Array, bool]:
    """The codes (k,) of a column (m,) that get a feature each, in their order, and whether others are rare.

    Of more than `max_levels` words, the commonest. -1, for missing, always has its own.
    """
    distinct, counts = np.unique(codes, return_counts=True)
    is_word = distinct != MISSING_CODE
    if is_word.sum() <= max_levels:
        return distinct, False
    # Equally common words stay in their order, so that the choice is always the same.
    keeps = ~is_word
    keeps[np.argsort(np.where(is_word, -counts, 1), kind="stable")[:max_levels]] = True
    return distinct[keeps], True


def _with_numbers(without_numbers: Preparation, examples: Examples, train: Array, normalize: Normalize) -> Preparation:
    columns = [statistics_of(column[train].astype(np.float64)) for column in examples.numbers.T]
    medians, means, variances, lows, highs, has_gap = (np.array(figures) for figures in zip(*columns, strict=True))
    scaling = Scaling.of_columns(means, variances, len(train)) if normalize else Scaling.none(len(means))
    if normalize == TOGETHER:
        scaling = Scaling.together(means, variances)
    return replace(
        without_numbers,
        numeric_columns=examples.number_names,
        medians=medians,
        means=scaling.mean,
        scales=scaling.scale,
        gap_columns=tuple(examples.number_names[at] for at in np.flatnonzero(has_gap)),
        lows=lows,
        highs=highs,
    )


def statistics_of(numbers: Array) -> tuple[float, float, float, float, float, bool]:
    """Median, mean, variance, least and greatest of numbers (m,), and whether any is missing.

    The median, 0 where all are missing, stands for these in mean and variance. The bits are those of scikit-learn's
    SimpleImputer and StandardScaler, whose import takes a second.
    """
    is_gap = np.isnan(numbers)
    present = numbers[~is_gap] if is_gap.any() else numbers
    median = float(np.median(present)) if len(present) else 0.0
    filled = np.where(is_gap, median, numbers)
    mean = filled.sum() / len(filled)
    filled -= mean
    off = filled.sum()  # what rounding left of it: Chan, Golub and LeVeque 1983, equation 1.7
    variance = (np.square(filled).sum() - off**2 / len(filled)) / len(filled)
    return median, mean, variance, np.fmin.reduce(numbers), np.fmax.reduce(numbers), len(present) < len(numbers)


def _features(
    preparation: Preparation, raw: list[Array], parts: Parts[Array], dtype: np.dtype[Any], *, gives: bool
) -> dict[str, Array]:
    """X (k, n) of the rows of each split; raw : numbers and codes of all rows, which are taken out of the list.

    gives : nobody else has them, and they go out of memory while the rows are prepared.
    """
    width = len(preparation.feature_names)
    X = {name: np.empty((len(rows), width), dtype) for name, rows in parts.items()}
    step = max(1, CELLS_AT_A_TIME // width)
    pieces = _raw_pieces(raw, parts, GIVEN_BYTES if gives else 8 * CELLS_AT_A_TIME)
    for name, first, numbers, codes in _given(deque(pieces)) if gives else pieces:
        for at in range(0, len(numbers), step):
            some = slice(at, at + step)
            rows = X[name][first + at : first + at + len(numbers[some])]
            preparation.write_features(rows, numbers[some], codes[some])
    return X


def _raw_pieces(raw: list[Array], parts: Parts[Array], most_bytes: int) -> Iterator[tuple[str, int, Array, Array]]:
    """The numbers and codes of rows in the order of their split, with the place of the first of them."""
    numbers, codes = raw
    raw.clear()
    step = max(1, most_bytes // max(1, numbers.itemsize * numbers.shape[1]))
    for name, rows in parts.items():
        for first in range(0, len(rows), step):
            some = rows[first : first + step]
            yield name, first, numbers[some], codes[some]


def _given(pieces: deque[T]) -> Iterator[T]:
    """One after the other, and none is kept."""
    while pieces:
        yield pieces.popleft()


def _batches(rows: Array, width: int) -> list[Array]:
    step = max(1, CELLS_AT_A_TIME // width)
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def _refuse_overflow(
    examples: Examples, preparation: Preparation, X: Mapping[str, Array], dtype: np.dtype[Any]
) -> None:
    """Raise DataError if a prepared number, or the scale of a column, is not finite."""
    fits = np.ones(len(preparation.feature_names), dtype=bool)
    fits[: len(preparation.scales)] = np.isfinite(preparation.scales)
    for of_split in X.values():
        step = max(1, CELLS_AT_A_TIME // max(1, of_split.shape[1]))
        for start in range(0, len(of_split), step):
            fits &= np.isfinite(of_split[start : start + step]).all(axis=0)
    if not fits.all():
        raise out_of_range(examples.shown, preparation.feature_names[int(fits.argmin())], dtype)


def _target_statistics(examples: Examples, train: Array) -> tuple[float, float]:
    """Mean and standard deviation of the training targets; 0 and 1 for classes, and never a deviation of 0."""
    if examples.classes:
        return 0.0, 1.0
    y = examples.y[train]
    return float(y.mean()), float(y.std()) or 1.0
