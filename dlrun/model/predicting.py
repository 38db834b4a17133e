"""Answers a file of rows, a piece at a time: reads, predicts, writes, and counts what the network cannot know."""

import os
import time
from collections.abc import Callable
from typing import NamedTuple

from ..data.new_rows import ODDITIES, NewRows
from ..data.writers import writer_to
from ..errors import UsageError
from ..statistics.costs import Costs
from .answering import answer_columns, promises_for
from .errors_here import Scores
from .model import Model
from .pieces import Wanted, answered_pieces, shown_name
from .records import Prediction
from .tally import Tally

# Called with the share of the file that is answered, and the rows so far.
Progress = Callable[[float, int], None]


class Asked(NamedTuple):
    """file, out : paths, or "-". keep : columns of the file that are written beside the answers. check : whether each
    row's oddities are written too. level : of intervals or sets. error : that of the answered rows, others being left
    without an answer. costs : of the two mistakes about the rarer of two classes, which choose its threshold.
    """

    file: str
    out: str = "-"
    keep: tuple[str, ...] = ()
    check: bool = False
    level: float | None = None
    error: float | None = None
    costs: Costs | None = None


def predict_file(model: Model, asked: Asked, progress: Progress = lambda share, rows: None) -> Prediction:
    """Writes an answer for each row of a file, in order, and returns what there is to tell.

    Raises DataError where the file lacks a feature or cannot be read, UsageError for a column to keep that it lacks,
    for a promise that the run's dev rows cannot make, and where the answers would take the place of the rows.
    """
    if asked.out != "-":
        keep_rows(asked.file, asked.out)
    began, tally = time.perf_counter(), Tally()
    left_out: tuple[str, ...] = ()
    promises = promises_for(model, asked.level, asked.error, asked.costs)
    scores, wanted = Scores(model, promises), Wanted("--keep", asked.keep)
    with writer_to(asked.out) as write:
        for one in answered_pieces(model, asked.file, wanted, promises):
            kept = {name: one.piece.frame[name] for name in asked.keep}
            write(answer_columns(model, one.answers, promises) | kept | (_checked(one.rows) if asked.check else {}))
            if one.target is not None:
                scores.add(one.answers, one.target)
            tally.add(one.answers.given, one.rows.oddities, one.piece.notes)
            for oddity in one.unjudged:
                tally.count(oddity)
            left_out = tuple(name for name in one.match.left_out if name not in asked.keep)
            progress(one.piece.share, tally.rows)
    return Prediction(
        run_id=model.run_id,
        source=shown_name(asked.file),
        out=asked.out,
        rows=tally.rows,
        odd_rows=tally.odd_rows,
        noticed=tally.noticed(),
        left_out=left_out,
        notes=tuple(tally.notes),
        errors=scores.errors(),
        seconds=time.perf_counter() - began,
        calibration=None if model.trust is None else model.trust.calibration,
        coverage=promises.coverage,
        abstention=promises.abstention,
        abstained=None if promises.abstention is None else tally.abstained,
        threshold=promises.by_costs,
    )


def _checked(rows: NewRows) -> dict[str, list[str]]:
    """The column that says of each row what is odd in it; empty where nothing is."""
    told: list[list[str]] = [[] for _ in range(len(rows.numbers))]
    for oddity in rows.oddities:
        mark = f"{oddity.column}: {ODDITIES[oddity.what].mark}"
        for row in oddity.rows.tolist():
            told[row].append(mark)
    return {"check": ["; ".join(marks) for marks in told]}


def keep_rows(file: str, out: str) -> None:
    """Raises UsageError where both names are of one file, whose rows would be lost."""
    if is_one_file(file, out):
        raise UsageError(f"-o {out}: is the file of the rows itself, which would be lost; name another file")


def is_one_file(path: str, other: str) -> bool:
    """Whether two names are of one file, as also in other letters where a disk ignores their case.

    Some such disks give each spelling an inode of its own, as exFAT by FUSE; but they list one name of the two.
    """
    if not (os.path.exists(path) and os.path.exists(other)):
        return False
    (folder, name), (other_folder, other_name) = os.path.split(path), os.path.split(other)
    if os.path.samefile(path, other):
        return True
    is_alike = name.casefold() == other_name.casefold() and os.path.samefile(folder or ".", other_folder or ".")
    return is_alike and not {name, other_name} <= set(os.listdir(folder or "."))
