"""Contestant: JAX on the processor, the whole step one jitted function with donated buffers, Adam written out.

Choices that favour JAX: the data stay on the device and are gathered inside the compiled step; compilation is not
timed; one draw of random bits serves all masks; the costs of a block are not waited for before its end.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from .shapes import KEEP_PROB, L2_LAMBDA, LEARNING_RATE, SEED, Shape, examples, initial_weights, targets

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def make(shape: Shape):
    X, classes = examples(shape)
    X, Y = jnp.asarray(X), jnp.asarray(targets(shape, classes))
    step = compiled_step(shape)
    rng = np.random.default_rng(SEED)
    parameters = [(jnp.asarray(W), jnp.zeros(W.shape[1])) for W in initial_weights(shape)]
    zeros = functools.partial(jax.tree.map, jnp.zeros_like, parameters)
    state = (parameters, zeros(), zeros(), jnp.int32(0), jax.random.key(SEED))
    costs = []

    def run(epochs: int) -> None:
        nonlocal state
        for _ in range(epochs):
            # The full batch is not shuffled: dlrun does not either.
            full = shape.steps_an_epoch == 1
            order = None if full else rng.permutation(shape.rows).astype(np.int32)
            for start in range(0, shape.rows, shape.batch):
                rows = None if full else order[start : start + shape.batch]
                state, cost = step(state, X, Y, rows)
                costs.append(cost)
        jax.block_until_ready(state)
        costs[:] = [float(np.mean(jax.device_get(costs)))]

    return run


def compiled_step(shape: Shape):
    """step(state, X, Y, rows) -> state, cost; state is (parameters, means, squares, t, key), and is donated."""

    @functools.partial(jax.jit, donate_argnums=0)
    def step(state, X, Y, rows):
        parameters, means, squares, t, key = state
        key, mask_key = jax.random.split(key)
        X, Y = (X, Y) if rows is None else (X[rows], Y[rows])
        cost, gradient = jax.value_and_grad(cost_of)(parameters, X, Y, masks(mask_key, shape), shape)
        t += 1
        parameters, means, squares = adam(parameters, gradient, means, squares, t)
        return (parameters, means, squares, t, key), cost

    return step


def masks(key, shape: Shape) -> list:
    """A dropout mask (batch, n) for each hidden layer, out of one draw."""
    kept = jax.random.bernoulli(key, KEEP_PROB, (shape.batch, sum(shape.hidden)))
    return jnp.split(kept, np.cumsum(shape.hidden)[:-1], axis=1)


def cost_of(parameters, X, Y, masks, shape: Shape):
    """Mean loss and penalty of one batch."""
    A = X
    for (W, b), mask in zip(parameters[:-1], masks, strict=True):
        A = jax.nn.relu(A @ W + b) * mask / KEEP_PROB
    W, b = parameters[-1]
    Z = A @ W + b
    penalty = L2_LAMBDA / (2 * shape.rows) * sum(jnp.sum(W * W) for W, _ in parameters)
    return mean_loss(Z, Y, shape) + penalty


def mean_loss(Z, Y, shape: Shape):
    if shape.binary:
        return jnp.mean(jax.nn.softplus(Z) - Z * Y)
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(Z), Y[:, None], axis=1))


def adam(parameters, gradient, means, squares, t):
    """One update of every array; XLA fuses each into a single pass."""
    means = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, means, gradient)
    squares = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, squares, gradient)
    mean_scale, square_scale = 1 / (1 - BETA1**t), 1 / (1 - BETA2**t)

    def moved(theta, m, v):
        return theta - LEARNING_RATE * (m * mean_scale) / (jnp.sqrt(v * square_scale) + EPSILON)

    return jax.tree.map(moved, parameters, means, squares), means, squares
