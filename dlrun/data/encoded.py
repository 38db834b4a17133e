"""Chooses the encoding of each column, as `data.encoding` says, and fits it to the training rows."""

from collections.abc import Mapping

import numpy as np

from ..arrays import Array
from ..errors import DataError
from ..nn.encodings import ENCODINGS, OTHERS, STANDARD, TARGET, Choice, Encoding, is_standard
from .examples import Examples
from .files import find_column


def fitted_encodings(examples: Examples, train: Array, words: Mapping[str, str]) -> dict[str, Encoding]:
    """What is fitted to each column that has more or other inputs than its scaled number, in the columns' order."""
    fitted = {}
    for at, name in enumerate(examples.number_names):
        if (kind := ENCODINGS[words[name]]) is None:
            continue
        x = examples.numbers[train, at].astype(np.float64)
        known = x[~np.isnan(x)]
        if len(known) and (encoding := kind.fitted(known)):
            fitted[name] = encoding
    return fitted


def words_of(examples: Examples, choice: Choice) -> dict[str, str]:
    """The word of each column. A date's sines and cosines, and columns of words, are other than STANDARD only by name.

    Raises DataError for pictures, for a column that there is not, and for a word that is not for what a column holds.
    """
    if examples.image_side is not None and not is_standard(choice):
        raise DataError("data.encoding: the rows are pictures, whose pixels are scaled alike; leave it out")
    named = dict(choice) if isinstance(choice, Mapping) else {OTHERS: choice}
    others = named.pop(OTHERS, STANDARD)
    names = (*examples.number_names, *examples.code_names)
    for name, word in named.items():
        if any(column.name == name and not column.features for column in examples.source_columns):
            raise DataError(
                f"data.encoding: column {name!r} of {examples.shown} is no input; leave it out here, or, if its words"
                " are to be one, name it in data.categorical too"
            )
        find_column(name, names, setting="data.encoding", shown=examples.shown)
        holds_words = name in examples.code_names
        if word != STANDARD and holds_words != (word == TARGET):
            holds, remedy = ("words", f"{TARGET}, or name it in data.numeric too")
            if not holds_words:
                holds, remedy = ("numbers", f"one of {', '.join(ENCODINGS)}, or name it in data.categorical too")
            raise DataError(
                f"data.encoding: column {name!r} of {examples.shown} holds {holds}, and {word} is not for these; give"
                f" {remedy}"
            )
    cycles = {feature for column in examples.source_columns if column.kind == "date" for feature in column.features[1:]}
    standard = {*cycles, *examples.code_names}
    return {name: named.get(name, STANDARD if name in standard else others) for name in names}
