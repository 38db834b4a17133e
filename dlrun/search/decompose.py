"""What a run's variance is made of: other training rows, or another seed; on request, bias and variance that add up.

Stands beside `curve`. Split-half disagreement needs no bootstrap, whose networks see 63% of the rows and whose bias
holds this data set's own luck.
"""

import numpy as np

from ..diagnosis.words import points
from ..errors import DataError
from ..experiment import Experiment
from ..statistics.decomposition import disagreement_variance, domingos, kohavi_wolpert, pairwise_variance, squared_parts
from ..store import RunFolder, now
from .reopen import keep, reopened
from .trainings import Progress, Trained, Variant, parts_of_rows, resampled_rows, train_variants

DECOMPOSITION = "decomposition.json"

# Five times two halves cost five trainings, and their mean then varies by a tenth of itself; so do five seeds.
HALVINGS = 5
SEEDS = 5


def decompose(
    folder: RunFolder,
    *,
    bootstrap: int = 0,
    progress: Progress = lambda done, total: None,
    processes: int | None = None,
) -> dict:
    """Plain values: run_id, task, dev_rows, sampling, seeds, halves, sentence, bootstrap (None unless asked for).

    halves : variance of networks trained on half of the rows each. seeds : of networks that differ in nothing but the
    seed. sampling : the first less the second, at least 0. All are mean disagreements / 2 on the dev rows, fractions.
    bootstrap : so many trainings on rows drawn with replacement.
    Kept in the run's folder as decomposition.json. Raises StoreError, DataError.
    """
    experiment, result = reopened(folder)
    variants = [*half_variants(experiment, folder.id), *seed_variants(experiment)]
    resampled = bootstrap_variants(experiment, bootstrap)
    trained = train_variants(
        experiment, [*variants, *resampled], seconds_each=result["seconds"], processes=processes, progress=progress
    )
    halves, seeds = trained[: 2 * HALVINGS], trained[2 * HALVINGS : len(variants)]
    found = {
        "run_id": folder.id,
        "task": experiment.dataset.task,
        "made": now(),
        "dev_rows": len(experiment.dataset.dev.X),
        **sources_of_variance(experiment, halves, seeds),
        "bootstrap": bootstrap_parts(experiment, trained[len(variants) :], seeds[0]) if bootstrap else None,
    }
    return keep(folder, DECOMPOSITION, found)


def half_variants(experiment: Experiment, run_id: str) -> list[Variant]:
    """Two disjoint halves of the training rows or groups, HALVINGS times; both of a pair with a seed of their own."""
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
    """The whole training set with the run's own seed and others."""
    return [Variant(), *(Variant(seed=other_seed(experiment, number)) for number in range(1, SEEDS))]


def bootstrap_variants(experiment: Experiment, networks: int) -> list[Variant]:
    """Rows or groups drawn with replacement, and a seed of its own for each."""
    rng = np.random.default_rng([experiment.config.seed, networks])
    first = SEEDS + 2 * HALVINGS
    return [Variant(resampled_rows(experiment, rng), other_seed(experiment, first + n)) for n in range(networks)]


def other_seed(experiment: Experiment, number: int) -> int:
    """A seed that is neither the config's nor that of another number."""
    return experiment.config.seed + number


def sources_of_variance(experiment: Experiment, halves: list[Trained], seeds: list[Trained]) -> dict:
    """halves, seeds, sampling, each {variance, spread}, and the sentence that weighs them."""
    regression = experiment.dataset.task == "regression"
    scale = variance_of_targets(experiment)
    pairs = [
        disagreement_variance(one.dev.answers, other.dev.answers, regression=regression) / scale
        for one, other in zip(halves[::2], halves[1::2], strict=True)
    ]
    of_seeds = pairwise_variance(answers_of(seeds), regression=regression) / scale
    of_halves = float(np.mean(pairs))
    sampling = max(0.0, of_halves - of_seeds)
    return {
        "halves": {"variance": of_halves, "spread": float(np.std(pairs, ddof=1)), "pairs": len(pairs)},
        "seeds": {"variance": of_seeds, "networks": len(seeds)},
        "sampling": sampling,
        "sentence": weighed(of_seeds, sampling),
    }


def weighed(of_seeds: float, sampling: float) -> str:
    """Which source is the larger, and what that asks for."""
    amounts = f"other training rows {points(sampling)} points, other seeds {points(of_seeds)}"
    if of_seeds > sampling:
        return (
            f"the seed matters most ({amounts}): training does not settle;"
            " train longer or with a lower rate, or average several seeds"
        )
    if sampling > 0:
        return f"the training rows matter most ({amounts}): more data or regularization would lower it"
    return "nothing varies: every network gave the same answers"


def bootstrap_parts(experiment: Experiment, networks: list[Trained], whole: Trained) -> dict:
    """Bias and variance over bootstrap networks, which add up to their loss, beside the loss of the whole network."""
    answers, targets, scale = answers_of(networks), whole.dev.targets, variance_of_targets(experiment)
    told = {
        "networks": len(networks),
        "whole_loss": mean_loss(experiment, whole) / scale,
        "note": "bias here includes label noise and this data set's own luck; each network saw 63% of the rows",
    }
    if experiment.dataset.task == "regression":
        parts = squared_parts(answers, targets)
        return told | {"kohavi_wolpert": parts.over(scale), "domingos": None}
    classes = max(len(experiment.dataset.classes), 2)
    return told | {
        "kohavi_wolpert": kohavi_wolpert(answers, targets, classes),
        "domingos": domingos(answers, targets, classes),
    }


def mean_loss(experiment: Experiment, one: Trained) -> float:
    """0-1 loss, or squared error."""
    if experiment.dataset.task == "regression":
        return float(one.dev.losses.mean())
    return float(np.mean(one.dev.answers != one.dev.targets))


def answers_of(trained: list[Trained]) -> np.ndarray:
    """(networks, m)."""
    return np.array([one.dev.answers for one in trained])


def variance_of_targets(experiment: Experiment) -> float:
    """What squared errors are divided by to be 1 - R²; 1 for classes."""
    if experiment.dataset.task != "regression":
        return 1.0
    return float(np.var(np.asarray(experiment.dataset.dev.Y[:], np.float64))) or 1.0
