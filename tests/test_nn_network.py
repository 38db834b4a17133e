"""Forward and backward passes: against loops over units, central differences, and scikit-learn."""

import itertools

import numpy as np
import oracles
import pytest

from dlrun.gradcheck import Problem, check_problem
from dlrun.nn.activations import ACTIVATIONS
from dlrun.nn.dropout import realised_keep_prob
from dlrun.nn.evaluation import error_of, evaluate
from dlrun.nn.losses import LOSSES
from dlrun.nn.network import Network, Workspace, forward, loss_and_gradient, predict_logits
from dlrun.nn.parameters import Parameters, initial_parameters

# Over 20 seeds, correct float64 networks show at most 4.2e-8 in their worst tensor (a bias of a sigmoid layer);
# planted faults (test_nn_gradcheck.py) show 2e-3 and more.
BAR = 1e-7


def network_and_rows(activation, loss, rng, *, keep_prob=1.0, sizes=(4, 6, 6, 5)):
    """A small network with random biases, and seven rows with targets that fit its loss."""
    n_out = 3 if loss == "softmax" else 1
    network = Network((*sizes, n_out), activation, loss, (keep_prob,) * (len(sizes) - 1))
    parameters = initial_parameters(network.sizes, "glorot", rng=rng, dtype=np.float64)
    for layer in parameters.layers:
        layer.b[:] = rng.normal(0, 0.1, layer.b.shape)
    X = rng.standard_normal((7, sizes[0]))
    targets = {
        "sigmoid": rng.integers(0, 2, (7, 1)).astype(float),
        "softmax": rng.integers(0, 3, 7),
        "squared": rng.standard_normal((7, 1)),
    }
    return network, parameters, X, targets[loss]


def pairs(parameters):
    return [(layer.W, layer.b) for layer in parameters.layers]


@pytest.mark.parametrize(
    ("activation", "loss", "l2_lambda", "keep_prob"),
    list(itertools.product(ACTIVATIONS, LOSSES, (0.0, 0.7), (1.0, 0.7))),
)
def test_backpropagation_agrees_with_central_differences_in_every_tensor(activation, loss, l2_lambda, keep_prob, rng):
    network, parameters, X, Y = network_and_rows(activation, loss, rng, keep_prob=keep_prob)
    mask_seed = int(rng.integers(2**63)) if keep_prob < 1 else None
    report = check_problem(Problem(network, parameters, X, Y, l2_lambda, mask_seed=mask_seed))
    assert {t.name: t.relative_difference for t in report.tensors if t.relative_difference >= BAR} == {}
    assert any(t.worst.analytic != 0 for t in report.tensors)


def test_gradients_through_wide_layers_of_a_short_batch_agree_with_central_differences(rng):
    network, parameters, X, Y = network_and_rows("tanh", "softmax", rng, keep_prob=0.7, sizes=(4, 200, 220))
    dA_T = Workspace(network, len(X), np.float64).dA_T
    assert [turned is not None for turned in dA_T] == [True, False], "one product is turned, and one is not"
    report = check_problem(Problem(network, parameters, X, Y, 0.0, mask_seed=int(rng.integers(2**63))))
    assert {t.name: t.relative_difference for t in report.tensors if t.relative_difference >= BAR} == {}


@pytest.mark.parametrize(("activation", "loss"), list(itertools.product(ACTIVATIONS, LOSSES)))
def test_the_cost_agrees_with_a_loop_over_rows_and_units(activation, loss, rng):
    network, parameters, X, Y = network_and_rows(activation, loss, rng, keep_prob=0.6)
    workspace = Workspace(network, len(X), np.float64)
    workspace.X[:] = X
    workspace.draw_masks(rng)
    gradient = Parameters(network.sizes, np.float64)
    ours = loss_and_gradient(parameters, gradient, workspace, Y)
    masks = [hidden.mask for hidden in workspace.hidden]
    keep_probs = [realised_keep_prob(0.6)] * 3
    theirs = oracles.cost(pairs(parameters), activation, loss, X, Y, masks=masks, keep_probs=keep_probs)
    assert ours == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_prediction_is_the_forward_pass_without_dropout(activation, rng):
    network, parameters, X, _ = network_and_rows(activation, "softmax", rng, keep_prob=0.5)
    expected = [oracles.forward_one(pairs(parameters), activation, x) for x in X]
    np.testing.assert_allclose(predict_logits(network, parameters, X), expected, rtol=1e-12)


def test_depth_one_is_logistic_regression(rng):
    network = Network((4, 1), "relu", "sigmoid")
    parameters = initial_parameters((4, 1), "he", rng=rng, dtype=np.float64)
    X = rng.standard_normal((5, 4))
    workspace = Workspace(network, 5, np.float64)
    workspace.X[:] = X
    np.testing.assert_allclose(forward(parameters, workspace), X @ parameters.layers[0].W, rtol=1e-12)


@pytest.mark.parametrize("l2_lambda", [0.0, 0.7])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_full_batch_step_equals_scikit_learns_from_the_same_weights(activation, l2_lambda, rng):
    from sklearn.neural_network import MLPClassifier

    from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan

    X = rng.standard_normal((40, 5))
    y = rng.integers(0, 3, 40)
    twin = MLPClassifier((6, 4), activation=activation, solver="sgd", alpha=l2_lambda, batch_size=40, momentum=0)
    twin.set_params(learning_rate_init=0.3, shuffle=False, max_iter=1, random_state=0)
    twin.partial_fit(X, y, classes=[0, 1, 2])
    network = Network((5, 6, 4, 3), activation, "softmax")
    parameters = Parameters(network.sizes, np.float64)
    for layer, W, b in zip(parameters.layers, twin.coefs_, twin.intercepts_, strict=True):
        layer.W[:], layer.b[:] = W, b
    twin.partial_fit(X, y)
    plan = TrainingPlan(1, None, "gd", 0.3, l2_lambda=l2_lambda)
    examples = Examples(X, y)
    record = Trainer(network, parameters, examples, examples, plan, Streams(rng, rng)).run_epoch()
    # Measured: the two differ by 3e-16 at most.
    for layer, W, b in zip(parameters.layers, twin.coefs_, twin.intercepts_, strict=True):
        np.testing.assert_allclose(layer.W, W, rtol=0, atol=1e-13)
        np.testing.assert_allclose(layer.b, b, rtol=0, atol=1e-13)
    assert record.cost == pytest.approx(twin.loss_, rel=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_losses_stay_finite_at_a_thousand(loss, dtype):
    Z = np.array([[1000, -1000, 0], [-1000, 1000, 1000]], dtype)
    Y = np.array([1, 0]) if loss == "softmax" else np.array([[0], [1]], dtype)
    Z = Z if loss == "softmax" else Z[:, :1]
    dZ = np.empty_like(Z)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value = LOSSES[loss].mean(Z, Y, dZ)
    assert value == pytest.approx(
        {"sigmoid": 1000, "softmax": 2000 + np.log(2) / 2, "squared": (1000**2 + 1001**2) / 2}[loss]
    )
    assert np.isfinite(dZ).all()


def test_sigmoid_and_softmax_of_two_classes_are_the_same_loss(rng):
    z, y = rng.standard_normal((9, 1)) * 4, rng.integers(0, 2, 9)
    two = np.hstack([np.zeros_like(z), z])
    assert LOSSES["sigmoid"].mean(z, y[:, None].astype(float)) == pytest.approx(LOSSES["softmax"].mean(two, y))


def test_errors_are_the_fraction_wrong_and_one_minus_r_squared(rng):
    from sklearn.metrics import accuracy_score, r2_score

    logits, labels = rng.standard_normal((50, 4)), rng.integers(0, 4, 50)
    network = Network((2, 4), "relu", "softmax")
    assert error_of(network, logits, labels) == pytest.approx(1 - accuracy_score(labels, logits.argmax(1)))
    truth = rng.standard_normal((50, 1)) + 3
    guess = truth + rng.standard_normal((50, 1)) * 0.3
    assert error_of(Network((2, 1), "relu", "squared"), guess, truth) == pytest.approx(1 - r2_score(truth, guess))


def test_evaluation_in_chunks_equals_evaluation_at_once(rng, monkeypatch):
    network, parameters, _, _ = network_and_rows("relu", "softmax", rng)
    X, Y = rng.standard_normal((103, 4)), rng.integers(0, 3, 103)
    whole = evaluate(network, parameters, X, Y)
    monkeypatch.setattr("dlrun.nn.evaluation.EVALUATION_ROWS", 10)
    assert evaluate(network, parameters, X, Y) == pytest.approx(whole, rel=1e-14)
