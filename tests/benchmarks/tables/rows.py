"""The rows of a table for one seed: dlrun's configs of it, and the same rows as arrays for everybody else.

The file is read once by dlrun's reader, which says what is a number and what a category, and divided by dlrun's own
split: train 60, dev 20, test 20.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from dlrun.data import read_examples
from dlrun.data.proposal import plain_target
from dlrun.data.reading import Task
from dlrun.experiment.prepare import parts_of, random_streams, read_config, reading_of
from dlrun.inspection.first_config import first_config
from dlrun.inspection.first_look import look_at_file, proposal_for

from .folder import Measured, write_table

SPLIT = {"train": 0.6, "dev": 0.2, "test": 0.2}


@dataclass(frozen=True)
class Rows:
    """All that a contestant may know, and the test rows that it must answer.

    init : the config that `dlrun init` writes. bare : the same without all but the data. numbers (m, p) with NaN and
    codes (m, c) with -1 where one is missing; y (m,). train, dev, test : indices of rows.
    """

    place: Path
    init: Path
    bare: Path
    seed: int
    task: Task
    numbers: np.ndarray
    codes: np.ndarray
    y: np.ndarray
    train: np.ndarray
    dev: np.ndarray
    test: np.ndarray

    @property
    def is_regression(self) -> bool:
        return self.task == "regression"

    @property
    def known(self) -> np.ndarray:
        """Train and dev rows: what others train on, who need no dev rows to choose by."""
        return np.concatenate([self.train, self.dev])

    def error_of(self, answers: np.ndarray, rows: np.ndarray | None = None) -> float:
        """The share of wrong answers on some rows (the test rows); of a regression 1 - R^2."""
        truth = self.y[self.test if rows is None else rows]
        if self.is_regression:
            return float(np.mean((answers - truth) ** 2) / truth.var())
        return float(np.mean(answers != truth))

    def guessing_error(self) -> float:
        """The error of one answer for all: the commonest class of the known rows, or their mean."""
        if self.is_regression:
            return 1.0
        return self.error_of(np.full(len(self.test), np.bincount(self.y[self.known]).argmax()))

    def digest(self) -> str:
        """Changes with the test rows."""
        return hashlib.sha256(np.sort(self.test).astype(np.int64).tobytes()).hexdigest()[:12]


def rows_of(table: Measured, seed: int, most_rows: int | None, place: Path) -> Rows:
    """Write the table and its configs in `place`, and read its rows. Raises DlrunError, ValueError."""
    init, bare = write_configs(table, seed, most_rows, place)
    config = read_config(init).config
    streams = random_streams(config.seed)
    examples = read_examples(reading_of(config.data), folder=place, rng=streams["source"])
    parts = parts_of(config, examples, streams["split"])
    return Rows(
        place,
        init,
        bare,
        seed,
        examples.task,
        np.asarray(examples.numbers, np.float64),
        examples.codes,
        examples.y,
        *(np.asarray(parts[name]) for name in SPLIT),
    )


def write_configs(table: Measured, seed: int, most_rows: int | None, place: Path) -> tuple[Path, Path]:
    """The config that `dlrun init` writes of the table, and its data alone, with which all else is the default."""
    file = write_table(table, place, most_rows, seed)
    wish = table.wish
    asked = [f"data.drop={list(wish.leave_out)}"] if wish.leave_out else []
    look = look_at_file(file, [*asked, *([f"data.task={wish.task}"] if wish.task else [])])
    target = look.find_target(wish.target) if wish.target else plain_target(look.columns)
    if target is None:
        raise ValueError(f"{table.name}: which column is to be predicted? A README.md beside it says so")
    init = place / "init.yaml"
    config = yaml.safe_load(first_config(look, proposal_for(look, target), init))
    if "split_column" not in config["data"]:
        config["data"]["split"] = SPLIT
    common = {"seed": seed, "report": False}
    init.write_text(yaml.safe_dump(config | common))
    bare = place / "bare.yaml"
    bare.write_text(yaml.safe_dump({"data": config["data"]} | common))
    return init, bare
