"""The gradient check is itself checked: a planted fault is seen, and its tensor is named."""

import numpy as np
import pytest

from dlrun.nn import gradcheck, network
from dlrun.nn.gradcheck import check_network, judgement, numeric_gradient, relative_difference
from dlrun.nn.network import Network
from dlrun.nn.parameters import initial_parameters


def small(rng, activation="tanh", keep_prob=1.0):
    net = Network((4, 5, 5, 3), activation, "softmax", (keep_prob, keep_prob))
    parameters = initial_parameters(net.sizes, "glorot", rng=rng, dtype=np.float64)
    return net, parameters, rng.standard_normal((6, 4)), rng.integers(0, 3, 6)


def test_central_differences_of_a_cubic_are_exact_but_for_epsilon_squared():
    theta = np.array([2.0, -1.0])
    slopes = numeric_gradient(lambda: theta[0] ** 3 + 5 * theta[1], theta, 1e-3)
    np.testing.assert_allclose(slopes, [12 + 1e-6, 5], atol=1e-10)
    np.testing.assert_array_equal(theta, [2.0, -1.0])


def test_the_relative_difference_is_the_courses_formula():
    assert relative_difference(np.array([3.0, 4.0]), np.array([0.0, 0.0])) == 1
    assert relative_difference(np.array([1.0]), np.array([2.0])) == pytest.approx(1 / 3)
    assert relative_difference(np.zeros(3), np.zeros(3)) == 0


@pytest.mark.parametrize(
    ("difference", "words"), [(9e-8, "great"), (9e-6, "fine"), (9e-4, "look closer"), (2e-3, "probably a bug")]
)
def test_judgements_follow_the_courses_scale(difference, words):
    assert judgement(difference) == words


def doubled_w2(parameters, gradient, workspace):
    CORRECT(parameters, gradient, workspace)
    gradient.layers[1].W[:] *= 2


def four_over_m_in_b1(parameters, gradient, workspace):
    CORRECT(parameters, gradient, workspace)
    gradient.layers[0].b[:] *= 4


def one_entry_off_by_a_percent(parameters, gradient, workspace):
    CORRECT(parameters, gradient, workspace)
    gradient.layers[2].W[3, 1] *= 1.01


CORRECT = network.backward


@pytest.mark.parametrize(
    ("fault", "tensor"), [(doubled_w2, "W2"), (four_over_m_in_b1, "b1"), (one_entry_off_by_a_percent, "W3")]
)
def test_a_planted_fault_fails_the_check_and_its_tensor_is_named(fault, tensor, rng, monkeypatch):
    monkeypatch.setattr(network, "backward", fault)
    report = check_network(*small(rng))
    assert not report.passed
    assert [t.name for t in report.tensors if t.relative_difference > gradcheck.LOOK_CLOSER] == [tensor]


def test_the_worst_entry_of_a_fault_is_named(rng, monkeypatch):
    monkeypatch.setattr(network, "backward", one_entry_off_by_a_percent)
    (worst,) = [t for t in check_network(*small(rng)).tensors if t.name == "W3"]
    assert worst.worst_index == (3, 1)
    assert worst.worst_analytic == pytest.approx(1.01 * worst.worst_numeric, rel=1e-6)


def test_a_penalty_that_backpropagation_forgets_is_seen(rng, monkeypatch):
    net, parameters, X, Y = small(rng)
    assert check_network(net, parameters, X, Y, l2_lambda=0.7).passed
    correct = gradcheck.weight_decay
    monkeypatch.setattr(gradcheck, "weight_decay", lambda p, lam, m: correct(p, lam / 2, m))
    real_penalty = gradcheck.penalty_of
    monkeypatch.setattr(gradcheck, "penalty_of", lambda p, decay: real_penalty(p, 2 * decay))
    assert not check_network(net, parameters, X, Y, l2_lambda=0.7).passed


def test_dropout_is_checked_with_frozen_masks(rng):
    report = check_network(*small(rng, keep_prob=0.6), mask_rng=rng)
    assert report.passed
    assert report.relative_difference < gradcheck.GREAT


def test_the_report_has_the_keys_that_scripts_rely_on(rng):
    told = check_network(*small(rng)).to_dict()
    assert told.keys() >= {"passed", "relative_difference", "judgement", "epsilon", "n_parameters", "tensors"}
    assert told["n_parameters"] == 4 * 5 + 5 + 5 * 5 + 5 + 5 * 3 + 3
    assert told["tensors"][0].keys() == {"name", "shape", "relative_difference", "judgement", "worst"}
    assert told["tensors"][0]["worst"].keys() == {"index", "analytic", "numeric"}
