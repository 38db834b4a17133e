"""The optimizers, one row each: change the parameters by a gradient, in place, over flat vectors.

Each rule is a function of one chunk of the vectors, with state vectors of the same layout. Running means are kept
without their leading factor (v / (1 - beta) for v), which saves passes over memory; the factor enters as a scalar
where the mean is used. Chunks keep the update of a large network in the processor's cache, so that only what changes
is written back to memory: parameters and state.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .parameters import Parameters, l2_slope

# Numbers in a chunk. Measured for 2.9 million parameters: 5.5 ms a step, 6.1 at half this size, 13 at a sixteenth.
CHUNK = 64 * 1024


@dataclass(frozen=True)
class OptimizerSettings:
    """momentum : beta1. rms_decay : beta2. epsilon : keeps a step finite where the gradient has been zero."""

    momentum: float = 0.9
    rms_decay: float = 0.999
    epsilon: float = 1e-8


class Rule(NamedTuple):
    """update(theta, grad, state, scratch, rate, step, settings) changes theta; n_states vectors belong to it.

    usual_rate : a common learning rate to begin with (Kingma and Ba 2015 for adam; Goodfellow, Bengio and
    Courville 2016, section 8.5, for the others' order of magnitude). rate_is_step : a step moves each weight by about
    the rate, whatever the gradient. starts_long : its first steps are far longer than the later ones.
    """

    update: Callable[[Array, Array, Array, Array, float, int, OptimizerSettings], None]
    n_states: int
    usual_rate: float
    rate_is_step: bool = False
    starts_long: bool = False


def gradient_descent(
    theta: Array, grad: Array, state: Array, scratch: Array, rate: float, step: int, settings: OptimizerSettings
) -> None:
    """theta -= rate * grad."""
    np.multiply(grad, rate, out=scratch)
    theta -= scratch


def momentum(
    theta: Array, grad: Array, state: Array, scratch: Array, rate: float, step: int, settings: OptimizerSettings
) -> None:
    """v = beta v + (1 - beta) grad, theta -= rate * v, as in the course; v / (1 - beta) is kept."""
    (velocity,) = state
    velocity *= settings.momentum
    velocity += grad
    np.multiply(velocity, rate * (1 - settings.momentum), out=scratch)
    theta -= scratch


def rmsprop(
    theta: Array, grad: Array, state: Array, scratch: Array, rate: float, step: int, settings: OptimizerSettings
) -> None:
    """s = beta2 s + (1 - beta2) grad^2, theta -= rate * grad / (sqrt(s) + epsilon); s / (1 - beta2) is kept."""
    (square,) = state
    root = math.sqrt(1 - settings.rms_decay)
    accumulate_square(square, grad, scratch, settings.rms_decay)
    np.sqrt(square, out=scratch)
    scratch += settings.epsilon / root
    np.divide(grad, scratch, out=scratch)
    scratch *= rate / root
    theta -= scratch


def adam(
    theta: Array, grad: Array, state: Array, scratch: Array, rate: float, step: int, settings: OptimizerSettings
) -> None:
    """theta -= rate * m_hat / (sqrt(v_hat) + epsilon). Source: Kingma and Ba 2015, algorithm 1.

    M = m / (1 - beta1) and V = v / (1 - beta2) are kept. With r = sqrt((1 - beta2) / (1 - beta2^t)), sqrt(v_hat) is
    r sqrt(V), so that the step is rate (1 - beta1) / (1 - beta1^t) / r * M / (sqrt(V) + epsilon / r).
    """
    mean, square = state
    beta1, beta2 = settings.momentum, settings.rms_decay
    root = math.sqrt((1 - beta2) / (1 - beta2**step))
    mean *= beta1
    mean += grad
    accumulate_square(square, grad, scratch, beta2)
    np.sqrt(square, out=scratch)
    scratch += settings.epsilon / root
    np.divide(mean, scratch, out=scratch)
    scratch *= rate * (1 - beta1) / (1 - beta1**step) / root
    theta -= scratch


def accumulate_square(square: Array, grad: Array, scratch: Array, decay: float) -> None:
    """square = decay * square + grad^2."""
    square *= decay
    np.multiply(grad, grad, out=scratch)
    square += scratch


OPTIMIZERS = {
    "adam": Rule(adam, 2, 0.001, rate_is_step=True),
    "gd": Rule(gradient_descent, 0, 0.1),
    "momentum": Rule(momentum, 1, 0.1),
    "rmsprop": Rule(rmsprop, 1, 0.001, rate_is_step=True, starts_long=True),
}


class Optimizer:
    """A rule with its state vectors, for parameters of one layout.

    slope : of the L2 penalty per parameter (see `l2_slope`), or None for no penalty.
    weight_decay : before each update W becomes W (1 - rate * weight_decay), and biases stay. Unlike a penalty's slope,
    no running mean sees it. Source: Loshchilov and Hutter 2019, algorithm 2 (AdamW), whose eta is the rate.
    """

    def __init__(
        self,
        name: str,
        parameters: Parameters,
        slope: Array | None = None,
        settings: OptimizerSettings | None = None,
        *,
        weight_decay: float = 0.0,
    ):
        size, dtype = parameters.flat.size, parameters.flat.dtype
        self.rule = OPTIMIZERS[name]
        self.settings = settings or OptimizerSettings()
        self.weight_decay = weight_decay
        self.state = np.zeros((self.rule.n_states, size), dtype)
        self.steps = 0
        self.chunks = [slice(start, min(start + CHUNK, size)) for start in range(0, size, CHUNK)]
        self.slopes = [None if slope is None else strength_and_exempt(slope[chunk]) for chunk in self.chunks]
        is_weight = l2_slope(parameters, 1.0, 1) > 0 if weight_decay else np.zeros(size, bool)
        self.decaying = [runs(is_weight[chunk]) for chunk in self.chunks]
        self._total, self._scratch = np.empty((2, min(CHUNK, size)), dtype)

    def step(self, parameters: Parameters, gradient: Parameters, learning_rate: float) -> float:
        """One update along the slope of the cost: `gradient`, of the data loss, plus the penalty's own.

        Returns the penalty before the update.
        """
        self.steps += 1
        penalty, kept = 0.0, 1 - learning_rate * self.weight_decay
        for chunk, slope, decaying in zip(self.chunks, self.slopes, self.decaying, strict=True):
            theta, grad = parameters.flat[chunk], gradient.flat[chunk]
            scratch = self._scratch[: theta.size]
            if slope is not None:
                strength, exempt = slope
                total = np.multiply(theta, strength, out=self._total[: theta.size])
                for biases in exempt:
                    total[biases] = 0
                penalty += 0.5 * float(np.dot(total, theta))  # half the sum of slope * theta^2
                grad = np.add(total, grad, out=total)
            for weights in decaying:
                theta[weights] *= kept
            self.rule.update(theta, grad, self.state[:, chunk], scratch, learning_rate, self.steps, self.settings)
        return penalty


def strength_and_exempt(slope: Array) -> tuple[float, list[slice]]:
    """The slope of all weights of a chunk, and where its biases lie, which have none: less to read in each step."""
    return float(slope.max()), runs(slope == 0)


def runs(is_in: Array) -> list[slice]:
    """Where the runs of True lie in a vector (n,) of booleans."""
    padded = np.concatenate([[False], is_in, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
    return [slice(start, end) for start, end in edges.tolist()]


def penalty_of(parameters: Parameters, slope: Array | None) -> float:
    """lambda / (2 m_train) * sum W^2: half the sum of slope * theta^2; of an ensemble, the mean over its members."""
    if slope is None:
        return 0.0
    return 0.5 * float(np.dot(slope * parameters.flat, parameters.flat)) / parameters.members
