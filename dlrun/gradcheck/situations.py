"""The situations that a check goes through: points and configurations. A check tests only the code that it runs.

A check of a net at its first weights, without penalty and dropout, with zero biases and layers of different widths,
misses a third of realistic bugs: a forgotten lambda, a mask not applied in the backward pass, a square weight matrix
not transposed.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np

from ..arrays import Array
from ..nn.network import Network, loss_and_gradient
from ..nn.optimizers import Optimizer
from ..nn.parameters import Parameters, initial_parameters
from .options import AFTER_STEPS
from .problem import Problem
from .reports import Setting

# Adam moves each parameter by about its rate a step, whatever the scale of the gradient, so 20 steps do no harm.
STEP_OPTIMIZER, STEP_RATE = "adam", 0.01
RANDOM_BIAS_SD = 0.1
# The twin: hidden layers of one width, and another number of rows, so that no wrong axis fits by chance.
TWIN_INPUTS, TWIN_WIDTH, TWIN_ROWS, TWIN_OUTPUTS = 6, 7, 9, 5
# Three hidden layers have two square weight matrices, so that it shows if one is used for the other. The twin of a net
# without hidden layers has none either.
TWIN_HIDDEN_LAYERS = 3
# keep_probs if the config drops nothing, in turn for the layers; two, so that the masks of layers differ.
FROZEN_KEEP_PROBS = (0.8, 0.6)
# If the size of the training set is not given, it is this many times the rows of a check, so that a penalty divided by
# the batch size shows.
TRAIN_ROWS_A_ROW = 3

Net = Literal["own", "twin"]
OWN: Net = "own"
TWIN: Net = "twin"


class Situation(NamedTuple):
    """A problem and its name. net : the config's own or the twin. seed : from 0; each has its own weights and
    masks."""

    name: str
    net: Net
    seed: int
    problem: Problem

    @property
    def setting(self) -> Setting:
        network, drops = self.problem.network, self.problem.mask_seed is not None
        keep_probs = network.keep_probs if drops else (1.0,) * (network.depth - 1)
        return Setting(self.name, self.net, self.seed, network.sizes, self.problem.l2_lambda, keep_probs)


def drops_units(network: Network) -> bool:
    return any(keep < 1 for keep in network.keep_probs)


def with_dropout(network: Network) -> Network:
    """The network with its own keep_probs or, if it drops nothing, those of FROZEN_KEEP_PROBS in turn."""
    if drops_units(network):
        return network
    keeps = (FROZEN_KEEP_PROBS * network.depth)[: network.depth - 1]
    return replace(network, keep_probs=keeps)


def twin_network(network: Network) -> Network:
    """A small net of the same kind whose hidden widths are equal, with the net's first keep_probs."""
    hidden = 0 if network.depth == 1 else TWIN_HIDDEN_LAYERS
    n_out = min(network.sizes[-1], TWIN_OUTPUTS)
    keeps = (network.keep_probs * hidden)[:hidden] if drops_units(network) else ()
    return Network((TWIN_INPUTS, *(TWIN_WIDTH,) * hidden, n_out), network.activation, network.loss, keeps)


def twin_rows(network: Network, rng: np.random.Generator) -> tuple[Array, Array]:
    """Rows of standard normal inputs, and targets that fit the loss."""
    X, n_out = rng.standard_normal((TWIN_ROWS, network.sizes[0])), network.sizes[-1]
    if network.loss == "softmax":
        return X, rng.integers(0, n_out, TWIN_ROWS)
    if network.loss == "sigmoid":
        return X, rng.integers(0, 2, (TWIN_ROWS, n_out)).astype(np.float64)
    return X, rng.standard_normal((TWIN_ROWS, n_out))


def random_biases(parameters: Parameters, rng: np.random.Generator) -> Parameters:
    """A copy with every bias moved by N(0, RANDOM_BIAS_SD^2)."""
    moved = parameters.astype(np.float64)
    for layer in moved.layers:
        layer.b[:] += RANDOM_BIAS_SD * rng.standard_normal(layer.b.shape)
    return moved


def data_gradient(problem: Problem) -> Array:
    """The shipped gradient of the data loss, flat."""
    gradient = Parameters(problem.network.sizes, np.float64)
    loss_and_gradient(problem.parameters, gradient, problem.workspace(), problem.Y)
    return gradient.flat


def heavy_lambda(problem: Problem) -> float:
    """The lambda at which the penalty's gradient is as long as the data's; 1 if either is 0."""
    weights = np.sqrt(sum(float((layer.W**2).sum()) for layer in problem.parameters.layers))
    slope = float(np.linalg.norm(data_gradient(problem)))
    return problem.m_train * slope / weights if slope and weights else 1.0


def after_training(problem: Problem, steps: int) -> Parameters:
    """The parameters after this many steps on the problem's own rows, with its masks unchanged."""
    parameters, gradient = problem.parameters.copy(), Parameters(problem.network.sizes, np.float64)
    workspace, optimizer = problem.workspace(), Optimizer(STEP_OPTIMIZER, problem.parameters)
    for _ in range(steps):
        loss_and_gradient(parameters, gradient, workspace, problem.Y)
        optimizer.step(parameters, gradient, STEP_RATE)
    return parameters


def own_situations(base: Problem, seed: int, steps: int, rng: np.random.Generator) -> Iterator[Situation]:
    """The config's own net, first unchanged, then with one thing changed at a time."""
    mask_seed = int(rng.integers(2**63))
    dropping = drops_units(base.network)
    base = replace(base, mask_seed=mask_seed if dropping else None)

    def situation(name: str, **changes: Any) -> Situation:
        return Situation(name, OWN, seed, replace(base, **changes))

    yield situation("at initialisation")
    if steps:
        yield situation(f"after {steps} steps", parameters=after_training(base, steps))
    biased = random_biases(base.parameters, rng)
    yield situation("random biases", parameters=biased)
    if base.l2_lambda:
        yield situation("lambda 0", l2_lambda=0.0)
    yield situation("heavy lambda", parameters=biased, l2_lambda=heavy_lambda(base))
    if dropping:
        yield situation("dropout off", parameters=biased, mask_seed=None)
    elif base.network.depth > 1:
        yield situation("frozen masks", parameters=biased, network=with_dropout(base.network), mask_seed=mask_seed)


def twin_situations(network: Network, seed: int, steps: int, rng: np.random.Generator) -> Iterator[Situation]:
    """The small twin, always with random biases: plain, with penalty, with masks, and all together after training."""
    small = twin_network(network)
    parameters = random_biases(initial_parameters(small.sizes, "glorot", rng=rng, dtype=np.float64), rng)
    X, Y = twin_rows(small, rng)
    base = Problem(small, parameters, X, Y, m_train=TRAIN_ROWS_A_ROW * TWIN_ROWS)
    penalty, mask_seed = heavy_lambda(base), int(rng.integers(2**63))

    def situation(name: str, **changes: Any) -> Situation:
        return Situation(name, TWIN, seed, replace(base, **changes))

    yield situation("random biases")
    yield situation("heavy lambda", l2_lambda=penalty)
    masks: dict[str, Any] = {} if small.depth == 1 else {"network": with_dropout(small), "mask_seed": mask_seed}
    if masks:
        yield situation("frozen masks", **masks)
    trained = after_training(replace(base, **masks), steps)
    yield situation(f"all together, after {steps} steps", parameters=trained, l2_lambda=penalty, **masks)


def situations_of(
    problem: Problem,
    *,
    init: Callable[[np.random.Generator], Parameters] | None,
    rng: np.random.Generator,
    after_steps: int = AFTER_STEPS,
    seeds: int = 1,
) -> Iterator[Situation]:
    """Every situation of a net, then of its twin. init : draws parameters for each seed after the first."""
    for seed in range(seeds):
        base = problem if seed == 0 or init is None else replace(problem, parameters=init(rng))
        yield from own_situations(base, seed, after_steps, rng)
        yield from twin_situations(problem.network, seed, after_steps, rng)
