"""Answers a file of rows, a piece at a time: reads, predicts, writes, and counts what the network cannot know."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..data.matching import Match, matched
from ..data.new_rows import ODDITIES, NewRows, Oddity, new_rows, target_classes, target_numbers
from ..data.readers.pieces import Piece
from ..data.row_source import SHOWN, STANDARD_INPUT, row_pieces
from ..data.writers import writer_to
from ..errors import DataError, UsageError
from .answering import answer_columns, answers_of, promises_for
from .errors_here import Scores
from .model import Model
from .records import Noticed, Prediction

# Called with the share of the file that is answered, and the rows so far.
Progress = Callable[[float, int], None]


class Asked(NamedTuple):
    """file, out : paths, or "-". keep : columns of the file that are written beside the answers. check : whether each
    row's oddities are written too. level : of intervals or sets. error : that of the answered rows, others being left
    without an answer.
    """

    file: str
    out: str = "-"
    keep: tuple[str, ...] = ()
    check: bool = False
    level: float | None = None
    error: float | None = None


@dataclass
class Tally:
    """What is counted over all pieces."""

    rows: int = 0
    odd_rows: int = 0
    abstained: int = 0
    kinds: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def add(self, given: Array, oddities: Iterable[Oddity], notes: Iterable[str]) -> None:
        """Count a piece's rows (k,), given an answer or not, and what is odd in them; the first row is the example."""
        is_odd = np.zeros(len(given), dtype=bool)
        for oddity in oddities:
            is_odd[oddity.rows] = True
            count, example = self.kinds.get((oddity.column, oddity.what), (0, oddity.example))
            self.kinds[oddity.column, oddity.what] = (count + len(oddity.rows), example)
        self.rows += len(given)
        self.abstained += int((~given).sum())
        self.odd_rows += int(is_odd.sum())
        self.notes |= dict.fromkeys(notes)

    def noticed(self) -> tuple[Noticed, ...]:
        """Everything noticed, that of most rows first."""
        told = []
        for (column, what), (count, example) in self.kinds.items():
            rows = "1 row" if count == 1 else f"{count} rows"
            sentence = f"column {column!r}: " + ODDITIES[what].sentence.format(rows=rows, example=example)
            told.append(Noticed(what, column, count, sentence))
        return tuple(sorted(told, key=lambda noticed: (-noticed.rows, noticed.column, noticed.what)))


def predict_file(model: Model, asked: Asked, progress: Progress = lambda share, rows: None) -> Prediction:
    """Writes an answer for each row of a file, in order, and returns what there is to tell.

    Raises DataError where the file lacks a feature or cannot be read, UsageError for a column to keep that it lacks,
    and for a promise that the run's dev rows cannot make.
    """
    began, tally, match = time.perf_counter(), Tally(), None
    promises = promises_for(model, asked.level, asked.error)
    scores = Scores(model, promises)
    shown = SHOWN if asked.file == STANDARD_INPUT else asked.file
    with writer_to(asked.out) as write:
        for piece in row_pieces(asked.file, model.form, asked.keep):
            match = match or _matched(piece, model, asked, shown)
            rows = _rows_of(piece, match, model)
            answers = answers_of(model, model.outputs(rows), promises)
            written = answer_columns(model, answers, promises)
            write(written | _kept(piece, asked) | (_checked(rows) if asked.check else {}))
            if match.target is not None:
                scores.add(answers, _target_of(piece.frame[match.target], model))
            tally.add(answers.given, rows.oddities, piece.notes)
            progress(piece.share, tally.rows)
        if match is None:
            raise DataError(f"{shown}: has no rows to answer")
    return Prediction(
        run_id=model.run_id,
        source=shown,
        out=asked.out,
        rows=tally.rows,
        odd_rows=tally.odd_rows,
        noticed=tally.noticed(),
        left_out=tuple(name for name in match.left_out if name not in asked.keep),
        notes=tuple(tally.notes),
        errors=scores.errors(),
        seconds=time.perf_counter() - began,
        calibration=None if model.trust is None else model.trust.calibration,
        coverage=promises.coverage,
        abstention=promises.abstention,
        abstained=None if promises.abstention is None else tally.abstained,
    )


def _matched(piece: Piece, model: Model, asked: Asked, shown: str) -> Match:
    names = piece.frame.columns
    for name in asked.keep:
        if name not in names:
            raise UsageError(f"--keep {name}: {shown} has no such column; its columns are {', '.join(names[:20])}")
    return matched(names, model.form, shown)


def _rows_of(piece: Piece, match: Match, model: Model) -> NewRows:
    """The piece's rows as the network takes them; a column that a later piece lacks is missing in it."""
    frame = piece.frame
    absent = [name for name in match.features.values() if name not in frame.columns]
    if absent:
        raise DataError(f"the columns change within the file: {', '.join(absent)} end; give every row the same")
    columns = {name: frame[here].alias(name) for name, here in match.features.items()}
    return new_rows(columns, model.form, model.preparation)


def _kept(piece: Piece, asked: Asked) -> dict[str, Any]:
    return {name: piece.frame[name] for name in asked.keep}


def _checked(rows: NewRows) -> dict[str, list[str]]:
    """The column that says of each row what is odd in it; empty where nothing is."""
    told: list[list[str]] = [[] for _ in range(len(rows.numbers))]
    for oddity in rows.oddities:
        mark = f"{oddity.column}: {ODDITIES[oddity.what].mark}"
        for row in oddity.rows.tolist():
            told[row].append(mark)
    return {"check": ["; ".join(marks) for marks in told]}


def _target_of(values: Any, model: Model) -> Array:
    """The target of a piece: class indices, below 0 where there is none; or numbers, NaN where there is none."""
    if model.task == "regression":
        return target_numbers(values, model.form)
    return target_classes(values, model.form, model.classes)
