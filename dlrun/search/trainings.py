"""Many trainings of one prepared experiment, in parallel processes, in memory and without run folders.

`curve` and `decompose` use it. The data are read and prepared once. A variant differs in its training rows and its
seed; all are measured on the same dev rows, so that their answers can be compared row by row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import uuid4

import numpy as np

from ..data.examples import Split
from ..data.splits import by_group
from ..executor import Executor, Here, Shared, in_order
from ..experiment import Experiment, random_streams
from ..experiment.checkpointing import Checkpointer
from ..experiment.prepare import first_parameters
from ..experiment.train import keeps_best, train, trainer_of
from ..nn.predictions import Predictions, predictions

# Starting a process and importing NumPy there takes about a second. Less work than this is done in this process.
WORTH_PROCESSES_SECONDS = 2.0

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Variant:
    """rows : places in the training set, None for all. seed : of init, batches and dropout, None for the config's."""

    rows: np.ndarray | None = None
    seed: int | None = None


class Trained(NamedTuple):
    """status : finished or diverged. dev : the predictions of the trained network for each dev row."""

    status: str
    dev: Predictions


def train_variants(
    experiment: Experiment,
    variants: Sequence[Variant],
    *,
    seconds_each: float = 0.0,
    processes: int | None = None,
    executor: Executor | None = None,
    progress: Progress = lambda done, total: None,
) -> list[Trained]:
    """The trained network of each variant, in the same order.

    seconds_each : about how long one takes, which decides whether processes are worth starting.
    processes : how many, None for one on each core. executor : where to train instead, such as on a cluster.
    Raises what a training raises, and DlrunError where its process is killed again and again.
    """
    if executor is None:
        worth = seconds_each * len(variants) > WORTH_PROCESSES_SECONDS
        with Here(processes or (None if worth else 1)) as here:
            return train_variants(experiment, variants, executor=here, progress=progress)
    alike = -(-len(variants) // executor.processes)
    shared = executor.share(uuid4().hex, replace(experiment, plan=replace(experiment.plan, alike=alike)))
    tasks = ((shared, variant) for variant in variants)
    return in_order(executor, train_variant, tasks, lambda done: progress(done, len(variants)))


def train_variant(experiment: Shared[Experiment], variant: Variant) -> Trained:
    """Train one variant to its end."""
    changed = varied(experiment.get(), variant)
    outcome = train(Checkpointer(changed, trainer_of(changed)))
    dev = changed.dataset.dev
    with np.errstate(
        over="ignore", invalid="ignore", divide="ignore"
    ):  # the numbers of a diverged network may overflow
        return Trained(outcome.status, predictions(changed.network, outcome.parameters, dev.X, dev.Y))


def varied(experiment: Experiment, variant: Variant) -> Experiment:
    """The experiment with a variant's rows and seed, and with new streams and initial weights.

    Inputs remain scaled by all training rows; scaling uses no labels.
    """
    config, dataset, plan = experiment.config, experiment.dataset, replace(experiment.plan, trace=False)
    if plan.patience_epochs is None and not keeps_best(plan, "finished"):
        # Errors during the training decide nothing, so they are not measured.
        plan = replace(plan, evaluate_every=plan.epochs)
    if variant.rows is not None:
        X, Y = (part.take(variant.rows, axis=0) for part in (dataset.train.X, dataset.train.Y))
        group = None if dataset.train.group is None else dataset.train.group[variant.rows]
        weight = None if dataset.train.weight is None else dataset.train.weight[variant.rows]
        dataset = replace(dataset, train=Split(X, Y, dataset.train.rows[variant.rows], group, weight))
    streams = random_streams(config.seed if variant.seed is None else variant.seed)
    parameters = first_parameters(config, experiment.network, dataset, streams["init"])
    return replace(experiment, plan=plan, dataset=dataset, parameters=parameters, streams=streams)


Drawn = list[tuple[np.ndarray, np.ndarray]]


def parts_of_rows(experiment: Experiment, size: int, draws: int, seed: int) -> Drawn:
    """`draws` times about `size` places in the training set, and up to `size` of the other places.

    Where data.group is set, groups are not divided, so that the two parts are independent. Raises ValueError where
    there are too few rows or groups.
    """
    group = experiment.dataset.train.group
    if group is not None:
        return grouped_rows(group, size, draws, seed)
    return stratified_rows(experiment, size, draws, seed)


def stratified_rows(experiment: Experiment, size: int, draws: int, seed: int) -> Drawn:
    """The same with exactly `size` places, and each class in its proportion."""
    from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

    Y = np.asarray(experiment.dataset.train.Y[:]).reshape(-1)
    is_class = experiment.dataset.task != "regression"
    splitter = StratifiedShuffleSplit if is_class else ShuffleSplit
    drawn = splitter(draws, train_size=size, test_size=min(size, len(Y) - size), random_state=seed)
    return [(np.sort(rows), np.sort(others)) for rows, others in drawn.split(np.zeros((len(Y), 1)), Y)]


def grouped_rows(group: np.ndarray, size: int, draws: int, seed: int) -> Drawn:
    """The same with undivided groups, in a random order, up to the number of rows nearest to `size`."""
    rng, m = np.random.default_rng(seed), len(group)
    groups = len(np.unique(group))
    if not size or groups < m // size:
        raise ValueError(f"data.group has {groups} groups in them")
    sizes = {"rows": size, "others": min(size, m - size)}
    drawn = [by_group(group, sizes, rng) for _ in range(draws)]
    return [(np.flatnonzero(part == 0), np.flatnonzero(part == 1)) for part in drawn]


def resampled_rows(experiment: Experiment, rng: np.random.Generator) -> np.ndarray:
    """As many places as there are rows, drawn with replacement; or as many groups, each with all its rows."""
    train = experiment.dataset.train
    if train.group is None:
        return rng.integers(len(train.X), size=len(train.X))
    _, inverse, counts = np.unique(train.group, return_inverse=True, return_counts=True)
    places = np.split(np.argsort(inverse, kind="stable"), np.cumsum(counts)[:-1])
    return np.concatenate([places[at] for at in rng.integers(len(counts), size=len(counts))])
