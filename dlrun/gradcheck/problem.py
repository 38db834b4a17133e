"""What a gradient check examines: one network at one point with a few rows, and the gradient that training would use.

The gradient comes from the shipped forward and backward pass and the shipped update, so that a fault in any of them
shows. Its cost is written a second time, in `numeric`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..arrays import Array
from ..nn.dropout import realised_keep_prob
from ..nn.network import Network, Workspace, loss_and_gradient
from ..nn.optimizers import Optimizer
from ..nn.parameters import Parameters, l2_slope

# A gradient computed back from an update, theta - (theta - g), is off by a few roundings of theta and g.
READ_BACK_ROUNDINGS = 8 * np.finfo(np.float64).eps


@dataclass
class Problem:
    """A network at a point, with data and penalty. Everything is kept in float64; masks are drawn once, then frozen.

    X (m, n_in), Y as the loss wants it. m_train : the divisor of the penalty, by default m. A check on a batch has m
    below m_train; only then a penalty with the wrong divisor shows. mask_seed : None switches dropout off.
    """

    network: Network
    parameters: Parameters
    X: Array
    Y: Array
    l2_lambda: float = 0.0
    m_train: int = 0
    mask_seed: int | None = None

    def __post_init__(self) -> None:
        self.parameters = self.parameters.astype(np.float64)
        self.X = np.ascontiguousarray(self.X, np.float64)
        self.Y = self.Y.astype(np.float64) if self.Y.dtype.kind == "f" else self.Y
        self.m_train = self.m_train or len(self.X)

    def workspace(self) -> Workspace:
        """Buffers that hold the rows and, with dropout on, the frozen masks."""
        network = self.network if self.mask_seed is not None else replace(self.network, keep_probs=())
        workspace = Workspace(network, len(self.X), np.float64)
        workspace.X[:] = self.X
        if self.mask_seed is not None:
            workspace.draw_masks(np.random.default_rng(self.mask_seed))
        return workspace

    @cached_property
    def masks(self) -> list[Array | None]:
        """For each hidden layer: True (m, n) where a unit stays; None if none is dropped."""
        hidden = self.workspace().hidden
        return [None if self.mask_seed is None or layer.mask is None else layer.mask.copy() for layer in hidden]

    @cached_property
    def kept_factors(self) -> list[Array | None]:
        """For each hidden layer: mask / keep_prob (m, n), or None."""
        keeps = self.network.keep_probs or (1.0,) * len(self.masks)
        pairs = zip(self.masks, keeps, strict=True)
        return [None if mask is None else mask / realised_keep_prob(keep) for mask, keep in pairs]

    def penalty(self) -> float:
        """lambda / (2 m_train) sum W^2, biases exempt."""
        if self.l2_lambda == 0:
            return 0.0
        squares = sum(float((layer.W**2).sum()) for layer in self.parameters.layers)
        return self.l2_lambda / (2 * self.m_train) * squares


GradientFunction = Callable[[Problem], Parameters]


def shipped_gradient(problem: Problem) -> Parameters:
    """dJ/dtheta as training uses it: forward, loss, backward, and the penalty that the update adds.

    One step of gradient descent at rate 1 moves theta by the gradient. If the move differs from the gradient that the
    step was given, the move is checked, because it is what training does.
    """
    gradient = Parameters(problem.network.sizes, np.float64)
    loss_and_gradient(problem.parameters, gradient, problem.workspace(), problem.Y)
    before, moved = problem.parameters.flat, problem.parameters.copy()
    slope = l2_slope(moved, problem.l2_lambda, problem.m_train) if problem.l2_lambda else None
    Optimizer("gd", moved, slope).step(moved, gradient, 1.0)
    read_back = before - moved.flat
    roundings = READ_BACK_ROUNDINGS * (np.abs(before) + np.abs(gradient.flat))
    gradient.flat[:] = np.where(np.abs(read_back - gradient.flat) <= roundings, gradient.flat, read_back)
    return gradient


def shipped_cost(problem: Problem) -> float:
    """The cost from the shipped forward pass and loss, penalty included."""
    gradient = Parameters(problem.network.sizes, np.float64)
    return loss_and_gradient(problem.parameters, gradient, problem.workspace(), problem.Y) + problem.penalty()
