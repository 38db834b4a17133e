"""The preparation fitted to the training rows: one object that prepares any rows, and turns prepared rows back.

`fitting` makes it and model.npz keeps it. With it and the network, any rows can be predicted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from ..arrays import Array, Rows
from ..nn.encodings import ENCODINGS, STANDARD, TARGET, Encoding
from .reading import Task
from .scaling import Scaling

# The codes of a missing value, and of a word that no training row holds.
MISSING_CODE, UNSEEN_CODE = -1, -2

# The place of code 0 in a table that begins with an unseen and a missing word.
FIRST_CODE = 2

# The start of the names of its arrays in model.npz, which also holds those of the network.
PREFIX = "preparation_"


@dataclass(frozen=True, eq=False)
class Preparation:
    """Turns raw columns into X (m, n) and a target into Y, by statistics of the training rows.

    X has a scaled column for each number, then a 0/1 column for each of `gap_columns`, then one for each level. A
    categorical column with rare words has one more, which all words share that are not among its levels. A column of
    `encodings` has its first input where the others have their scaled number, and the further ones behind all of these.
    At the end are the inputs of the columns in `target_means`, which have none for each word.

    numeric_columns : names (p,). means, scales (p,) float64 : X = (number - mean) / scale; no scale is 0.
    medians (p,) float64 : what a missing number becomes; None if all columns are numbers and no row had a gap.
    gap_columns : the numeric columns with a gap in training; a 0/1 column of X marks the gaps of each.
    categorical_columns : names (c,). levels : the words of each in training, in the order of codes; "" is missing.
    rare_columns : the categorical columns with such a shared column.
    lows, highs (p,) float64 : the least and greatest number of the training rows, NaN where there is none; None for
    runs that did not keep them.
    encodings : what was fitted to each numeric column that has more or other inputs than its scaled number.
    target_means : for each categorical column whose words have their mean target for inputs, these inputs
    (L + 2, k) float64, of an unseen word, of a missing one, and of each word in the order of codes.
    target_mean, target_scale : Y = (y - mean) / scale in a regression; 0 and 1 elsewhere.
    """

    numeric_columns: tuple[str, ...] = ()
    means: Array = field(default_factory=lambda: np.zeros(0))
    scales: Array = field(default_factory=lambda: np.zeros(0))
    medians: Array | None = None
    gap_columns: tuple[str, ...] = ()
    categorical_columns: tuple[str, ...] = ()
    levels: tuple[tuple[str, ...], ...] = ()
    rare_columns: tuple[str, ...] = ()
    lows: Array | None = None
    highs: Array | None = None
    encodings: Mapping[str, Encoding] = field(default_factory=dict)
    target_means: Mapping[str, Array] = field(default_factory=dict)
    target_mean: float = 0.0
    target_scale: float = 1.0

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of X are called (n,)."""
        of_numbers = (name for column in self.encodings for name in self._further_names(column))
        of_words = (name for column in self.target_means for name in self._mean_names(column))
        return (*self.raw_names, *of_numbers, *of_words)

    @property
    def raw_names(self) -> tuple[str, ...]:
        """Those of the first columns of X, of which `raw` tells what they were made of."""
        return (
            *self.numeric_columns,
            *(f"{name} is missing" for name in self.gap_columns),
            *(
                feature
                for name, words in zip(self.categorical_columns, self.levels, strict=True)
                if name not in self.target_means
                for feature in self._features_of_words(name, words)
            ),
        )

    @property
    def words(self) -> dict[str, str]:
        """The word of each column that has other inputs than its scaled number, or than one for each word."""
        of_numbers = {name: encoding.word for name, encoding in self.encodings.items()}
        return of_numbers | dict.fromkeys(self.target_means, TARGET)

    @property
    def is_plane(self) -> bool:
        """Whether all inputs are made of two, so that they can be drawn as one."""
        return len(self.raw_names) == 2 and not self.target_means

    def inputs_of(self, feature: str) -> tuple[str, ...]:
        """The columns of X that are made of one raw feature, a number or a category."""
        if feature in self.target_means:
            return tuple(self._mean_names(feature))
        if feature in self.categorical_columns:
            words = self.levels[self.categorical_columns.index(feature)]
            return tuple(self._features_of_words(feature, words))
        gap = (f"{feature} is missing",) if feature in self.gap_columns else ()
        return (feature, *gap, *(self._further_names(feature) if feature in self.encodings else ()))

    def _further_names(self, column: str) -> list[str]:
        return [f"{column} {name}" for name in self.encodings[column].further_names()]

    def _mean_names(self, column: str) -> list[str]:
        count = self.target_means[column].shape[1]
        return [f"{column} target mean{f' {number}' if count > 1 else ''}" for number in range(1, count + 1)]

    def _features_of_words(self, name: str, words: Sequence[str]) -> list[str]:
        features = [f"{name}={word}" if word else f"{name} is missing" for word in words]
        return [*features, f"{name} is rare"] if name in self.rare_columns else features

    @property
    def scaling(self) -> Scaling:
        """The scaling of the numbers."""
        return Scaling(self.means, self.scales)

    def features(self, numbers: Array, codes: Array, dtype: Any = np.float32) -> Array:
        """X (m, n) of rows with `numbers` (m, p), NaN where missing, and `codes` (m, c) as `codes_of` gives them.

        A missing number becomes the median. A word that is not among the levels goes to the column of rare words, or
        becomes zeros where there is none. Without medians NaN stays NaN: training had no such rows.
        """
        if self.medians is None and not self.levels and not self.encodings:
            return self.scaling.of(numbers, dtype)
        X = np.empty((len(numbers), len(self.feature_names)), dtype)
        self.write_features(X, numbers, codes)
        return X

    def write_features(self, X: Array, numbers: Array, codes: Array) -> None:
        """The same, set in X (m, n) of any type, C-contiguous."""
        at = len(self.numeric_columns)
        if self.medians is None:
            self._encode(X, numbers)
        else:
            is_gap = np.isnan(numbers)
            self._encode(X, np.where(is_gap, self.medians, numbers))
            with_gaps = self._places_of(self.gap_columns)
            X[:, at : at + len(with_gaps)] = is_gap[:, with_gaps]
            at += len(with_gaps)
        first = np.arange(len(X)) * X.shape[1]  # the place of each row's first input
        end = X.shape[1] - sum(means.shape[1] for means in self.target_means.values())
        for name, of_column, words in zip(self.categorical_columns, codes.T, self.levels, strict=True):
            if name in self.target_means:
                means = self.target_means[name][of_column + FIRST_CODE]
                X[:, end : end + means.shape[1]] = means
                end += means.shape[1]
                continue
            place = of_column + words.count("")  # a missing word comes first if there is one
            X[:, at : at + len(words)] = 0
            X.reshape(-1)[(first + at + place)[place >= 0]] = 1
            at += len(words)
            if name in self.rare_columns:
                X[:, at] = of_column == UNSEEN_CODE
                at += 1

    def _places_of(self, names: Iterable[str]) -> list[int]:
        """Which numeric columns these are."""
        places = {name: at for at, name in enumerate(self.numeric_columns)}
        return [places[name] for name in names]

    def _encode(self, X: Array, numbers: Array) -> None:
        """Set the columns of X (m, n) that are made of numbers (m, p)."""
        z = self.scaling.of(numbers, np.float64)
        X[:, : len(self.numeric_columns)] = z
        if not self.encodings:
            return
        at = len(self.raw_names)
        for place, encoding in zip(self._places_of(self.encodings), self.encodings.values(), strict=True):
            made = encoding.inputs(numbers[:, place].astype(np.float64), z[:, place])
            further = made.shape[1] - 1
            X[:, place], X[:, at : at + further] = made[:, 0], made[:, 1:]
            at += further

    def filled(self, numbers: Array) -> Array:
        """Numbers (k, p) of other rows without NaN where `features` cannot fill them: no training row had a gap.

        Such a gap becomes the mean of the training rows; where numbers are not scaled, the middle of their range.
        """
        if self.medians is not None or not (is_gap := np.isnan(numbers)).any():
            return numbers
        middle = self.means
        if self.lows is not None and self.highs is not None and not self.means.any():
            middle = (self.lows + self.highs) / 2
        return np.where(is_gap, middle, numbers)

    def codes_of(self, texts: Sequence[Sequence[str]]) -> Array:
        """Codes (m, c) int32 of the words (m,) that rows hold in each categorical column; an empty one is missing."""
        columns = []
        for words, own_words in zip(texts, self.levels, strict=True):
            distinct, place = np.unique(np.asarray(words, dtype=np.str_), return_inverse=True)
            columns.append(_places(distinct.tolist(), own_words)[place])
        return np.column_stack(columns) if columns else np.empty((0, 0), dtype=np.int32)

    def recoded(self, codes: Array, levels: Sequence[Sequence[str]]) -> Array:
        """Codes (m, c) as `features` takes them, from codes into other lists of words, where -1 is missing."""
        words = [tuple(filter(None, own_words)) for own_words in self.levels]
        if words == [tuple(other_words) for other_words in levels]:
            return codes
        recoded = np.empty(codes.shape, dtype=np.int32, order="F")
        for at, (other_words, own_words) in enumerate(zip(levels, self.levels, strict=True)):
            # Code -1 (missing) picks the last entry.
            recoded[:, at] = np.append(_places(other_words, own_words), MISSING_CODE)[codes[:, at]]
        return recoded

    def raw(self, X: Array) -> Array:
        """What X (m, n) was made of, as far as it tells: float64, a column for each of `raw_names`."""
        raw, p = np.array(X[:, : len(self.raw_names)], dtype=np.float64), len(self.means)
        raw[:, :p] = raw[:, :p] * self.scales + self.means
        for name in self.encodings:
            place = self.numeric_columns.index(name)
            raw[:, place] = self.numbers_of(name, np.asarray(X[:, place], dtype=np.float64))
        return raw

    def numbers_of(self, column: str, first: Array) -> Array:
        """The numbers (m,) of a column whose first inputs are `first` (m,) float64."""
        at = self.numeric_columns.index(column)
        unscaled = first * self.scales[at] + self.means[at]
        return self.encodings[column].raw(first, unscaled) if column in self.encodings else unscaled

    def first_inputs(self, X: Rows) -> Rows:
        """X (m, n) with one input alone for each number, word and gap: those of `raw_names`, where there are any."""
        has_others = self.encodings or self.target_means
        return X[:][:, : len(self.raw_names)] if has_others and self.raw_names else X

    def scaled(self, raw: Array) -> Array:
        """The inverse of `raw`: X (m, n) float64; 0 for mean targets, of which `raw` holds nothing."""
        X = np.zeros((len(raw), len(self.feature_names)))
        X[:, : raw.shape[1]] = raw
        self._encode(X, np.asarray(raw, dtype=np.float64)[:, : len(self.means)])
        return X

    def target(self, y: Array, task: Task, dtype: Any = np.float32) -> Array:
        """Y of a target y (m,), class indices or numbers: (m, 1), or unchanged (m,) for several classes."""
        if task == "multiclass":
            return y
        if task == "binary":
            return y.astype(dtype)[:, None]
        return ((y.astype(np.float64) - self.target_mean) / self.target_scale).astype(dtype)[:, None]

    def target_in_own_units(self, values: Array) -> Array:
        """The standardised numbers of a regression, of any shape, in the units of the source."""
        return values * self.target_scale + self.target_mean

    def to_arrays(self) -> dict[str, Array]:
        """The arrays that model.npz keeps of it, by name; none holds objects."""
        arrays: dict[str, Array] = {}
        if self.numeric_columns:
            arrays["numeric_columns"] = _texts(self.numeric_columns)
            if self.medians is not None:
                arrays["medians"] = self.medians
            arrays |= {"means": self.means, "scales": self.scales}
            if self.lows is not None and self.highs is not None:
                arrays |= {"lows": self.lows, "highs": self.highs}
            if self.medians is not None:
                arrays["gap_columns"] = _texts(self.gap_columns)
            arrays |= self._arrays_of_encodings()
        if self.categorical_columns:
            arrays["categorical_columns"] = _texts(self.categorical_columns)
            arrays |= {f"levels_{at}": _texts(words) for at, words in enumerate(self.levels)}
            places = {name: at for at, name in enumerate(self.categorical_columns)}
            arrays |= {f"target_means_{places[name]}": means for name, means in self.target_means.items()}
        if self.rare_columns:
            arrays["rare_columns"] = _texts(self.rare_columns)
        arrays |= {"target_mean": np.array(self.target_mean), "target_scale": np.array(self.target_scale)}
        return {f"{PREFIX}{name}": array for name, array in arrays.items()}

    def _arrays_of_encodings(self) -> dict[str, Array]:
        """The word of each numeric column, and what was fitted to it; nothing where all are standard."""
        if not self.encodings:
            return {}
        fitted = [self.encodings.get(name) for name in self.numeric_columns]
        kept = {f"encoding_{at}": encoding.kept for at, encoding in enumerate(fitted) if encoding}
        return {"encodings": _texts([encoding.word if encoding else STANDARD for encoding in fitted]), **kept}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """The inverse of `to_arrays`; other arrays of model.npz are ignored."""

        def texts(name: str) -> tuple[str, ...]:
            return tuple(arrays.get(f"{PREFIX}{name}", np.empty(0, dtype=np.str_)).tolist())

        categories, nothing = texts("categorical_columns"), np.zeros(0)
        return cls(
            numeric_columns=texts("numeric_columns"),
            means=arrays.get(f"{PREFIX}means", nothing),
            scales=arrays.get(f"{PREFIX}scales", nothing),
            medians=arrays.get(f"{PREFIX}medians"),
            gap_columns=texts("gap_columns"),
            categorical_columns=categories,
            levels=tuple(texts(f"levels_{at}") for at in range(len(categories))),
            rare_columns=texts("rare_columns"),
            lows=arrays.get(f"{PREFIX}lows"),
            highs=arrays.get(f"{PREFIX}highs"),
            encodings={
                name: kind(arrays[f"{PREFIX}encoding_{at}"])
                for at, (name, word) in enumerate(zip(texts("numeric_columns"), texts("encodings"), strict=False))
                if (kind := ENCODINGS[word])
            },
            target_means={
                name: arrays[f"{PREFIX}target_means_{at}"]
                for at, name in enumerate(categories)
                if f"{PREFIX}target_means_{at}" in arrays
            },
            target_mean=float(arrays[f"{PREFIX}target_mean"]),
            target_scale=float(arrays[f"{PREFIX}target_scale"]),
        )


def codes_of_words(words: Sequence[str]) -> Array:
    """(k,) the codes of a column's words: -1 for the empty word, which comes first if there is one, then 0, 1, ..."""
    return np.arange(len(words), dtype=np.int32) - words.count("")


def _places(words: Sequence[str], own_words: Sequence[str]) -> Array:
    """(k,) int32, the code of each word in a column whose own words are these."""
    codes = dict(zip(own_words, codes_of_words(own_words).tolist(), strict=True)) | {"": MISSING_CODE}
    return np.array([codes.get(word, UNSEEN_CODE) for word in words], dtype=np.int32)


def _texts(words: Sequence[str]) -> Array:
    return np.array(words, dtype=np.str_)
