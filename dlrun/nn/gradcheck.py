"""The gradient check: backpropagation against central differences, every parameter, in float64.

The numeric slope of a parameter is (J(theta + eps) - J(theta - eps)) / (2 eps); a tensor and the whole network are
judged by ||numeric - analytic|| / (||numeric|| + ||analytic||). Source: the course's formula and scale.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .network import Network, Workspace, forward, loss_and_gradient
from .optimizers import penalty_of
from .parameters import Parameters, weight_decay

# Central differences err by eps^2 (truncation) and u/eps (round-off): in float64 the sum is least near 1e-5, where
# correct networks of a few layers show about 1e-10. The course's 1e-7 is three decades up the round-off flank.
EPSILON = 1e-5
# The course's scale: below the first great, below the second fine, below the third look closer.
GREAT, LOOK_CLOSER, LIKELY_BUG = 1e-7, 1e-5, 1e-3


@dataclass(frozen=True)
class TensorCheck:
    """One tensor: its relative difference, and the entry where the two gradients differ most."""

    name: str
    shape: tuple[int, ...]
    relative_difference: float
    worst_index: tuple[int, ...]
    worst_analytic: float
    worst_numeric: float

    def to_dict(self) -> dict:
        worst = {"index": list(self.worst_index), "analytic": self.worst_analytic, "numeric": self.worst_numeric}
        return {
            "name": self.name,
            "shape": list(self.shape),
            "relative_difference": self.relative_difference,
            "judgement": judgement(self.relative_difference),
            "worst": worst,
        }


@dataclass(frozen=True)
class GradientReport:
    """The whole network, and each tensor."""

    relative_difference: float
    epsilon: float
    n_examples: int
    n_parameters: int
    tensors: tuple[TensorCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether every tensor, and so the whole, is within LOOK_CLOSER."""
        return max(self.relative_difference, *(t.relative_difference for t in self.tensors)) < LOOK_CLOSER

    def to_dict(self) -> dict:
        return {
            "passed": self.passed,
            "relative_difference": self.relative_difference,
            "judgement": judgement(self.relative_difference),
            "epsilon": self.epsilon,
            "n_examples": self.n_examples,
            "n_parameters": self.n_parameters,
            "tensors": [tensor.to_dict() for tensor in self.tensors],
        }


def judgement(relative_difference: float) -> str:
    """The course's words for a relative difference."""
    if relative_difference < GREAT:
        return "great"
    if relative_difference < LOOK_CLOSER:
        return "fine"
    return "look closer" if relative_difference < LIKELY_BUG else "probably a bug"


def relative_difference(numeric: np.ndarray, analytic: np.ndarray) -> float:
    """||numeric - analytic|| / (||numeric|| + ||analytic||), in the Euclidean norm; 0 where both vanish."""
    scale = np.linalg.norm(numeric) + np.linalg.norm(analytic)
    return float(np.linalg.norm(numeric - analytic) / scale) if scale > 0 else 0.0


def numeric_gradient(
    cost: Callable[[], float], theta: np.ndarray, epsilon: float, progress: Callable[[int, int], None] | None = None
) -> np.ndarray:
    """Central differences of `cost` in each entry of the flat vector theta, which is changed and put back."""
    slopes = np.empty_like(theta)
    for i in range(theta.size):
        kept = theta[i]
        theta[i] = kept + epsilon
        above = cost()
        theta[i] = kept - epsilon
        slopes[i] = (above - cost()) / (2 * epsilon)
        theta[i] = kept
        if progress is not None:
            progress(i + 1, theta.size)
    return slopes


def check_network(
    network: Network,
    parameters: Parameters,
    X: np.ndarray,
    Y: np.ndarray,
    *,
    l2_lambda: float = 0.0,
    epsilon: float = EPSILON,
    mask_rng: np.random.Generator | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GradientReport:
    """Check the gradient of the cost, penalty included, at these parameters on the rows of X (m, n_in).

    mask_rng : where keep_probs are below 1, the masks are drawn from it once and stay as they are throughout.
    progress : called with the number of parameters checked so far, and of all.
    """
    if mask_rng is None and any(keep < 1 for keep in network.keep_probs):
        raise ValueError("a network with dropout needs mask_rng, which draws the masks that are then kept")
    parameters = parameters.astype(np.float64)
    workspace = Workspace(network, len(X), np.float64)
    workspace.X[:] = X
    if mask_rng is not None:
        workspace.draw_masks(mask_rng)
    Y = Y.astype(np.float64) if Y.dtype.kind == "f" else Y
    decay = weight_decay(parameters, l2_lambda, len(X))
    gradient = Parameters(network.sizes, np.float64)
    loss_and_gradient(parameters, gradient, workspace, Y)
    gradient.flat += decay * parameters.flat

    def cost() -> float:
        return network.loss_function.mean(forward(parameters, workspace), Y) + penalty_of(parameters, decay)

    numeric = Parameters(network.sizes, np.float64)
    numeric.flat[:] = numeric_gradient(cost, parameters.flat, epsilon, progress)
    return compare(numeric, gradient, epsilon, len(X))


def compare(numeric: Parameters, analytic: Parameters, epsilon: float, n_examples: int) -> GradientReport:
    """A report on two gradients of one layout."""
    tensors = []
    theirs = analytic.tensors()
    for name, slopes in numeric.tensors().items():
        worst = np.unravel_index(np.argmax(np.abs(slopes - theirs[name])), slopes.shape)
        tensors.append(
            TensorCheck(
                name,
                slopes.shape,
                relative_difference(slopes, theirs[name]),
                tuple(int(i) for i in worst),
                float(theirs[name][worst]),
                float(slopes[worst]),
            )
        )
    whole = relative_difference(numeric.flat, analytic.flat)
    return GradientReport(whole, epsilon, n_examples, numeric.flat.size, tuple(tensors))
