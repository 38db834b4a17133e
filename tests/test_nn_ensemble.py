"""The members of an ensemble, trained side by side: each as if it were alone, together the mean of their answers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, softmax

from dlrun.nn.evaluation import evaluate
from dlrun.nn.losses import LOSSES
from dlrun.nn.network import Network, Workspace, loss_and_gradient, predict_logits
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


def test_training_goes_on_from_any_step_with_the_same_bits(rng):
    train, dev = (examples("softmax", rng, m, np.float32) for m in (50, 30))

    def begun():
        network, parameters = ensemble_of("softmax", keep_probs=(0.7, 1.0), dtype=np.float32)
        return Trainer(network, parameters, train, dev, TrainingPlan(5, 16), Streams(stream(2), stream(3)))

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
