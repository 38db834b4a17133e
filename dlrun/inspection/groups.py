"""The groups of dev rows that a run answers worse than the others: those of a word, of a range of a number, of gaps.

The run's data are prepared again, as `resume` does it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from ..arrays import Array
from ..data import Dataset
from ..data.cells.dates import iso
from ..data.source_form import SourceForm
from ..errors import DlrunError
from ..experiment.identity import refuse_changed_data
from ..experiment.prepare import prepare
from ..experiment.resume import own_config
from ..statistics.groups import groups_to_test, worse_by_rank, worse_by_share
from ..statistics.intervals import Interval, error_interval
from ..store import PREDICTIONS, RunFolder, read_manifest, require_sound

# A number with so few different values is grouped by each of them, one with more by its quarters.
MOST_VALUES = 5


@dataclass(frozen=True)
class Group:
    """A group of dev rows. error : the fraction answered wrongly, or the mean absolute error in the target's units.

    interval : of a fraction. elsewhere : the error of the other dev rows.
    """

    name: str
    rows: int
    error: float
    interval: Interval | None
    elsewhere: float


@dataclass(frozen=True)
class WeakGroups:
    """The groups with a surely higher error, of so many that were looked at. not_known : why none was, as a clause."""

    looked_at: int
    weak: tuple[Group, ...]
    not_known: str | None = None


def weak_groups(folder: RunFolder) -> WeakGroups:
    """The groups of a run; where its data cannot be read again, the reason."""
    try:
        require_sound(folder, {PREDICTIONS})
        kept = folder.read_arrays(PREDICTIONS)
        experiment = prepare(own_config(folder, ()))
        refuse_changed_data(folder, read_manifest(folder).identity, experiment)
    except DlrunError as problem:
        return WeakGroups(0, (), f"the data could not be read again ({problem})")
    dataset = experiment.dataset
    X = dataset.dev.X
    if not isinstance(X, np.ndarray) or not isinstance(dataset.dev.rows, np.ndarray):
        return WeakGroups(0, (), "the rows stay in their file")
    if dataset.image_side is not None:
        return WeakGroups(0, (), "a pixel makes no group")
    groups = groups_to_test(dict(groups_of(dataset)))
    if dataset.task == "regression":
        outputs = kept["dev_outputs"][:, 0]
        if len(outputs) < len(X):
            return WeakGroups(0, (), "the answers to single rows were not all kept")
        errors = np.abs(outputs - kept["dev_targets"])
        return WeakGroups(
            len(groups), tuple(_group(name, groups[name], errors) for name in worse_by_rank(errors, groups))
        )
    wrong = ~kept["dev_correct"]
    named = worse_by_share(wrong, groups)
    return WeakGroups(len(groups), tuple(_group(name, groups[name], wrong) for name in named))


def _group(name: str, mask: Array, errors: Array) -> Group:
    rows, error = int(mask.sum()), float(errors[mask].mean())
    interval = error_interval(error, rows) if errors.dtype == np.bool_ else None
    return Group(name, rows, error, interval, float(errors[~mask].mean()))


def groups_of(dataset: Dataset) -> Iterator[tuple[str, Array]]:
    """Every group of dev rows by its name, as a mask (m,)."""
    preparation = dataset.preparation
    form = dataset.form or SourceForm.of_preparation(preparation, dataset.target_name)
    dev, train = np.asarray(dataset.dev.X), np.asarray(dataset.train.X)
    places = {name: at for at, name in enumerate(preparation.raw_names)}
    for name in form.features:
        if name in preparation.target_means:
            continue  # a mean is that of several words
        inputs = preparation.inputs_of(name)
        if name in preparation.categorical_columns:
            yield from ((feature.replace("=", " is ", 1), dev[:, places[feature]] == 1) for feature in inputs)
            continue
        known = np.ones(len(dev), dtype=bool)
        if name in preparation.gap_columns:
            is_gap = dev[:, places[inputs[1]]] == 1
            yield inputs[1], is_gap
            known = ~is_gap
        at, unscaled = places[name], partial(preparation.numbers_of, name)
        yield from _groups_of_numbers(name, (dev[:, at], train[:, at], known), unscaled, form)


def _groups_of_numbers(
    name: str, values: tuple[Array, Array, Array], unscaled: Callable[[Array], Array], form: SourceForm
) -> Iterator[tuple[str, Array]]:
    """Each value of a number, or its quarters by the training rows; values : of dev, of train, and whether known."""
    dev, train, known = values
    of_column = form.form(name)

    def shown(scaled: float) -> str:
        value = float(unscaled(np.array([scaled]))[0])
        if of_column.kind == "flag":
            return ("no", "yes")[round(value)]
        if of_column.order:
            return of_column.order[round(value)]
        return iso(value, "hour" in of_column.date_parts) if of_column.kind == "date" else f"{value:.4g}"

    distinct = np.unique(train)
    if len(distinct) <= MOST_VALUES:
        yield from ((f"{name} is {shown(float(value))}", known & (dev == value)) for value in distinct)
        return
    edges = np.unique(np.quantile(train, [0.25, 0.5, 0.75]))
    quarter = np.searchsorted(edges, dev)
    texts = [shown(float(edge)) for edge in edges]
    between = [f"{name} above {low} up to {high}" for low, high in pairwise(texts)]
    names = [f"{name} up to {texts[0]}", *between, f"{name} above {texts[-1]}"]
    yield from ((label, known & (quarter == at)) for at, label in enumerate(names))
