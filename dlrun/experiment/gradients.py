"""The gradient check of a config: its own network, on a few rows of its own data."""

from collections.abc import Callable

from ..config import LoadedConfig
from ..nn.gradcheck import GradientReport, check_network
from .prepare import prepare

# Rows for the gradient check: enough to reach every unit, few enough to be quick, and few kinks to step across.
GRADCHECK_EXAMPLES = 8


def check_gradients(loaded: LoadedConfig, *, epsilon: float, progress: Callable[[int, int], None]) -> GradientReport:
    """The gradient check of a config's own network at its first weights, on a few rows of its own data."""
    experiment = prepare(loaded)
    train, rng = experiment.dataset.train, experiment.streams["gradcheck"]
    rows = rng.permutation(len(train.X))[:GRADCHECK_EXAMPLES]
    return check_network(
        experiment.network,
        experiment.parameters,
        train.X[rows],
        train.Y[rows],
        l2_lambda=loaded.config.regularization.lambda_,
        epsilon=epsilon,
        mask_rng=rng,
        progress=progress,
    )
