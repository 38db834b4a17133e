"""The gradient check of a config: its own network, on a few rows of its own data, in every situation."""

from collections.abc import Callable
from dataclasses import dataclass

from ..config import LoadedConfig
from ..experiment.prepare import Experiment, first_parameters, prepare
from ..gradcheck import EPSILON, MEMORY_BYTES, NetworkReport, Problem, SweepReport, check_config_network, sweep
from ..gradcheck.situations import AFTER_STEPS

# Rows for the check: enough to reach every unit, few enough to be quick, and few kinks to step across.
EXAMPLES = 8

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CheckOptions:
    """How to check: the step, rows and seeds; a time beyond which parameters are sampled; memory for a block."""

    epsilon: float = EPSILON
    examples: int = EXAMPLES
    after_steps: int = AFTER_STEPS
    seeds: int = 1
    max_seconds: float | None = None
    memory_bytes: int = MEMORY_BYTES


def check_gradients(loaded: LoadedConfig, options: CheckOptions, progress: Progress | None = None) -> NetworkReport:
    """Every gradient of a config's network against central differences. Raises ConfigError, DataError."""
    experiment = prepare(loaded)
    X, Y = some_rows(experiment, options.examples)
    return check_config_network(
        experiment.network,
        experiment.parameters,
        X,
        Y,
        l2_lambda=loaded.config.regularization.lambda_,
        m_train=len(experiment.dataset.train.X),
        init=lambda rng: first_parameters(loaded.config, experiment.network, rng),
        rng=experiment.streams["gradcheck"],
        epsilon=options.epsilon,
        max_seconds=options.max_seconds,
        memory_bytes=options.memory_bytes,
        after_steps=options.after_steps,
        seeds=options.seeds,
        progress=progress,
    )


def sweep_epsilon(loaded: LoadedConfig, options: CheckOptions, progress: Progress | None = None) -> SweepReport:
    """The relative difference of a config's network at many steps. Raises ConfigError, DataError."""
    experiment = prepare(loaded)
    X, Y = some_rows(experiment, options.examples)
    rng, network = experiment.streams["gradcheck"], experiment.network
    problem = Problem(
        network,
        experiment.parameters,
        X,
        Y,
        l2_lambda=loaded.config.regularization.lambda_,
        m_train=len(experiment.dataset.train.X),
        mask_seed=int(rng.integers(2**63)) if any(keep < 1 for keep in network.keep_probs) else None,
    )
    return sweep(problem, rng=rng, memory_bytes=options.memory_bytes, progress=progress)


def some_rows(experiment: Experiment, examples: int):
    """X and Y of so many training rows, drawn from the check's own stream."""
    train = experiment.dataset.train
    rows = experiment.streams["gradcheck"].permutation(len(train.X))[:examples]
    return train.X[rows], train.Y[rows]
