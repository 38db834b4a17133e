"""The optimizers, one row each: change the parameters by a gradient, in place, over flat vectors.

Each rule is a function of one chunk of the vectors, with state vectors of the same layout. Running means are kept
without their leading factor (v / (1 - beta) for v), which saves passes over memory; the factor enters as a scalar
where the mean is used. Chunks keep the update of a large network in the processor's cache, so that only what changes
is written back to memory: parameters and state. `Optimizer.hasten` puts a compiled loop in place of the passes.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from . import loops
from .compiled import NUMBERS, address, compiled
from .parameters import Parameters, l2_slope

# Numbers in a chunk. Measured for 2.9 million parameters: 5.5 ms a step, 6.1 at half this size, 13 at a sixteenth.
CHUNK = 64 * 1024


@dataclass(frozen=True)
class OptimizerSettings:
    """momentum : beta1. rms_decay : beta2. epsilon : keeps a step finite where the gradient has been zero."""

    momentum: float = 0.9
    rms_decay: float = 0.999
    epsilon: float = 1e-8


# (theta, grad, slope, state, scratch, factors): changes theta along grad + slope; a slope of None is none.
Update = Callable[[Array, Array, Array | None, Array, Array, Sequence[float]], None]


def only_rate(rate: float, step: int, settings: OptimizerSettings) -> tuple[float, ...]:
    """(rate,)."""
    return (rate,)


class Rule(NamedTuple):
    """update(theta, grad, state, scratch, factors) changes theta; n_states vectors belong to it.

    usual_rate : a common learning rate to begin with (Kingma and Ba 2015 for adam; Goodfellow, Bengio and
    Courville 2016, section 8.5, for the others' order of magnitude). factors(rate, step, settings) : the numbers that
    a step needs, steps counted from 1. rate_is_step : a step moves each weight by about the rate, whatever the
    gradient. starts_long : its first steps are far longer than the later ones. loop : the update in one pass, for
    `compiled`. loop_saves : the seconds that this saves for each number, by `python -m tests.benchmarks.loops`.
    """

    update: Callable[[Array, Array, Array, Array, Sequence[float]], None]
    n_states: int
    usual_rate: float
    factors: Callable[[float, int, OptimizerSettings], tuple[float, ...]] = only_rate
    rate_is_step: bool = False
    starts_long: bool = False
    loop: loops.Loop | None = None
    loop_saves: float = 0.0


def gradient_descent(theta: Array, grad: Array, state: Array, scratch: Array, factors: Sequence[float]) -> None:
    """theta -= rate * grad."""
    (rate,) = factors
    np.multiply(grad, rate, out=scratch)
    theta -= scratch


def momentum_factors(rate: float, step: int, settings: OptimizerSettings) -> tuple[float, ...]:
    """beta, and by what v / (1 - beta) is multiplied."""
    return settings.momentum, rate * (1 - settings.momentum)


def momentum(theta: Array, grad: Array, state: Array, scratch: Array, factors: Sequence[float]) -> None:
    """v = beta v + (1 - beta) grad, theta -= rate * v, as in the course; v / (1 - beta) is kept."""
    (velocity,), (beta, length) = state, factors
    velocity *= beta
    velocity += grad
    np.multiply(velocity, length, out=scratch)
    theta -= scratch


def rmsprop_factors(rate: float, step: int, settings: OptimizerSettings) -> tuple[float, ...]:
    """beta2, and epsilon and the rate over sqrt(1 - beta2), since s / (1 - beta2) is kept."""
    root = math.sqrt(1 - settings.rms_decay)
    return settings.rms_decay, settings.epsilon / root, rate / root


def rmsprop(theta: Array, grad: Array, state: Array, scratch: Array, factors: Sequence[float]) -> None:
    """s = beta2 s + (1 - beta2) grad^2, theta -= rate * grad / (sqrt(s) + epsilon); s / (1 - beta2) is kept."""
    (square,), (beta2, epsilon, length) = state, factors
    accumulate_square(square, grad, scratch, beta2)
    np.sqrt(square, out=scratch)
    scratch += epsilon
    np.divide(grad, scratch, out=scratch)
    scratch *= length
    theta -= scratch


def adam_factors(rate: float, step: int, settings: OptimizerSettings) -> tuple[float, ...]:
    """beta1, beta2, epsilon / r, and rate (1 - beta1) / (1 - beta1^t) / r, for `adam`."""
    beta1, beta2 = settings.momentum, settings.rms_decay
    root = math.sqrt((1 - beta2) / (1 - beta2**step))
    return beta1, beta2, settings.epsilon / root, rate * (1 - beta1) / (1 - beta1**step) / root


def adam(theta: Array, grad: Array, state: Array, scratch: Array, factors: Sequence[float]) -> None:
    """theta -= rate * m_hat / (sqrt(v_hat) + epsilon). Source: Kingma and Ba 2015, algorithm 1.

    M = m / (1 - beta1) and V = v / (1 - beta2) are kept. With r = sqrt((1 - beta2) / (1 - beta2^t)), sqrt(v_hat) is
    r sqrt(V), so that the step is rate (1 - beta1) / (1 - beta1^t) / r * M / (sqrt(V) + epsilon / r).
    """
    (mean, square), (beta1, beta2, epsilon, length) = state, factors
    mean *= beta1
    mean += grad
    accumulate_square(square, grad, scratch, beta2)
    np.sqrt(square, out=scratch)
    scratch += epsilon
    np.divide(mean, scratch, out=scratch)
    scratch *= length
    theta -= scratch


def accumulate_square(square: Array, grad: Array, scratch: Array, decay: float) -> None:
    """square = decay * square + grad^2."""
    square *= decay
    np.multiply(grad, grad, out=scratch)
    square += scratch


OPTIMIZERS = {
    "adam": Rule(adam, 2, 0.001, adam_factors, rate_is_step=True, loop=loops.adam, loop_saves=0.9e-9),
    "gd": Rule(gradient_descent, 0, 0.1, loop=loops.gradient_descent, loop_saves=0.1e-9),
    "momentum": Rule(momentum, 1, 0.1, momentum_factors, loop=loops.momentum, loop_saves=0.2e-9),
    "rmsprop": Rule(
        rmsprop,
        1,
        0.001,
        rmsprop_factors,
        rate_is_step=True,
        starts_long=True,
        loop=loops.rmsprop,
        loop_saves=0.7e-9,
    ),
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
        self.update = by_passes(self.rule)
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
        factors = self.rule.factors(learning_rate, self.steps, self.settings)
        for chunk, slope, decaying in zip(self.chunks, self.slopes, self.decaying, strict=True):
            theta, grad, total = parameters.flat[chunk], gradient.flat[chunk], None
            if slope is not None:
                strength, exempt = slope
                total = np.multiply(theta, strength, out=self._total[: theta.size])
                for biases in exempt:
                    total[biases] = 0
                penalty += 0.5 * float(np.dot(total, theta))  # half the sum of slope * theta^2
            for weights in decaying:
                theta[weights] *= kept
            self.update(theta, grad, total, self.state[:, chunk], self._scratch[: theta.size], factors)
        return penalty

    def loops_save(self) -> float:
        """Seconds of a step that `hasten` saves."""
        return self.state.shape[1] * self.rule.loop_saves

    def hasten(self, saved_seconds: float) -> None:
        """Update by a compiled loop from now on, with the same bits, if that can be had and pays.

        saved_seconds : about how much time it will save, with all else that becomes faster by compiled loops.
        """
        if self.rule.loop is not None and (loop := compiled(self.rule.loop, self.state.dtype, saved_seconds)):
            self.update = by_loop(loop, self.state)


def by_passes(rule: Rule) -> Update:
    """A rule's update by NumPy, a pass for each operation."""

    def update(
        theta: Array, grad: Array, slope: Array | None, state: Array, scratch: Array, factors: Sequence[float]
    ) -> None:
        rule.update(theta, grad if slope is None else np.add(slope, grad, out=slope), state, scratch, factors)

    return update


def by_loop(loop: loops.Loop, like: Array) -> Update:
    """A rule's update by its compiled loop, in one pass, for state vectors like these (n_states, size)."""
    apart, number = like.shape[1], NUMBERS[like.dtype.name]
    no_slope = np.full(min(CHUNK, apart), -0.0, like.dtype)  # x + -0.0 is x, also where x is 0 or -0.0

    def update(
        theta: Array, grad: Array, slope: Array | None, state: Array, scratch: Array, factors: Sequence[float]
    ) -> None:
        first_state = address(state[0]) if len(state) else None
        numbers = (number * len(factors))(*factors)
        slope = no_slope if slope is None else slope
        loop(address(theta), address(grad), address(slope), first_state, theta.size, apart, numbers)

    return update


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
