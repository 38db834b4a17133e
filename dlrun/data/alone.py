"""What a single column says of the target, or two together, before any network has learned: questions about leaks.

Those in `checks` are certain; here a column only does so well that a person should know it. If all others are far
behind, it is suspected; if others do as well, the task is easy, and what is left is the question when the column
becomes known.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..statistics.one_column import (
    MOST_CLASSES,
    best_pair,
    explained,
    explained_by_level,
    spreads_apart,
    wrong_by_bins,
    wrong_by_cuts,
    wrong_by_level,
)
from .examples import Examples, Suspicion

# Rows that are used: each half is judged by what the other has taught.
ROWS_TO_LOOK_AT = 3000

# A column is told of if it removes this share of a guess's errors, or explains this share of the variance, and is
# suspected if every other stays below ORDINARY_SHARE. Chosen on adult, german, phoneme and titanic, of which the best
# column removes 0.82 at most, on scikit-learn's bundled sets (0.95, iris) and on the known tasks of the benchmark of
# the diagnosis, where a copy of the target with noise of 0.01 removes 0.99 and more. On churn, penguins, sonar and
# winequality-white, which chose nothing, the best removes 0.62.
NEARLY_ALL_SHARE, NEARLY_ALL_VARIANCE, ORDINARY_SHARE = 0.98, 0.995, 0.90

# Classes that stand so many spreads apart in a column of numbers are those of a copy: with noise of a hundredth of what
# parts them, 98 to 108 on eleven of the known and fresh tasks. By nature iris' setosa has 26, and all else of four
# bundled sets and of those tasks, wine's classes one by one and rare ones too, 7.5 at most.
APART_LIKE_A_COPY = 30.0

# A guess must be wrong on this many of the rows; otherwise a share of its errors means nothing.
FEWEST_ERRORS = 10

# The columns that are best by bins, which are then cut exactly.
LOOKED_AT_CLOSELY = 3

# Of two columns, that one is far ahead of the other says little (scikit-learn's blobs are so).
FEWEST_COLUMNS = 3

# Of fewer columns than this, two are hardly a find; two of more take too long to find.
FEWEST_TO_PAIR, MOST_TO_PAIR = 4, 300

# The remedy for a feature that gives the target away.
IF_NOT_KNOWN = "unless it is known before the target is, name it in data.drop"
OR_EASY = f"{IF_NOT_KNOWN}; if it is known, the task is easy"


class Column(NamedTuple):
    """name : in words. values (m,) : numbers with NaN for none, or codes, whose order says nothing."""

    name: str
    values: Array
    is_code: bool = False


class Alone(NamedTuple):
    """What a column, or two, say of the target without all others.

    share : of a guess's errors that is removed, or of the variance that is explained. right : the share of rows that
    are answered rightly; of a regression the same as `share`.
    """

    name: str
    share: float
    right: float


def alone_told(examples: Examples, train: Array) -> Iterator[Suspicion]:
    """The column that nearly gives the target: suspected if all others are far from it, else as a question."""
    rows, n_classes = train[:ROWS_TO_LOOK_AT], len(examples.classes)
    columns, y = columns_of(examples, rows), examples.y[rows]
    if len(columns) < 2:
        return
    best, next_best = alone_of(columns, y, n_classes)
    whole = f"gives the target {examples.target_name!r}"
    rival = f"{next_best.name}, the next best, {in_words(next_best, n_classes)}"
    nearly_all = NEARLY_ALL_SHARE if n_classes else NEARLY_ALL_VARIANCE
    if best.share >= nearly_all:
        told = told_by_gaps(best, columns, y, n_classes)
        evidence = f"{told.name} alone nearly {whole} away: it {in_words(told, n_classes)}, {rival}"
        is_far = next_best.share < ORDINARY_SHARE and len(columns) >= FEWEST_COLUMNS
        if is_far and n_classes and told.name == best.name:
            is_far, apart = told_from_nature(best, columns, y)
            evidence += apart
        yield Suspicion("near-leak", evidence, IF_NOT_KNOWN) if is_far else Suspicion("easy-target", evidence, OR_EASY)
    elif (pair := pair_of(columns, y, n_classes)) and pair.share >= nearly_all:
        evidence = f"{pair.name} nearly give the target {examples.target_name!r} away: a line in both"
        rival = f"{best.name}, the best alone, {in_words(best, n_classes)}"
        yield Suspicion("easy-target", f"{evidence} {in_words(pair, n_classes)}, {rival}", OR_EASY)


def in_words(found: Alone, n_classes: int) -> str:
    """What a column does, as the end of a clause."""
    return f"answers {found.right:.1%} of held-out rows rightly" if n_classes else f"explains {found.share:.1%} of it"


def columns_of(examples: Examples, rows: Array) -> list[Column]:
    """The columns of these rows, by their names."""
    numbers = zip(examples.number_names, examples.numbers[rows].T, strict=True)
    codes = zip(examples.code_names, examples.codes[rows].T, strict=True)
    return [
        *(Column(f"column {name!r}", values) for name, values in numbers),
        *(Column(f"column {name!r}", values, True) for name, values in codes),
    ]


def alone_of(columns: Sequence[Column], y: Array, n_classes: int) -> tuple[Alone, Alone]:
    """The best of two or more columns and the next best, for the classes, or the numbers (n_classes 0), y (m,)."""
    if not n_classes:
        ranked = sorted((number_alone(column, y) for column in columns), key=lambda one: -one.share)
        return ranked[0], ranked[1]
    roughly = [class_alone(column, y, n_classes, exactly=False) for column in columns]
    order = sorted(range(len(columns)), key=lambda at: -roughly[at].share)
    close = {at: class_alone(columns[at], y, n_classes) for at in order[:LOOKED_AT_CLOSELY]}
    ranked = sorted((close.get(at, roughly[at]) for at in order), key=lambda one: -one.share)
    return ranked[0], ranked[1]


def number_alone(column: Column, y: Array) -> Alone:
    """What a column explains of numbers y (m,)."""
    share = explained_by_level(column.values, y) if column.is_code else explained(column.values, y)
    return Alone(column.name, share, share)


def class_alone(column: Column, y: Array, n_classes: int, *, exactly: bool = True) -> Alone:
    """What a column says of classes y (m,), each half by a rule of the other; or one half alone, by bins."""
    rule: Callable[[Array, Array, Array, Array, int], int] = wrong_by_level if column.is_code else wrong_by_bins
    if exactly and not column.is_code and n_classes <= MOST_CLASSES:
        rule = wrong_by_cuts
    wrong = guessed_wrong = rows = 0
    for first in (0, 1) if exactly else (0,):
        learned, judged = slice(first, None, 2), slice(1 - first, None, 2)
        wrong += rule(column.values[learned], y[learned], column.values[judged], y[judged], n_classes)
        guessed_wrong += int(np.count_nonzero(y[judged] != np.bincount(y[learned], minlength=n_classes).argmax()))
        rows += len(y[judged])
    share = 1 - wrong / guessed_wrong if guessed_wrong * len(y) >= FEWEST_ERRORS * rows else 0.0
    return Alone(column.name, max(share, 0.0), 1 - wrong / rows)


def told_by_gaps(best: Alone, columns: Sequence[Column], y: Array, n_classes: int) -> Alone:
    """The same by whether the best column is missing, where that says as much as its values."""
    column = next(one for one in columns if one.name == best.name)
    is_missing = (column.values < 0) if column.is_code else np.isnan(column.values)
    if not is_missing.any():
        return best
    gaps = Column(f"whether {column.name} is missing", is_missing.astype(np.int32), True)
    found = class_alone(gaps, y, n_classes) if n_classes else number_alone(gaps, y)
    return found if found.share >= min(best.share, NEARLY_ALL_SHARE) else best


def told_from_nature(best: Alone, columns: Sequence[Column], y: Array) -> tuple[bool, str]:
    """Whether classes y (m,) stand so far apart in the best column as in a copy, and how far, as a clause.

    A code is no measure: what it says of the classes is never so by distance.
    """
    column = next(one for one in columns if one.name == best.name)
    apart = math.inf if column.is_code else spreads_apart(column.values, y)
    if math.isinf(apart):
        return True, ""
    return apart >= APART_LIKE_A_COPY, f"; its classes stand {apart:.2g} of their spreads apart"


def pair_of(columns: Sequence[Column], y: Array, n_classes: int) -> Alone | None:
    """The two columns of numbers of which a line says most; None where there are too few, or too many."""
    numbers = [one for one in columns if not one.is_code and np.isfinite(one.values).all()]
    if len(columns) < FEWEST_TO_PAIR or not 2 <= len(numbers) <= MOST_TO_PAIR:
        return None
    found = best_pair(np.stack([one.values for one in numbers], axis=1).astype(np.float64), y)
    if found is None:
        return None
    first, second, line = found
    score = Column(f"{numbers[first].name} and {numbers[second].name} together", line)
    return class_alone(score, y, n_classes) if n_classes else number_alone(score, y)
