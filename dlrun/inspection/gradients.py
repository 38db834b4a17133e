"""The gradient check of a config's network, on a few rows of its own data, for `dlrun gradcheck`."""

from dataclasses import replace

from ..config import LoadedConfig
from ..experiment.prepare import Experiment, first_parameters, prepare
from ..gradcheck import CheckOptions, NetworkReport, Problem, Progress, SweepReport, check_config_network, sweep


def check_gradients(loaded: LoadedConfig, options: CheckOptions, progress: Progress | None = None) -> NetworkReport:
    """Compares every gradient of a config's network with central differences. Raises ConfigError, DataError."""
    experiment = prepare(loaded)
    network, dataset = replace(experiment.network, members=1), experiment.dataset
    return check_config_network(
        problem_of(experiment, options.examples),
        options,
        rng=experiment.streams["gradcheck"],
        init=lambda rng: first_parameters(loaded.config, network, dataset, rng),
        progress=progress,
    )


def sweep_epsilon(loaded: LoadedConfig, options: CheckOptions, progress: Progress | None = None) -> SweepReport:
    """The relative difference of a config's gradients for many step sizes. Raises ConfigError, DataError."""
    experiment = prepare(loaded)
    problem, rng = problem_of(experiment, options.examples), experiment.streams["gradcheck"]
    if any(keep < 1 for keep in problem.network.keep_probs):
        problem = replace(problem, mask_seed=int(rng.integers(2**63)))
    return sweep(problem, rng=rng, memory_bytes=options.memory_bytes, progress=progress)


def problem_of(experiment: Experiment, examples: int) -> Problem:
    """The config's network with its initial weights, on random training rows from the check's own stream.

    Of an ensemble the first member stands for all: the others have the same formulas.
    """
    train = experiment.dataset.train
    rows = experiment.streams["gradcheck"].permutation(len(train.X))[:examples]
    return Problem(
        replace(experiment.network, members=1),
        experiment.parameters.member(0),
        train.X[rows],
        train.Y[rows],
        l2_lambda=experiment.config.regularization.lambda_,
        m_train=len(train.X),
    )
