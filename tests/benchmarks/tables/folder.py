"""Which tables are measured, and what of each is to be predicted: a folder's, and those that come with scikit-learn.

A README.md in the folder says it in a Markdown table, whose first line names these columns in any order:

    | file | target | leave out | task |
    | --- | --- | --- | --- |
    | churn.csv | Exited | RowNumber, CustomerId, Surname | |
    | wine.csv | -1 | | regression |

target : a column's name, or its place counted from 0, -1 for the last. leave out : names, parted by commas.
task : `regression`, `binary` or `multiclass` where the values alone would say otherwise. What is not said is what
`dlrun init` proposes, so that any folder of tables can be measured.
"""

import csv
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dlrun.data.bundled import BUNDLED, read_bundled

README = "README.md"
COLUMNS = ("file", "target", "leave out", "task")
TASKS = ("", "auto", "regression", "binary", "multiclass")
HALVES = ("choose", "publish")


class Wish(NamedTuple):
    """What is to be predicted; what is empty is proposed by `dlrun init`."""

    target: str = ""
    leave_out: tuple[str, ...] = ()
    task: str = ""


class Measured(NamedTuple):
    """A table to measure. file : None for one that comes with scikit-learn."""

    name: str
    file: Path | None
    wish: Wish

    def digest(self) -> str:
        """Changes with the file and with what is asked of it."""
        content = self.name.encode() if self.file is None else self.file.read_bytes()
        return hashlib.sha256(content + repr(self.wish).encode()).hexdigest()[:12]


# Public tables that are passed around without a README. `alive` is `survived` in other words. A wine has a quality from
# 3 to 9, and an answer of 5 for a 6 is nearly right: a number.
KNOWN = {
    "adult.csv": Wish("-1"),
    "churn.csv": Wish("Exited", ("RowNumber", "CustomerId", "Surname")),
    "german.csv": Wish("-1"),
    "penguins.csv": Wish("species"),
    "phoneme.csv": Wish("-1"),
    "sonar.csv": Wish("-1"),
    "titanic.csv": Wish("survived", ("alive",)),
    "winequality-white.csv": Wish("-1", (), "regression"),
}


def tables_of(folder: Path | None, half: str | None = None) -> list[Measured]:
    """The tables of a folder by name, then scikit-learn's own; of one half only where that is asked."""
    found = [*in_folder(folder), *(Measured(name, None, Wish()) for name in BUNDLED)]
    return [table for table in found if half in (None, half_of(table.name))]


def half_of(name: str) -> str:
    """Whether a table may choose a default, or be published: by the hash of its name, so that it never is both."""
    return HALVES[hashlib.sha256(name.encode()).digest()[0] % 2]


def in_folder(folder: Path | None) -> Iterator[Measured]:
    """The tables of a folder. Raises ValueError where its README names a file that is not there."""
    if folder is None:
        return
    if not folder.is_dir():
        raise ValueError(f"{folder}: is no folder; --tables takes a folder of .csv files")
    files = {path.name: path for path in sorted(folder.glob("*.csv"))}
    if not files:
        raise ValueError(f"{folder}: holds no .csv file")
    wishes = KNOWN | dict(wishes_of(folder / README))
    for name in wishes.keys() - KNOWN.keys() - files.keys():
        raise ValueError(f"{folder / README}: {name} is not in the folder")
    for name, path in files.items():
        yield Measured(path.stem, path, wishes.get(name, Wish()))


def wishes_of(readme: Path) -> Iterator[tuple[str, Wish]]:
    """(file, wish) of each row of a README's table. Raises ValueError for a task that there is not."""
    places: list[int] = []
    for line in readme.read_text(encoding="utf-8").splitlines() if readme.exists() else ():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|"):
            places = []
        elif not places:
            names = [cell.lower() for cell in cells]
            places = [names.index(name) if name in names else -1 for name in COLUMNS] if "file" in names else []
        elif not re.fullmatch(r"[\s|:-]+", line):
            file, target, leave_out, task = (cells[at] if 0 <= at < len(cells) else "" for at in places)
            if task not in TASKS:
                raise ValueError(f"{readme}: {file}: the task {task} is none of {', '.join(TASKS[1:])}")
            names = (name.strip().strip("`") for name in leave_out.split(","))
            yield file, Wish(target, tuple(filter(None, names)), task)


def write_table(table: Measured, place: Path, most_rows: int | None, seed: int) -> Path:
    """The table as a .csv in `place`; of a longer one so many rows, drawn by the seed, in their order."""
    path = place / f"{table.name}.csv"
    if table.file is None:
        lines = bundled_lines(table.name)
    else:
        with table.file.open(encoding="utf-8", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    if most_rows is not None and len(lines) > most_rows + 1:
        # The first line may be the header. Where it is a row, that row is always there.
        drawn = np.random.default_rng([seed, most_rows]).choice(len(lines) - 1, most_rows, replace=False)
        lines = [lines[0], *(lines[1 + at] for at in np.sort(drawn))]
    elif table.file is not None:
        path.write_bytes(table.file.read_bytes())
        return path
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    return path


def bundled_lines(name: str) -> list[list[str]]:
    """A set of scikit-learn's as lines of a table with the target last."""
    table = read_bundled(name)
    assert table.own_target is not None
    target, levels = table.own_target.values.tolist(), table.own_target.levels
    words = map(str, target) if levels is None else (levels[at] for at in target)
    rows = [[*map(str, row), word] for row, word in zip(table.numbers.tolist(), words, strict=True)]
    return [[*table.number_names, "target"], *rows]
