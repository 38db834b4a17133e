"""Reads the rows of a file that have a target, with their answers: what `dlrun evaluate` judges.

Unlike a prediction it holds a few numbers for each row, since groups and intervals need all of them.
"""

from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .answering import Promises
from .errors_here import Scores, has_target
from .groups import Grouping, grouped
from .model import Model
from .pieces import AnsweredPiece, Wanted, answered_pieces, shown_name
from .predicting import Progress
from .records import ErrorsHere, Noticed
from .tally import Tally
from .trust import Kept

# Prepared rows of each piece that are kept to be compared with dev, which takes no more than a thousand in all.
ROWS_OF_A_PIECE = 1000

# The seed of their choice: asked twice, the answer is the same.
SEED = 0


class Labelled(NamedTuple):
    """Rows with a target: their answers and targets, and some of them as the network takes them, X (s, n).

    errors : None where no row has a target that training knows. groups : by a column of the file, or None.
    """

    source: str
    kept: Kept
    inputs: Array
    errors: ErrorsHere | None
    groups: Grouping | None
    noticed: tuple[Noticed, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def labelled_rows(model: Model, file: str, by: str | None, progress: Progress) -> Labelled:
    """The rows of a file that have a target. Raises DataError, and UsageError for a column `by` that it lacks."""
    import polars as pl

    scores, tally, rng = Scores(model, Promises()), Tally(), np.random.default_rng(SEED)
    outputs, truth, inputs, values = [], [], [], []
    left_out: tuple[str, ...] = ()
    for one in answered_pieces(model, file, Wanted("--by", () if by is None else (by,)), Promises()):
        tally.add(one.answers.given, one.rows.oddities, one.piece.notes)
        for oddity in one.unjudged:
            tally.count(oddity)
        left_out = tuple(name for name in one.match.left_out if name != by)
        progress(one.piece.share, tally.rows)
        if one.target is None:
            continue
        scores.add(one.answers, one.target)
        known = has_target(model, one.target)
        outputs.append(one.answers.outputs[known])
        truth.append(one.target[known])
        inputs.append(_some_inputs(model, one, known, rng))
        if by is not None:
            values.append(one.piece.frame[by].filter(pl.Series(known)))
    kept = Kept(np.concatenate(outputs), np.concatenate(truth)) if outputs else Kept(np.empty((0, 1)), np.empty(0))
    groups = grouped(pl.concat(values), shown_name(file)) if values and len(kept.truth) else None
    return Labelled(
        source=shown_name(file),
        kept=kept,
        inputs=np.concatenate(inputs) if inputs else np.empty((0, 0)),
        errors=scores.errors(),
        groups=groups,
        noticed=tally.noticed(),
        left_out=left_out,
        notes=tuple(tally.notes),
    )


def _some_inputs(model: Model, one: AnsweredPiece, known: Array, rng: np.random.Generator) -> Array:
    """Some of a piece's rows with a target, prepared."""
    places = np.flatnonzero(known)
    some = np.sort(rng.choice(places, min(len(places), ROWS_OF_A_PIECE), replace=False))
    return model.preparation.features(one.rows.numbers[some], one.rows.codes[some], model.parameters.flat.dtype)
