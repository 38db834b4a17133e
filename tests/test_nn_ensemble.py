"""The members of an ensemble, trained side by side: each as if it were alone, together the mean of their answers.

With bags, each learns from rows of its own: as a network alone does on weighted rows, or on these rows alone.
"""

from dataclasses import replace

import numpy as np
import oracles
import pytest
from scipy.special import expit, softmax

from dlrun.nn.bags import drawn_bags, mean_one
from dlrun.nn.evaluation import evaluate
from dlrun.nn.losses import LOSSES
from dlrun.nn.network import Network, Workspace, forward, loss_and_gradient, mean_loss, predict_logits
from dlrun.nn.optimizers import OPTIMIZERS, penalty_of
from dlrun.nn.parameters import Parameters, initial_parameters, l2_slope
from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan

MEMBERS = 3
OUTPUTS = {"sigmoid": 1, "softmax": 4, "squared": 1}


def stream(number):
    return np.random.Generator(np.random.SFC64(number))


def examples(loss, rng, m=40, dtype=np.float64):
    targets = {
        "sigmoid": rng.integers(0, 2, (m, 1)).astype(dtype),
        "softmax": rng.integers(0, 4, m),
        "squared": rng.standard_normal((m, 1)).astype(dtype),
    }
    return Examples(rng.standard_normal((m, 5)).astype(dtype), targets[loss])


def ensemble_of(loss, activation="relu", keep_probs=(1.0, 1.0), members=MEMBERS, dtype=np.float64):
    network = Network((5, 7, 6, OUTPUTS[loss]), activation, loss, keep_probs, members)
    parameters = initial_parameters(network.sizes, "glorot", rng=stream(1), dtype=dtype, members=members)
    return network, parameters


def test_the_first_member_begins_as_a_network_alone_and_all_members_differ():
    alone = initial_parameters((3, 4, 2), "he", rng=stream(0))
    together = initial_parameters((3, 4, 2), "he", rng=stream(0), members=MEMBERS)
    assert np.array_equal(together.member(0).flat, alone.flat)
    weights = [together.member(number).layers[0].W for number in range(MEMBERS)]
    assert not np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[1], weights[2])
    assert np.shares_memory(weights[2], together.flat)
    assert {name: tensor.shape for name, tensor in together.tensors().items()} == {
        "W1": (3, 3, 4),
        "b1": (3, 4),
        "W2": (3, 4, 2),
        "b2": (3, 2),
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("activation", ["relu", "tanh", "leaky_relu"])
@pytest.mark.parametrize("loss", LOSSES)
def test_each_member_has_the_gradient_of_a_network_alone_with_its_masks(loss, activation, weighted, rng):
    network, parameters = ensemble_of(loss, activation, (0.6, 0.8))
    X, Y, _ = examples(loss, rng)
    weight = rng.uniform(0.5, 2, len(X)) if weighted else None
    together, gradient = Workspace(network, len(X), np.float64), Parameters(network.sizes, np.float64, MEMBERS)
    together.X[:] = X
    together.draw_masks(rng)
    mean = loss_and_gradient(parameters, gradient, together, Y, weight)
    losses = []
    for number in range(MEMBERS):
        alone, own = Workspace(replace(network, members=1), len(X), np.float64), Parameters(network.sizes, np.float64)
        alone.X[:] = X
        for hidden, of_all in zip(alone.hidden, together.hidden, strict=True):
            hidden.mask[:] = of_all.mask[number]
        losses.append(loss_and_gradient(parameters.member(number), own, alone, Y, weight))
        np.testing.assert_allclose(gradient.member(number).flat, own.flat, rtol=1e-12, atol=1e-15)
    assert mean == pytest.approx(np.mean(losses), rel=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_answer_is_the_mean_of_the_members_probabilities_or_numbers(loss, rng):
    network, parameters = ensemble_of(loss)
    X = 5 * examples(loss, rng).X
    logits = predict_logits(network, parameters, X)
    alone = replace(network, members=1)
    each = [predict_logits(alone, parameters.member(number), X) for number in range(MEMBERS)]
    answer = {"sigmoid": expit, "softmax": lambda Z: softmax(Z, axis=-1), "squared": lambda Z: Z}[loss]
    np.testing.assert_allclose(answer(logits), np.mean([answer(Z) for Z in each], axis=0), rtol=1e-12)


@pytest.mark.parametrize("loss", ["sigmoid", "softmax"])
def test_members_that_are_very_sure_give_finite_logits(loss):
    Z = np.zeros((2, 3, OUTPUTS[loss]), np.float32)
    Z[..., 0] = [[1000, -1000, 1000], [1000, -1000, -1000]]
    joined = LOSSES[loss].joined(Z)
    assert joined.dtype == np.float32
    assert np.isfinite(joined).all()
    if loss == "sigmoid":
        np.testing.assert_allclose(joined[:, 0], [1000, -1000, 0])


@pytest.mark.parametrize("l2_lambda", [0.0, 3.0])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_members_train_as_networks_alone_do_on_the_same_batches(optimizer, l2_lambda, rng):
    network, parameters = ensemble_of("softmax")
    train, dev = examples("softmax", rng, 50), examples("softmax", rng, 30)
    plan = TrainingPlan(4, 16, optimizer, 0.01, l2_lambda=l2_lambda)
    alone = replace(network, members=1)
    singles = [
        Trainer(alone, parameters.member(number).copy(), train, dev, plan, Streams(stream(2), stream(3)))
        for number in range(MEMBERS)
    ]
    together = Trainer(network, parameters, train, dev, plan, Streams(stream(2), stream(3)))
    records = [list(one.epochs()) for one in singles]
    for record, each in zip(together.epochs(), zip(*records, strict=True), strict=True):
        assert record.loss == pytest.approx(np.mean([one.loss for one in each]), rel=1e-12)
        assert record.penalty == pytest.approx(np.mean([one.penalty for one in each]), rel=1e-12)
    for number, single in enumerate(singles):
        np.testing.assert_allclose(together.parameters.member(number).flat, single.parameters.flat, rtol=0, atol=1e-12)
    assert record.dev_error == evaluate(network, together.parameters, *dev).error
    decay = l2_slope(together.parameters, l2_lambda, 50)
    own = l2_slope(singles[0].parameters, l2_lambda, 50)
    each_penalty = [penalty_of(single.parameters, own) for single in singles]
    assert penalty_of(together.parameters, decay) == pytest.approx(np.mean(each_penalty), rel=1e-12)


def test_the_best_parameters_are_those_of_the_epoch_where_the_mean_answer_was_best(rng):
    network, parameters = ensemble_of("sigmoid", keep_probs=(0.7, 0.7), dtype=np.float32)
    train, dev = (examples("sigmoid", rng, m, np.float32) for m in (60, 40))
    trainer = Trainer(network, parameters, train, dev, TrainingPlan(12, 16), Streams(stream(2), stream(3)))
    records = list(trainer.epochs())
    best = min(records, key=lambda record: (record.dev_error, record.dev_loss))
    assert trainer.best_epoch == best.epoch
    assert evaluate(network, trainer.best, *dev).error == best.dev_error


@pytest.mark.parametrize("bag_fraction", [1.0, 0.6])
def test_training_goes_on_from_any_step_with_the_same_bits(bag_fraction, rng):
    train, dev = (examples("softmax", rng, m, np.float32) for m in (50, 30))

    def begun():
        network, parameters = ensemble_of("softmax", keep_probs=(0.7, 1.0), dtype=np.float32)
        plan, streams = TrainingPlan(5, 16, bag_fraction=bag_fraction), Streams(stream(2), stream(3), stream(4))
        return Trainer(network, parameters, train, dev, plan, streams)

    class Stop(Exception):
        pass

    whole, first, second = begun(), begun(), begun()
    list(whole.epochs())

    def stop():
        if first.optimizer.steps == 10:
            raise Stop

    first.after_step = stop
    with pytest.raises(Stop):
        list(first.epochs())
    state = {name: array.copy() for name, array in first.state().items()}
    second.streams.batches.bit_generator.state = first.shuffle_state
    second.streams.dropout.bit_generator.state = first.streams.dropout.bit_generator.state
    second.restore(state)
    list(second.epochs())
    assert np.array_equal(second.parameters.flat, whole.parameters.flat)
    assert np.array_equal(second.best.flat, whole.best.flat)


# --- Bags of rows ---


@pytest.mark.parametrize("fraction", [0.01, 0.5, 0.8])
def test_a_bag_has_its_share_of_each_class_and_at_least_one_row(fraction):
    counts = np.array([200, 31, 5, 2, 1])
    classes = stream(0).permutation(np.repeat(np.arange(5), counts))
    bags = drawn_bags(classes, 4, fraction, rng=stream(1))
    for bag in bags:
        assert np.bincount(classes[bag], minlength=5).tolist() == [max(1, round(fraction * count)) for count in counts]
    assert len({bag.tobytes() for bag in bags}) == 4
    np.testing.assert_array_equal(drawn_bags(classes, 2, fraction, rng=stream(1)), bags[:2])


def test_every_row_of_a_class_is_drawn_equally_often():
    classes = np.repeat([0, 1], [10, 5])
    share = drawn_bags(classes, 20_000, 0.6, rng=stream(0)).mean(axis=0)
    # The standard error of a share is 0.0035; the greatest of fifteen deviations is below four of them.
    np.testing.assert_allclose(share, 0.6, atol=0.014)


def test_weights_of_a_bag_multiply_those_of_its_rows_and_have_a_mean_of_one_for_each_member():
    bags = np.array([[True, False, True, True], [False, True, True, False]])
    np.testing.assert_allclose(mean_one(None, bags, np.float64), [[4 / 3, 0, 4 / 3, 4 / 3], [0, 2, 2, 0]])
    own = np.array([1.0, 2, 3, 4])
    np.testing.assert_allclose(mean_one(own, bags, np.float64), [[0.5, 0, 1.5, 2], [0, 1.6, 2.4, 0]])
    assert mean_one(own, bags, np.float32).dtype == np.float32
    np.testing.assert_array_equal(mean_one(own, None, np.float64), own / own.mean())
    assert mean_one(None, None, np.float64) is None


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_with_bags_is_that_of_a_loop_over_rows_and_its_slope_that_of_central_differences(loss, rng):
    network, parameters = ensemble_of(loss, "tanh")
    X, Y, _ = examples(loss, rng, 12)
    weight = mean_one(rng.uniform(0.5, 2, 12), drawn_bags(np.zeros(12), MEMBERS, 0.6, rng=rng), np.float64)
    workspace, gradient, scratch = Workspace(network, 12, np.float64), parameters.copy(), parameters.copy()
    workspace.X[:] = X
    found = loss_and_gradient(parameters, gradient, workspace, Y, weight)
    each = []
    for number in range(MEMBERS):
        layers = [(layer.W, layer.b) for layer in parameters.member(number).layers]
        logits = [oracles.forward_one(layers, "tanh", x) for x in X]
        losses = [oracles.loss_one(loss, z, y) for z, y in zip(logits, Y.ravel(), strict=True)]
        each.append(np.mean(losses * weight[number]))
    assert found == pytest.approx(np.mean(each), rel=1e-12)
    for at in range(0, parameters.flat.size, 7):
        slope = oracles.central_slope(lambda p: loss_and_gradient(p, scratch, workspace, Y, weight), parameters, at)
        # A member has a share of a third in the mean.
        assert gradient.flat[at] == pytest.approx(MEMBERS * slope, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_row_outside_of_a_members_bag_moves_that_member_not_at_all(loss, rng):
    network, parameters = ensemble_of(loss)
    X, Y, _ = examples(loss, rng, 12)
    weight = mean_one(None, drawn_bags(np.zeros(12), MEMBERS, 0.5, rng=rng), np.float64)
    workspace = Workspace(network, 12, np.float64)
    workspace.X[:] = X
    forward(parameters, workspace)
    mean_loss(workspace, Y, weight)
    np.testing.assert_array_equal((workspace.dZ != 0).any(axis=-1), weight > 0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("batch_size", [16, None])
@pytest.mark.parametrize("loss", LOSSES)
def test_members_with_bags_train_as_networks_alone_do_on_weighted_rows(loss, batch_size, weighted, rng):
    network, parameters = ensemble_of(loss)
    train, dev = examples(loss, rng, 50), examples(loss, rng, 30)
    own = rng.uniform(0.5, 2, 50) if weighted else np.ones(50)
    classes = np.zeros(50) if loss == "squared" else train.Y.ravel()
    bags = drawn_bags(classes, MEMBERS, 0.7, rng=stream(4))
    plan = TrainingPlan(4, batch_size, learning_rate=0.01, l2_lambda=3.0)
    singles = [
        Trainer(
            replace(network, members=1),
            parameters.member(number).copy(),
            train._replace(weight=bags[number] * own),
            dev,
            plan,
            Streams(stream(2), stream(3)),
        )
        for number in range(MEMBERS)
    ]
    records = [list(one.epochs()) for one in singles]
    rows = train._replace(weight=own) if weighted else train
    streams = Streams(stream(2), stream(3), stream(4))
    together = Trainer(network, parameters, rows, dev, replace(plan, bag_fraction=0.7), streams)
    for record, each in zip(together.epochs(), zip(*records, strict=True), strict=True):
        assert record.loss == pytest.approx(np.mean([one.loss for one in each]), rel=1e-12)
        assert record.penalty == pytest.approx(np.mean([one.penalty for one in each]), rel=1e-12)
    for number, single in enumerate(singles):
        np.testing.assert_allclose(together.parameters.member(number).flat, single.parameters.flat, rtol=0, atol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_with_a_full_batch_a_member_learns_what_a_network_learns_from_its_bag_alone(loss, rng):
    network, parameters = ensemble_of(loss)
    train = examples(loss, rng, 50)
    classes = np.zeros(50) if loss == "squared" else train.Y.ravel()
    bag = drawn_bags(classes, MEMBERS, 0.7, rng=stream(4))[0]
    alone = Examples(train.X[bag], train.Y[bag])
    # lambda is over all training rows, of which there are fewer in the bag.
    plans = [TrainingPlan(10, None, l2_lambda=3.0 * rows / 50, bag_fraction=0.7) for rows in (50, bag.sum())]
    single = parameters.member(0).copy()
    list(Trainer(replace(network, members=1), single, alone, alone, plans[1], Streams(stream(2), stream(3))).epochs())
    streams = Streams(stream(2), stream(3), stream(4))
    list(Trainer(network, parameters, train, train, plans[0], streams).epochs())
    np.testing.assert_allclose(parameters.member(0).flat, single.flat, rtol=0, atol=1e-12)


def test_a_share_of_one_draws_nothing_and_has_the_bits_of_an_ensemble_without_bags(rng):
    train = examples("softmax", rng, 50, np.float32)
    ends = []
    for bags in (None, stream(4)):
        network, parameters = ensemble_of("softmax", dtype=np.float32)
        streams = Streams(stream(2), stream(3), bags)
        trainer = Trainer(network, parameters, train, train, TrainingPlan(3, 16, bag_fraction=1.0), streams)
        list(trainer.epochs())
        assert trainer.weight is None
        ends.append(parameters.flat.tobytes())
    assert ends[0] == ends[1]
    assert bags.integers(2**60) == stream(4).integers(2**60)
