"""Chooses the encoding of each column of numbers, as `data.encoding` says, and fits it to the training rows."""

from collections.abc import Mapping

import numpy as np

from ..arrays import Array
from ..errors import DataError
from ..nn.encodings import ENCODINGS, OTHERS, STANDARD, Choice, Encoding, is_standard
from .examples import Examples
from .files import find_column


def fitted_encodings(examples: Examples, train: Array, choice: Choice) -> dict[str, Encoding]:
    """What is fitted to each column that has more or other inputs than its scaled number, in the columns' order.

    Raises DataError for a column that is none of numbers, and for pictures.
    """
    if is_standard(choice):
        return {}
    if examples.image_side is not None:
        raise DataError("data.encoding: the rows are pictures, whose pixels are scaled alike; leave it out")
    words, fitted = words_of(examples, choice), {}
    for at, name in enumerate(examples.number_names):
        kind = ENCODINGS[words[name]]
        x = examples.numbers[train, at].astype(np.float64) if kind else np.empty(0)
        known = x[~np.isnan(x)]
        if kind and len(known) and (encoding := kind.fitted(known)):
            fitted[name] = encoding
    return fitted


def words_of(examples: Examples, choice: Choice) -> dict[str, str]:
    """The word of each column of numbers. A date's sines and cosines have another than STANDARD only by name.

    Raises DataError for a column that is none of numbers.
    """
    named = dict(choice) if isinstance(choice, Mapping) else {OTHERS: choice}
    others = named.pop(OTHERS, STANDARD)
    for name in named:
        find_column(name, (*examples.number_names, *examples.code_names), setting="data.encoding", shown=examples.shown)
        if name in examples.code_names:
            raise DataError(
                f"data.encoding: column {name!r} of {examples.shown} holds words, which have an input each; leave it"
                " out, or name it in data.numeric too"
            )
    cycles = {feature for column in examples.source_columns if column.kind == "date" for feature in column.features[1:]}
    return {name: named.get(name, STANDARD if name in cycles else others) for name in examples.number_names}
