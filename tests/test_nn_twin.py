"""The shipped training loop beside a slow twin, for every combination of its parts."""

import functools
import itertools

import numpy as np
import oracles
import pytest
import slow_training

from dlrun.nn.activations import ACTIVATIONS
from dlrun.nn.bags import drawn_bags
from dlrun.nn.dropout import realised_keep_prob
from dlrun.nn.losses import LOSSES
from dlrun.nn.network import Network
from dlrun.nn.optimizers import OPTIMIZERS, OptimizerSettings
from dlrun.nn.parameters import initial_parameters
from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan

M, BATCH, EPOCHS, N_IN, WIDTHS = 7, 3, 2, 3, (5, 4)  # batches of 3, 3 and 1 rows
RATE = 0.02
# Larger than usual: at 1e-8 a gradient of nothing but rounding makes a step of adam and rmsprop go either way.
EPSILON = 1e-3

# Over all combinations and twenty seeds parameters differed by 3.1e-13 at most in float64 (1e-16 in the median) and by
# 1.2e-4 (1e-7) in float32; losses by 1.6e-8, since the twin takes logarithms of probabilities, and by 5.0e-4.
SAME = {np.float64: 1e-11, np.float32: 1e-3}
SAME_LOSS = {np.float64: 1e-6, np.float32: 5e-3}


def stream(number):
    return np.random.Generator(np.random.SFC64(number))


def both(activation, loss, l2_lambda, optimizer, keep_prob, dtype, seed=0, weight_decay=0.0):
    """(parameters, losses, penalties) after EPOCHS epochs, of the shipped loop and of its twin."""
    rng = np.random.default_rng(seed)
    network = Network((N_IN, *WIDTHS, 3 if loss == "softmax" else 1), activation, loss, (keep_prob,) * len(WIDTHS))
    parameters = initial_parameters(network.sizes, "glorot", rng=rng, dtype=dtype)
    for layer in parameters.layers:
        layer.b[:] = rng.normal(0, 0.3, layer.b.shape)
    X = rng.standard_normal((M, N_IN)).astype(dtype)
    draws = {"sigmoid": lambda: rng.integers(0, 2, (M, 1)), "squared": lambda: rng.standard_normal((M, 1))}
    Y = rng.integers(0, 3, M) if loss == "softmax" else draws[loss]().astype(dtype)
    kept = {"l2_lambda": l2_lambda, "keep_prob": realised_keep_prob(keep_prob), "m_train": M}
    kept |= {"decay": RATE * weight_decay}
    twin = slow_training.SlowTraining(parameters, activation, loss, descend=textbook(optimizer), **kept)
    settings = {"settings": OptimizerSettings(epsilon=EPSILON), "l2_lambda": l2_lambda, "weight_decay": weight_decay}
    rows, plan = Examples(X, Y), TrainingPlan(EPOCHS, BATCH, optimizer, RATE, **settings)
    trainer = Trainer(network, parameters, rows, rows, plan, Streams(stream(1), stream(2)))
    # As training does it: in there NumPy says nothing of invalid numbers, which OpenBLAS now and then (1 in 30 runs of
    # this file) reports for a product of finite float32 numbers whose result is right.
    records = list(trainer.epochs())
    shipped = (parameters.flat, [r.loss for r in records], [r.penalty for r in records])
    return shipped, slowly(twin, X, Y, keep_prob)


def textbook(optimizer):
    epsilon = {"epsilon": EPSILON} if optimizer in ("adam", "rmsprop") else {}
    return functools.partial(getattr(oracles, f"textbook_{optimizer}"), rate=RATE, **epsilon)


def slowly(twin, X, Y, keep_prob):
    batch_rng, dropout_rng, losses, penalties = stream(1), stream(2), [], []
    for _ in range(EPOCHS):
        order, told = batch_rng.permutation(M), []
        for rows in (order[start : start + BATCH] for start in range(0, M, BATCH)):
            masks = slow_training.drawn_masks(len(rows), WIDTHS, keep_prob, dropout_rng)
            told.append(np.array(twin.step(X[rows], Y[rows], masks)) * len(rows) / M)
        losses.append(sum(told)[0])
        penalties.append(sum(told)[1])
    return twin.theta, losses, penalties


EVERY = list(itertools.product(ACTIVATIONS, LOSSES, (0.0, 0.7), OPTIMIZERS, (1.0, 0.6)))


@pytest.mark.parametrize("dtype", SAME)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_two_epochs_end_where_the_slow_twins_do(activation, dtype):
    for combination in (c for c in EVERY if c[0] == activation):
        shipped, slow = both(*combination, dtype)
        for ours, theirs, same in zip(shipped, slow, (SAME, SAME_LOSS, SAME), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=same[dtype], atol=same[dtype], err_msg=str(combination))


@pytest.mark.parametrize("l2_lambda", [0.0, 0.7])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weight_decay_ends_where_the_slow_twin_does_and_is_no_part_of_the_cost(optimizer, l2_lambda):
    shipped, slow = both("relu", "softmax", l2_lambda, optimizer, 0.6, np.float64, weight_decay=5.0)
    for ours, theirs, same in zip(shipped, slow, (SAME, SAME_LOSS, SAME), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=same[np.float64], atol=same[np.float64])
    assert (max(shipped[2]) == 0) is (l2_lambda == 0)


@pytest.mark.parametrize("batch_size", [BATCH, None])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_members_with_bags_end_where_their_slow_twins_do_on_the_rows_of_each_batch_that_are_in_them(
    loss, optimizer, batch_size
):
    rng, m, members, fraction = np.random.default_rng(0), 10, 3, 0.6
    network = Network((N_IN, *WIDTHS, 3 if loss == "softmax" else 1), "tanh", loss, members=members)
    parameters = initial_parameters(network.sizes, "glorot", rng=rng, dtype=np.float64, members=members)
    X, own = rng.standard_normal((m, N_IN)), rng.uniform(0.5, 2, m)
    draws = {"sigmoid": lambda: np.arange(m)[:, None] % 2.0, "squared": lambda: rng.standard_normal((m, 1))}
    Y = np.arange(m) % 3 if loss == "softmax" else draws[loss]()
    kept = {"l2_lambda": 0.7, "keep_prob": 1, "m_train": m, "descend": textbook(optimizer)}
    twins = [slow_training.SlowTraining(parameters.member(at), "tanh", loss, **kept) for at in range(members)]
    settings = {"settings": OptimizerSettings(epsilon=EPSILON), "l2_lambda": 0.7, "bag_fraction": fraction}
    plan, rows = TrainingPlan(EPOCHS, batch_size, optimizer, RATE, **settings), Examples(X, Y, own)
    trainer = Trainer(network, parameters, rows, rows, plan, Streams(stream(1), stream(2), stream(3)))
    costs = [(record.loss, record.penalty) for record in trainer.epochs()]
    classes, batch_rng = np.zeros(m) if loss == "squared" else Y.ravel(), stream(1)
    bags = drawn_bags(classes, members, fraction, rng=stream(3))
    for epoch in range(EPOCHS):
        order, told = batch_rng.permutation(m) if batch_size else np.arange(m), np.zeros(2)
        for batch in (order[at : at + (batch_size or m)] for at in range(0, m, batch_size or m)):
            for twin, bag in zip(twins, bags, strict=True):
                weight = [own[row] * bag[row] * m / (own * bag).sum() for row in batch]
                told += np.array(twin.step(X[batch], Y[batch], (), weight)) * len(batch) / m / members
        np.testing.assert_allclose(costs[epoch], told, rtol=SAME_LOSS[np.float64])
    for at, twin in enumerate(twins):
        np.testing.assert_allclose(parameters.member(at).flat, twin.theta, rtol=1e-11, atol=1e-11)


def test_the_twin_tells_a_loop_that_drops_by_another_share():
    shipped, _ = both("relu", "softmax", 0.7, "adam", 0.6, np.float64)
    _, slow = both("relu", "softmax", 0.7, "adam", 0.61, np.float64)
    assert np.abs(shipped[0] - slow[0]).max() > 1e6 * SAME[np.float64]
