"""The rows of a file with their answers, a piece at a time: what `predict` writes and `evaluate` judges."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..arrays import Array
from ..data.files import listed
from ..data.matching import Match, matched
from ..data.new_rows import NewRows, Oddity, new_rows, target_classes, target_numbers
from ..data.readers.pieces import Piece
from ..data.row_source import SHOWN, STANDARD_INPUT, row_pieces
from ..errors import DataError, UsageError
from .answering import Answers, Promises, answers_of
from .model import Model


class Wanted(NamedTuple):
    """Columns of the file that are wanted beside the features, and the option that names them."""

    option: str
    columns: tuple[str, ...] = ()


class AnsweredPiece(NamedTuple):
    """Some rows of a file: as they were read, as the network takes them, and their answers.

    target (k,) : class indices, below 0 where there is none or training did not know it; or numbers, NaN where there is
    none; None without such a column. unjudged : where the target cannot be read, which tells nothing of the network.
    """

    piece: Piece
    match: Match
    rows: NewRows
    answers: Answers
    target: Array | None
    unjudged: tuple[Oddity, ...]


def answered_pieces(model: Model, file: str, wanted: Wanted, promises: Promises) -> Iterator[AnsweredPiece]:
    """Every row of a file, or of standard input, in order. Raises DataError, and UsageError for a column it lacks."""
    match, shown = None, shown_name(file)
    for piece in row_pieces(file, model.form, wanted.columns):
        match = match or _matched(piece, model, wanted, shown)
        rows = _rows_of(piece, match, model)
        answers = answers_of(model, model.outputs(rows), promises)
        target, unjudged = (None, ()) if match.target is None else _target_of(piece.frame[match.target], model)
        yield AnsweredPiece(piece, match, rows, answers, target, unjudged)
    if match is None:
        raise DataError(f"{shown}: has no rows to answer")


def shown_name(file: str) -> str:
    """A file as messages name it."""
    return SHOWN if file == STANDARD_INPUT else file


def _matched(piece: Piece, model: Model, wanted: Wanted, shown: str) -> Match:
    names = piece.frame.columns
    for name in wanted.columns:
        if name not in names:
            raise UsageError(f"{wanted.option} {name}: {shown} has no such column; its columns are {listed(names)}")
    return matched(names, model.form, shown)


def _rows_of(piece: Piece, match: Match, model: Model) -> NewRows:
    """The piece's rows as the network takes them; a column that a later piece lacks is missing in it."""
    frame = piece.frame
    absent = [name for name in match.features.values() if name not in frame.columns]
    if absent:
        raise DataError(f"the columns change within the file: {', '.join(absent)} end; give every row the same")
    columns = {name: frame[here].alias(name) for name, here in match.features.items()}
    return new_rows(columns, model.form, model.preparation)


def _target_of(values: Any, model: Model) -> tuple[Array, tuple[Oddity, ...]]:
    """The target of a piece: class indices, below 0 where there is none; or numbers, NaN where there is none."""
    if model.task == "regression":
        return target_numbers(values, model.form)
    return target_classes(values, model.form, model.classes), ()
