"""The training loop: what it promises about batches, dropout, stopping, divergence and repeatability."""

import itertools

import numpy as np
import pytest

from dlrun.errors import Diverged
from dlrun.nn.evaluation import evaluate
from dlrun.nn.network import Network
from dlrun.nn.parameters import initial_parameters
from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan


def stream(number):
    return np.random.Generator(np.random.SFC64(number))


def ring(m, rng, dtype=np.float32):
    """Two classes, inside and outside a circle."""
    X = rng.standard_normal((m, 2))
    return Examples(X.astype(dtype), (np.hypot(*X.T) > 1.2).astype(dtype)[:, None])


def trainer(plan, rng, *, keep_probs=(), sizes=(2, 16, 8, 1), init="he", activation="relu", m=203, seed=1):
    network = Network(sizes, activation, "sigmoid", keep_probs)
    parameters = initial_parameters(sizes, init, rng=stream(seed))
    train, dev = ring(m, rng), ring(100, rng)
    return Trainer(network, parameters, train, dev, plan, Streams(stream(2), stream(3)))


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "rmsprop", "adam"])
@pytest.mark.parametrize("batch_size", [32, None])
def test_training_learns_a_ring(optimizer, batch_size, rng):
    rate = {"gd": 0.5, "momentum": 0.5}.get(optimizer, 0.01)
    run = trainer(TrainingPlan(150, batch_size, optimizer, rate), rng)
    records = list(run.epochs())
    assert records[0].train_error > 0.2
    assert records[-1].train_error < 0.06
    assert records[-1].cost < 0.5 * records[0].cost


def test_full_batch_descent_never_raises_its_cost_and_records_the_penalty(rng):
    run = trainer(TrainingPlan(200, None, "gd", 0.05, l2_lambda=2.0), rng)
    before = run.parameters.copy()
    records = list(run.epochs())
    costs = [r.cost for r in records]
    assert all(after <= before for before, after in itertools.pairwise(costs))
    squares = sum(float((layer.W**2).sum()) for layer in before.layers)
    assert records[0].penalty == pytest.approx(2.0 / (2 * 203) * squares, rel=1e-5)
    assert records[0].cost == pytest.approx(records[0].loss + records[0].penalty)
    assert records[0].loss == pytest.approx(evaluate(run.network, before, *run.train).loss, rel=1e-5)


def test_every_row_is_seen_once_an_epoch_in_a_new_order(rng):
    run = trainer(TrainingPlan(2, 50), rng)
    epochs = [np.concatenate([rows for rows, _ in run.batches()]) for _ in range(2)]
    assert all(sorted(rows) == list(range(203)) for rows in epochs)
    assert not np.array_equal(*epochs)
    assert [len(rows) for rows, _ in run.batches()] == [50, 50, 50, 50, 3]


def test_measurements_are_taken_with_dropout_off(rng):
    run = trainer(TrainingPlan(3, 32), rng, keep_probs=(0.5, 0.5))
    *_, last = run.epochs()
    without = Network(run.network.sizes, "relu", "sigmoid")
    assert (last.train_loss, last.train_error) == evaluate(without, run.parameters, *run.train)
    assert (last.dev_loss, last.dev_error) == evaluate(without, run.parameters, *run.dev)


def test_masks_are_fresh_at_each_step(rng):
    run = trainer(TrainingPlan(1, None), rng, keep_probs=(0.5, 0.5))
    hidden = run.workspaces[203].hidden[0]
    run.run_epoch()
    first = hidden.mask.copy()
    run.run_epoch()
    assert 0.4 < np.mean(first != hidden.mask) < 0.6


def test_the_same_streams_give_the_same_bits_and_others_do_not():
    plan = TrainingPlan(5, 32)
    same = [trainer(plan, stream(0), keep_probs=(0.9, 0.9)) for _ in range(2)]
    other = trainer(plan, stream(0), keep_probs=(0.9, 0.9), seed=9)
    for run in (*same, other):
        list(run.epochs())
    np.testing.assert_array_equal(same[0].parameters.flat, same[1].parameters.flat)
    assert not np.array_equal(same[0].parameters.flat, other.parameters.flat)


def test_measurements_come_every_so_many_epochs_and_at_the_last(rng):
    records = list(trainer(TrainingPlan(7, 64, evaluate_every=3), rng).epochs())
    assert [r.epoch for r in records if r.dev_error is not None] == [3, 6, 7]


def test_patience_stops_after_so_many_epochs_without_a_lower_dev_error(rng):
    plan = TrainingPlan(500, 16, "adam", 0.02, patience_epochs=10)
    run = trainer(plan, rng, m=40, sizes=(2, 64, 64, 1))
    records = list(run.epochs())
    assert len(records) == run.best_epoch + 10 < 500
    assert evaluate(run.network, run.best, *run.dev).error == min(r.dev_error for r in records)


def test_the_learning_rate_decays_by_its_formula(rng):
    records = trainer(TrainingPlan(4, None, "gd", 0.8, learning_rate_decay=1.0), rng).epochs()
    assert [r.learning_rate for r in records] == pytest.approx([0.8, 0.4, 0.8 / 3, 0.2])


def test_divergence_is_told_with_its_epoch_and_layer_and_the_last_good_parameters_are_kept(rng):
    run = trainer(TrainingPlan(60, None, "gd", 1e12), rng, activation="identity")
    records = []
    with pytest.raises(Diverged, match=r"training diverged at epoch \d+: the \w+ of layer \d left the finite numbers"):
        records.extend(run.epochs())
    assert np.isfinite(run.last_good.flat).all()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_divergence_names_the_layer_whose_weights_are_bad(number, rng):
    run = trainer(TrainingPlan(5, None), rng)
    run.parameters.layers[number - 1].W[0, 0] = np.nan
    with pytest.raises(Diverged) as caught:
        list(run.epochs())
    assert (caught.value.epoch, caught.value.layer, caught.value.what) == (1, number, "weights")


def test_divergence_names_the_topmost_layer_whose_gradient_is_bad(rng):
    run = trainer(TrainingPlan(5, None), rng)
    run.run_epoch()
    run.gradient.layers[0].W[0, 0] = np.inf
    run.gradient.layers[1].W[0, 0] = np.nan
    assert run.first_fault(None) == (2, "gradient")


def test_zero_weights_keep_units_alike_and_a_deep_sigmoid_network_does_not_learn(rng):
    run = trainer(TrainingPlan(20, None, "gd", 0.5), rng, init="zeros", activation="tanh")
    list(run.epochs())
    W = run.parameters.layers[0].W
    np.testing.assert_array_equal(W, np.repeat(W[:, :1], 16, axis=1))


def test_a_network_of_150_layers_trains_with_he_weights(rng):
    run = trainer(TrainingPlan(3, 64, "adam", 1e-4), rng, sizes=(2, *[16] * 149, 1))
    records = list(run.epochs())
    assert run.network.depth == 150
    assert all(np.isfinite(r.cost) for r in records)


def test_dropout_leaves_initial_weights_and_batches_as_they_were(rng):
    with_dropout = trainer(TrainingPlan(1, 50), stream(5), keep_probs=(0.5, 0.5))
    without = trainer(TrainingPlan(1, 50), stream(5))
    np.testing.assert_array_equal(with_dropout.parameters.flat, without.parameters.flat)
    for one, other in zip(with_dropout.batches(), without.batches(), strict=True):
        np.testing.assert_array_equal(one[0], other[0])
