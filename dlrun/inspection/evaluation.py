"""Judges a run's network on other labelled rows: the error, how far it is from dev, why, and for which groups.

`dlrun evaluate` asks for it. The distance to dev may be chance; if it is not, the mismatch test says whether the rows
are of another kind, or look the same and are answered otherwise.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import DataError, StoreError, UsageError
from ..experiment.identity import refuse_changed_data
from ..experiment.prepare import prepare
from ..experiment.resume import own_config
from ..model import Model
from ..model.groups import Grouping
from ..model.labelled import labelled_rows
from ..model.predicting import Progress
from ..model.records import ErrorsHere, Noticed
from ..model.trust import Kept
from ..records import omitted
from ..statistics.groups import Side, groups_to_test, sides_by_rank, sides_by_share
from ..statistics.intervals import (
    Interval,
    bootstrap_intervals,
    difference_interval,
    error_interval,
    unexplained_estimate,
)
from ..statistics.metrics import Metrics, class_metrics, number_metrics
from ..statistics.mismatch import Shift, distribution_shift, told_features
from ..store import RunFolder, read_manifest

# The seed of the mismatch test: asked twice, the answer is the same.
SEED = 0

# From this share of rows that trained the network on, its error says little about new rows. A judgement.
TRAINED_SHARE = 0.1

Meaning = Literal["trained", "too few", "chance", "better", "drift", "other answers", "worse"]

MEANINGS: dict[Meaning, str] = {
    "trained": "many of these rows trained the network: the error says little about new rows",
    "too few": "these rows, or those of dev, are too few or too alike to tell chance from more",
    "chance": "no further from the dev error than chance takes it",
    "better": "surely better than on dev: these rows are easier, or fewer kinds of them are here",
    "drift": "surely worse than on dev, and the rows are of another kind: the network was not trained for such rows",
    "other answers": "surely worse than on dev, though the rows look like those of dev: their labels follow another"
    " rule, or are written otherwise",
    "worse": "surely worse than on dev",
}


@dataclass(frozen=True)
class GroupErrors:
    """A group's rows and error; rmse of a regression, in the target's units, whose error is the mean square.

    differs : whether it is above or below that of all other rows beyond chance, when all groups are looked at.
    """

    name: str
    rows: int
    error: float
    interval: Interval | None
    differs: Side | None
    rmse: float | None = omitted()


@dataclass(frozen=True)
class ShiftFound:
    """Whether the rows are of another kind than dev: the test's figures, and what moved, in words."""

    is_told: bool
    auc: float
    p_value: float
    moved: str


@dataclass(frozen=True)
class Evaluated:
    """What `dlrun evaluate` tells.

    distance : the error here less the dev error, with its interval. meaning : a key of MEANINGS. shift : the mismatch
    test; None where it was not made, and `unchecked` says why. trained_share : of the rows looked at, those that are
    equal to training rows, of which the error says nothing. metrics : the figures of the field, of rows whose class
    training knows. by : the column of the groups.
    """

    run_id: str
    source: str
    errors: ErrorsHere
    dev_rows: int
    dev_error: float
    dev_interval: Interval | None
    distance: float
    distance_interval: Interval | None
    meaning: Meaning
    sentence: str
    noticed: tuple[Noticed, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    shift: ShiftFound | None = omitted()
    unchecked: str | None = omitted()
    trained_share: float | None = omitted()
    metrics: Metrics | None = omitted()
    by: str | None = omitted()
    groups: tuple[GroupErrors, ...] | None = omitted()


def evaluate_file(
    folder: RunFolder, model: Model, file: str, by: str | None, progress: Progress = lambda share, rows: None
) -> Evaluated:
    """The network of a run on the rows of a file that have a target.

    Raises DataError where none has one, or the file cannot be read; UsageError for a column that it lacks.
    """
    if model.trust is None:
        raise UsageError(f"{model.run_id}: does not keep its predictions for dev, to compare with; train it again")
    seen = labelled_rows(model, file, by, progress)
    errors, here, dev = seen.errors, seen.kept, model.trust.dev
    if errors is None:
        raise DataError(
            f"{seen.source}: no row has a target {model.target!r} that training knows; dlrun predict needs none"
        )
    dev_error, dev_interval, difference = _beside_dev(model, here, dev, errors)
    compared = _compared(folder, seen.inputs)
    meaning = _meaning(difference, compared)
    return Evaluated(
        run_id=model.run_id,
        source=seen.source,
        errors=errors,
        dev_rows=len(dev.truth),
        dev_error=dev_error,
        dev_interval=dev_interval,
        distance=errors.error - dev_error,
        distance_interval=difference,
        meaning=meaning,
        sentence=MEANINGS[meaning],
        noticed=seen.noticed,
        left_out=seen.left_out,
        notes=seen.notes,
        shift=None if compared.shift is None else _found(compared.shift, model),
        unchecked=compared.unchecked,
        trained_share=compared.trained_share,
        metrics=_metrics(model, here),
        by=by,
        groups=None if seen.groups is None else _groups(model, here, seen.groups),
    )


def _beside_dev(
    model: Model, here: Kept, dev: Kept, errors: ErrorsHere
) -> tuple[float, Interval | None, Interval | None]:
    """The dev error with its interval, and the interval of the error here less it."""
    if model.task == "regression":
        samples = [_squared_and_truth(here), _squared_and_truth(dev)]
        (_, dev_interval), difference = bootstrap_intervals(samples, unexplained_estimate)
        return unexplained_estimate(samples[1])[0], dev_interval, difference
    error = float((~dev.right).mean())
    interval = error_interval(error, len(dev.truth))
    assert errors.interval is not None, "a share has an interval"
    lower, upper = difference_interval(errors.error, errors.interval, error, interval)
    return error, interval, (float(lower), float(upper))


def _metrics(model: Model, here: Kept) -> Metrics:
    if model.task == "regression":
        return number_metrics(here.outputs[:, 0], here.truth)
    known = here.truth >= 0
    return class_metrics(here.outputs[known], here.truth[known])


def _squared_and_truth(kept: Kept) -> Array:
    return np.stack([np.square(kept.outputs[:, 0] - kept.truth), kept.truth], axis=1)


class _Compared(NamedTuple):
    """What comes of comparing rows with the run's own: the mismatch test against dev, and the share in train."""

    shift: Shift | None = None
    trained_share: float | None = None
    unchecked: str | None = None


def _compared(folder: RunFolder, inputs: Array) -> _Compared:
    """The rows X (s, n) beside the run's own; where these cannot be read any more, it says why."""
    try:
        experiment = prepare(own_config(folder, ()))
        refuse_changed_data(folder, read_manifest(folder).identity, experiment)
    except (DataError, StoreError) as problem:
        return _Compared(unchecked=f"the run's own rows cannot be compared with: {problem}")
    dataset = experiment.dataset
    dev, here = map(dataset.preparation.first_inputs, (dataset.dev.X, inputs))
    shift = distribution_shift(dev, here, rng=np.random.default_rng(SEED))
    if not isinstance(dataset.train.X, np.ndarray):
        return _Compared(shift)
    # A mean target of a training row is not that of the same row elsewhere.
    trained = {row.tobytes() for row in dataset.preparation.first_inputs(dataset.train.X)[:]}
    return _Compared(shift, float(np.mean([row.tobytes() in trained for row in here[:]])))


def _found(shift: Shift, model: Model) -> ShiftFound:
    moved = told_features(shift.moved, model.preparation.feature_names) if shift.is_told() else ""
    return ShiftFound(shift.is_told(), shift.auc, shift.p_value, moved)


def _meaning(difference: Interval | None, compared: _Compared) -> Meaning:
    shift = compared.shift
    if compared.trained_share is not None and compared.trained_share >= TRAINED_SHARE:
        return "trained"
    if difference is None:
        return "too few"
    if difference[0] <= 0 <= difference[1]:
        return "chance"
    if difference[1] < 0:
        return "better"
    if shift is None:
        return "worse"
    return "drift" if shift.is_told() else "other answers"


def _groups(model: Model, here: Kept, grouping: Grouping) -> tuple[GroupErrors, ...]:
    """The groups, that of the greatest error first."""
    masks = {name: grouping.codes == code for code, name in enumerate(grouping.names)}
    if model.task == "regression":
        squared = np.square(here.outputs[:, 0] - here.truth)
        sides = sides_by_rank(squared, groups_to_test(masks))
        told = [_numbers_of(name, squared[mask], sides.get(name)) for name, mask in masks.items()]
    else:
        sides = sides_by_share(~here.right, groups_to_test(masks))
        told = [_answers_of(name, ~here.right[mask], sides.get(name)) for name, mask in masks.items()]
    return tuple(sorted(told, key=lambda group: -group.error))


def _answers_of(name: str, wrong: Array, differs: Side | None) -> GroupErrors:
    error = float(wrong.mean())
    return GroupErrors(name, len(wrong), error, error_interval(error, len(wrong)), differs)


def _numbers_of(name: str, squared: Array, differs: Side | None) -> GroupErrors:
    [interval], _ = bootstrap_intervals([squared])
    error = float(squared.mean())
    return GroupErrors(name, len(squared), error, interval, differs, error**0.5)
