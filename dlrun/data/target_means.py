"""The mean target of each word of a column, instead of an input for each word: for columns of many words.

A training row's own input comes from the other rows alone. By its own label too it would tell what is to be learned.
"""

import warnings
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .examples import Examples
from .files import listed
from .preparation import FIRST_CODE, Preparation

# Parts of the training rows, each of which is encoded by the others. As many as scikit-learn's TargetEncoder takes.
FOLDS = 5

# The seed that divides them: the same rows are always divided alike.
SEED = 0


class TargetMeans(NamedTuple):
    """of_words (L + 2, k) float64 : the inputs of an unseen word, of a missing one, and of each word in the order of
    codes. own (m, k) float64 : those of the training rows. k is 1, or the number of more than two classes.
    """

    of_words: Array
    own: Array


def fitted_target_means(examples: Examples, train: Array, codes: Array, count: int) -> TargetMeans:
    """The scaled mean targets for a column's codes (m,) of the training rows, of `count` words. Raises DataError.

    They are shrunk towards the mean of all rows by an empirical Bayes estimate, the more the fewer rows a word has.
    Source: Micci-Barreca 2001, as scikit-learn's TargetEncoder has it.
    """
    y = examples.y[train]
    Y = (y[:, None] == np.arange(len(examples.classes))) if examples.task == "multiclass" else y[:, None]
    means = _means(codes, Y, count)
    own = np.empty(Y.shape)
    for others, held in _folds(examples, y):
        own[held] = _means(codes[others], Y[others], count)[codes[held] + FIRST_CODE]
    mean, spread = own.mean(axis=0), own.std(axis=0)
    spread[spread == 0] = 1
    return TargetMeans((means - mean) / spread, (own - mean) / spread)


def refuse_target_means(preparation: Preparation, shown: str) -> None:
    """Raise DataError where inputs hold labels of other training rows, so that a part of these cannot stand alone."""
    if preparation.target_means:
        raise DataError(
            f"{shown}: the mean targets of {listed(list(preparation.target_means))} are made of the labels of all"
            " training rows, and a part of these would know the others'; train a run whose data.encoding has no target"
        )


def _means(codes: Array, Y: Array, count: int) -> Array:
    """(count + 2, k) the shrunk means of Y (m, k) for each code from -2 on, by rows with codes (m,)."""
    from sklearn.preprocessing import TargetEncoder

    means = np.tile(Y.mean(axis=0), (count + FIRST_CODE, 1))
    for at, y in enumerate(Y.T.astype(np.float64)):
        encoder = TargetEncoder(target_type="continuous").fit(codes[:, None], y)
        means[encoder.categories_[0] + FIRST_CODE, at] = encoder.encodings_[0]
    return means


def _folds(examples: Examples, y: Array) -> list[tuple[Array, Array]]:
    """The places of all other training rows and those of a fold, for each fold; classes have their shares in each."""
    from sklearn.model_selection import KFold, StratifiedKFold

    folds = min(FOLDS, int(np.bincount(y).max()) if examples.classes else len(y))
    if folds < 2:
        raise DataError("data.encoding: target needs two training rows of one class; give train a larger share")
    kind = StratifiedKFold if examples.classes else KFold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a class with fewer rows than folds
        return list(kind(folds, shuffle=True, random_state=SEED).split(y, y))
