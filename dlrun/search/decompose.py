"""Which part of a run's variance comes from its training rows and which from its seed; on request bias and variance.

`dlrun decompose` makes it. The disagreement of two halves needs no bootstrap, whose networks see 63% of the rows and
whose bias contains this data set's own luck.
"""

from dataclasses import dataclass, field

import numpy as np

from ..data.target_means import refuse_target_means
from ..diagnosis.words import points
from ..errors import DataError
from ..experiment import Experiment
from ..records import FLAT
from ..statistics.decomposition import (
    Domingos,
    Parts,
    disagreement_variance,
    domingos,
    kohavi_wolpert,
    pairwise_variance,
    squared_parts,
)
from ..store import RunFolder, now
from .reopen import reopened, save_record
from .trainings import Progress, Trained, Variant, parts_of_rows, resampled_rows, train_variants

DECOMPOSITION = "decomposition.json"

BOOTSTRAP_NOTE = "bias here includes label noise and this data set's own luck; each network saw 63% of the rows"

# Five times two halves take as long as five trainings, and their mean then varies by a tenth; likewise for five seeds.
HALVINGS = 5
SEEDS = 5


@dataclass(frozen=True)
class HalvesVariance:
    """The variance of networks that were trained on half of the rows each: its mean and spread over so many pairs."""

    variance: float
    spread: float
    pairs: int


@dataclass(frozen=True)
class SeedsVariance:
    """The variance of so many networks that differ only in their seed."""

    variance: float
    networks: int


@dataclass(frozen=True)
class Sources:
    """Where the variance comes from. sampling : the variance of halves less that of seeds, at least 0.

    Every variance is a mean disagreement on the dev rows divided by 2, a fraction.
    """

    halves: HalvesVariance
    seeds: SeedsVariance
    sampling: float
    sentence: str


@dataclass(frozen=True)
class BootstrapParts:
    """Bias and variance over networks trained on rows drawn with replacement.

    whole_loss : the loss of the network that was trained on all rows.
    """

    networks: int
    whole_loss: float
    note: str
    kohavi_wolpert: Parts
    domingos: Domingos | None


@dataclass(frozen=True, kw_only=True)
class Decomposition:
    """decomposition.json: the parts of a run's variance, and when they were measured."""

    run_id: str
    task: str
    made: str
    dev_rows: int
    sources: Sources = field(metadata=FLAT)
    bootstrap: BootstrapParts | None


def decompose(
    folder: RunFolder,
    *,
    bootstrap: int = 0,
    progress: Progress = lambda done, total: None,
    processes: int | None = None,
) -> Decomposition:
    """Trains on halves of the rows and with other seeds, and says which of the two makes the answers vary.

    bootstrap : how many more trainings on rows drawn with replacement.
    The decomposition is saved in the run's folder as decomposition.json. Raises StoreError, DataError.
    """
    experiment, result = reopened(folder)
    if experiment.dataset.train.weight is not None:
        raise DataError(f"{folder.id}: its rows have weights, and only rows that count alike can be decomposed")
    refuse_target_means(experiment.dataset.preparation, folder.id)
    variants = [*half_variants(experiment, folder.id), *seed_variants(experiment)]
    resampled = bootstrap_variants(experiment, bootstrap)
    trained = train_variants(
        experiment, [*variants, *resampled], seconds_each=result.seconds, processes=processes, progress=progress
    )
    halves, seeds = trained[: 2 * HALVINGS], trained[2 * HALVINGS : len(variants)]
    decomposition = Decomposition(
        run_id=folder.id,
        task=experiment.dataset.task,
        made=now(),
        dev_rows=len(experiment.dataset.dev.X),
        sources=sources_of_variance(experiment, halves, seeds),
        bootstrap=bootstrap_parts(experiment, trained[len(variants) :], seeds[0]) if bootstrap else None,
    )
    return save_record(folder, DECOMPOSITION, decomposition)


def half_variants(experiment: Experiment, run_id: str) -> list[Variant]:
    """Two disjoint halves of the training rows or groups, HALVINGS times; every half has its own seed."""
    rows = len(experiment.dataset.train.X)
    try:
        halvings = parts_of_rows(experiment, rows // 2, HALVINGS, experiment.config.seed)
    except ValueError as problem:
        few = f"{rows} training rows cannot be halved ({problem})"
        raise DataError(
            f"{run_id}: {few}; a decomposition needs at least 2 rows of each class, or 2 groups"
        ) from problem
    halves = [half for pair in halvings for half in pair]
    return [Variant(half, other_seed(experiment, number)) for number, half in enumerate(halves, start=SEEDS)]


def seed_variants(experiment: Experiment) -> list[Variant]:
    """All training rows, with the run's own seed and with others."""
    return [Variant(), *(Variant(seed=other_seed(experiment, number)) for number in range(1, SEEDS))]


def bootstrap_variants(experiment: Experiment, networks: int) -> list[Variant]:
    """Rows or groups drawn with replacement; every network has its own seed."""
    rng = np.random.default_rng([experiment.config.seed, networks])
    first = SEEDS + 2 * HALVINGS
    return [Variant(resampled_rows(experiment, rng), other_seed(experiment, first + n)) for n in range(networks)]


def other_seed(experiment: Experiment, number: int) -> int:
    """A seed that differs from the config's and from those of other numbers."""
    return experiment.config.seed + number


def sources_of_variance(experiment: Experiment, halves: list[Trained], seeds: list[Trained]) -> Sources:
    """The variance by source, and the sentence that compares them."""
    regression = experiment.dataset.task == "regression"
    scale = variance_of_targets(experiment)
    pairs = [
        disagreement_variance(first.dev.answers, second.dev.answers, regression=regression) / scale
        for first, second in zip(halves[::2], halves[1::2], strict=True)
    ]
    of_seeds = pairwise_variance(answers_of(seeds), regression=regression) / scale
    of_halves = float(np.mean(pairs))
    sampling = max(0.0, of_halves - of_seeds)
    return Sources(
        HalvesVariance(of_halves, float(np.std(pairs, ddof=1)), len(pairs)),
        SeedsVariance(of_seeds, len(seeds)),
        sampling,
        larger_source(of_seeds, sampling),
    )


def larger_source(of_seeds: float, sampling: float) -> str:
    """A sentence: which source is the larger, and what to do about it."""
    amounts = f"other training rows {points(sampling)} points, other seeds {points(of_seeds)}"
    if of_seeds > sampling:
        return (
            f"the seed matters most ({amounts}): training does not settle;"
            " train longer or with a lower rate, or average several seeds"
        )
    if sampling > 0:
        return f"the training rows matter most ({amounts}): more data or regularization would lower it"
    return "nothing varies: every network gave the same answers"


def bootstrap_parts(experiment: Experiment, networks: list[Trained], of_all_rows: Trained) -> BootstrapParts:
    """Bias and variance over bootstrap networks, which add up to their loss."""
    answers, targets, scale = answers_of(networks), of_all_rows.dev.targets, variance_of_targets(experiment)
    if experiment.dataset.task == "regression":
        parts, by_domingos = squared_parts(answers, targets).over(scale), None
    else:
        classes = max(len(experiment.dataset.classes), 2)
        parts, by_domingos = kohavi_wolpert(answers, targets, classes), domingos(answers, targets, classes)
    return BootstrapParts(len(networks), mean_loss(experiment, of_all_rows) / scale, BOOTSTRAP_NOTE, parts, by_domingos)


def mean_loss(experiment: Experiment, network: Trained) -> float:
    """The mean 0-1 loss on dev, or the mean squared error."""
    if experiment.dataset.task == "regression":
        return float(network.dev.losses.mean())
    return float(np.mean(network.dev.answers != network.dev.targets))


def answers_of(trained: list[Trained]) -> np.ndarray:
    """The answers (networks, m) on the dev rows."""
    return np.array([network.dev.answers for network in trained])


def variance_of_targets(experiment: Experiment) -> float:
    """The variance that turns squared errors into 1 - R²; 1 for classes."""
    if experiment.dataset.task != "regression":
        return 1.0
    return float(np.var(np.asarray(experiment.dataset.dev.Y[:], np.float64))) or 1.0
