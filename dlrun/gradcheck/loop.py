"""Central differences one parameter at a time: slow, obvious, and for any cost function.

Tests compare the fast form in `numeric` with it.
"""

from collections.abc import Callable

import numpy as np

from ..arrays import Array
from ..nn.network import forward
from .problem import Problem


def numeric_gradient(
    cost: Callable[[], float], theta: Array, epsilon: float, progress: Callable[[int, int], None] | None = None
) -> Array:
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


def loop_gradient(problem: Problem, epsilon: float) -> Array:
    """The numeric gradient of a problem's cost, flat, from the shipped forward pass and loss only."""
    parameters, workspace = problem.parameters.copy(), problem.workspace()
    rate = problem.l2_lambda / (2 * problem.m_train)

    def cost() -> float:
        data_loss = problem.network.loss_function.mean(forward(parameters, workspace), problem.Y)
        return data_loss + rate * sum(float(np.vdot(layer.W, layer.W)) for layer in parameters.layers)

    return numeric_gradient(cost, parameters.flat, epsilon)
