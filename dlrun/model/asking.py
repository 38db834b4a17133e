"""Asks a run's network about rows that a program holds, in a frame or an array."""

import warnings
from typing import Any

import numpy as np

from ..arrays import Array
from ..data.given import frame_given
from ..data.matching import matched
from ..data.new_rows import new_rows
from ..errors import DataError
from .model import Model
from .tally import Tally

# What is said of nearly every set of new rows, and so says little.
USUAL = ("below", "above")


def outputs_of_frame(model: Model, X: Any) -> Array:
    """(k, K) float64 probabilities, or (k, 1) numbers, for rows that have the features of the run's source.

    Warns of what the network cannot know, except of numbers beyond the range of training. Raises ValueError where a
    feature is lacking or X is no table.
    """
    try:
        frame = frame_given(X, model.form.features_in_order)
        match = matched(frame.columns, model.form, "X")
    except DataError as problem:
        raise ValueError(str(problem)) from None
    rows = new_rows(
        {name: frame[here].alias(name) for name, here in match.features.items()}, model.form, model.preparation
    )
    tally = Tally()
    tally.add(np.ones(len(frame), dtype=bool), (oddity for oddity in rows.oddities if oddity.what not in USUAL), ())
    for noticed in tally.noticed():
        warnings.warn(noticed.sentence, UserWarning, stacklevel=4)
    return model.outputs(rows)
