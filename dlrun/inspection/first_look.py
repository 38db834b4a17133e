"""From a file without a config to what is proposed for it: reads the file, and checks the choices on its values.

`data.proposal` decides by the columns alone. What needs the values is here: whether a column gives the target away,
whether two columns say the same, and how many rows each class has.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..config import yaml_value
from ..config.loading import YAML_SUFFIXES
from ..data import FILE_SUFFIXES, Examples, Reading, read_examples
from ..data.checks import suspicions_of
from ..data.describing import columns_of
from ..data.examples import Table
from ..data.files import find_column, find_columns, listed
from ..data.formats import read_table
from ..data.proposal import (
    MOST_LEVELS_TO_COMPARE,
    Named,
    Proposal,
    date_of,
    group_of,
    left_out,
    shares_for,
    split_column_of,
)
from ..data.records import SourceColumn
from ..errors import DataError, UsageError
from ..experiment.prepare import read_config_text, reading_of
from ..records import SPLITS

# The keys below `data` that say how a file is read; they may be given with it.
READING_KEYS = (
    "header",
    "separator",
    "drop",
    "missing",
    "numeric",
    "categorical",
    "ordered",
    "decimal",
    "thousands",
    "day_first",
    "charset",
    "sheet",
    "examples",
    "max_levels",
    "unlabeled",
    "task",
    "target",
)

# Files are read without a random draw; a generator must be given all the same.
NO_DRAW = 0


@dataclass(frozen=True)
class FirstLook:
    """A file as it was read, without a target. `columns` are all that it holds.

    given : the keys below `data` that a person gave with the file, with their values. wanted : data.target of these.
    """

    file: Path
    reading: Reading
    given: Mapping[str, Any]
    wanted: str | None
    table: Table
    columns: tuple[SourceColumn, ...]
    notes: tuple[str, ...]

    @property
    def has_own_target(self) -> bool:
        """Whether the file itself says what the target is, as arrays X and y do."""
        return self.table.own_target is not None

    def own_target(self) -> Named:
        """The target that the file comes with; the config needs no key for it, so there is no reason to give."""
        assert self.table.own_target is not None
        return Named(self.table.own_target.name, "")

    def find_target(self, wanted: str, why: str = "as asked") -> Named:
        """The column of a name, or of a place as in data.target. Raises UsageError with the closest name."""
        is_place = wanted.removeprefix("-").isdecimal()
        column = int(wanted) if is_place and wanted not in self.table.names else wanted
        try:
            return Named(find_column(column, self.table.names, setting="--target", shown=str(self.file)), why)
        except DataError as problem:
            raise UsageError(str(problem)) from None

    def asked_to_drop(self) -> list[Named]:
        """The columns that a person asked to leave out. Raises DataError if one does not exist."""
        names = find_columns(self.reading.drop, self.table.names, setting="data.drop", shown=str(self.file))
        return [Named(name, "as asked") for name in names]


def is_data_file(path: Path) -> bool:
    """Whether a path ends as files of data do."""
    return path.name.lower().endswith(FILE_SUFFIXES)


def look_at_file(file: Path, overrides: Sequence[str] = ()) -> FirstLook:
    """Read a file of data, as `key=value` of READING_KEYS say. Raises ConfigError, DataError, UsageError."""
    if file.suffix.lower() in YAML_SUFFIXES:
        raise DataError(f"{file}: is a config by its ending, not data; dlrun train {shlex.quote(str(file))} trains it")
    if not is_data_file(file):
        raise DataError(f"{file}: its ending is none of those that can be read: {', '.join(FILE_SUFFIXES)}")
    loaded = read_config_text(f"data: {{source: {yaml_value(str(file))}}}\n", file, overrides)
    asked = [key.removeprefix("data.") for key, origin in loaded.origins.items() if origin == "command line"]
    if further := [key for key in asked if key not in READING_KEYS]:
        raise UsageError(f"{further[0]}: says nothing on how the file is read; change it in the config")
    given = {key: loaded.config.to_dict()["data"][key] for key in asked if key != "target"}
    wanted = None if loaded.config.data.target is None else str(loaded.config.data.target)
    reading = replace(reading_of(loaded.config.data), target=None)
    table = read_table(reading, folder=Path(), rng=np.random.default_rng(NO_DRAW))
    return FirstLook(file, reading, given, wanted, table, columns_of(table), table.notes)


def proposal_for(look: FirstLook, target: Named) -> Proposal:
    """What to propose for a file with this target. Raises DataError if it cannot be predicted."""
    columns = look.columns
    split_column, without_dev = split_column_of(columns, target.name)
    group = None if split_column else group_of(columns, target.name)
    date = date_of(columns, target.name)
    taken = [one.name for one in (split_column, group) if one]
    asked = look.asked_to_drop()
    useless = left_out(columns, target.name, [*taken, *(one.name for one in asked)])
    drop = [*asked, *useless, *([without_dev] if without_dev else [])]
    examples = _examples(look, target, drop, split_column, group)
    leaks = tuple(_leaks(examples))
    drop += [one for one in leaks if one.name not in taken]
    features = [c for c in columns if c.name not in {target.name, *taken, *(one.name for one in drop)}]
    proposal = Proposal(
        target,
        examples.task,
        _class_counts(examples),
        examples.m,
        drop=tuple(drop),
        split_column=split_column,
        group=group,
        split=shares_for(examples.m),
        remarks=(
            *_near_leaks(examples, bool(leaks)),
            *_same(look.table, features),
            *_notes([column for column in columns if column.name not in {one.name for one in drop}]),
            *map(str, examples.suspicions),
        ),
    )
    proposal = _with_order(proposal, look.table, date)
    return _with_rare_classes(proposal, columns)


def _examples(
    look: FirstLook, target: Named, drop: Sequence[Named], split_column: Named | None, group: Named | None
) -> Examples:
    reading = replace(
        look.reading,
        target=None if look.has_own_target else target.name,
        drop=tuple(one.name for one in drop),
        split_column=split_column.name if split_column else None,
        group=group.name if group else None,
    )
    examples = read_examples(reading, folder=Path(), rng=np.random.default_rng(NO_DRAW))
    assert isinstance(examples, Examples)
    return examples


def _class_counts(examples: Examples) -> dict[str, int]:
    if not examples.classes:
        return {}
    counts = np.bincount(examples.y, minlength=len(examples.classes)).tolist()
    return dict(zip(examples.classes, counts, strict=True))


def _all_rows(examples: Examples) -> dict[str, Array]:
    """All rows as if they were for training: the checks look for what is in the source, whatever the split."""
    return {"train": np.arange(examples.m), "dev": np.empty(0, dtype=np.int64)}


def _leaks(examples: Examples) -> Iterator[Named]:
    """The columns of which each value stands for a value of the target, found with each column by itself."""
    for alone in _one_by_one(examples):
        name = (*alone.number_names, *alone.code_names)[0]
        if any(suspicion.code == "leak" for suspicion in suspicions_of(alone, _all_rows(alone))):
            yield Named(name, f"says the same as {examples.target_name} in other words")


def _one_by_one(examples: Examples) -> Iterator[Examples]:
    no_numbers, no_codes = examples.numbers[:, :0], examples.codes[:, :0]
    for at, name in enumerate(examples.number_names):
        numbers = examples.numbers[:, at : at + 1]
        yield replace(
            examples, numbers=numbers, number_names=(name,), codes=no_codes, code_names=(), levels=(), group=None
        )
    for at, name in enumerate(examples.code_names):
        codes, levels = examples.codes[:, at : at + 1], examples.levels[at : at + 1]
        yield replace(
            examples, numbers=no_numbers, number_names=(), codes=codes, code_names=(name,), levels=levels, group=None
        )


def _near_leaks(examples: Examples, has_leaks: bool) -> tuple[str, ...]:
    """A sentence about a column that nearly gives the target away; a whole leak hides it, and is dropped."""
    if has_leaks:
        return ()
    found = suspicions_of(examples, _all_rows(examples))
    return tuple(str(suspicion) for suspicion in found if suspicion.code in ("near-leak", "easy-target"))


def _same(table: Table, features: Sequence[SourceColumn]) -> Iterator[str]:
    """A sentence on the columns of few values that say the same in other words."""
    few = [c for c in features if 2 < c.distinct <= MOST_LEVELS_TO_COMPARE]
    pairs = [(a.name, b.name) for a, b in combinations(few, 2) if a.distinct == b.distinct and _recode(table, a, b)]
    if pairs:
        listing = listed([f"{a} and {b}" for a, b in pairs])
        yield f"{listing}: the same in other words; one of each would do (the other to drop)"


def _recode(table: Table, a: SourceColumn, b: SourceColumn) -> bool:
    """Whether the values of two columns stand for each other in every row."""
    ranks = [np.unique(table.column(c.name).values, return_inverse=True)[1].astype(np.int64) for c in (a, b)]
    counts = [len(np.unique(rank)) for rank in ranks]
    return counts[0] == counts[1] == len(np.unique(ranks[0] * counts[1] + ranks[1]))


def _notes(columns: Sequence[SourceColumn]) -> Iterator[str]:
    for column in columns:
        yield from (f"{column.name}: {note}" for note in column.notes)


def _with_order(proposal: Proposal, table: Table, date: SourceColumn | None) -> Proposal:
    """The proposal split by time where the rows are a time series: in the order of a date, one row each."""
    if date is None or proposal.split_column or proposal.group:
        return proposal
    values = table.column(date.name).values
    if values.dtype.kind == "f" and bool((np.diff(values) > 0).all()):
        why = "a row for each time, in order: the network is judged on times after those it learned from"
        return replace(proposal, order=Named(date.name, why))
    why = "trains on the earliest rows and judges on the latest; right if later rows are to be predicted"
    return replace(proposal, possible_order=Named(date.name, why))


def _with_rare_classes(proposal: Proposal, columns: Sequence[SourceColumn]) -> Proposal:
    """The proposal with what becomes of classes that have fewer rows than there are splits."""
    rare = [name for name, count in proposal.counts.items() if count < len(SPLITS)]
    if not rare or proposal.split_column or proposal.task == "regression":
        return proposal
    rows = sum(proposal.counts[name] for name in rare)
    of_rows = f"{'class' if len(rare) == 1 else 'classes'} {listed(rare)} with {rows} row{'' if rows == 1 else 's'}"
    kinds = {column.name: column.kind for column in columns}
    if kinds.get(proposal.target.name) == "number":
        why = f"whole numbers, too many for classes: {of_rows}"
        return replace(proposal, task="regression", asked_task=Named("regression", why), counts={})
    return replace(
        proposal, rare=Named("drop", f"{of_rows} cannot be in every split; merge would make one class of them")
    )
