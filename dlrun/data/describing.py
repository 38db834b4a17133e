"""Describes every column of a table as it was read, for `dlrun data`, the report page and a run's data.json."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..arrays import Array
from .cells.dates import iso
from .cells.forms import ColumnForm
from .checks import FEWEST_ROWS_TO_JUDGE, FIRST_LOOK, ID_NAME
from .columns import label
from .examples import Column, Table
from .records import ColumnKind, Role, SourceColumn
from .roles import Roles
from .source_form import PLAIN, SourceForm

# Names of columns that count the rows of a time series, and are no ids.
TIME_NAME = re.compile(r"(?i)t|(.*[\W_])?(year|quarter|month|week|day|date|time|timestamp|period|hour|step)s?")

# Nobody reads on, and a run would keep megabytes of it.
MOST_DESCRIBED = 2000

# Words shown of a category; of each, its cells.
SHOWN_LEVELS = 12

# Parts between the least and the greatest number, for a small picture.
PARTS = 12

# Different numbers and the picture are counted in about as many rows, spread evenly: for a million, 30 columns take
# 0.1 s and not 2 s.
ROWS_TO_COUNT = 20_000


def source_columns(
    table: Table, roles: Roles, made_of: Mapping[str, Sequence[str]], *, are_pixels: bool
) -> tuple[SourceColumn, ...]:
    """Every column of a table with what it is used for; `made_of` are the features made of each.

    Features that are pixels are left out: one says no more than another, and there are hundreds. So are those after
    the first MOST_DESCRIBED.
    """
    own = table.own_target
    described = []
    for at, name in enumerate(table.names):
        if name in made_of and (are_pixels or at >= MOST_DESCRIBED):
            continue
        role, features = _role(name, roles, made_of), made_of.get(name, ())
        described.append(described_column(table, table.column(name), role, features))
    if own is not None:
        described.append(described_column(table, own, "target", ()))
    return tuple(described)


def source_form(table: Table, target: str, features: Iterable[str], missing: tuple[str, ...]) -> SourceForm:
    """The form of a table with this target and these features."""
    features = tuple(features)
    forms = {name: form for name in (*features, target) if (form := _form(table, name)) != PLAIN}
    return SourceForm(table.names, target, features, missing, forms)


def _form(table: Table, name: str) -> ColumnForm:
    """How a column is written; one of an array holds plain numbers or words."""
    if name in table.read_as:
        return table.read_as[name].form
    own = table.own_target
    if name not in table.number_places and own is not None and own.name == name:
        return ColumnForm("number" if own.levels is None else "category")
    return ColumnForm(table.kind_of(name))


def columns_of(table: Table) -> tuple[SourceColumn, ...]:
    """Every column of a table before any has a role: all count as features."""
    columns = [described_column(table, table.column(name), "feature", (name,)) for name in table.names]
    own = table.own_target
    return (*columns, *([] if own is None else [described_column(table, own, "target", ())]))


def _role(name: str, roles: Roles, made_of: Mapping[str, Sequence[str]]) -> Role:
    if name == roles.target.name and name not in made_of:
        return "target"
    if roles.splitter is not None and name == roles.splitter.name:
        return _SPLITTERS[str(roles.split_by)]
    if roles.weight is not None and name == roles.weight.name:
        return "weight"
    return "feature" if name in made_of else "left out"


_SPLITTERS: Mapping[str, Role] = {"split_column": "split_column", "group": "group", "order": "order"}


def described_column(table: Table, column: Column, role: Role, features: Sequence[str]) -> SourceColumn:
    """One column of a table as it was read."""
    read = table.read_as.get(column.name)
    missing = int(column.is_missing().sum())
    kind: ColumnKind = read.form.kind if read else ("category" if column.levels is not None else "number")
    if kind == "number" and names_rows(column):
        kind = "id"
    form = read.form.in_words() if read else ""
    described = SourceColumn(
        name=column.name,
        kind=kind,
        role=role,
        form=form,
        examples=read.examples if read else _examples(column),
        rows=len(column.values),
        missing=missing,
        markers=dict(read.markers) if read else {},
        distinct=0,
        features=tuple(features),
        notes=read.notes if read else (),
    )
    if column.levels is not None:
        counts = np.bincount(column.values[column.values >= 0], minlength=len(column.levels))
        commonest = np.argsort(-counts, kind="stable")[:SHOWN_LEVELS].tolist()
        levels = {column.levels[at]: int(counts[at]) for at in commonest}
        return replace(described, distinct=int((counts > 0).sum()), levels=levels)
    low, high, parts, distinct = _measured(column.values)
    date = read.form if read and kind == "date" else None
    return replace(described, distinct=distinct, low=_shown(low, date), high=_shown(high, date), counts=parts)


def names_rows(column: Column) -> bool:
    """Whether whole numbers count the rows one by one, or are all different under the name of an id."""
    values = column.values
    if len(values) < FEWEST_ROWS_TO_JUDGE or column.levels is not None or TIME_NAME.fullmatch(column.name):
        return False
    head = values[:FIRST_LOOK]
    if bool((np.diff(head) == 1).all()):
        return bool((np.diff(values) == 1).all())
    is_named = ID_NAME.fullmatch(column.name) is not None and bool((values == np.round(values)).all())
    return is_named and len(np.unique(values)) == len(values)


def _shown(value: float | None, date: ColumnForm | None) -> float | str | None:
    """A number, or the date that a number of days is."""
    if value is None or date is None:
        return value
    has_time = date.date is None or date.date.has_time
    return iso(value, has_time)


def _measured(values: Array) -> tuple[float | None, float | None, tuple[int, ...], int]:
    """The least and greatest number, cells in equal parts between them, and how many different ones; by a sample."""
    if (values.dtype.kind == "f" and np.isnan(values).all()) or not len(values):
        return None, None, (), 0
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    sample = values[:: max(1, len(values) // ROWS_TO_COUNT)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    distinct = len(np.unique(sample))
    if not (np.isfinite(low) and np.isfinite(high) and high - low < np.inf):
        return low, high, (), distinct
    counts = np.histogram(sample, bins=PARTS, range=(low, high))[0] if high > low else np.array([len(sample)])
    return low, high, tuple(counts.tolist()), distinct


def _examples(column: Column) -> tuple[str, ...]:
    head = column.values[:100]
    if column.levels is not None:
        words = [column.levels[code] for code in dict.fromkeys(head.tolist()) if code >= 0]
        return tuple(words[:3])
    return tuple(label(value) for value in dict.fromkeys(head.tolist()) if value == value)[:3]
