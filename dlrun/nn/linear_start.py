"""Begins a network as a linear model of its training rows, so that it learns from there what that model cannot say.

max(z, 0) - max(-z, 0) = z: a pair of ReLU units hands on a number as it is, so pairs carry the linear model through all
hidden layers. The other units begin as they were drawn, without a weight in the output. Small tables gain most: what
a straight rule says is not learned by chance from few rows.
"""

import numpy as np

from ..arrays import Array
from ..errors import Diverged
from .network import Network
from .parameters import Layer, Parameters, initial_parameters
from .training import Examples, Streams, Trainer, TrainingPlan

# The activation for which max(z, 0) - max(-z, 0) is z.
CARRIER = "relu"

# Pairs of units for each output, of which dropout stops some at each step. On 23 tables of up to 1,000 rows (2 seeds)
# the test error was 0.2 points (standard error 0.3) lower with 8 pairs than with one.
PAIRS = 8

# The share of the narrowest hidden layer that pairs take at most: the others are to learn the rest.
MOST_UNITS = 0.5

# Full batches of Adam from weights of zero, with a cosine schedule, and the penalty that scikit-learn ships its
# LogisticRegression with, whose answers these are nearly (tests/test_linear_start.py).
STEPS, LEARNING_RATE, L2_LAMBDA = 200, 0.05, 1.0

# The most numbers of rows and inputs that the linear model learns from; of more rows, some that are spread evenly.
MOST_NUMBERS = 5 * 10**6


def begin_as_linear(parameters: Parameters, network: Network, train: Examples, output_bias: Array) -> None:
    """Makes each member answer as the linear model of these rows does, in place.

    train : X has the inputs that the linear model may use, which are the first ones of the network. output_bias : where
    its bias begins. Leaves the parameters as they are where a hidden layer is not of ReLU or has no room for a pair, or
    where the linear model diverges.
    """
    pairs = pairs_with_room(network)
    if network.depth > 1 and not pairs:
        return
    model = linear_model(network, train, output_bias)
    if model is None:
        return
    for number in range(network.members):
        carry(parameters.member(number), model, pairs)


def pairs_with_room(network: Network) -> int:
    """How many pairs of units there are for each output; 0 where ReLU or room is missing."""
    hidden, n_out = network.sizes[1:-1], network.sizes[-1]
    if network.activation != CARRIER or not hidden:
        return 0
    return min(PAIRS, int(MOST_UNITS * min(hidden)) // (2 * n_out))


def linear_model(network: Network, train: Examples, output_bias: Array) -> Layer | None:
    """W (n, n_out) and b (n_out,) of the network without hidden layers that these rows teach; None if it diverges."""
    rows = some_rows(train)
    X = np.asarray(rows.X)
    plain = Network((X.shape[1], network.sizes[-1]), network.activation, network.loss)
    rng = np.random.default_rng(0)  # zeros and full batches need none
    parameters = initial_parameters(plain.sizes, "zeros", rng=rng, dtype=X.dtype, output_bias=output_bias)
    plan = TrainingPlan(
        epochs=STEPS,
        batch_size=None,
        learning_rate=LEARNING_RATE,
        schedule="cosine",
        l2_lambda=L2_LAMBDA,
        evaluate_every=STEPS,
    )
    try:
        for _ in Trainer(plain, parameters, rows, rows, plan, Streams(rng, rng)).epochs():
            pass
    except Diverged:
        return None
    return parameters.layers[0]


def some_rows(train: Examples) -> Examples:
    """At most MOST_NUMBERS of the inputs, of rows that are spread evenly; X (m, n) is contiguous."""
    X = np.asarray(train.X)
    every = slice(None, None, -(-X.size // MOST_NUMBERS) or 1)
    X = np.ascontiguousarray(X[every])
    return Examples(X, train.Y[every], None if train.weight is None else train.weight[every])


def carry(parameters: Parameters, model: Layer, pairs: int) -> None:
    """Sets the parameters (of one network) such that it answers as the model does."""
    *hidden, output = parameters.layers
    n, n_out = model.W.shape
    output.W[:], output.b[:] = 0, model.b
    if not hidden:
        output.W[:n] = model.W
        return
    first, *further = hidden
    for at, (number, sign) in enumerate((k, sign) for k in range(n_out) for sign in (1, -1) for _ in range(pairs)):
        first.W[:, at], first.b[at] = 0, 0
        first.W[:n, at] = sign * model.W[:, number]
        for layer in further:
            layer.W[:, at], layer.b[at] = 0, 0
            layer.W[at, at] = 1
        output.W[at, number] = sign / pairs
